package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func (h *house) snoozes(name string, id int64, d time.Duration) {
	h.t.Helper()
	must[incident.Incident](h.t)(h.incidents.Snooze(h.t.Context(), h.as(name), id, h.clk.Now().Add(d)))
}

func (h *house) edits(name string, id int64, e incident.Edit) incident.Incident {
	h.t.Helper()
	return must[incident.Incident](h.t)(h.incidents.Edit(h.t.Context(), h.as(name), id, e))
}

func TestASnoozedIncidentComesBackWhereItWas(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(12 * time.Minute)
		h.isPaged("at first", "Ann", "Bob")
		h.snoozes("Bob", id, time.Hour)
		h.after(50 * time.Minute)
		h.snoozes("Bob", id, time.Hour) // and once more
		h.after(time.Hour - time.Second)
		h.isPaged("while it sleeps")
		h.after(time.Second)
		h.isPaged("the last one again", "Bob")
		h.after(10 * time.Minute)
		h.isPaged("and on", "Meg")
	})
}

func TestAnAcknowledgedIncidentThatComesBackAsksItsSnoozerAndThenEverybody(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.snoozes("Bob", id, time.Hour)
		h.after(time.Hour)
		pages := h.pager.since(new(int))
		h.isPaged("who put it to sleep", "Bob")
		if last := pages[len(pages)-1]; last.WantedUntil != notify.WantedUntilOwnAcknowledgement || last.Message == "" || last.Via != "you put it to sleep" {
			t.Errorf("asked is with %+v", last.Page)
		}
		h.after(14 * time.Minute)
		h.isPaged("within the time to answer")
		h.after(time.Minute)
		h.isPaged("in a new episode", "Ann")
		if inc := h.incident(id); inc.Episode != 2 || inc.Status != incident.StatusOpen {
			t.Errorf("%+v", inc)
		}
	})
}

func TestWhoWakesWhatHeHoldsIsNotAsked(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.snoozes("Ann", id, time.Hour)
		must[incident.Incident](t)(h.incidents.Unsnooze(t.Context(), h.as("Ann"), id))
		h.after(2 * time.Hour)
		h.isPaged("for Ann is there")
	})
}

func TestMoreTroubleInAHeldIncidentAsksWhoHoldsIt(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		more := func(key string) func(r *incident.Report) { return func(r *incident.Report) { r.Key = key } }
		h.alert("db down", incident.SeverityHigh, more("second host"))
		h.isPaged("another alert", "Ann")
		h.alert("db down", incident.SeverityHigh, more("second host"))
		h.isPaged("a mere repeat")

		h.pager.unknown[h.people["Ann"].ID] = true
		h.alert("db down", incident.SeverityHigh, more("third host"))
		h.isPaged("who holds it cannot be reached, so the fallback contacts are asked", "Root")
		h.tells(id, "nobody_to_notify", "Another alert joined it.")

		h.alert("db down", incident.SeverityCritical, more("fourth host"))
		h.isPaged("worse than it was when it was taken: everything anew", "Bob")
		if inc := h.incident(id); inc.Episode != 2 || inc.Status != incident.StatusOpen {
			t.Errorf("%+v", inc)
		}
		if runs := h.runs(id); len(runs) != 2 || runs[0].State != StateFinished || runs[1].Episode != 2 {
			t.Errorf("runs: %+v", runs)
		}
	})
}

// TestWhatARaiseStartsIsKeptUntilItIsResolvedThoughItIsTakenInTheSameAct: one request may do both.
func TestWhatARaiseStartsIsKeptUntilItIsResolvedThoughItIsTakenInTheSameAct(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Calm", "priority": 1, "conditions": {"severity": "low"}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Worst", "priority": 2, "conditions": {"severity": "critical"}, "steps": [
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "bob@example.com"}]},
			{"delay_minutes": 15, "until": "resolved", "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.edits("Ann", id, incident.Edit{Severity: new(incident.SeverityCritical), Status: new(incident.StatusAcknowledged)})
		h.after(15 * time.Minute)
		h.isPaged("the manager hears of what is critical, whoever has it", "Meg")
	})
}

func TestMoreTroubleInASleepingIncidentThatNobodyIsAssignedToAsksWhoPutItToSleep(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Calm", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh)
		h.isPaged("at once", "Ann")
		h.snoozes("Bob", id, 7*24*time.Hour)
		if list := must[incident.Detail](t)(h.incidents.Get(t.Context(), h.root, id)).Assignments; len(list) > 0 {
			t.Fatalf("assigned: %+v", list)
		}
		more := func(key string) func(r *incident.Report) { return func(r *incident.Report) { r.Key = key } }
		h.alert("db down", incident.SeverityHigh, more("second host"))
		h.isPaged("another alert", "Bob")
		h.pager.unknown[h.people["Bob"].ID] = true
		h.alert("db down", incident.SeverityHigh, more("third host"))
		h.isPaged("nor can Bob be reached", "Root")
	})
}

