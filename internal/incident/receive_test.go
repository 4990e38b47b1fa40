package incident

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAnIncidentEndsWithItsLastFiringAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := h.expects(h.fires("a", in("g")), OutcomeCreated)
		h.hears("create, created, new episode")
		h.expects(h.fires("a", in("g"), since(h.clk.Now())), OutcomeUnchanged)
		h.hears("")
		if got := outcomes(h.receives(h.fires("a", in("g")), h.fires("b", in("g")))); got != "unchanged updated" {
			t.Fatal(got)
		}
		h.hears("receive, 1 more alerts")
		h.after(time.Minute)
		h.expects(h.ends("a", in("g")), OutcomeAlertResolved)
		h.stands(inc.ID, "open, high, episode 1, firing 1 of 2")
		h.told()
		h.expects(h.ends("b", in("g")), OutcomeResolved)
		h.hears("receive, resolved")
		h.stands(inc.ID, "resolved, high, episode 1, firing 0 of 2")
		h.expects(h.ends("b", in("g")), OutcomeNoMatch)
		h.hears("")
	})
}

func TestAnAlertStaysInItsIncidentWhateverItsSenderGroups(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		start := since(h.clk.Now())
		inc := h.expects(h.fires("a", in("old"), start), OutcomeCreated)
		h.expects(h.fires("a", in("new"), start), OutcomeUnchanged)
		other := h.expects(h.fires("b", in("new"), start), OutcomeCreated)
		if other.ID == inc.ID {
			t.Fatal("two groups share an incident")
		}
		h.after(time.Minute)
		if ended := h.expects(h.ends("a", in("new")), OutcomeResolved); ended.ID != inc.ID {
			t.Fatalf("incident %d ended, want %d", ended.ID, inc.ID)
		}
		h.stands(other.ID, "open, high, episode 1, firing 1 of 1")
	})
}

func TestEqualKeysOfTwoIntegrationsNeverMeet(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		long := strings.Repeat("k", 5000)
		one := h.expects(h.fires(long+"1"), OutcomeCreated)
		two := h.expects(h.fires(long+"2"), OutcomeCreated)
		if one.ID == two.ID {
			t.Fatal("long keys are cut before they are compared")
		}
	})
	prod, staging := int64(1), int64(2)
	a, b := Report{Key: "k", IntegrationID: &prod}, Report{Key: "k", IntegrationID: &staging}
	if a.alertKey() == b.alertKey() || a.groupKey() == b.groupKey() || a.alertKey() == (Report{Key: "k"}).alertKey() {
		t.Error("keys of two integrations are equal")
	}
	grouped := Report{Key: "x", GroupKey: "k", IntegrationID: &prod}
	if grouped.groupKey() == a.groupKey() {
		t.Error("a group that is called like a single alert's key takes it in")
	}
}

func TestWhatFiresAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		inc := h.expects(h.fires("a"), OutcomeCreated)
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(10 * time.Minute)
		h.told()
		if again := h.expects(h.fires("a"), OutcomeReopened); again.ID != inc.ID {
			t.Fatalf("within the window incident %d opened, want %d", again.ID, inc.ID)
		}
		h.hears("receive, new episode")
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 2")
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(10*time.Minute + time.Second)
		if later := h.expects(h.fires("a"), OutcomeCreated); later.ID == inc.ID {
			t.Fatal("after the window the same incident opened")
		}
	})
}

func TestTheIncidentThatOpenedLastIsReopenedNotTheYoungest(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		first := h.expects(h.fires("a"), OutcomeCreated)
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Hour)
		second := h.expects(h.fires("a"), OutcomeCreated)
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Hour)
		_, err := h.Reopen(t.Context(), h.root, first.ID)
		h.must(err)
		if got := h.expects(h.fires("a"), OutcomeUpdated); got.ID != first.ID {
			t.Fatalf("incident %d took it, want %d, which is open", got.ID, first.ID)
		}
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Minute)
		if got := h.expects(h.fires("a"), OutcomeReopened); got.ID != first.ID {
			t.Fatalf("incident %d opened, want %d; the other is %d", got.ID, first.ID, second.ID)
		}
	})
}

