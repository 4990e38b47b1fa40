package peer

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Alertmanager is a real Prometheus Alertmanager that sends every group of alerts to one webhook.
type Alertmanager struct {
	api     string
	process *process
}

// Timing is how the Alertmanager gathers alerts before it sends. The zero value sends at once.
type Timing struct{ GroupWait, GroupInterval, RepeatInterval time.Duration }

// StartAlertmanager starts an Alertmanager whose only receiver is the webhook. It groups by alertname.
func StartAlertmanager(t testing.TB, webhook string, timing Timing) *Alertmanager {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	text, err := json.Marshal(configuration(webhook, timing)) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	web := FreeAddress(t)
	a := &Alertmanager{api: "http://" + web}
	// Without a cluster address it looks for no other Alertmanager.
	a.process = start(t, a.api+"/-/ready", installed(t, "prometheus-alertmanager"), "--config.file", config,
		"--storage.path", filepath.Join(dir, "data"), "--web.listen-address", web, "--cluster.listen-address=")
	t.Cleanup(a.process.stop)
	return a
}

func configuration(webhook string, timing Timing) map[string]any {
	// Prometheus reads whole numbers of one unit only.
	atLeast := func(d, least time.Duration) string { return strconv.FormatInt(max(d, least).Milliseconds(), 10) + "ms" }
	return map[string]any{
		"route": map[string]any{
			"receiver": "webhook", "group_by": []string{"alertname"},
			"group_wait":      atLeast(timing.GroupWait, time.Millisecond),
			"group_interval":  atLeast(timing.GroupInterval, 200*time.Millisecond),
			"repeat_interval": atLeast(timing.RepeatInterval, time.Hour),
		},
		"receivers": []map[string]any{{
			"name":            "webhook",
			"webhook_configs": []map[string]any{{"url": webhook, "send_resolved": true}},
		}},
	}
}

// Alert is what Prometheus would say: its labels are its identity.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type postedAlert struct {
	Alert
	StartsAt time.Time  `json:"startsAt"`
	EndsAt   *time.Time `json:"endsAt,omitempty"`
}

// Fire tells the Alertmanager that the alerts are firing.
func (a *Alertmanager) Fire(t testing.TB, alerts ...Alert) {
	t.Helper()
	a.post(t, nil, alerts)
}

// Resolve tells the Alertmanager that the alerts are over.
func (a *Alertmanager) Resolve(t testing.TB, alerts ...Alert) {
	t.Helper()
	now := time.Now()
	a.post(t, &now, alerts)
}

func (a *Alertmanager) post(t testing.TB, endsAt *time.Time, alerts []Alert) {
	t.Helper()
	posted := make([]postedAlert, 0, len(alerts))
	for _, alert := range alerts {
		posted = append(posted, postedAlert{Alert: alert, StartsAt: time.Now().Add(-time.Minute), EndsAt: endsAt})
	}
	ask(t, http.MethodPost, a.api+"/api/v2/alerts", posted, nil)
}
