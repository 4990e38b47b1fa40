package escalation

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestCompareSaysWhoWouldHaveBeenPagedUnderAnEditedPolicy(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		from := h.clk.Now()
		p := h.policy(ladder)
		quick := h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(3 * time.Minute)
		h.acknowledges("Ann", quick)
		slow := h.alert("disk full", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(12 * time.Minute)
		h.acknowledges("Ann", slow)
		h.isPaged("as it is", "Ann", "Ann", "Bob")
		h.after(time.Hour)

		same := must[Comparison](t)(h.Compare(t.Context(), h.root, PastQuestion{PolicyID: &p.ID, From: from, To: h.clk.Now()}))
		if same.Incidents != 2 || !same.Whole || len(same.Differing) != 0 {
			t.Errorf("with the policy as it is nothing differs: %+v", same)
		}
		// The lead after five minutes instead of ten, and the manager at once.
		draft := json.RawMessage(`{"steps": [{"actions": [{"type": "notify", "target": "oncall_engineer"}, {"type": "notify", "target": "meg@example.com"}]},
			{"delay_minutes": 5, "actions": [{"type": "notify_team_lead"}]}]}`)
		out := must[Comparison](t)(h.Compare(t.Context(), h.root, PastQuestion{PolicyID: &p.ID, Draft: draft, From: from, To: h.clk.Now()}))
		times := map[string][2]int{}
		for _, person := range out.People {
			times[person.Name] = [2]int{person.Was, person.Would}
		}
		if times["Ann"] != [2]int{2, 2} || times["Bob"] != [2]int{1, 1} || times["Meg"] != [2]int{0, 2} {
			t.Errorf("was and would: %v", times)
		}
		if len(out.Differing) != 2 || out.Differing[0].ID != slow || len(out.Differing[0].Would) != 3 {
			t.Errorf("differing: %+v", out.Differing)
		}
		h.isPaged("and nobody is paged by it")
		for _, q := range []PastQuestion{
			{PolicyID: &p.ID, From: h.clk.Now(), To: from}, {PolicyID: &p.ID, From: from.AddDate(-1, 0, 0), To: from}, {From: from, To: h.clk.Now()},
		} {
			if _, err := h.Compare(t.Context(), h.root, q); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}

func TestCompareLooksNoFurtherThanNow(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop(h)
		from := h.clk.Now()
		p := h.policy(ladder)
		h.alert("db down", incident.SeverityCritical, ofTeam(h.team("Shop")))
		h.after(3 * time.Minute)
		h.isPaged("nobody has taken it, and the lead is not due yet", "Ann")

		out := must[Comparison](t)(h.Compare(t.Context(), h.root, PastQuestion{PolicyID: &p.ID, From: from, To: h.clk.Now()}))
		if out.Incidents != 1 || len(out.Differing) != 0 || len(out.People) != 1 || out.People[0].Would != 1 {
			t.Errorf("what is still to come is not the past: %+v", out)
		}
	})
}
