package escalation

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestUntilResolvedIsTakenAndPagedAlthoughAcknowledged(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Managers must know", "repeat": {"times": 3, "every_minutes": 5}, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]},
			{"delay_minutes": 30, "until": "resolved", "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(5 * time.Minute)
		h.acknowledges("Ann", id)
		h.after(25*time.Minute - time.Second)
		h.isPaged("the lead is not asked any more", "Ann")
		h.after(time.Second)
		h.isPaged("at its time", "Meg")
		if page := h.pager.pages[len(h.pager.pages)-1]; page.WantedUntil != notify.WantedUntilResolved {
			t.Errorf("the page is wanted until %s", page.WantedUntil)
		}
		h.after(24 * time.Hour)
		h.isPaged("and not again: nobody repeats what somebody has")
		if runs := h.runs(id); runs[0].State != StateFinished || runs[0].Reason != ReasonAcknowledged {
			t.Errorf("runs: %+v", runs)
		}
		other := h.alert("disk full", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("another one", "Ann")
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), other))
		h.after(24 * time.Hour)
		h.isPaged("a resolved one pages nobody")
	})
}

func TestUntilResolvedGoesOnBesideAnAcknowledgementThatMayRunOut(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Both", "ack_timeout_minutes": 60, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 30, "until": "resolved", "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.after(30 * time.Minute)
		h.isPaged("although acknowledged", "Meg")
		if runs := h.runs(id); runs[0].State != StatePaused {
			t.Errorf("runs: %+v", runs)
		}
		h.after(30 * time.Minute)
		h.isPaged("asked, and run out", "Ann", "Ann")
		h.after(30 * time.Minute)
		h.isPaged("the round goes on", "Meg")
	})
}

