package watch

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func TestAuditFindsNothingWhereAllIsWell(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.finds("of an empty house")
		h.alert("db down")
		for range 20 {
			h.works()
			h.finds("while the loops work")
		}
	})
}

func TestAuditFindsRunsThatAreOverdue(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.alert("db down")
		h.finds("at 30 s", RunsOverdue)
		h.works()
		h.finds("once the step is taken")
	})
}

func TestAuditFindsPagesThatNoProviderHasTaken(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.mail.set(true)
		id := h.alert("db down")
		h.works()
		h.clk.Advance(time.Minute)
		h.sends()
		h.finds("after 90 s")
		h.sends()
		h.finds("after 2 min", PagesOverdue, IncidentsUntold)
		f := h.Picture().Findings[0]
		if f.Count != 1 || len(f.Channels) != 1 || f.Channels[0] != "email" || len(f.Incidents) != 1 || f.Incidents[0] != id {
			t.Errorf("the finding: %+v", f)
		}
		// Another way of the same page is as good.
		h.spoils(`UPDATE notifications SET status = 'sent' WHERE channel = 'email'`)
		h.spoils("UPDATE escalation_events SET status = 'completed', settle_at = NULL")
		h.finds("when one of its notifications is sent")
	})
}

func TestAuditFindsStepsWithoutAnOutcomeAndIncidentsThatNobodyWasToldOf(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.mail.set(true)
		h.alert("db down")
		h.works()
		h.clk.Advance(2*time.Minute + time.Second)
		h.finds("when nobody ends the step", EventsUnsettled, PagesOverdue, IncidentsUntold)
		h.mail.set(false)
		h.clk.Advance(time.Minute)
		h.works()
		h.finds("when the page got out")
	})
}

func TestAuditFindsIncidentsOnWhichNothingIsAtWork(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		id := h.alert("db down")
		h.spoils("DELETE FROM escalation_runs WHERE incident_id = ?", id)
		h.clk.Advance(90 * time.Second)
		h.finds("after 2 min", IncidentsUntold)
		h.spoils("UPDATE incidents SET severity = 'info' WHERE id = ?", id)
		h.finds("of mere information")
		h.spoils("UPDATE incidents SET severity = 'low', status = 'acknowledged' WHERE id = ?", id)
		h.finds("of what somebody has")
	})
}

func TestAuditFindsSendersThatDidNotComeBack(t *testing.T) {
	eachHouse(t, func(_ *testing.T, h *house) {
		h.alert("db down")
		h.steps()
		h.spoils("UPDATE notifications SET status = 'sending', next_attempt_at = NULL, locked_until = ?", h.clk.Now().Add(20*time.Second))
		h.finds("after its lease", LeasesExpired)
		h.sends()
		h.finds("when it was taken over")
	})
}

func TestAuditCountsEachOrganisationByItself(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		other := dbtest.Organization(t, h.DB, "other")
		h.alert("db down")
		h.write(func(tx *db.Tx) error { return keepLookedUntil(tx, other, tx.Now()) })
		h.finds("in the first organisation", RunsOverdue)
		if p := h.Picture(); len(p.Of(dbtest.Org)) != 1 || len(p.Of(other)) != 0 || p.Count(RunsOverdue) != 1 {
			t.Errorf("the picture: %+v", p)
		}
	})
}

// ownIncident is the newest incident of Tocsin's own, if there is one.
func (h *house) ownIncident() (inc incident.Incident, n int) {
	h.t.Helper()
	page, err := h.Incidents.List(h.t.Context(), account.System(dbtest.Org, "test"), incident.Filter{Limit: 100})
	h.ok(err)
	for _, i := range page.Incidents {
		if i.Source == incident.SourceOwn {
			if n++; n == 1 {
				inc = i
			}
		}
	}
	return inc, n
}

func TestWhatLastsOpensOneIncidentWhicheverNodesSeeItAndIsTakenBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		second := New(h.Deps)
		both := func() {
			h.clk.Advance(AuditEvery)
			h.pass(h.Audit)
			h.pass(second.Audit)
			h.sends()
		}
		h.alert("db down")
		for range 4 {
			both()
		}
		if _, n := h.ownIncident(); n != 0 {
			t.Fatal("an incident is opened before two minutes have passed")
		}
		both()
		inc, n := h.ownIncident()
		if n != 1 || inc.Status != incident.StatusOpen || inc.Title != "Escalation steps are late" || inc.Unescalated {
			t.Fatalf("%d incidents: %+v", n, inc)
		}
		if n := h.mail.pages("root@example.org", inc.Title); n != 1 {
			t.Errorf("the contact was paged %d times", n)
		}
		if n := h.mail.pages("ann@example.org", inc.Title); n != 0 {
			t.Error("a policy has paged somebody for it")
		}
		for range 20 {
			both()
		}
		if n := h.mail.pages("root@example.org", inc.Title); n != 1 {
			t.Errorf("within the hour the contact was paged %d times", n)
		}
		for range 110 {
			both()
		}
		if n := h.mail.pages("root@example.org", inc.Title); n != 2 {
			t.Errorf("after the hour the contact has been paged %d times", n)
		}
		h.works()
		both()
		inc, n = h.ownIncident()
		if n != 1 || inc.Status != incident.StatusResolved || inc.ResolvedHow != incident.ResolvedBySource {
			t.Errorf("%d incidents: %+v", n, inc)
		}
		if l := h.ledgerOf(inc.ID); !l.Balance.Balanced() {
			t.Errorf("its ledger: %+v", l.Balance.Unexplained)
		}
	})
}

