package main

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"
)

// firingAlerts is how many alerts fire while they are repeated.
const firingAlerts = 1000

// serial makes keys that no other load has used.
var serial atomic.Int64

func genericPath(key string) string { return "/v1/intake/generic/" + key }

// alertBody is a message of ordinary size about the alert with that name and number.
func alertBody(buf []byte, name string, number int64) []byte {
	return fmt.Appendf(buf, `{"key":"%s-%d","title":"Disk of node-%d is filling up","description":"Less than 5 %% is left on /var, and it shrinks by 2 %% an hour.",`+
		`"severity":"high","status":"firing","service":"storage","labels":{"instance":"node-%d:9100","mount":"/var","paged":"later"}}`,
		name, number, number, number)
}

func uniqueAlert(_ int, buf []byte) []byte { return alertBody(buf, "unique", serial.Add(1)) }

func repeatedAlert(_ int, buf []byte) []byte {
	return alertBody(buf, "repeated", serial.Add(1)%firingAlerts)
}

// post has so many connections post what next gives them.
func (b *bench) post(addresses []string, connections int, path string, next func(int, []byte) []byte) (outcome, error) {
	calls, done, err := posting(addresses, connections, path, next)
	if err != nil {
		return outcome{}, err
	}
	defer done()
	return drive(b.effort.span, calls)
}

// measureIntake measures durable intake, one alert a request.
func (b *bench) measureIntake(s *site) error {
	for _, connections := range []int{1, 64, 512} {
		post := func(next func(int, []byte) []byte) func() (outcome, error) {
			return func() (outcome, error) {
				return b.post([]string{s.server.address}, connections, genericPath(s.key), next)
			}
		}
		bare := func() (outcome, error) { return s.bare.groupCommit(b.effort.span, connections, 1) }
		unique, err := b.rounds(post(uniqueAlert), bare)
		if err != nil {
			return err
		}
		b.intakeRow(s, "unique alerts", connections, unique, "0.5 of the limit")
		if connections == 1 {
			if err := b.oneConnection(s, unique); err != nil {
				return err
			}
		}
		if err := b.fireRepeated(s); err != nil {
			return err
		}
		repeated, err := b.rounds(post(repeatedAlert), func() (outcome, error) { return unique.product, nil })
		if err != nil {
			return err
		}
		b.table.add(row{
			what: fmt.Sprintf("intake, repeated alerts, %s", counted(connections)), engine: s.engine, figure: figures(repeated.product),
			limit: "unique " + perSecond(repeated.limit.rate), ratio: times(repeated.ratio()), goal: "≥ 1",
		})
	}
	return nil
}

func counted(connections int) string {
	if connections == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", connections)
}

func figures(o outcome) string {
	return fmt.Sprintf("%s, p50 %s, p99 %s", perSecond(o.rate), span(o.percentile(50)), span(o.percentile(99)))
}

func (b *bench) intakeRow(s *site, what string, connections int, p paired, goal string) {
	goal = map[int]string{1: "", 64: "≥ " + goal + ", p99 < 50 ms", 512: "≥ " + goal}[connections]
	b.table.add(row{
		what: fmt.Sprintf("intake, %s, %s", what, counted(connections)), engine: s.engine, figure: figures(p.product),
		limit: "bare group commit " + perSecond(p.limit.rate), ratio: times(p.ratio()), goal: goal,
	})
}

// oneConnection sets the latency of a lone sender beside that of one transaction: of the same rows, and of a single row.
func (b *bench) oneConnection(s *site, measured paired) error {
	smallest, err := drive(b.effort.span, []func() error{s.bare.one})
	if err != nil {
		return err
	}
	alone, commit := measured.product.percentile(50), measured.limit.percentile(50)
	b.table.add(row{
		what: "the same, its latency", engine: s.engine, figure: "p50 " + span(alone),
		limit: fmt.Sprintf("one transaction with the same rows p50 %s (with a single row %s)", span(commit), span(smallest.percentile(50))),
		ratio: times(float64(alone) / float64(commit)), goal: "≤ 3",
	})
	return nil
}

// fireRepeated sees to it that the repeated alerts fire.
func (b *bench) fireRepeated(s *site) error {
	for from := int64(0); from < firingAlerts; from += 500 {
		bodies := make([]json.RawMessage, 500)
		for i := range bodies {
			bodies[i] = alertBody(nil, "repeated", from+int64(i))
		}
		if err := s.admin.post(genericPath(s.key), bodies, nil); err != nil {
			return err
		}
	}
	return nil
}

const (
	webhookAlerts      = 100
	webhookConnections = 8
)

// measureWebhook measures webhooks of Alertmanager with many alerts each, which make one incident with as many alerts.
func (b *bench) measureWebhook(s *site) error {
	key, err := s.admin.integration("webhooks", "alertmanager")
	if err != nil {
		return err
	}
	p, err := b.rounds(
		func() (outcome, error) {
			return b.post([]string{s.server.address}, webhookConnections, "/v1/intake/alertmanager/"+key, webhook)
		},
		func() (outcome, error) {
			return s.bare.groupCommit(b.effort.span, webhookConnections, webhookAlerts)
		})
	if err != nil {
		return err
	}
	p.product.rate, p.limit.rate = p.product.rate*webhookAlerts, p.limit.rate*webhookAlerts
	b.table.add(row{
		what: fmt.Sprintf("Alertmanager webhook with %d alerts, %s", webhookAlerts, counted(webhookConnections)), engine: s.engine,
		figure: fmt.Sprintf("%s alerts, p99 %s a webhook", perSecond(p.product.rate), span(p.product.percentile(99))),
		limit:  "bare group commit " + perSecond(p.limit.rate), ratio: times(p.ratio()), goal: "≥ 0.7 of the limit",
	})
	resident, err := s.server.resident()
	b.table.add(row{
		what: fmt.Sprintf("memory after the %d k messages and webhooks so far", serial.Load()/1000), engine: s.engine,
		figure: megabytes(resident), goal: "< 100 MB",
	})
	return err
}

// webhook is what Alertmanager 0.27 posts, of a group that no other webhook has.
func webhook(_ int, buf []byte) []byte {
	group := serial.Add(1)
	now := time.Now().UTC().Format(time.RFC3339Nano)
	buf = fmt.Appendf(buf, `{"version":"4","groupKey":"{}:{alertname=\"DiskFull\",cluster=\"c%d\"}","truncatedAlerts":0,"status":"firing","receiver":"tocsin",`+
		`"groupLabels":{"alertname":"DiskFull","cluster":"c%d"},"commonLabels":{"alertname":"DiskFull","severity":"high"},"commonAnnotations":{},`+
		`"externalURL":"http://alertmanager.example.org","alerts":[`, group, group)
	for i := range webhookAlerts {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = fmt.Appendf(buf, `{"status":"firing","labels":{"alertname":"DiskFull","instance":"n%d:9100","cluster":"c%d","severity":"high"},`+
			`"annotations":{"summary":"Disk of n%d is filling up"},"startsAt":"%s","endsAt":"0001-01-01T00:00:00Z",`+
			`"generatorURL":"http://prometheus.example.org/graph","fingerprint":"%08x%08x"}`, i, group, i, now, group, i)
	}
	return append(buf, ']', '}')
}
