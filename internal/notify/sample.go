package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// sampleTime is when the samples are paged: a night in winter.
var sampleTime = time.Date(2026, 1, 17, 3, 0, 0, 0, time.UTC)

// sampleData is a message that templates are tried with.
type sampleData struct {
	name    string
	message Message // in the built-in words
	data    any
}

// samples are messages of an event about incidents of every kind: a rich one, a bare one, one full of what breaks a text.
func (s *Service) samples(event string) []sampleData {
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
	links := []incident.Link{{Text: "Runbook", URL: "https://wiki.example.org/runbooks/checkout"}}
	via := map[string]any{"via": "on call of Payments, by step 1 of Default"}
	about := func(i incident.Incident, said string, metadata map[string]any, f facts) passenger {
		f.incident, f.attempt, f.now = &i, 1, sampleTime
		return passenger{
			Notification{IncidentID: &i.ID, Episode: i.Episode, Title: i.Title, Message: said, Metadata: metadata, Urgency: string(i.Urgency())}, f,
		}
	}
	load := []passenger{
		about(rich, said(event), via, facts{user: ann, team: "Payments", links: links}),
		about(bare, "", nil, facts{}),
		about(nasty, `"<said>" & more`, via, facts{user: ann, team: "Payments", links: links}),
	}
	if event == ActionBundle {
		return []sampleData{
			s.sampleBundle("several pages", ActionPage, load), s.sampleBundle("several notices", ActionCommented, load),
			s.sampleBundle("one bare incident", ActionPage, load[1:2]),
		}
	}
	return []sampleData{
		s.sample("a rich incident", event, load[0].n, load[0].facts),
		s.sample("a bare incident", event, load[1].n, load[1].facts),
		s.sample("an incident full of marks", event, load[2].n, load[2].facts),
	}
}

// sampleBundle is one message of several notifications of an action.
func (s *Service) sampleBundle(name, action string, load []passenger) sampleData {
	f := &flight{at: sampleTime, load: slices.Clone(load)}
	for i := range f.load {
		f.load[i].n.Action = action
		if buttons[action] != "" {
			f.load[i].n.WantedUntil = WantedUntilAcknowledged
		}
	}
	m, b := s.composeBundle(f)
	if m.AckURL != "" {
		m.AckURL, m.IncidentURL, b.AckURL = s.PublicURL+"/a/sample", s.PublicURL+"/a/sample", s.PublicURL+"/a/sample"
		m.Text, m.HTML = s.bundleWords(b)
	}
	return sampleData{name, m, b}
}

// said is what somebody might have said with a message.
func said(event string) string {
	switch event {
	case ActionResolved:
		return "Bob resolved it."
	case ActionStillOnIt:
		return "Are you still on it? Without an answer it opens again in 10 minutes."
	case ActionAssigned:
		return "You were assigned to it."
	case ActionCommented:
		return "Bob commented:\nI have rolled the release back."
	case ActionAcknowledged:
		return "Bob acknowledged it."
	}
	return "Please look at the database first."
}

// sample is a message that nobody gets: its links lead nowhere.
func (s *Service) sample(name, event string, n Notification, f facts) sampleData {
	n.Action = event
	if event == ActionTest || event == ActionVerify {
		n.IncidentID, f.incident = nil, nil
	}
	m := s.envelope(n, f)
	if buttons[event] != "" {
		m.AckURL = s.PublicURL + "/a/sample"
	}
	l := letterOf(n, f, m)
	m.Title, m.Short = l.Subject, l.short()
	m.Text, m.HTML = s.words(builtin, l)
	return sampleData{name, m, l}
}

// sampleOf is a message about an incident that the actor may see, as if to the actor.
func (s *Service) sampleOf(ctx context.Context, actor account.Actor, event string, incidentID int64) (one sampleData, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		inc, err := s.Incidents.See(tx, actor, incidentID)
		if err != nil {
			return err
		}
		t := newTakeoff(s, tx, actor.Org)
		t.incidents = map[int64]incident.Incident{inc.ID: inc}
		n := Notification{
			OrgID: actor.Org, UserID: actor.UserID, IncidentID: &inc.ID, Episode: inc.Episode, Title: inc.Title, Message: said(event),
			Urgency: string(inc.Urgency()), Metadata: map[string]any{"via": "a preview"},
		}
		if t.users, err = s.People.UsersByID(tx, actor.Org, []int64{actor.UserID}); err != nil {
			return err
		}
		about := &flight{load: []passenger{{n: n}}}
		if err := t.loadFacts([]*flight{about}); err != nil {
			return err
		}
		if event == ActionBundle {
			one = s.sampleBundle("the incident", ActionPage, about.load)
		} else {
			one = s.sample("the incident", event, n, about.load[0].facts)
		}
		return nil
	})
	return one, err
}