func TestAcknowledgeAllPagesEachPersonUntilThatPersonAcknowledged(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "All hands", "steps": [{"acknowledge": "all", "actions": [{"type": "notify", "target": "team:Shop"}]}]}`)
		h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("everybody", "Ann", "Bob")
		for _, page := range h.pager.pages {
			if page.WantedUntil != notify.WantedUntilOwnAcknowledgement {
				t.Errorf("the page is wanted until %s", page.WantedUntil)
			}
		}
	})
}

func TestPickRoundRobinGoesOnWhereTheLastIncidentLeftOff(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.person("Cid", account.RoleOncallEngineer, "Shop")
		p := h.policy(`{"name": "In turn", "repeat": {"times": 0, "every_minutes": 5},
			"steps": [{"actions": [{"type": "notify", "pick": "round_robin", "target": "team:Shop"}]}]}`)
		for i, name := range []string{"Ann", "Bob", "Cid", "Ann"} {
			h.alert("alert "+text(int64(i)), incident.SeverityLow)
			h.isPaged("in turn", name)
		}
		// Two at once, in one transaction.
		h.alert("fifth", incident.SeverityLow)
		h.alert("sixth", incident.SeverityLow)
		h.isPaged("each takes the next", "Bob", "Cid")
		// Who cannot be reached is passed over, and an edit of the policy does not begin anew.
		h.pager.unknown[h.people["Ann"].ID] = true
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, p.ID, 0, []byte(`{"description": "Anew"}`)))
		h.alert("seventh", incident.SeverityLow)
		h.isPaged("past who cannot be reached", "Bob")
	})
}

func TestPickRandomPagesOneAndTheSameForAPreview(t *testing.T) {
	ann, bob := Person{User: account.User{ID: 1}}, Person{User: account.User{ID: 2}}
	routes := map[int64][]notify.Route{1: {{Channel: "email"}}, 2: {{Channel: "email"}}}
	action := Action{Type: ActionNotify, Target: "team", Pick: PickRandom}
	chosen := map[int64]int{}
	for id := range int64(200) {
		run, w := Run{IncidentID: id}, World{
			Policy: Definition{Steps: []Step{{Actions: []Action{action}}}},
			Found:  [][]Resolution{{{People: []Person{ann, bob}}}}, Routes: []map[int64][]notify.Route{routes},
		}
		_, taken := Advance(run, w)
		_, again := Advance(run, w)
		if len(taken.Pages) != 1 || taken.Pages[0].Person.User.ID != again.Pages[0].Person.User.ID {
			t.Fatalf("pages %+v and %+v", taken.Pages, again.Pages)
		}
		chosen[taken.Pages[0].Person.User.ID]++
	}
	if chosen[1] < 60 || chosen[2] < 60 {
		t.Errorf("the lot is not fair: %v", chosen)
	}
}

func TestAStepWhoseConditionDoesNotHoldIsSkippedVisibly(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Storms", "repeat": {"times": 0, "every_minutes": 15}, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 5, "condition": {"alert_count": {"at_least": 3, "within_minutes": 10}}, "actions": [{"type": "notify_team_lead"}]},
			{"delay_minutes": 10, "condition": {"severity": "critical"}, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(12 * time.Minute)
		h.isPaged("neither condition holds", "Ann")
		h.tells(id, "escalation", "step 2: skipped, for its condition does not hold")
		if events := h.events(id); len(events) != 3 || events[1].Metadata["outcome"] != "skipped" || events[1].Status != EventCompleted {
			t.Errorf("events: %+v", events)
		}
		h.after(13 * time.Minute)
		h.isPaged("it is exhausted at its time all the same", "Root")
	})
}

func TestAStepWaitsForItsWindowAndKeepsTheDistanceToTheNext(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h) // It is Monday, 9:00 UTC.
		h.policy(`{"name": "By day", "steps": [
			{"delay_minutes": 0, "wait_until": {"days": ["tue"], "from": "08:00", "to": "18:00", "timezone": "UTC"},
			 "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]}]}`)
		id := h.alert("db slow", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(23*time.Hour - time.Second)
		h.isPaged("the window is shut")
		h.tells(id, "escalation_waits", "By day, step 1 waits until Tue, 3 Mar 2026, 08:00 (UTC).")
		h.after(time.Second)
		h.isPaged("when it opens", "Ann")
		h.after(10*time.Minute - time.Second)
		h.isPaged("before the next one's time")
		h.after(time.Second)
		h.isPaged("the distance stays", "Bob")

		other := h.alert("db slower", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.isPaged("inside the window at once", "Ann")
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), other))
	})
}

func TestRisingSeverityAndEscalateNowEndAWait(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "By day", "steps": [{"wait_until": {"days": ["sat"], "from": "08:00", "to": "18:00", "timezone": "UTC"},
			"actions": [{"type": "notify", "target": "oncall_engineer"}]}, {"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]}]}`)
		risen := h.alert("db slow", incident.SeverityLow, ofTeam(h.team("Shop")))
		asked := h.alert("disk slow", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.after(time.Hour)
		h.isPaged("both wait")
		critical := incident.SeverityCritical
		h.edits("Bob", risen, incident.Edit{Severity: &critical})
		h.isPaged("the rise ends the wait", "Ann")
		h.escalates("Bob", asked)
		h.isPaged("so does a person's wish", "Ann")
		h.after(10 * time.Minute)
		h.isPaged("and the next ones keep their distance", "Bob", "Bob")
	})
}

func TestAStepWaitsForSomebodyOnCallAtMostTwelveHours(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.person("Root", account.RoleAdmin)
		h.person("Bob", account.RoleTeamLead, "Shop")
		h.policy(`{"name": "On call only", "steps": [
			{"delay_minutes": 0, "wait_until": "on_call", "actions": [{"type": "notify", "target": "oncall_engineer"}]},
			{"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]}]}`)
		first := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(time.Hour)
		h.isPaged("nobody is on call")
		h.tells(first, "escalation_waits", "until somebody is on call")
		h.person("Ann", account.RoleOncallEngineer, "Shop")
		h.after(time.Minute)
		h.isPaged("as soon as somebody is", "Ann")
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), first))
		h.deactivates("Ann")

		second := h.alert("disk full", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(12*time.Hour - time.Second)
		h.isPaged("it waits half a day")
		h.after(time.Second)
		h.isPaged("then it found nobody, and the next step is due at once", "Bob")
		h.tells(second, "nobody_to_notify", "On call only, step 1")
	})
}

