package source

import (
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func init() { register(generic{}) }

// generic reads what any tool, script or device sends: JSON, a form, text, or a query without a body. Whatever is not
// empty becomes an alert.
type generic struct{}

// maxSignals bounds the signals of one message.
const maxSignals = 5000

func (generic) Kind() string { return "generic" }

func (generic) Setup(url string) string {
	return fmt.Sprintf(`# A line of text is an alert:
curl -d 'backup of db1 failed' '%[1]s'

# JSON says more; the same key with status "resolved" ends it:
curl -H 'Content-Type: application/json' '%[1]s' -d '{
  "key": "db1-backup", "title": "backup of db1 failed", "severity": "high",
  "service": "database", "status": "firing"}'

# A device that can only fetch a page:
curl '%[1]s?key=db1-backup&title=backup+of+db1+failed&status=resolved'
`, url)
}

// Parse finds key, title, status, severity and service among their usual names; a value in the query stands in for one
// that the body does not have. Of a text the first line is the title.
func (generic) Parse(r intake.Request) ([]intake.Signal, error) {
	query := newObject(valuesObject(r.Query))
	c, err := readContent(r)
	if err != nil {
		if len(query.raw) == 0 {
			return nil, err
		}
		return []intake.Signal{genericSignal(query)}, nil
	}
	if c.text != "" {
		return []intake.Signal{textSignal(c.text, query)}, nil
	}
	objects, warnings := capped(c.objects)
	signals := make([]intake.Signal, len(objects))
	for i, raw := range objects {
		signals[i] = genericSignal(newObject(withQuery(raw, query)))
	}
	signals[0].Warnings = append(append(signals[0].Warnings, c.warnings...), warnings...)
	return signals, nil
}

// capped keeps the first maxSignals of a message.
func capped[T any](items []T) (kept []T, warnings []string) {
	if len(items) <= maxSignals {
		return items, nil
	}
	return items[:maxSignals], []string{
		fmt.Sprintf("The message holds %d alerts; the first %d were taken.", len(items), maxSignals),
	}
}

// withQuery adds the query's values whose names the body does not have.
func withQuery(raw map[string]any, query *object) map[string]any {
	if len(query.raw) == 0 {
		return raw
	}
	body := newObject(raw)
	for name, key := range query.byName {
		if _, taken := body.byName[name]; !taken {
			raw[key] = query.raw[key]
		}
	}
	return raw
}

// Where senders put what a signal needs.
var (
	genericKeys = named(
		"key", "alert_key", "dedup_key", "deduplication_key", "fingerprint", "alert_id", "alert_uid", "incident_key",
		"alias", "uid", "uuid", "id", "event_id",
	)
	genericTitles = named(
		"title", "alert_name", "name", "subject", "summary", "payload.summary", "rule_name", "rule", "check", "alert.title",
		"alert.name", "alert", "event.title", "event.name", "event", "incident.title", "problem", "monitor", "message",
		"msg", "text", "description", "reason",
	)
	genericTexts    = named("description", "message", "msg", "text", "body", "details", "reason", "output", "summary")
	genericStatuses = named(
		"status", "state.state", "state", "alert_status", "alert_state", "event_action", "alert.status", "alert.state",
		"event.status", "event.state", "incident.status", "transition", "action_group", "action",
	)
	genericSeverities = named(
		"severity", "sev", "priority", "level", "urgency", "payload.severity", "alert.severity", "event.severity",
		"incident.severity", "labels.severity",
	)
	genericServices = named(
		"service", "service_name", "application", "app", "component", "job", "payload.component", "alert.service",
		"event.service", "labels.service",
	)
	genericTeams = named("team_id", "team", "team_name", "labels.team", "tags.team_id", "metadata.team_id")
	genericLinks = []pageNames{
		{"Source", named("url")},
		{"Source", named("link", "client_url", "link_to_upstream_details", "generator_url")},
		{"Runbook", named("runbook_url", "runbook")},
		{"Dashboard", named("dashboard_url", "dashboard")},
	}
	groupKeys   = named("group_key")
	starts      = named("starts_at", "started_at", "start_time")
	ends        = named("ends_at", "ended_at", "end_time", "resolved_at")
	labelNames  = named("labels")
	tagNames    = named("tags")
	annotations = named("annotations")
	linkLists   = named("links")
	linkTexts   = named("text", "title", "name")
	linkURLs    = named("href", "url")
)

// pageNames says where senders put the address of one page.
type pageNames struct {
	title string
	names names
}

func pages(o *object, list []pageNames) []incident.Link {
	var links []incident.Link
	for i := range list {
		links = linkTo(links, list[i].title, o.text(list[i].names))
	}
	return links
}

// genericSignal makes a signal of one object. It always succeeds.
func genericSignal(o *object) intake.Signal {
	s := intake.Signal{
		AlertID:  o.text(genericKeys),
		GroupKey: o.text(groupKeys),
		Severity: o.text(genericSeverities),
		Service:  o.text(genericServices),
		Team:     o.text(genericTeams),
		StartsAt: timeOf(o.value(starts)),
		EndsAt:   timeOf(o.value(ends)),
	}
	status, warning := statusOf(o.text(genericStatuses))
	s.Status = status
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	s.Title, s.Description = firstLine(o.text(genericTitles))
	if text := o.text(genericTexts); text != s.Title && s.Description == "" {
		s.Description = text
	}
	if s.Title == "" {
		s.Title = untitled(s)
	}
	s.Key = s.AlertID
	if s.Key == "" {
		s.Key = nameKey(s.Title, s.Service)
	}
	s.Labels = labelsOf(o.value(labelNames))
	if s.Labels == nil {
		s.Labels = labelsOf(o.value(tagNames))
	}
	s.Annotations = labelsOf(o.value(annotations))
	s.Links = append(pages(o, genericLinks), linkList(o.value(linkLists))...)
	s.Metadata = o.rest()
	return s
}

func untitled(s intake.Signal) string {
	switch {
	case s.AlertID != "":
		return "Alert " + s.AlertID
	case s.Service != "":
		return "Alert of " + s.Service
	}
	return "Alert without a title"
}

// linkList reads a list of {href|url, text|title}.
func linkList(value any) []incident.Link {
	items, _ := value.([]any)
	var links []incident.Link
	for _, item := range items {
		raw, ok := item.(map[string]any)
		if !ok {
			links = linkTo(links, "Link", scalar(item))
			continue
		}
		o := newObject(raw)
		text := o.text(linkTexts)
		if text == "" {
			text = "Link"
		}
		links = linkTo(links, text, o.text(linkURLs))
	}
	return links
}

// textSignal makes a signal of a text; the query may say the rest.
func textSignal(text string, query *object) intake.Signal {
	title, rest := firstLine(text)
	raw := map[string]any{"title": title, "description": rest}
	s := genericSignal(newObject(withQuery(raw, query)))
	if strings.TrimSpace(s.Description) == "" && len(text) > len(title) {
		s.Description = rest
	}
	return s
}
