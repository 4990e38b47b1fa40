package incident

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// apply does commands in one transaction.
func (h *house) apply(commands ...Command) (results []Result, err error) {
	err = h.DB.Write(h.t.Context(), func(tx *db.Tx) (err error) {
		results, err = h.Apply(tx, dbtest.Org, commands)
		return err
	})
	return results, err
}

func TestTheAnswerIsWhatIsStored(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleAdmin)
		inc := h.reported(ann, NewIncident{Title: "Shop is down"})
		same := func(what string, got Incident, err error) {
			t.Helper()
			h.must(err)
			if diff := cmp.Diff(h.now(got.ID), got); diff != "" {
				t.Errorf("%s: stored and answered differ: %s", what, diff)
			}
			if got.Version <= inc.Version && what != "reported" {
				t.Errorf("%s: version %d after %d", what, got.Version, inc.Version)
			}
			inc = got
		}
		same("reported", inc, nil)
		title := "Shop is slow"
		for _, step := range []struct {
			what string
			do   func() (Incident, error)
		}{
			{"acknowledged", func() (Incident, error) { return h.Acknowledge(t.Context(), ann, inc.ID) }},
			{"snoozed", func() (Incident, error) {
				return h.Snooze(t.Context(), ann, inc.ID, h.clk.Now().Add(time.Hour+time.Nanosecond))
			}},
			{"unsnoozed", func() (Incident, error) { return h.Unsnooze(t.Context(), ann, inc.ID) }},
			{"edited", func() (Incident, error) { return h.Edit(t.Context(), ann, inc.ID, Edit{Title: &title}) }},
			{"unassigned", func() (Incident, error) { return h.Unassign(t.Context(), ann, inc.ID, ann.UserID) }},
			{"assigned", func() (Incident, error) { return h.Assign(t.Context(), ann, inc.ID, ann.UserID, "commander") }},
			{"resolved", func() (Incident, error) { return h.Resolve(t.Context(), ann, inc.ID) }},
			{"reopened", func() (Incident, error) { return h.Reopen(t.Context(), ann, inc.ID) }},
		} {
			h.after(time.Second)
			got, err := step.do()
			same(step.what, got, err)
		}
		results, err := h.apply(Command{IncidentID: inc.ID, Verb: AddComment, Actor: ann, Text: "On it."})
		same("commented", results[0].Incident, err)
	})
}

// A follower notes on the incident that nobody is paged for it; whoever reported it hears so.
func TestTheAnswerHasWhatTheFollowersNoted(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.AddFollower(marker{})
		inc := h.reported(h.root, NewIncident{Title: "Nobody cares"})
		if !inc.Unescalated {
			t.Error("the answer says that somebody is paged")
		}
		severity := SeverityHigh
		inc, err := h.Edit(t.Context(), h.root, inc.ID, Edit{Severity: &severity})
		h.must(err)
		if !inc.Unescalated || !h.now(inc.ID).Unescalated {
			t.Error("an edit wrote back a mark of before")
		}
		inc, err = h.Acknowledge(t.Context(), h.root, inc.ID)
		h.must(err)
		if inc.Unescalated {
			t.Error("what is taken is still marked")
		}
	})
}

// marker marks whatever opens, as escalation does for what no policy matches.
type marker struct{}

