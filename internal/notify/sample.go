package notify

import (
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// sampleTime is when the samples are paged: a night in winter.
var sampleTime = time.Date(2026, 1, 17, 3, 0, 0, 0, time.UTC)

// sample is a message that forms are tried with.
type sample struct {
	name  string
	n     Notification
	facts facts
}

// samples are messages about incidents of every kind: a rich one, a bare one, one full of what breaks a text, and none at all.
func (s *Service) samples(action string) []sample {
	ann := account.User{ID: 1, OrgID: 1, Email: "ann@example.org", FullName: "Ann Ops", Timezone: "Europe/Berlin", IsActive: true}
	rich := incident.Incident{
		ID: 4711, Title: "Checkout answers slowly", Description: "p99 is 4.2 s, the limit is 1 s.\nIt began with the release of 02:40.",
		Status: incident.StatusOpen, Severity: incident.SeverityCritical, Service: "checkout", Source: "alertmanager", Episode: 2, FiringCount: 3,
		Labels:    map[string]string{"env": "prod", "region": "eu-central-1", "alertname": "CheckoutSlow"},
		CreatedAt: sampleTime.Add(-3 * time.Hour), OpenedAt: sampleTime.Add(-12 * time.Minute),
	}
	bare := incident.Incident{
		ID: 1, Title: "x", Status: incident.StatusOpen, Severity: incident.SeverityInfo, Episode: 1, CreatedAt: sampleTime, OpenedAt: sampleTime,
	}
	nasty := rich
	nasty.ID, nasty.Title = 9_007_199_254_740_993, `</script>"quoted" 'and' \slashed\ & <b>bold</b> {{.Secret}} 日本語 `+strings.Repeat("long ", 60)
	nasty.Description = strings.Repeat("\"line\" <with> & \\ everything\n", 80)
	nasty.Labels = map[string]string{`quo"te`: "<&>", "empty": "", "a b": strings.Repeat("v", 300)}
	link := []incident.Link{{Text: "Runbook", URL: "https://wiki.example.org/runbooks/checkout"}}
	told := map[string]any{"via": "on call of Checkout, by step 1 of Default"}
	about := func(name string, i incident.Incident, links []incident.Link, said string, metadata map[string]any) sample {
		id := i.ID
		return sample{name, Notification{
			ID: 1, OrgID: 1, UserID: 1, IncidentID: &id, Episode: i.Episode, Title: i.Title, Message: said, Action: action, Metadata: metadata,
			Urgency: string(i.Urgency()), Recipient: "ann@example.org", Channel: "email",
		}, facts{user: ann, incident: &i, team: "Payments", links: links, attempt: 1, now: sampleTime}}
	}
	list := []sample{
		about("a rich incident", rich, link, "Please look at the database first.", told),
		about("a bare incident", bare, nil, "", nil),
		about("an incident full of marks", nasty, link, `"<said>" & more`, told),
	}
	list[1].facts.team, list[1].facts.user = "", account.User{}
	return list
}

// letter is the sample as the words are filled with it.
func (s *Service) letterOfSample(of sample) letter {
	return letterOf(of.n, of.facts, s.envelope(of.n, of.facts))
}