func TestWhoRaisesTheSeverityOfWhatIsHeldIsOfferedTheNewPolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Calm", "conditions": {"severity": "low"}, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Worst", "priority": 5, "conditions": {"severity": "critical"}, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.edits("Ann", id, incident.Edit{Severity: new(incident.SeverityCritical)})
		h.after(time.Hour)
		h.isPaged("Ann is working on it")
		h.escalates("Ann", id)
		h.isPaged("when she asks", "Meg")
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), id))
		for _, run := range h.runs(id) {
			if run.State != StateFinished {
				t.Errorf("run: %+v", run)
			}
		}
	})
}

func TestAChangeOfTeamHandsOverOnlyToARunThatPages(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Zoe", account.RoleOncallEngineer, "Bank")
		shopID, bank, empty := h.team("Shop"), h.team("Bank"), h.team("Empty")
		h.policy(`{"name": "Shop's", "team_id": ` + text(shopID) + `, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify", "target": "bob@example.com"}]}, {"delay_minutes": 20, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.policy(`{"name": "Empty's", "team_id": ` + text(empty) + `, "steps": [{"actions": [{"type": "assign", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Bank's", "team_id": ` + text(bank) + `, "steps": [{"actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
		id := h.alert("db down", incident.SeverityLow, ofTeam(shopID))
		h.isPaged("at once", "Ann")
		to := &empty
		h.edits("Bob", id, incident.Edit{TeamID: &to})
		h.isPaged("nobody is paged for the new team, but the fallback contacts", "Root")
		h.after(10 * time.Minute)
		h.isPaged("so the old team's run goes on", "Bob")
		to = &bank
		h.edits("Bob", id, incident.Edit{TeamID: &to})
		h.isPaged("this team pages", "Zoe")
		h.after(time.Hour)
		h.isPaged("and so the old run is over")
		if run := h.runs(id)[0]; run.Reason != ReasonSuperseded {
			t.Errorf("run: %+v", run)
		}
	})
}

func TestARisingSeverityStartsWhatMatchesNowOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "All", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 30, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Worst", "conditions": {"severity": ["critical", "high"]}, "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityMedium)
		h.isPaged("at once", "Ann")
		h.alert("db down", incident.SeverityHigh)
		h.isPaged("when it is worse", "Meg")
		h.alert("db down", incident.SeverityCritical)
		h.isPaged("worse again: both runs are under way already")
		h.after(30 * time.Minute)
		h.seen = len(h.pager.pages)
		if n := len(h.runs(id)); n != 2 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestAnIncidentThatNobodyIsPagedForIsRedUntilSomebodyIs(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		bank := h.team("Bank")
		h.policy(`{"name": "Bank's", "team_id": ` + text(bank) + `, "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.isPaged("the fallback contacts", "Root")
		if !h.incident(id).Unescalated {
			t.Error("it is red")
		}
		must[incident.Comment](t)(h.incidents.Comment(t.Context(), h.as("Ann"), id, "looking"))
		h.alert("db down", incident.SeverityCritical)
		if !h.incident(id).Unescalated {
			t.Error("it stays red whatever else is written")
		}
		to := &bank
		h.edits("Ann", id, incident.Edit{TeamID: &to})
		h.isPaged("the other team", "Ann")
		if h.incident(id).Unescalated {
			t.Error("now somebody is paged")
		}
		h.after(3 * time.Hour)
		for _, page := range h.pager.since(&h.seen)[:2] {
			if page.UserID == h.people["Root"].ID {
				t.Errorf("the fallback contacts are relieved: %+v", page)
			}
		}

		other := h.alert("disk full", incident.SeverityHigh)
		// One change that reroutes and takes it.
		h.edits("Ann", other, incident.Edit{Severity: new(incident.SeverityCritical), Status: new(incident.StatusAcknowledged)})
		if inc := h.incident(other); inc.Unescalated || inc.Status != incident.StatusAcknowledged {
			t.Errorf("whoever takes it ends that: %+v", inc)
		}
		for _, run := range h.runs(other) {
			if run.State != StateFinished {
				t.Errorf("run: %+v", run)
			}
		}
	})
}

func TestAReopenedIncidentIsEscalatedAnew(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(10 * time.Minute)
		h.isPaged("at first", "Ann", "Bob")
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Bob"), id))
		must[incident.Incident](t)(h.incidents.Reopen(t.Context(), h.as("Bob"), id))
		h.isPaged("from the beginning", "Ann")
		runs := h.runs(id)
		if len(runs) != 2 || runs[0].Reason != ReasonResolved || runs[1].Episode != 2 || runs[1].Round != 0 {
			t.Errorf("runs: %+v", runs)
		}
		if err := h.incidents.Delete(t.Context(), h.as("Root"), id); err != nil {
			t.Fatal(err)
		}
		h.after(time.Hour)
		h.isPaged("of a deleted incident")
	})
}