func (marker) Follow(tx *db.Tx, org int64, batch []Change) error {
	for _, c := range batch {
		if c.NewEpisode {
			if _, err := tx.Exec("UPDATE incidents SET unescalated = ? WHERE org_id = ? AND id = ?", true, org, c.After.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestWhatTheFollowersHear(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, bob := h.person("ann", account.RoleAdmin), h.person("bob", account.RoleOncallEngineer)
		assigned := func(a account.Actor) string { return fmt.Sprintf("assigned [%d]", a.UserID) }
		inc := h.reported(ann, NewIncident{Title: "Shop is down"})
		do := func(a account.Actor, c Command, want string) {
			t.Helper()
			c.IncidentID, c.Actor = inc.ID, a
			_, err := h.apply(c)
			h.must(err)
			h.hears(want)
		}
		h.hears("create, created, new episode")
		do(ann, Command{Verb: Acknowledge}, "acknowledge, acknowledged, "+assigned(ann))
		do(ann, Command{Verb: Acknowledge}, "acknowledge, acknowledged") // It ends pages asked of her since.
		do(bob, Command{Verb: Acknowledge}, "acknowledge, acknowledged, "+assigned(bob))
		do(ann, Command{Verb: Snooze, Until: h.clk.Now().Add(time.Hour)}, "snooze, snoozed")
		do(bob, Command{Verb: Unsnooze}, "unsnooze, returned")
		do(bob, Command{Verb: Unsnooze}, "")
		do(ann, Command{Verb: AddComment, Text: "Hm."}, "comment, comment")
		do(ann, Command{Verb: Unassign, UserID: bob.UserID}, "unassign")
		do(ann, Command{Verb: Assign, UserID: bob.UserID}, "assign, "+assigned(bob))
		do(ann, Command{Verb: Assign, UserID: bob.UserID, Role: "scribe"}, "")
		do(bob, Command{Verb: Resolve}, "resolve, resolved")
		do(bob, Command{Verb: Resolve}, "")
		do(ann, Command{Verb: AddComment, Text: "It was the disk."}, "comment, comment")
		do(ann, Command{Verb: Unassign, UserID: bob.UserID}, "unassign")
		do(ann, Command{Verb: Assign, UserID: bob.UserID}, "assign, "+assigned(bob))
		do(bob, Command{Verb: Reopen}, "reopen, new episode")
		high, status := SeverityHigh, StatusAcknowledged
		do(bob, Command{Verb: Update, Edit: &Edit{Severity: &high}}, "update, rerouted")
		do(bob, Command{Verb: Update, Edit: &Edit{Severity: &high}}, "")
		do(bob, Command{Verb: Update, Edit: &Edit{Status: &status}}, "acknowledge, acknowledged")
		do(ann, Command{Verb: Delete}, "delete, resolved")
	})
}

func TestSeveralCommandsToOneIncidentAreOneVersion(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, bob := h.person("ann", account.RoleAdmin), h.person("bob", account.RoleOncallEngineer)
		inc := h.reported(ann, NewIncident{Title: "Shop is down"})
		h.told()
		high := SeverityHigh
		results, err := h.apply(
			Command{IncidentID: inc.ID, Verb: Assign, Actor: ann, UserID: bob.UserID},
			Command{IncidentID: inc.ID, Verb: Assign, Actor: ann, UserID: bob.UserID},
			Command{IncidentID: inc.ID, Verb: Update, Actor: ann, Edit: &Edit{Severity: &high}},
			Command{IncidentID: inc.ID, Verb: Acknowledge, Actor: bob},
			Command{IncidentID: inc.ID, Verb: Unassign, Actor: ann, UserID: bob.UserID},
		)
		h.must(err)
		var changed []bool
		for _, r := range results {
			changed = append(changed, r.Changed)
		}
		if diff := cmp.Diff([]bool{true, false, true, true, true}, changed); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(h.now(inc.ID), results[4].Incident); diff != "" {
			t.Error("stored and answered differ", diff)
		}
		if got := results[4].Incident; got.Version != inc.Version+1 || got.AssignedTo != nil || got.Status != StatusAcknowledged {
			t.Errorf("version %d after %d, %s, assigned to %v", got.Version, inc.Version, got.Status, got.AssignedTo)
		}
		h.hears(fmt.Sprintf("assign, assigned [%d]; update, rerouted; acknowledge, acknowledged; unassign", bob.UserID))

		_, err = h.apply(Command{IncidentID: inc.ID, Verb: Resolve, Actor: ann}, Command{IncidentID: inc.ID, Verb: Reopen, Actor: ann})
		h.must(err)
		h.stands(inc.ID, "open, high, episode 2, firing 0 of 0")
	})
}

func TestNothingIsWrittenWhenOneCommandIsRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		one, two := h.reported(h.root, NewIncident{Title: "One"}), h.reported(h.root, NewIncident{Title: "Two"})
		_, err := h.Resolve(t.Context(), h.root, two.ID)
		h.must(err)
		h.told()
		_, err = h.apply(
			Command{IncidentID: one.ID, Verb: AddComment, Actor: h.root, Text: "Hm."},
			Command{IncidentID: two.ID, Verb: Acknowledge, Actor: h.root},
		)
		h.refused(err, fault.Conflict)
		d, err := h.Get(t.Context(), h.root, one.ID)
		h.must(err)
		if len(d.Comments) > 0 || d.Incident.Version != one.Version || h.told() != "" {
			t.Errorf("half of it was written: %d comments, version %d", len(d.Comments), d.Incident.Version)
		}
		h.witness.refuse = func(Change) error { return fault.New(fault.Internal, "broken", "The follower is broken.") }
		_, err = h.Resolve(t.Context(), h.root, one.ID)
		h.refused(err, fault.Internal)
		if now := h.now(one.ID); now.Status != StatusOpen {
			t.Errorf("it is %s although a follower failed", now.Status)
		}
	})
}

func TestOnlyOneIncidentOfAGroupIsOpen(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleAdmin)
		var ids [3]int64
		for i := range ids {
			ids[i] = h.expects(h.fires("a"), OutcomeCreated).ID
			_, err := h.Resolve(t.Context(), ann, ids[i])
			h.must(err)
			h.after(time.Hour)
		}
		reopen := func(id int64) Command { return Command{IncidentID: id, Verb: Reopen, Actor: ann} }
		_, err := h.apply(reopen(ids[0]), reopen(ids[1]))
		h.refused(err, fault.Conflict)
		_, err = h.Reopen(t.Context(), ann, ids[0])
		h.must(err)
		_, err = h.Reopen(t.Context(), ann, ids[1])
		h.refused(err, fault.Conflict)
		if want := fmt.Sprintf("Incident %d is open", ids[0]); !strings.Contains(fault.From(err).Detail, want) {
			t.Errorf("%q does not say %q", fault.From(err).Detail, want)
		}
		_, err = h.apply(Command{IncidentID: ids[0], Verb: Resolve, Actor: ann}, reopen(ids[0]))
		h.must(err) // It does not stand in its own way.
		open := StatusOpen
		_, err = h.Edit(t.Context(), ann, ids[2], Edit{Status: &open})
		h.refused(err, fault.Conflict)
	})
}