func TestAHandOverGivesTheIncidentToTheOtherPolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Platform", "conditions": {"service": "none"}, "steps": [
			{"delay_minutes": 0, "actions": [{"type": "notify", "target": "bob@example.com"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.policy(`{"name": "Shop", "steps": [{"actions": [{"type": "notify", "target": "ann@example.com"}]},
			{"delay_minutes": 10, "actions": [{"type": "policy", "policy": "Platform"}]},
			{"delay_minutes": 11, "actions": [{"type": "notify", "target": "root@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		h.after(16 * time.Minute)
		h.isPaged("by both, and the steps after the hand-over never come", "Ann", "Bob", "Meg")
		h.tells(id, "escalation", "handing over to Platform")
		runs := h.runs(id)
		if len(runs) != 2 || runs[0].Reason != ReasonSuperseded || runs[1].State != StateActive {
			t.Errorf("runs: %+v", runs)
		}
	})
}

func TestAHandOverToAPolicyThatIsInactiveGoesOn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		gone := h.policy(`{"name": "Platform", "conditions": {"service": "none"}, "steps": [{"actions": [{"type": "notify", "target": "bob@example.com"}]}]}`)
		h.policy(`{"name": "Shop", "steps": [{"actions": [{"type": "policy", "policy": "Platform"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify", "target": "ann@example.com"}]}]}`)
		h.policy(`{"name": "Bank", "conditions": {"service": "bank"}, "exclusive": true, "priority": -1, "repeat": {"times": 0, "every_minutes": 30},
			"steps": [{"actions": [{"type": "policy", "policy": "Platform"}]}]}`)
		must[Policy](t)(h.UpdatePolicy(t.Context(), h.root, gone.ID, 0, []byte(`{"is_active": false}`)))
		id := h.alert("db down", incident.SeverityHigh)
		h.isPaged("by its own next step at once, for there was nobody to take it", "Ann")
		h.tells(id, "nobody_to_notify", "policy Platform is not active")

		calm := h.alert("disk fills", incident.SeverityLow)
		h.isPaged("what is not urgent keeps its times")
		h.after(5 * time.Minute)
		h.isPaged("and goes on by itself", "Ann")
		h.escalates("Ann", calm)
		h.isPaged("nobody has taken it, and somebody is asked for", "Ann")

		h.alert("tills down", incident.SeverityHigh, func(r *incident.Report) { r.Service = "bank" })
		h.isPaged("there is no step after the one that hands over", "Root")
	})
}

func TestInstructionsAndPostsOfAStep(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(`{"name": "Told", "steps": [{"actions": [
			{"type": "instructions", "text": "1. Look at the dashboard.\n2. Fail over."},
			{"type": "webhook", "url": "https://example.com/hook", "headers": {"X-Key": "secret"}, "body": "{{json .What}}"},
			{"type": "notify", "target": "ann@example.com"}]}]}`)
		id := h.alert("db down", incident.SeverityHigh)
		h.isPaged("once", "Ann")
		h.tells(id, "instructions", "2. Fail over.")
		if len(h.pager.posts) != 1 || h.pager.posts[0].Destination != "https://example.com/hook" || h.pager.posts[0].Headers["X-Key"] != "secret" {
			t.Errorf("posts: %+v", h.pager.posts)
		}
		for _, e := range h.events(id) {
			if strings.Contains(string(must[[]byte](t)(json.Marshal(e.Metadata))), "secret") {
				t.Error("the event tells the secret of a header")
			}
		}
		if !slices.ContainsFunc(h.events(id), func(e Event) bool { return e.Status == EventCompleted }) {
			t.Errorf("events: %+v", h.events(id))
		}
	})
}
