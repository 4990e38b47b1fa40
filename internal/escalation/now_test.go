package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// escalates has a person ask for the next step now.
func (h *house) escalates(name string, id int64) incident.Incident {
	h.t.Helper()
	inc, _, err := h.EscalateNow(h.t.Context(), h.as(name), id)
	return must[incident.Incident](h.t)(inc, err)
}

func (h *house) acknowledges(name string, id int64) {
	h.t.Helper()
	must[incident.Incident](h.t)(h.incidents.Acknowledge(h.t.Context(), h.as(name), id))
}

func TestEscalateNowTakesTheNextStepAndTheDistancesGoOn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(2 * time.Minute)
		h.escalates("Ann", id)
		pages := h.pager.since(new(int))
		if last := pages[len(pages)-1]; last.WantedUntil != notify.WantedUntilOwnAcknowledgement {
			t.Errorf("a requested page is wanted until that person acknowledges: %+v", last)
		}
		h.isPaged("because Ann asked", "Bob")
		h.tells(id, "escalation", "Ann escalated. Ladder, step 2: paging Bob")
		event := h.events(id)[1]
		if by, ok := event.Metadata["triggered_by_user"].(map[string]any); event.Metadata["triggered_by"] != "user" || !ok || by["name"] != "Ann" {
			t.Errorf("the event records who asked: %v", event.Metadata)
		}
		h.after(8 * time.Minute)
		h.isPaged("when Bob's turn would have been")
		h.after(2 * time.Minute)
		h.isPaged("ten minutes after Bob", "Meg")
		h.escalates("Ann", id)
		h.isPaged("a new round, for no step was left", "Ann")
	})
}

func TestEscalateNowTakesTheEarliestStepOfAllRunsThenByPriority(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Later", "priority": 1, "steps": [{"delay_minutes": 20, "actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Sooner", "priority": 2, "steps": [{"delay_minutes": 10, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Soon too", "priority": 3, "steps": [{"delay_minutes": 10, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityLow)
		h.escalates("Ann", id)
		h.isPaged("first", "Bob")
		h.escalates("Ann", id)
		h.isPaged("then", "Meg")
	})
}

func TestEscalateNowOnAnAcknowledgedIncidentPagesOnceAndLeavesItAcknowledged(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		if inc := h.escalates("Ann", id); inc.Status != incident.StatusAcknowledged {
			t.Errorf("status %s", inc.Status)
		}
		h.isPaged("the lead is asked", "Bob")
		h.after(24 * time.Hour)
		h.isPaged("and nobody after that")
		h.escalates("Ann", id)
		h.isPaged("but on request", "Meg")
		h.escalates("Ann", id)
		h.isPaged("and from the beginning", "Ann")
		if run := h.runs(id)[0]; run.State != StateFinished || run.Reason != ReasonAcknowledged || run.NextAt != nil {
			t.Errorf("run: %+v", run)
		}
	})
}

func TestEscalateNowOnASnoozedIncidentLeavesItAsleep(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		must[incident.Incident](t)(h.incidents.Snooze(t.Context(), h.as("Ann"), id, h.clk.Now().Add(time.Hour)))
		h.escalates("Ann", id)
		h.isPaged("because Ann asked", "Bob")
		h.after(59 * time.Minute)
		h.isPaged("while it sleeps")
		h.after(time.Minute)
		h.isPaged("the last step taken, again", "Bob")
		h.after(10 * time.Minute)
		h.isPaged("and on from there", "Meg")
	})
}

func TestEscalateNowOnAResolvedIncidentDoesNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), id))
		inc, events, err := h.EscalateNow(t.Context(), h.as("Ann"), id)
		if err != nil || inc.Status != incident.StatusResolved || len(events) != 0 {
			t.Errorf("%+v, %v, %v", inc, events, err)
		}
		h.isPaged("on a resolved incident")
	})
}

