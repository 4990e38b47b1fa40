package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func init() { register(alertmanager{}) }

// alertmanager reads the webhook of Prometheus Alertmanager, version 4 of its payload
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), and what keeps its shape: Grafana's webhook,
// and the bare list of alerts that Prometheus posts. Each alert stands on its own fingerprint.
type alertmanager struct{}

func (alertmanager) Kind() string { return "alertmanager" }

func (alertmanager) Setup(url string) string {
	return fmt.Sprintf(`receivers:
  - name: tocsin
    webhook_configs:
      - url: '%s'
        send_resolved: true
        max_alerts: 0
route:
  receiver: tocsin
  group_wait: 10s
`, url)
}

// Parse makes a signal of each alert. A body without alerts, as custom templates write it, is read by its usual names.
func (alertmanager) Parse(r intake.Request) ([]intake.Signal, error) {
	c, err := readContent(r)
	if err != nil {
		return nil, err
	}
	if c.text != "" {
		return []intake.Signal{textSignal(c.text, newObject(nil))}, nil
	}
	objects, warnings := capped(c.objects)
	warnings = append(c.warnings, warnings...)
	var signals []intake.Signal
	for _, raw := range objects {
		fromObject, more := webhookSignals(raw, r.Truncated)
		signals, warnings = append(signals, fromObject...), append(warnings, more...)
	}
	signals[0].Warnings = append(signals[0].Warnings, warnings...)
	return signals, nil
}

// webhookSignals reads one webhook, or one alert that stands alone. It makes at least one signal.
func webhookSignals(raw map[string]any, truncated bool) (signals []intake.Signal, warnings []string) {
	webhook := newObject(raw)
	list, _ := raw["alerts"].([]any)
	alerts := objectsOf(list)
	if len(alerts) == 0 {
		if labels, ok := raw["labels"].(map[string]any); ok && len(labels) > 0 {
			return []intake.Signal{alertSignal(webhook, newObject(nil))}, nil
		}
		return []intake.Signal{customSignal(webhook)}, nil
	}
	if truncated && len(alerts) > 1 {
		alerts = alerts[:len(alerts)-1] // The last one was cut in the middle: its labels may be incomplete.
		warnings = append(warnings, "The body was too large; alerts at its end were left out.")
	}
	if left := scalar(raw["truncatedAlerts"]); left != "" && left != "0" {
		warnings = append(warnings, fmt.Sprintf("Alertmanager left %s alerts out of this message (max_alerts).", clip(left)))
	}
	alerts, more := capped(alerts)
	warnings = append(warnings, more...)
	for _, alert := range alerts {
		signals = append(signals, alertSignal(newObject(alert), webhook))
	}
	return signals, warnings
}

// The labels and annotations that say what a signal needs, the surest first.
var (
	alertTitles       = []string{"summary", "title", "message"}
	alertDescriptions = []string{"description", "message", "details"}
	alertSeverities   = []string{"severity", "priority", "level"}
	alertServices     = []string{"service", "service_name", "app", "application", "app_kubernetes_io_name", "job"}
	alertTeams        = []string{"team", "team_id"}
	noteLinks         = [][2]string{
		{"Runbook", "runbook_url"}, {"Runbook", "runbook"}, {"Dashboard", "dashboard_url"}, {"Dashboard", "dashboard"},
	}
)

// The fields of an alert and of the webhook around it.
var (
	fingerprints = named("fingerprint")
	alertStates  = named("status", "state")
	alertStarts  = named("startsAt")
	alertEnds    = named("endsAt")
	alertLinks   = []pageNames{{"Source", named("generatorURL")}}
	grafanaLinks = []pageNames{
		{"Dashboard", named("dashboardURL")}, {"Panel", named("panelURL")}, {"Silence", named("silenceURL")},
	}
	externalURLs  = named("externalURL")
	commonLabels  = named("commonLabels", "groupLabels")
	commonNotes   = named("commonAnnotations")
	webhookFields = []string{"receiver", "groupLabels", "notification_reason", "routeLabels", "orgId"}
	alertFields   = []string{"values", "valueString"}
)

