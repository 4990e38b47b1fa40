package escalation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
)

// shop is a team with an engineer, a lead and a manager, and an administrator beside them.
func shop(h *house) {
	h.person("Root", account.RoleAdmin)
	h.person("Ann", account.RoleOncallEngineer, "Shop")
	h.person("Bob", account.RoleTeamLead, "Shop")
	h.person("Meg", account.RoleManager)
}

const ladder = `{"name": "Ladder", "repeat": {"times": 1, "every_minutes": 15}, "steps": [
	{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
	{"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]},
	{"delay_minutes": 20, "actions": [{"type": "notify", "target_roles": ["manager"]}]}]}`

func TestAnUnansweredAlertClimbsRepeatsAndEndsAtTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(10*time.Minute - time.Second)
		h.isPaged("before its time")
		h.after(time.Second)
		h.isPaged("after 10 min", "Bob")
		h.after(10 * time.Minute)
		h.isPaged("after 20 min", "Meg")
		h.after(35 * time.Minute)
		h.isPaged("in the second round", "Ann", "Bob", "Meg")
		h.after(15 * time.Minute)
		h.isPaged("when it is exhausted", "Root")
		h.tells(id, "escalation_exhausted", "Ladder is exhausted")
		h.after(2 * time.Hour)
		h.isPaged("each hour", "Root", "Root")
		if events := h.events(id); len(events) != 9 || events[0].Status != EventCompleted || events[8].Policy != nil {
			t.Errorf("events: %+v", events)
		}
		h.tells(id, "escalation", "Ladder, step 1: paging Ann (")

		must[incident.Incident](t)(h.incidents.Acknowledge(t.Context(), h.as("Bob"), id))
		h.after(24 * time.Hour)
		h.isPaged("after the acknowledgement")
	})
}

func TestAnAcknowledgementOrAResolveEndsEveryRun(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		acknowledged := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		resolved := h.alert("disk full", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann", "Ann")
		must[incident.Incident](t)(h.incidents.Acknowledge(t.Context(), h.as("Ann"), acknowledged))
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), resolved))
		h.after(24 * time.Hour)
		h.isPaged("afterwards")
		for id, reason := range map[int64]Reason{acknowledged: ReasonAcknowledged, resolved: ReasonResolved} {
			if runs := h.runs(id); len(runs) != 1 || runs[0].State != StateFinished || runs[0].Reason != reason {
				t.Errorf("runs: %+v, want %s", runs, reason)
			}
		}
	})
}

