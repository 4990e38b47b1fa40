package incident

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Senders are heard on several connections at once: whatever they say of the same groups, each has one open incident and no
// alert is lost.
func TestManySendersOfTheSameGroups(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		const senders, rounds, groups = 8, 6, 4
		var wait sync.WaitGroup
		for sender := range senders {
			wait.Go(func() {
				for round := range rounds {
					var reports []Report
					for g := range groups {
						g = (g + sender) % groups // each in another order
						own, shared := fmt.Sprintf("%d/%d/%d", sender, round, g), fmt.Sprintf("shared/%d/%d", round, g)
						group := in(fmt.Sprint("group ", g))
						reports = append(reports, h.fires(own, group), h.fires(shared, group))
					}
					err := h.DB.Write(t.Context(), func(tx *db.Tx) error {
						_, err := h.Receive(tx, dbtest.Org, append([]Report{}, reports...))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		page, err := h.List(t.Context(), h.root, Filter{})
		h.must(err)
		if len(page.Incidents) != groups {
			t.Fatalf("%d incidents, want %d", len(page.Incidents), groups)
		}
		created, added := 0, 0
		for _, c := range h.witness.told {
			added += c.AlertsAdded
			if c.Created() {
				created++
			}
		}
		if created != groups {
			t.Errorf("%d were told to be new, want %d", created, groups)
		}
		// Each incident began with the two alerts of one batch.
		if want := groups*rounds*(senders+1) - 2*groups; added != want {
			t.Errorf("%d alerts were told to have joined, want %d", added, want)
		}
		for _, inc := range page.Incidents {
			want := fmt.Sprintf("open, high, episode 1, firing %[1]d of %[1]d", rounds*(senders+1))
			if got := line(inc); got != want {
				t.Errorf("incident %d: %s, want %s", inc.ID, got, want)
			}
			h.countsItsRows(inc)
		}
	})
}

// countsItsRows compares an incident's counts with its alerts' rows.
func (h *house) countsItsRows(inc Incident) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		for what, want := range map[string]int{"": inc.AlertCount, " AND status = 'firing'": inc.FiringCount} {
			n, _, err := db.One(tx, db.Value[int], "SELECT count(*) FROM alerts WHERE org_id = ? AND incident_id = ?"+what, inc.OrgID, inc.ID)
			if err != nil {
				return err
			}
			if n != want {
				h.t.Errorf("incident %d counts %d%s, there are %d", inc.ID, want, what, n)
			}
		}
		return nil
	})
}

// People and senders at the same incidents: nothing deadlocks for good, and the counts are right in the end.
func TestPeopleAndSendersAtOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", "admin")
		var wait sync.WaitGroup
		for sender := range 4 {
			wait.Go(func() {
				for round := range 12 {
					reports := []Report{h.fires("a", in("g")), h.fires("b", in("g")), h.fires("c")}
					if (round+sender)%3 == 0 {
						reports = []Report{h.ends("c"), h.ends("b", in("g")), h.ends("a", in("g"))}
					}
					err := h.DB.Write(t.Context(), func(tx *db.Tx) error {
						_, err := h.Receive(tx, dbtest.Org, append([]Report{}, reports...))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Go(func() {
			for round := range 24 {
				page, err := h.List(t.Context(), ann, Filter{Statuses: []Status{StatusOpen}})
				if err != nil {
					t.Error(err)
				}
				for _, inc := range page.Incidents {
					do := []Verb{Acknowledge, Resolve, AddComment, Delete}[round%4]
					_, err := h.run(t.Context(), Command{IncidentID: inc.ID, Verb: do, Actor: ann, Text: "Hm."})
					// It may have ended, or gone, in between.
					if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
						t.Error(err)
					}
				}
			}
		})
		wait.Wait()
		page, err := h.List(t.Context(), h.root, Filter{Limit: 1000})
		h.must(err)
		open := map[string]int64{}
		for _, inc := range page.Incidents {
			h.countsItsRows(inc)
			if inc.Status == StatusResolved {
				continue
			}
			if open[inc.GroupKey] != 0 {
				t.Errorf("incidents %d and %d of one group are open", open[inc.GroupKey], inc.ID)
			}
			open[inc.GroupKey] = inc.ID
		}
		// Whatever has happened, the next alert is taken.
		for _, receipt := range h.receives(h.fires("a", in("g")), h.fires("c")) {
			if receipt.IncidentID == 0 || receipt.AlertID == 0 {
				t.Errorf("an alert was lost: %+v", receipt)
			}
		}
	})
}

func TestOneIncidentHoldsThousandsOfAlerts(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		const batches, each = 6, 500
		var id int64
		for batch := range batches {
			reports := make([]Report, each)
			for i := range reports {
				reports[i] = h.fires(fmt.Sprintf("%d/%d", batch, i), in("storm"))
			}
			for _, receipt := range h.receives(reports...) {
				if id == 0 {
					id = receipt.IncidentID
				}
				if receipt.IncidentID != id {
					t.Fatalf("incident %d took an alert of incident %d", receipt.IncidentID, id)
				}
			}
		}
		h.stands(id, fmt.Sprintf("open, high, episode 1, firing %[1]d of %[1]d", batches*each))
		h.countsItsRows(h.now(id))
		h.after(1)
		ends := make([]Report, each)
		for batch := range batches {
			for i := range ends {
				ends[i] = h.ends(fmt.Sprintf("%d/%d", batch, i), in("storm"))
			}
			h.receives(ends...)
		}
		h.stands(id, fmt.Sprintf("resolved, high, episode 1, firing 0 of %d", batches*each))
	})
}