// alertSignal reads one alert of a webhook.
func alertSignal(alert, webhook *object) intake.Signal {
	labels, notes := labelsOf(alert.value(labelNames)), labelsOf(alert.value(annotations))
	s := intake.Signal{
		GroupKey:    webhook.text(groupKeys),
		AlertID:     alert.text(fingerprints),
		Description: first(notes, alertDescriptions),
		Severity:    first(labels, alertSeverities),
		Service:     first(labels, alertServices),
		Team:        first(labels, alertTeams),
		Labels:      labels,
		Annotations: notes,
		StartsAt:    timeOf(alert.value(alertStarts)),
		EndsAt:      timeOf(alert.value(alertEnds)),
	}
	word := alert.text(alertStates)
	if word == "" {
		word = webhook.text(alertStates)
	}
	status, warning := statusOf(word)
	s.Status = status
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	if s.Status == incident.AlertFiring {
		s.EndsAt = nil // Alertmanager writes when it would expire.
	}
	if s.AlertID == "" && len(labels) > 0 {
		s.AlertID = labelsHash(labels)
	}
	s.Title = alertTitle(labels, notes, s)
	s.Key = s.AlertID
	if s.Key == "" {
		s.Key = nameKey(s.Title, s.GroupKey)
	}
	s.Links = alertPages(alert, webhook, notes)
	s.Metadata = webhookMetadata(alert, webhook)
	return s
}

// alertTitle is what the rule's author wrote for people, else the rule's name with the instance it is about.
func alertTitle(labels, notes map[string]string, s intake.Signal) string {
	if title, _ := firstLine(first(notes, alertTitles)); title != "" {
		return title
	}
	name, instance := labels["alertname"], labels["instance"]
	switch {
	case name != "" && instance != "":
		return name + " on " + instance
	case name != "":
		return name
	case s.Description != "":
		title, _ := firstLine(s.Description)
		return title
	}
	return untitled(s)
}

// alertPages are the alert's links: its rule, runbook, dashboards, and the sender itself.
func alertPages(alert, webhook *object, notes map[string]string) []incident.Link {
	links := pages(alert, alertLinks)
	for _, link := range noteLinks {
		links = linkTo(links, link[0], notes[link[1]])
	}
	links = append(links, pages(alert, grafanaLinks)...)
	return linkTo(links, "Alertmanager", webhook.text(externalURLs))
}

// webhookMetadata keeps what the webhook says about the group. It is small and the same for each alert.
func webhookMetadata(alert, webhook *object) map[string]any {
	metadata := map[string]any{}
	for _, name := range webhookFields {
		if value := webhook.raw[name]; value != nil && value != "" {
			metadata[name] = value
		}
	}
	for _, name := range alertFields {
		if value := alert.raw[name]; value != nil && value != "" {
			metadata[name] = value
		}
	}
	if len(metadata) == 0 {
		return nil
	}
	return metadata
}

// customSignal reads a body that a template wrote. The labels and annotations of the group stand in for an alert's own.
func customSignal(webhook *object) intake.Signal {
	s := genericSignal(webhook)
	if s.Labels == nil {
		s.Labels = labelsOf(webhook.value(commonLabels))
	}
	if s.Annotations == nil {
		s.Annotations = labelsOf(webhook.value(commonNotes))
	}
	if s.Severity == "" {
		s.Severity = first(s.Labels, alertSeverities)
	}
	if s.Service == "" {
		s.Service = first(s.Labels, alertServices)
	}
	if s.AlertID == "" && s.GroupKey != "" {
		s.Key = s.GroupKey
		s.Title = alertTitle(s.Labels, s.Annotations, s)
	}
	return s
}

// first is the first of the names that has a text.
func first(texts map[string]string, names []string) string {
	for _, name := range names {
		if text := texts[name]; text != "" {
			return text
		}
	}
	return ""
}

// labelsHash stands in for a fingerprint: equal labels make an equal key.
func labelsHash(labels map[string]string) string {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	slices.Sort(names)
	pairs := make([]string, 0, 2*len(names))
	for _, name := range names {
		pairs = append(pairs, name, labels[name])
	}
	text, err := json.Marshal(pairs)
	if err != nil { // Cannot happen with texts.
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
