package incident

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// tells is the timeline, oldest first: "kind: text".
func (h *house) tells(id int64) (list []string) {
	h.t.Helper()
	events, err := h.Timeline(h.t.Context(), h.root, id, 0, 1000)
	h.must(err)
	for _, e := range events {
		list = append([]string{e.EventType + ": " + e.Description}, list...)
	}
	return list
}

func TestAReportFindsItsTeamAndWhoIsOnCall(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop, search := h.team("Shop"), h.team("Search")
		ann, bob := h.person("Ann", account.RoleOncallEngineer, shop), h.person("Bob", account.RoleUser)
		h.onDuty[shop] = []int64{ann.UserID}
		_, err := h.services.Create(t.Context(), h.root, catalog.NewService{Name: "Checkout", TeamID: &shop})
		h.must(err)

		inc := h.reported(bob, NewIncident{Title: "Cannot pay", Service: "CHECKOUT"})
		if inc.Severity != SeverityMedium || *inc.TeamID != shop || inc.AssignedTo == nil || *inc.AssignedTo != ann.UserID || *inc.CreatedBy != bob.UserID {
			t.Errorf("%s, team %d, assigned to %v, by %d", inc.Severity, *inc.TeamID, inc.AssignedTo, *inc.CreatedBy)
		}
		if inc = h.reported(bob, NewIncident{Title: "Cannot pay", Service: "Checkout", TeamID: &search}); *inc.TeamID != search || inc.AssignedTo != nil {
			t.Errorf("the team that was named is %d; assigned to %v", *inc.TeamID, inc.AssignedTo)
		}
		inc = h.reported(bob, NewIncident{Title: "Unknown", Service: "nobody's"})
		if inc.TeamID != nil || inc.ServiceID != nil || inc.Service != "nobody's" {
			t.Errorf("an unknown service: team %v, service %q", inc.TeamID, inc.Service)
		}
		h.told()
		inc = h.reported(ann, NewIncident{Title: "I have it", Service: "Checkout", Status: StatusAcknowledged})
		if inc.Status != StatusAcknowledged || *inc.AcknowledgedBy != ann.UserID {
			t.Errorf("%s by %v", inc.Status, inc.AcknowledgedBy)
		}
		h.hears("create, created, new episode, assigned [" + text10(ann.UserID) + "]; acknowledge, acknowledged")
		inc = h.reported(ann, NewIncident{Title: "For the record", Status: StatusResolved})
		if inc.Status != StatusResolved || inc.ResolvedHow != ResolvedByUser {
			t.Errorf("%s by %q", inc.Status, inc.ResolvedHow)
		}
	})
}

func TestABadReportNamesEveryField(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		elsewhere := dbtest.Organization(t, h.DB, "elsewhere")
		team, err := h.accounts.CreateTeam(t.Context(), account.System(elsewhere, "test"), account.NewTeam{Name: "Theirs"})
		h.must(err)
		labels := map[string]string{}
		for range 101 {
			labels[strings.Repeat("x", len(labels)+1)] = ""
		}
		_, err = h.Create(t.Context(), h.root, NewIncident{
			Title: " ", Description: strings.Repeat("x", 50_001), Severity: "bad", Service: strings.Repeat("x", 256), TeamID: &team.ID,
			Status: StatusSnoozed, AlertID: "\x00", Labels: labels, Metadata: many(201),
		})
		h.refused(err, fault.Invalid)
		var fields []string
		for _, f := range fault.From(err).Fields {
			fields = append(fields, strings.TrimPrefix(f.Location, "body."))
		}
		want := []string{"title", "description", "service", "alert_id", "severity", "labels", "metadata", "status", "team_id"}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Error(diff)
		}
		if got := h.lists(h.root, Filter{}); got != "" {
			t.Errorf("refused and yet there: %s", got)
		}
	})
}

func TestWhateverASenderWritesIsKept(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		wild := "\x00ünï\xff\u2028" + strings.Repeat("ö", 100_000)
		deep := map[string]any{"end": "\x00"}
		for range 500 {
			deep = map[string]any{"\x00": []any{deep}}
		}
		report := h.fires(wild, func(r *Report) {
			r.Title, r.Description, r.Service, r.AlertID, r.GroupKey = wild, wild, wild, wild, wild
			r.Labels, r.Annotations = map[string]string{"a\x00": "b\xff"}, map[string]string{wild: wild}
			r.Links = []Link{{Text: "\xff", URL: "https://example.com/\x00"}}
			r.Metadata = deep
		})
		inc := h.expects(report, OutcomeCreated)
		for name, text := range map[string]string{"title": inc.Title, "service": inc.Service, "alert": inc.AlertID} {
			if n := utf8.RuneCountInString(text); n != 255 || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				t.Errorf("the %s has %d characters and begins %q", name, n, text[:12])
			}
		}
		if n := utf8.RuneCountInString(inc.Description); n != maxText {
			t.Errorf("%d characters of the description are kept", n)
		}
		h.after(time.Minute)
		h.expects(h.ends(wild), OutcomeResolved)
	})
}

func TestTheTimelineTellsTheStoryInOrder(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, bob := h.person("Ann", account.RoleAdmin), h.person("Bob", account.RoleOncallEngineer)
		g := in("g")
		inc := h.expects(h.fires("a", g, severe(SeverityLow)), OutcomeCreated)
		h.expects(h.fires("b", g), OutcomeUpdated)
		do := func(c Command) {
			t.Helper()
			c.IncidentID = inc.ID
			_, err := h.apply(c)
			h.must(err)
		}
		do(Command{Verb: Acknowledge, Actor: ann, Via: "link"})
		do(Command{Verb: Acknowledge, Actor: ann})
		do(Command{Verb: Acknowledge, Actor: bob})
		do(Command{Verb: AddComment, Actor: bob, Text: "The disk."})
		h.after(time.Minute)
		h.expects(h.ends("b", g), OutcomeAlertResolved)
		h.expects(h.fires("b", g), OutcomeUpdated)
		h.expects(h.ends("b", g), OutcomeAlertResolved)
		h.expects(h.ends("a", g), OutcomeResolved)
		h.after(time.Minute)
		h.expects(h.fires("a", g, severe(SeverityCritical)), OutcomeReopened)
		do(Command{Verb: Snooze, Actor: bob, Until: h.clk.Now().Add(time.Hour)})
		h.after(time.Hour)
		h.passes()
		do(Command{Verb: Resolve, Actor: ann})
		want := []string{
			"created: Reported by alertmanager.",
			"alert_added: Another alert joined: b is down",
			"severity_changed: Severity rose from low to high.",
			"acknowledged: Ann acknowledged by link.",
			"acknowledged: Bob is on it, too.",
			"comment: Bob commented.",
			"alert_resolved: An alert ended: b is down",
			"severity_changed: Severity is now low, after high.",
			"alert_added: An alert fires again: b is down",
			"severity_changed: Severity rose from low to high.",
			"reopened: Opened again. More urgent than when it was acknowledged.",
			"alert_resolved: An alert ended: b is down",
			"severity_changed: Severity is now low, after high.",
			"resolved: Resolved by alertmanager: nothing fires any more.",
			"severity_changed: Severity rose from low to critical.",
			"reopened: Opened again. It fires again: a is down",
			"snoozed: Bob snoozed it until 2026-03-02T10:02:00Z.",
			"unsnoozed: The snooze is over; it is open again.",
			"resolved: Ann resolved it.",
		}
		if diff := cmp.Diff(want, h.tells(inc.ID)); diff != "" {
			t.Error(diff)
		}
	})
}