// One batch speaks of two incidents of a group: of the younger one, which a person resolved, and of the older, which opened last.
func TestOfTwoIncidentsOfAGroupTheOneThatOpenedLastIsReopened(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, g := h.person("ann", "admin"), in("g")
		older := h.expects(h.fires("a", g), OutcomeCreated)
		h.after(time.Minute)
		h.expects(h.ends("a", g), OutcomeResolved)
		h.after(time.Hour)
		start := since(h.clk.Now())
		younger := h.expects(h.fires("b", g, start), OutcomeCreated)
		_, err := h.Resolve(t.Context(), ann, younger.ID)
		h.must(err)
		h.after(time.Minute)
		_, err = h.Reopen(t.Context(), ann, older.ID)
		h.must(err)
		h.expects(h.fires("a", g), OutcomeUpdated)
		h.expects(h.ends("a", g), OutcomeResolved)
		h.after(time.Minute)
		receipts := h.receives(h.fires("b", g, start), h.fires("a", g))
		if got := outcomes(receipts); got != "unchanged reopened" || receipts[1].IncidentID != older.ID {
			t.Errorf("%s, in incident %d, want %d", got, receipts[1].IncidentID, older.ID)
		}
	})
}

func TestLateTwinsEndNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		first := h.clk.Now()
		inc := h.expects(h.fires("a"), OutcomeCreated)
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Minute)
		h.expects(h.fires("a"), OutcomeReopened)
		// The other server of the pair tells of the first time only now.
		h.expects(h.ends("a", since(first), until(first.Add(time.Minute))), OutcomeUnchanged)
		h.expects(h.ends("a", since(first), func(r *Report) { r.EndsAt = nil }), OutcomeUnchanged)
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 2")
		h.after(time.Minute)
		h.expects(h.ends("a"), OutcomeResolved)
	})
}

// Two servers notice one trouble seconds apart and their start times take turns; the end has to count whoever tells it.
func TestEitherTwinMayEndAnAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		early := h.clk.Now()
		late := early.Add(5 * time.Second)
		h.expects(h.fires("a", since(late)), OutcomeCreated)
		h.expects(h.fires("a", since(early)), OutcomeUnchanged)
		h.expects(h.fires("a", since(late)), OutcomeUnchanged)
		h.after(time.Minute)
		h.expects(h.ends("a", since(early)), OutcomeResolved)
	})
}

func TestRepeatsDoNotReopenWhatAPersonResolved(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		start := since(h.clk.Now())
		inc := h.expects(h.fires("a", start), OutcomeCreated)
		_, err := h.Resolve(t.Context(), h.root, inc.ID) // the system: a policy
		h.must(err)
		h.after(time.Hour)
		h.expects(h.fires("a", start), OutcomeUnchanged)

		ann := h.person("ann", "admin")
		inc = h.expects(h.fires("b", start), OutcomeCreated)
		_, err = h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		h.after(29 * time.Minute)
		h.expects(h.fires("b", start), OutcomeUnchanged)
		h.expects(h.fires("b", since(dbLongAgo)), OutcomeUnchanged) // A late twin is a repeat as well.
		h.after(time.Minute)
		h.told()
		if again := h.expects(h.fires("b", start), OutcomeReopened); again.ID != inc.ID {
			t.Fatalf("incident %d opened, want %d", again.ID, inc.ID)
		}
		h.hears("receive, new episode")
		_, err = h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		h.after(24 * time.Hour)
		h.expects(h.fires("b", start), OutcomeUnchanged) // once
		h.expects(h.fires("b"), OutcomeCreated)          // It began anew.
	})
}

var dbLongAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAnIncidentThatFiresAgainMayStillFireAgainOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, start := h.person("ann", "admin"), since(h.clk.Now())
		inc := h.expects(h.fires("a", start), OutcomeCreated)
		resolve := func() {
			_, err := h.Resolve(t.Context(), ann, inc.ID)
			h.must(err)
		}
		resolve()
		h.after(30 * time.Minute)
		h.expects(h.fires("a", start), OutcomeReopened)
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Minute)
		start = since(h.clk.Now())
		h.expects(h.fires("a", start), OutcomeReopened)
		resolve()
		h.after(30 * time.Minute)
		h.expects(h.fires("a", start), OutcomeReopened)
	})
}

