package escalation

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

const patient = `{"name": "Patient", "ack_timeout_minutes": 30, "repeat": {"times": 0, "every_minutes": 15}, "steps": [
	{"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
	{"delay_minutes": 10, "actions": [{"type": "notify_team_lead"}]}]}`

func TestAnAcknowledgementThatRunsOutIsAskedForAndBeginsAnewAtStepZero(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(patient)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(10 * time.Minute)
		h.isPaged("until somebody takes it", "Ann", "Bob")
		h.acknowledges("Ann", id)
		if inc := h.incident(id); inc.AckExpiresAt == nil || inc.AckExpiresAt.Sub(h.clk.Now()) != 30*time.Minute {
			t.Fatalf("the acknowledgement holds until %v", inc.AckExpiresAt)
		}
		h.after(20*time.Minute - time.Second)
		h.isPaged("while it holds")
		h.after(time.Second)
		h.isPaged("ten minutes before it runs out its holder is asked", "Ann")
		h.tells(id, "still_on_it", "whether they are still on it")
		h.after(10*time.Minute - time.Second)
		h.isPaged("asked once")
		h.after(time.Second)
		h.isPaged("it has run out: step 0", "Ann")
		inc := h.incident(id)
		if inc.Status != incident.StatusOpen || inc.Episode != 2 || inc.AcknowledgedBy != nil {
			t.Errorf("the incident: %+v", inc)
		}
		runs := h.runs(id)
		if len(runs) != 1 || runs[0].Round != 1 || runs[0].Episode != 2 {
			t.Errorf("the paused run begins again in a round of its own: %+v", runs)
		}
		h.after(10 * time.Minute)
		h.isPaged("and its second step", "Bob")
		h.acknowledges("Bob", id)
		h.after(24 * time.Hour)
	})
}

func TestAnythingThatItsHolderDoesKeepsAnAcknowledgement(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(patient)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		title := "db is down"
		deeds := map[string]func(){
			"comments":     func() { must[incident.Comment](t)(h.incidents.Comment(t.Context(), h.as("Ann"), id, "Looking.")) },
			"edits":        func() { h.edits("Ann", id, incident.Edit{Title: &title}) },
			"acknowledges": func() { h.acknowledges("Ann", id) },
			"escalates":    func() { h.escalates("Ann", id) },
		}
		for name, do := range deeds {
			h.after(19 * time.Minute)
			h.isPaged(name + ": not asked")
			do()
			h.pager.since(&h.seen)
			if left := h.incident(id).AckExpiresAt.Sub(h.clk.Now()); left != 30*time.Minute {
				t.Errorf("after Ann %s it holds %v more", name, left)
			}
		}
		h.after(19 * time.Minute)
		must[incident.Comment](t)(h.incidents.Comment(t.Context(), h.as("Meg"), id, "How is it going?"))
		h.after(time.Minute)
		h.isPaged("what others do says nothing of Ann", "Ann")
		h.acknowledges("Ann", id)
		h.after(19 * time.Minute)
		h.isPaged("she has answered")
	})
}

func TestTheShortestTimeOfTheRunsHoldsAndZeroIsForEver(t *testing.T) {
	minutes := func(n int) *int { return &n }
	policy := func(id int64, m *int) (*Run, PolicyVersion) {
		return &Run{PolicyID: &id, Version: 1}, PolicyVersion{PolicyID: id, Version: 1, Definition: Definition{AckTimeoutMinutes: m}}
	}
	for name, c := range map[string]struct {
		policies []*int
		own      time.Duration
		want     time.Duration
	}{
		"no runs: the organisation's":          {nil, time.Hour, time.Hour},
		"a policy that says nothing":           {[]*int{nil}, time.Hour, time.Hour},
		"one that says 0":                      {[]*int{minutes(0)}, time.Hour, 0},
		"the shortest":                         {[]*int{minutes(20), minutes(10), nil}, time.Hour, 10 * time.Minute},
		"0 beside a time":                      {[]*int{minutes(0), minutes(20)}, time.Hour, 20 * time.Minute},
		"the organisation's is shorter":        {[]*int{minutes(90), nil}, time.Hour, time.Hour},
		"low urgency holds for ever by itself": {[]*int{nil}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var runs []*Run
			versions := map[versionKey]PolicyVersion{}
			for i, m := range c.policies {
				run, v := policy(int64(i+1), m)
				runs = append(runs, run)
				versions[versionKey{v.PolicyID, 1}] = v
			}
			if got := hold(runs, versions, c.own); got != c.want {
				t.Errorf("holds %v, want %v", got, c.want)
			}
		})
	}
}

func TestAnUrgentIncidentIsAskedForAfterTheOrganisationsTimeAndALowOneNever(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.holds(60)
		h.policy(ladder)
		urgent := h.alert("db down", incident.SeverityHigh, ofTeam(h.team("Shop")))
		low := h.alert("disk fills", incident.SeverityLow, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann", "Ann")
		h.acknowledges("Ann", urgent)
		h.acknowledges("Ann", low)
		h.after(50 * time.Minute)
		h.isPaged("for the urgent one", "Ann")
		if inc := h.incident(low); inc.AckExpiresAt != nil {
			t.Errorf("the low one runs out at %v", inc.AckExpiresAt)
		}
		must[incident.Incident](t)(h.incidents.Resolve(t.Context(), h.as("Ann"), urgent))
		h.after(24 * time.Hour)
		h.isPaged("nothing runs out of a resolved one")
	})
}

func TestANewEpisodeMatchesAnewBesideTheRunsThatBeginAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(patient)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.policy(`{"name": "New", "steps": [{"actions": [{"type": "notify", "target": "meg@example.com"}]}]}`)
		h.after(30 * time.Minute)
		h.isPaged("asked, then both policies", "Ann", "Ann", "Meg")
	})
}

func TestWhoReturnsFromASnoozeHasAQuarterOfAnHour(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		h.policy(patient)
		id := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.isPaged("at once", "Ann")
		h.acknowledges("Ann", id)
		h.snoozes("Ann", id, 2*time.Hour)
		h.after(2*time.Hour - time.Second)
		h.isPaged("while it sleeps")
		h.after(time.Second)
		h.isPaged("it is hers again, and she is asked", "Ann")
		h.after(15*time.Minute - time.Second)
		h.isPaged("she has a quarter of an hour")
		h.after(time.Second)
		h.isPaged("then it begins again", "Ann")
		if inc := h.incident(id); inc.Episode != 2 || inc.Status != incident.StatusOpen {
			t.Errorf("the incident: %+v", inc)
		}
	})
}