func TestEscalateNowGoesOnUntilSomebodyIsReached(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		open := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.pager.unknown[h.people["Bob"].ID] = true
		h.escalates("Ann", open)
		h.isPaged("the lead cannot be reached", "Meg")

		taken := h.alert("disk full", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", taken)
		h.pager.unknown[h.people["Meg"].ID] = true
		h.escalates("Ann", taken)
		h.isPaged("nor the manager", "Root")
		h.after(24 * time.Hour)
		for _, page := range h.pager.since(&h.seen) {
			if page.IncidentID == taken {
				t.Errorf("an acknowledged incident pages nobody unasked: %+v", page)
			}
		}
	})
}

func TestWhomSomebodyAsksForInVainIsFollowedByTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		held := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		slow := h.alert("disk fills slowly", incident.SeverityMedium, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann", "Ann")
		h.acknowledges("Ann", held)
		h.pager.down = true
		for _, id := range []int64{held, slow} {
			h.escalates("Ann", id)
			h.isPaged("the lead", "Bob")
			h.after(2 * time.Minute)
			h.isPaged("no provider takes it", "Root")
			if page := h.pager.pages[len(h.pager.pages)-1]; page.WantedUntil != notify.WantedUntilOwnAcknowledgement {
				t.Errorf("the page is wanted until %q", page.WantedUntil)
			}
			h.after(10 * time.Second)
			h.isPaged("and that is all")
		}
		if inc := h.incident(held); inc.Status != incident.StatusAcknowledged {
			t.Errorf("status %s", inc.Status)
		}
	})
}

func TestWhoWasAskedForAndTakesItIsNotReachedInVain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		held := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", held)
		h.pager.down = true
		h.escalates("Ann", held)
		h.isPaged("the lead", "Bob")
		h.after(time.Minute)
		h.acknowledges("Bob", held) // He saw it on the screen.
		h.after(time.Hour)
		h.isPaged("nobody else is needed")
	})
}

func TestEscalateNowPagesTheFallbackContactsForALowUrgencyToo(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Reporter", "conditions": {}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "reporter"}]}]}`)
		slow := h.alert("disk fills slowly", incident.SeverityMedium, ofTeam(h.team("Shop")))
		h.after(time.Hour)
		h.isPaged("it can wait, and nobody reported it")
		h.escalates("Ann", slow)
		h.isPaged("but somebody asked", "Root")
		h.escalates("Ann", slow)
		h.isPaged("and asks once more: the contacts' call is the next step", "Root")
	})
}