func TestWithoutAStartAnyFiringAfterAResolveIsNew(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann := h.person("ann", "admin")
		inc := h.expects(h.fires("a", sinceNobodyKnowsWhen), OutcomeCreated)
		h.expects(h.fires("a", sinceNobodyKnowsWhen), OutcomeUnchanged)
		_, err := h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		other := h.expects(h.fires("a", sinceNobodyKnowsWhen), OutcomeCreated)
		h.stands(inc.ID, "resolved, high, episode 1, firing 0 of 1")
		if ended := h.expects(h.ends("a"), OutcomeResolved); ended.ID != other.ID {
			t.Fatalf("incident %d ended, want %d", ended.ID, other.ID)
		}
	})
}

// A sender may regroup an alert whose incident a person has resolved, while another incident has that group now.
func TestARegroupedAlertDoesNotOpenASecondIncidentOfItsGroup(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ann, start := h.person("ann", "admin"), since(h.clk.Now())
		inc := h.expects(h.fires("a", in("old"), start), OutcomeCreated)
		_, err := h.Resolve(t.Context(), ann, inc.ID)
		h.must(err)
		other := h.expects(h.fires("b", in("old"), start), OutcomeCreated)
		h.after(31 * time.Minute)
		h.expects(h.fires("a", in("new"), start), OutcomeUnchanged)
		h.expects(h.ends("b", in("old")), OutcomeResolved)
		h.expects(h.fires("a", in("new"), start), OutcomeReopened)
		h.stands(inc.ID, "open, high, episode 2, firing 1 of 1")
		h.stands(other.ID, "resolved, high, episode 1, firing 0 of 1")
	})
}

func TestAnIncidentMayBeDeletedWhileItFires(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		start := since(h.clk.Now())
		inc := h.expects(h.fires("a", start), OutcomeCreated)
		h.told()
		h.must(h.Delete(t.Context(), h.root, inc.ID))
		if after := h.witness.told[0].After; after.DeletedAt == nil || after.FiringCount != 0 || len(after.Firing) != 0 {
			t.Errorf("deleted at %v, %d fire", after.DeletedAt, after.FiringCount)
		}
		h.hears("delete, resolved")
		other := h.expects(h.fires("a", start), OutcomeCreated)
		if other.ID == inc.ID {
			t.Fatal("the deleted incident is back")
		}
		h.expects(h.ends("a"), OutcomeResolved)
		h.after(time.Minute)
		h.must(h.Delete(t.Context(), h.root, other.ID))
		h.expects(h.ends("a"), OutcomeNoMatch)
		h.expects(h.fires("a"), OutcomeCreated)
	})
}

func TestABatchMaySayEverythingAboutOneKey(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		receipts := h.receives(h.fires("a"), h.fires("a"), h.ends("a"), h.ends("a"), h.fires("a"), h.fires("b"), h.ends("b"))
		if got := outcomes(receipts); got != "created unchanged resolved no_match reopened created resolved" {
			t.Fatal(got)
		}
		h.hears("create, created, new episode; create, created, new episode, resolved")
		inc, first, second := receipts[0].IncidentID, receipts[0].AlertID, receipts[4].AlertID
		if first == 0 || receipts[1].AlertID != first || receipts[2].AlertID != first || receipts[3].AlertID != 0 || second == first || second == 0 {
			t.Errorf("the receipts name the alerts %v", receipts)
		}
		h.stands(inc, "open, high, episode 2, firing 1 of 2")
		h.stands(receipts[5].IncidentID, "resolved, high, episode 1, firing 0 of 1")
	})
}

func TestNobodyIsAssignedToWhatIsOverAlready(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop := h.team("Shop")
		h.onDuty[shop] = []int64{h.person("ann", "oncall_engineer", shop).UserID, h.person("bob", "oncall_engineer", shop).UserID}
		h.told()
		h.receives(h.fires("a", ofTeam(shop)), h.ends("a", ofTeam(shop)))
		h.hears("create, created, new episode, resolved")
		// Two at once are shared out, and the next goes to whoever has less.
		h.receives(h.fires("b", ofTeam(shop)), h.fires("c", ofTeam(shop)))
		h.expects(h.ends("b"), OutcomeResolved)
		h.expects(h.fires("d", ofTeam(shop)), OutcomeCreated)
		ann, bob := h.onDuty[shop][0], h.onDuty[shop][1]
		h.hears(strings.NewReplacer("ANN", text10(ann), "BOB", text10(bob)).Replace("create, created, new episode, assigned [ANN]; " +
			"receive, resolved; create, created, new episode, assigned [BOB]; create, created, new episode, assigned [ANN]"))
	})
}

func text10(id int64) string { return strconv.FormatInt(id, 10) }
