package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestAPageThatNoProviderTakesBringsTheNextStepAndThenTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		h.pager.down = true
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(2*time.Minute - time.Second)
		h.isPaged("while a provider may still take it")
		h.after(time.Second)
		h.isPaged("after two minutes", "Bob")
		h.tells(id, "unreachable", "no provider took a page of Ladder")
		h.after(2 * time.Minute)
		h.isPaged("after two such steps", "Root")
		events := h.events(id)
		if events[0].Status != EventFailed || events[0].Metadata["outcome"] != "unreachable" || events[0].CompletedAt == nil {
			t.Errorf("the event says so: %+v", events[0])
		}
		h.after(8 * time.Minute)
		h.isPaged("the rest keeps its times", "Meg")
		if n := h.Stats(); n.Unreached < 3 || n.Steps != 4 {
			t.Errorf("counted are %+v", n)
		}
	})
}

func TestTheFallbackContactsArePagedWhenNobodyIsFoundTwice(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Root", account.RoleAdmin)
		h.policy(ladder)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Empty")))
		h.isPaged("at once", "Root")
		h.tells(id, "nobody_to_notify", "Ladder, step 1: nobody to notify")
		h.tells(id, "nobody_to_notify", "Ladder, step 2: nobody to notify")
		events := h.events(id)
		missing, ok := events[0].Metadata["missing"].([]any)
		if events[0].Status != EventFailed || !ok || missing[0].(map[string]any)["why"] != "team Empty has no active members" {
			t.Errorf("the event says why: %+v", events[0].Metadata)
		}
		if n := h.Stats(); n.Nobody != 2 {
			t.Errorf("counted are %+v", n)
		}
	})
}

func TestALastStepThatFindsNobodyBringsTheFallbackContactsAndTheRoundBeginsAgainAtItsTime(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Then the reporter", "conditions": {}, "repeat": {"times": 1, "every_minutes": 15}, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "reporter"}]}]}`)
		h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(5 * time.Minute)
		h.isPaged("nobody reported it", "Root")
		h.after(15*time.Minute - time.Second)
		h.isPaged("Ann is left alone until the round begins again")
		h.after(time.Second)
		h.isPaged("at its time", "Ann")
	})
}

func TestALastStepOfWhichNoPageIsTakenBringsTheFallbackContacts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Ann alone", "conditions": {}, "repeat": {"times": 1, "every_minutes": 15}, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]}]}`)
		h.pager.down = true
		h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(2 * time.Minute)
		h.isPaged("her page waits for a provider, so it is no use to page her again", "Root")
		h.after(13 * time.Minute)
		h.isPaged("at its time", "Ann")
	})
}

func TestLowUrgencyThatReachesNobodyKeepsItsTimes(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		h.pager.down = true
		h.alert("disk fills", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.after(9 * time.Minute)
		h.isPaged("before the time of the next step")
		h.after(time.Minute)
		h.isPaged("at its time", "Bob")
	})
}

func TestAStepThatFailsAfterTheNextOneHasFailedCountsAsTheSecondInARow(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Quick", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 1, "actions": [{"type": "notify", "target": "bob@example.com"}]},
			{"delay_minutes": 60, "actions": [{"type": "notify", "target": "meg@example.com"}]},
			{"delay_minutes": 120, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.pager.down = true
		h.pager.unknown[h.people["Bob"].ID] = true
		h.alert("db down", incident.SeverityCritical)
		h.isPaged("at once", "Ann")
		h.after(time.Minute)
		h.isPaged("Bob cannot be reached, so the next is at once", "Meg")
		h.pager.down = false
		h.pager.take()
		h.after(time.Minute)
		h.isPaged("now Ann's page has failed too: two in a row", "Root")
		h.after(30 * time.Minute)
		h.isPaged("and the rest keeps its times")
	})
}

func TestALatePageDoesNotHurryAStepThatComesAfterTheNext(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Quick", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 1, "actions": [{"type": "notify", "target": "bob@example.com"}]},
			{"delay_minutes": 60, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.pager.down = true
		id := h.alert("db down", incident.SeverityCritical)
		h.isPaged("at once", "Ann")
		h.after(time.Minute)
		h.isPaged("a minute later", "Bob")
		bobs := h.events(id)[1].ID
		h.write(func(tx *db.Tx) error {
			_, err := settle(tx, account.DefaultOrg, []int64{bobs}, EventCompleted, tx.Now())
			return err
		})
		h.after(10 * time.Minute)
		h.isPaged("Bob has been reached since, so nothing is hurried")
	})
}

func TestWhoTookItBeforeThePagesFailedIsNotEscalatedPast(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		h.pager.down = true
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.after(time.Hour)
		h.isPaged("afterwards")
		if event := h.events(id)[0]; event.Status != EventCompleted || event.SettleAt != nil {
			t.Errorf("the event of a page that is not wanted any more is over: %+v", event)
		}
	})
}

func TestAnAcceptedPageCompletesItsEventOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(ladder)
		h.pager.down = true
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.settle()
		if event := h.events(id)[0]; event.Status != EventPending || event.SettleAt == nil {
			t.Fatalf("on its way: %+v", event)
		}
		h.pager.down = false
		h.settle()
		accepted := h.events(id)[0]
		if accepted.Status != EventCompleted || accepted.CompletedAt == nil {
			t.Errorf("accepted: %+v", accepted)
		}
		h.after(5 * time.Minute)
		if event := h.events(id)[0]; event.Status != EventCompleted || !event.CompletedAt.Equal(*accepted.CompletedAt) {
			t.Errorf("later: %+v", event)
		}
	})
}