func TestWhoIsPagedByTwoPoliciesAtOnceIsPagedOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "One", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Two", "steps": [{"actions": [{"type": "notify", "recipients": ["ann@example.com", "bob@example.com"]}]}]}`)
		h.policy(`{"name": "Three", "steps": [{"delay_minutes": 1, "actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Four", "steps": [{"delay_minutes": 3, "actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityLow)
		h.isPaged("at once, in one transaction", "Ann", "Bob")
		h.after(time.Minute)
		h.isPaged("a minute later")
		h.after(2 * time.Minute)
		h.isPaged("three minutes later", "Ann")
		for _, e := range h.events(id)[:3] {
			if e.Status != EventCompleted {
				t.Errorf("somebody was reached: %+v", e)
			}
		}
		h.tells(id, "escalation", "paged a moment ago: Ann")
	})
}

func TestAStepMayAcknowledgeTheIncidentItself(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		// The first run pages and the second acknowledges in the same transaction; a third has nothing left to do.
		h.policy(`{"name": "Pages", "priority": 1, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Takes", "priority": 2, "steps": [{"actions": [{"type": "notify", "target": "bob@example.com"},
			{"type": "status_change", "status": "acknowledged"}, {"type": "assign", "target": "bob@example.com"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.policy(`{"name": "Late", "priority": 3, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh)
		h.after(time.Hour)
		h.isPaged("until the step acknowledged", "Ann", "Bob")
		inc := h.incident(id)
		if inc.Status != incident.StatusAcknowledged || inc.AssignedTo == nil || *inc.AssignedTo != h.people["Bob"].ID {
			t.Errorf("the incident: %+v", inc)
		}
		for _, run := range h.runs(id) {
			if run.State != StateFinished || run.Reason != ReasonAcknowledged || run.NextAt != nil {
				t.Errorf("run: %+v", run)
			}
		}
	})
}

func TestAStepMayRaiseTheSeverityAndSoStartAnotherPolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Raises", "conditions": {"severity": "high"}, "steps": [
			{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 5, "actions": [{"type": "change_severity", "severity": "critical"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Worst", "conditions": {"severity": "critical"}, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh)
		h.after(4 * time.Minute)
		h.isPaged("at first", "Ann")
		h.after(2 * time.Minute)
		h.isPaged("when it is critical", "Meg")
		h.after(4 * time.Minute)
		h.isPaged("and the first policy goes on", "Bob")
		if inc := h.incident(id); inc.Severity != incident.SeverityCritical {
			t.Errorf("severity %s", inc.Severity)
		}
	})
}

func TestAChangedOrDeletedPolicyLeavesItsRunsAlone(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		p := h.policy(twoSteps)
		h.alert("db down", incident.SeverityHigh)
		h.isPaged("at once", "Ann")
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, p.ID, 0, []byte(`{"steps": [], "is_active": false}`)))
		if err := h.DeletePolicy(t.Context(), h.root, p.ID); err != nil {
			t.Fatal(err)
		}
		h.after(10 * time.Minute)
		h.isPaged("ten minutes later, as it was", "Bob")
		h.alert("disk full", incident.SeverityHigh)
		h.isPaged("a new incident finds no policy", "Root")
	})
}

func TestEachStepIsTakenOnceByHoweverManyEngines(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Many", "repeat": {"times": 0}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"actions": [{"type": "notify", "target": "bob@example.com"}]}, {"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		const incidents = 130 // more than one batch
		for i := range incidents {
			h.alert(fmt.Sprint("alert ", i), incident.SeverityHigh)
		}
		engines := []*Service{h.Service, h.node(live.New(h.DB, "two")), h.node(live.New(h.DB, "three"))}
		var wg sync.WaitGroup
		for _, engine := range engines {
			wg.Go(func() {
				for more := true; more; {
					var err error
					if _, more, err = engine.Steps(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		h.settle() // What one left because another held it.
		if len(h.pager.faults) > 0 {
			t.Errorf("sent twice: %v", h.pager.faults)
		}
		if n := len(h.pager.since(&h.seen)); n != 3*incidents {
			t.Errorf("%d pages, want %d", n, 3*incidents)
		}
	})
}

func TestWhatDidNotCommitIsTakenAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		due := h.runs(id)
		killed := errors.New("killed before the commit")
		err := h.DB.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := h.steps(tx, account.DefaultOrg, due); err != nil {
				return err
			}
			return killed
		})
		if !errors.Is(err, killed) || len(h.events(id)) != 0 {
			t.Fatalf("nothing of the step is left: %v", err)
		}
		h.isPaged("by the next node", "Ann")
	})
}

func TestAStepIsNotWrittenTwiceEvenByAnEngineThatBelievesInIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.settle()
		event := h.events(id)[0]
		err := h.DB.Write(t.Context(), func(tx *db.Tx) error { return saveEvents(tx, account.DefaultOrg, []*Event{&event}) })
		if !db.IsUnique(err, "escalation_events_step") {
			t.Errorf("the same step of the same round: %v", err)
		}
		second := h.runs(id)[0]
		second.ID = 0
		err = h.DB.Write(t.Context(), func(tx *db.Tx) error { return saveRuns(tx, []*Run{&second}) })
		if !db.IsUnique(err, "escalation_runs_unfinished") {
			t.Errorf("a second unfinished run of the policy: %v", err)
		}
	})
}

func TestOneRunThatFailsStopsNoOtherAndReachesSomebodyElse(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		bad := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		good := h.alert("disk full", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.pager.refuse = func(incidentID int64) bool { return incidentID == bad }
		h.settle()
		h.isPaged("of the other incident", "Ann")
		if events := h.events(good); len(events) != 1 || events[0].Status == EventFailed {
			t.Errorf("the other incident's step: %+v", events)
		}
		events := h.events(bad)
		if len(events) < 2 || events[0].Status != EventFailed || events[0].Metadata["error"] == nil {
			t.Fatalf("the failed steps are on record: %+v", events)
		}
		h.pager.refuse = nil
		h.after(time.Hour)
		runs := h.runs(bad)
		if !slices.ContainsFunc(runs, Run.IsFallback) {
			t.Errorf("the fallback contacts are paged: %+v", runs)
		}
	})
}

func TestATickLooksOnceHoweverManyOrganisationsThereAre(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		for i := range 5 {
			dbtest.Organization(t, h.DB, fmt.Sprint("neighbour ", i))
		}
		h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		next := h.settle()
		if want := dbtest.Start.Add(10 * time.Minute); !next.Equal(want) {
			t.Errorf("the next step is at %v, want %v", next, want)
		}
	})
}

func TestAnOrganisationThatFailsStopsNoOther(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		broken := errors.New("broken")
		other := dbtest.Organization(t, h.DB, "neighbour")
		var worked []int64
		pass := func(_ context.Context, org int64) (bool, error) {
			worked = append(worked, org)
			if org == account.DefaultOrg {
				return false, broken
			}
			return false, nil
		}
		look := func(*db.Tx) ([]orgDue, error) {
			return []orgDue{{account.DefaultOrg, h.clk.Now()}, {other, h.clk.Now()}}, nil
		}
		_, _, err := h.eachOrg(t.Context(), look, pass)
		if !errors.Is(err, broken) || !slices.Equal(worked, []int64{account.DefaultOrg, other}) {
			t.Errorf("worked are %v: %v", worked, err)
		}
	})
}

func TestAStormOnOneTeamAsksThePagerOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		for i := range stepBatch {
			h.alert(fmt.Sprint("alert ", i), incident.SeverityHigh, ofTeam(h.team("Shop")))
		}
		if _, _, err := h.Steps(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(h.pager.since(&h.seen)); n != stepBatch || h.pager.queries != 1 {
			t.Errorf("%d pages after %d questions", n, h.pager.queries)
		}
	})
}

func TestWhoWasPagedIsRememberedWhenAnotherStepOfTheSameTransactionChangesItsIncident(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "One", "priority": 1, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Between", "priority": 2, "steps": [{"actions": [{"type": "change_severity", "severity": "medium"}]}]}`)
		h.policy(`{"name": "Two", "priority": 3, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.alert("db slow", incident.SeverityLow)
		h.isPaged("once", "Ann")
	})
}