func TestEdits(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop, search := h.team("Shop"), h.team("Search")
		_, err := h.services.Create(t.Context(), h.root, catalog.NewService{Name: "Checkout", Aliases: []string{"till"}, TeamID: &shop})
		h.must(err)
		inc := h.reported(h.root, NewIncident{Title: "Down", Service: "till"})
		if inc.TeamID == nil || *inc.TeamID != shop || inc.ServiceID == nil {
			t.Fatalf("the service gave team %v", inc.TeamID)
		}
		edit := func(e Edit) Incident {
			t.Helper()
			inc, err := h.Edit(t.Context(), h.root, inc.ID, e)
			h.must(err)
			return inc
		}
		other, till, unknown := &search, "till", "nobody's"
		if got := edit(Edit{TeamID: &other}); *got.TeamID != search {
			t.Errorf("team %d", *got.TeamID)
		}
		h.told()
		if got := edit(Edit{Service: &till}); *got.TeamID != search {
			t.Errorf("naming the same service again took the incident to team %d", *got.TeamID)
		}
		h.hears("")
		if got := edit(Edit{Service: &unknown}); got.ServiceID != nil || *got.TeamID != search {
			t.Errorf("an unknown service: %v, team %v", got.ServiceID, *got.TeamID)
		}
		h.hears("update, rerouted")
		if got := edit(Edit{Service: &till}); *got.TeamID != shop {
			t.Errorf("a service's team is %d, not %d", *got.TeamID, shop)
		}
		var none *int64
		if got := edit(Edit{TeamID: &none}); got.TeamID != nil {
			t.Errorf("team %d", *got.TeamID)
		}
	})
}

func TestBadEditsNameEveryField(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := h.reported(h.root, NewIncident{Title: "Down"})
		title, description, service := strings.Repeat("ü", 256), "nul\x00", string([]byte{0xff})
		severity, status, team := Severity("awful"), Status("gone"), int64(999)
		theTeam := &team
		deep := map[string]any{}
		for range 30 {
			deep = map[string]any{"deeper": []any{deep}}
		}
		labels := map[string]string{"": "x"}
		_, err := h.Edit(t.Context(), h.root, inc.ID, Edit{
			Title: &title, Description: &description, Service: &service, Severity: &severity, Status: &status, TeamID: &theTeam,
			Labels: &labels, Metadata: &deep,
		})
		h.refused(err, fault.Invalid)
		var fields []string
		for _, f := range fault.From(err).Fields {
			fields = append(fields, strings.TrimPrefix(f.Location, "body."))
		}
		want := []string{"title", "description", "service", "severity", "labels", "metadata", "status", "team_id"}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Error(diff)
		}
		for what, metadata := range map[string]map[string]any{
			"too large": {"x": strings.Repeat("x", 64<<10)}, "no JSON": {"x": math.Inf(1)}, "too many": many(201),
		} {
			_, err := h.Create(t.Context(), h.root, NewIncident{Title: "Down", Metadata: metadata})
			h.refused(err, fault.Invalid)
			_, err = h.Edit(t.Context(), h.root, inc.ID, Edit{Metadata: &metadata})
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("metadata that is %s: %v", what, err)
			}
		}
		snoozed := StatusSnoozed
		_, err = h.Edit(t.Context(), h.root, inc.ID, Edit{Status: &snoozed})
		h.refused(err, fault.Conflict)
		_, err = h.Create(t.Context(), h.root, NewIncident{Title: "Down", Status: "gone"})
		h.refused(err, fault.Invalid)
		if diff := cmp.Diff(inc, h.now(inc.ID)); diff != "" {
			t.Error("a refused edit changed", diff)
		}
	})
}

func many(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprint(i)] = i
	}
	return m
}

func TestWhoMayBeAssigned(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", account.RoleAdmin)
		inc := h.reported(ann, NewIncident{Title: "Down"})
		elsewhere := dbtest.Organization(t, h.DB, "elsewhere")
		gone := h.person("gone", account.RoleUser)
		off := false
		_, err := h.accounts.UpdateUser(t.Context(), h.root, gone.UserID, account.UserPatch{IsActive: &off})
		h.must(err)
		for _, id := range []int64{0, -1, 999, gone.UserID} {
			_, err := h.Assign(t.Context(), ann, inc.ID, id, "")
			h.refused(err, fault.Invalid)
		}
		_, err = h.Assign(t.Context(), ann, inc.ID, ann.UserID, strings.Repeat("r", 51))
		h.refused(err, fault.Invalid)
		_, err = h.Unassign(t.Context(), ann, inc.ID, ann.UserID)
		h.refused(err, fault.NotFound)
		stranger := account.System(elsewhere, "stranger")
		_, err = h.Assign(t.Context(), stranger, inc.ID, ann.UserID, "")
		h.refused(err, fault.NotFound)
	})
}