// TestEscalateNowGoesOnWithThePolicyThatIsHandedOverTo: whoever asks for somebody gets somebody, also when the step that comes next
// only hands over, and whether or not the incident is held.
func TestEscalateNowGoesOnWithThePolicyThatIsHandedOverTo(t *testing.T) {
	for _, minutes := range []int{0, 60} { // how long an acknowledgement holds
		eachHouse(t, func(t *testing.T, h *house) {
			shop(h)
			h.holds(minutes)
			h.policy(`{"name": "Managers", "is_active": true, "conditions": {"service": "none"}, "steps": [
				{"delay_minutes": 30, "actions": [{"type": "notify", "target": "meg@example.com"}]},
				{"delay_minutes": 60, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
			h.policy(`{"name": "Leads", "conditions": {"service": "none"}, ` + handsTo("Managers") + `}`)
			h.policy(`{"name": "First", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
				{"delay_minutes": 10, "actions": [{"type": "policy", "policy": "Leads"}]}]}`)
			open := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
			h.isPaged("at once", "Ann")
			h.escalates("Ann", open)
			h.isPaged("by the policy at the end of the way", "Meg")
			if last := h.pager.since(new(int)); last[len(last)-1].WantedUntil != notify.WantedUntilOwnAcknowledgement {
				t.Errorf("it was asked for: %+v", last[len(last)-1])
			}
			h.after(30 * time.Minute)
			h.isPaged("and its distances go on", "Bob")
			must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), open))

			for _, held := range []struct {
				title string
				take  func(id int64)
			}{
				{"taken", func(id int64) { h.acknowledges("Ann", id) }},
				{"asleep", func(id int64) { h.snoozes("Ann", id, 12*time.Hour) }},
			} {
				id := h.alert(held.title, incident.SeverityHigh, ofTeam(h.team("Shop")))
				h.isPaged("at once", "Ann")
				held.take(id)
				h.escalates("Ann", id)
				h.isPaged(held.title+", and Ann wants somebody", "Meg")
				h.after(40 * time.Minute)
				h.isPaged("but nobody unasked: " + held.title)
				h.escalates("Ann", id)
				h.isPaged("asked again", "Bob")
				must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), id))
			}
		})
	}
}

func TestEscalateNowTakesAStepThatIsLeftBeforeItBeginsARoundAnew(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Gone through", "priority": 1, "conditions": {}, "repeat": {"times": 0, "every_minutes": 60}, "steps": [{"delay_minutes": 0, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.policy(`{"name": "Slow", "priority": 2, "conditions": {}, "steps": [{"delay_minutes": 120, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		open := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Meg")
		h.escalates("Ann", open)
		h.isPaged("who has not been asked yet", "Bob")
	})
}

func TestEscalateNowWithoutARunStartsWhatMatchesElseTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		info := h.alert("for your information", incident.SeverityInfo, ofTeam(h.team("Shop")))
		h.isPaged("info pages nobody")
		h.escalates("Ann", info)
		h.isPaged("unless somebody asks", "Root")

		held := h.alert("also only info", incident.SeverityInfo, ofTeam(h.team("Shop")))
		h.acknowledges("Ann", held)
		h.policy(`{"name": "Second", "priority": 1, "conditions": {"severity": "info"}, "steps": [{"delay_minutes": 10, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.policy(`{"name": "First", "priority": 2, "conditions": {"severity": "info"}, "steps": [{"delay_minutes": 5, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.escalates("Ann", held)
		h.isPaged("the policy whose step comes first", "Bob")
		h.after(24 * time.Hour)
		h.isPaged("and no more, for Ann has it")
		if inc := h.incident(held); inc.Unescalated || inc.Status != incident.StatusAcknowledged {
			t.Errorf("%+v", inc)
		}
	})
}

func TestEscalateNowDoesNotGoBackToATeamThatGaveTheIncidentAway(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Zoe", account.RoleOncallEngineer, "Bank")
		bank := h.team("Bank")
		h.policy(`{"name": "Shop's", "team_id": ` + text(h.team("Shop")) + `, "priority": 1, "steps": [{"actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
		h.policy(`{"name": "Bank's", "team_id": ` + text(bank) + `, "priority": 2, "steps": [{"actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		to := &bank
		must[incident.Incident](t)(h.incidents.Edit(t.Context(), h.as("Ann"), id, incident.Edit{TeamID: &to}))
		h.isPaged("the other team", "Zoe")
		h.acknowledges("Zoe", id)
		h.escalates("Zoe", id)
		h.isPaged("asked again is the present team", "Zoe")
	})
}

func TestANewRoundOfAnExhaustedRunGoesOn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Calm", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		id := h.alert("disk fills", incident.SeverityLow)
		h.after(time.Hour)
		h.isPaged("once each", "Ann", "Bob")
		h.escalates("Ann", id)
		h.isPaged("on request", "Ann")
		h.after(time.Hour)
		h.isPaged("and the round goes on", "Bob")
	})
}

func TestWhoMayEscalate(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Tom", account.RoleUser, "Shop")
		h.person("Eve", account.RoleUser, "Bank")
		id := h.alert("db down", incident.SeverityLow, ofTeam(h.team("Shop")))
		if _, _, err := h.EscalateNow(t.Context(), h.as("Tom"), id); err != nil {
			t.Errorf("a member of the team: %v", err)
		}
		stranger := account.System(dbtest.Organization(t, h.DB, "neighbour"), "test")
		for name, actor := range map[string]account.Actor{"another team's": h.as("Eve"), "another organisation's": stranger} {
			if _, _, err := h.EscalateNow(t.Context(), actor, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := h.EscalateNow(t.Context(), h.root, 4711); !fault.Is(err, fault.NotFound) {
			t.Errorf("unknown: %v", err)
		}
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), id)) // It is Ann's now.
		if _, _, err := h.EscalateNow(t.Context(), h.as("Tom"), id); err != nil {
			t.Errorf("on a resolved incident nothing is done: %v", err)
		}
	})
}