func TestWhatSomebodyHasTakenPagesNobodyMore(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.alert("db down")
		for range 5 {
			h.finds("while no step is taken", RunsOverdue)
		}
		inc, _ := h.ownIncident()
		_, err := h.Incidents.Acknowledge(t.Context(), account.Actor{
			Kind: account.ActorUser, Org: dbtest.Org, UserID: h.root.ID, Name: "Root", Role: account.RoleAdmin,
		}, inc.ID)
		h.ok(err)
		for range 150 {
			h.finds("while no step is taken", RunsOverdue)
			h.sends()
		}
		if n := h.mail.pages("root@example.org", inc.Title); n != 0 {
			t.Errorf("after the acknowledgement the contact was paged %d times", n)
		}
	})
}

func TestWordOfABrokenChannelGoesByAnother(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		root := account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: h.root.ID, Role: account.RoleAdmin}
		push, err := h.Notifications.AddMethod(t.Context(), root, h.root.ID, notify.NewMethod{Channel: "ntfy", Address: "root@example.org"})
		h.ok(err)
		methods, err := h.Notifications.Methods(t.Context(), root, h.root.ID)
		h.ok(err)
		// By the person's own order the push would come half an hour later.
		_, err = h.Notifications.SetRules(t.Context(), root, h.root.ID, notify.RuleSet{High: []notify.Rule{
			{ContactMethodID: methods[0].ID}, {Delay: 30 * time.Minute, ContactMethodID: push.ID},
		}})
		h.ok(err)
		h.mail.set(true)
		h.alert("db down")
		h.alertOf("disk fills", incident.SeverityLow) // It is not urgent enough for the fallback contacts.
		for range 12 {
			h.works()
			h.clk.Advance(AuditEvery)
			h.pass(h.Audit)
		}
		h.works()
		if n := h.push.pages("root@example.org", "Pages are not getting out"); n != 1 {
			t.Errorf("%d pages by the channel that works", n)
		}
		// Word of what comes of it goes by the other channel too.
		if n := h.push.pages("root@example.org", "Nobody was told of open incidents"); n != 1 {
			t.Errorf("%d pages by the channel that works", n)
		}
		h.ok(h.DB.Read(t.Context(), func(tx *db.Tx) error {
			n, _, err := db.One(tx, db.Value[int], `SELECT count(*) FROM notifications n JOIN incidents i ON i.org_id = n.org_id AND i.id = n.incident_id
				WHERE n.org_id = ? AND i.source = 'tocsin' AND n.channel = 'email'`, dbtest.Org)
			if n != 0 {
				t.Errorf("%d pages of Tocsin's own by the channel that is broken", n)
			}
			return err
		}))
	})
}

func TestAPictureIsContentOnlyWhileItIsFreshAndNothingLasts(t *testing.T) {
	now := dbtest.Start
	lasting := Finding{Org: 1, Check: checks[0], Count: 1, Since: now.Add(-2 * time.Minute)}
	passing := Finding{Org: 1, Check: checks[0], Count: 1, Since: now.Add(-time.Minute)}
	for name, c := range map[string]struct {
		picture Picture
		content bool
	}{
		"before the first look": {Picture{}, false},
		"all is well":           {Picture{At: now}, true},
		"it passes":             {Picture{At: now, Findings: []Finding{passing}}, true},
		"it lasts":              {Picture{At: now, Findings: []Finding{passing, lasting}}, false},
		"it may last":           {Picture{At: now, First: now.Add(-time.Minute), Findings: []Finding{passing}}, false},
		"just begun":            {Picture{At: now, First: now}, true},
		"an old picture":        {Picture{At: now.Add(-91 * time.Second)}, false},
	} {
		if got := c.picture.Content(now); got != c.content {
			t.Errorf("%s: content %v, want %v", name, got, c.content)
		}
	}
}
