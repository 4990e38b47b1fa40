package source

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func init() { register(elastic{}) }

// elastic reads what Kibana rules, APM and security rules and Watcher send: people write these bodies as Mustache
// templates, so there is no fixed shape, and often it is not even JSON
// (https://www.elastic.co/docs/reference/kibana/connectors-kibana/webhook-action-type).
type elastic struct{}

func (elastic) Kind() string { return "elastic" }

func (elastic) Setup(url string) string {
	return fmt.Sprintf(`Connector: Webhook, method POST, URL
%s
Header: Content-Type: application/json

Body of the rule's action, once for each group of the rule and once for "Recovered":
{
  "key": "{{rule.id}}:{{alert.id}}", "status": "{{alert.actionGroup}}", "rule": "{{rule.name}}",
  "service": "{{context.serviceName}}", "env": "{{context.environment}}", "severity": "high",
  "value": "{{context.triggerValue}}", "threshold": "{{context.threshold}}",
  "reason": "{{context.reason}}", "url": "{{context.alertDetailsUrl}}"
}
`, url)
}

// The paths of Kibana's variables, of alert documents in ECS and of Watcher's context, the surest first.
var (
	elasticKeys    = named("alert_id", "key", "dedup_key", "kibana.alert.uuid", "kibana.alert.id")
	elasticWatches = named("alert.uuid", "watch_id", "ctx.watch_id")
	elasticTitles  = named(
		"alert_name", "rule.name", "rule_name", "rule", "title", "kibana.alert.rule.name", "alert.rule.name", "name", "subject",
		"watch_id", "ctx.watch_id", "summary", "message", "reason", "context.reason", "kibana.alert.reason",
	)
	elasticTexts = named(
		"message", "reason", "description", "context.reason", "context.message", "kibana.alert.reason", "msg", "text",
	)
	elasticStatuses = named(
		"state.state", "state", "status", "alert.actionGroup", "action_group", "alert.status", "kibana.alert.status",
		"event_action",
	)
	elasticSeverities = named("severity", "kibana.alert.severity", "priority", "level", "tags.severity")
	elasticServices   = named(
		"service.name", "service", "service_name", "context.serviceName", "tags.service", "metadata.service", "application", "app",
	)
	elasticTeams = named("metadata.team_id", "tags.team_id", "team_id", "team")
	elasticLinks = []pageNames{
		{"Alert", named("url", "context.alertDetailsUrl", "kibana.alert.url")},
		{"APM", named("context.viewInAppUrl")},
		{"Rule", named("rule.url")},
		{"Runbook", named("runbook_url")},
		{"Kibana", named("kibanaBaseUrl")},
	}
	ruleIDs  = named("rule.id")
	alertIDs = named("alert.id")
)

// Parse makes a signal of each object of the body; of a text the first line is the title. The query is not read: the
// integration's key may stand there.
func (elastic) Parse(r intake.Request) ([]intake.Signal, error) {
	c, err := readContent(r)
	if err != nil {
		return nil, err
	}
	if c.text != "" {
		s := textSignal(c.text, newObject(nil))
		s.Warnings = append(s.Warnings, "The body is a text; its first line became the title.")
		return []intake.Signal{s}, nil
	}
	objects, warnings := capped(c.objects)
	signals := make([]intake.Signal, len(objects))
	for i, raw := range objects {
		signals[i] = elasticSignal(newObject(raw))
	}
	signals[0].Warnings = append(append(signals[0].Warnings, c.warnings...), warnings...)
	return signals, nil
}

func elasticSignal(o *object) intake.Signal {
	s := intake.Signal{
		AlertID:  o.text(elasticKeys),
		Severity: o.text(elasticSeverities),
		Service:  o.text(elasticServices),
		Team:     o.text(elasticTeams),
	}
	status, warning := statusOf(o.text(elasticStatuses))
	s.Status = status
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	s.Title, s.Description = firstLine(o.text(elasticTitles))
	if text := o.text(elasticTexts); text != s.Title && s.Description == "" {
		s.Description = text
	}
	if rule, alert := o.text(ruleIDs), o.text(alertIDs); s.AlertID == "" && alert != "" {
		s.AlertID = strings.TrimPrefix(rule+":"+alert, ":")
	}
	if s.AlertID == "" {
		s.AlertID = o.text(elasticWatches)
	}
	if s.Title == "" {
		s.Title = untitled(s)
	}
	s.Key = s.AlertID
	if s.Key == "" {
		s.Key = nameKey(s.Title, s.Service)
	}
	s.Labels = labelsOf(o.value(labelNames))
	for name, text := range labelsOf(o.value(tagNames)) {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels[name] = text
	}
	s.Links = pages(o, elasticLinks)
	s.Metadata = o.rest()
	return s
}

// ElasticAnswer is the answer that the senders of this dialect expect.
type ElasticAnswer struct {
	Status     string `json:"status"`
	IncidentID *int64 `json:"incident_id"`
	Message    string `json:"message"`
}

// answerWords are the dialect's words, the one that says most first.
var answerWords = []struct {
	outcome incident.Outcome
	status  string
	message string
}{
	{incident.OutcomeCreated, "incident_created", "Incident created"},
	{incident.OutcomeReopened, "incident_updated", "Incident reopened"},
	{incident.OutcomeResolved, "incident_resolved", "Incident resolved"},
	{incident.OutcomeUpdated, "incident_updated", "Incident updated"},
	{incident.OutcomeAlertResolved, "incident_updated", "Alert resolved; others of its incident still fire"},
	{incident.OutcomeUnchanged, "no_changes", "No changes"},
	{incident.OutcomeNoMatch, "no_matching_active_incident", "No matching active incident"},
}

// Answer is 201 with what happened to the incident; of several outcomes the one that says most, with the warnings.
func (elastic) Answer(result intake.Result) (status int, body any) {
	answer := ElasticAnswer{Status: "no_changes", Message: "No changes"}
	if receipt, word, ok := mostSaid(result.Outcomes); ok {
		answer.Status, answer.Message = answerWords[word].status, answerWords[word].message
		if receipt.IncidentID != 0 {
			id := receipt.IncidentID
			answer.IncidentID = &id
			answer.Message += " (" + strconv.FormatInt(id, 10) + ")"
		}
	}
	answer.Message = strings.Join(append([]string{answer.Message + "."}, result.Warnings...), " ")
	if result.Unreadable {
		return 202, answer
	}
	return 201, answer
}

func mostSaid(receipts []incident.Receipt) (said incident.Receipt, word int, ok bool) {
	for i := range answerWords {
		for _, receipt := range receipts {
			if receipt.Outcome == answerWords[i].outcome {
				return receipt, i, true
			}
		}
	}
	return incident.Receipt{}, 0, false
}
