package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// neighbour makes a second organisation with one person and one incident.
func (o *office) neighbour() (account.User, incident.Incident) {
	o.t.Helper()
	var org int64
	o.write(func(tx *db.Tx) (err error) {
		if org, err = tx.NextID("organizations"); err != nil {
			return err
		}
		return tx.Insert("organizations", []string{"id", "name", "slug", "settings", "created_at"},
			[][]any{{org, "Neighbour", "neighbour", db.JSON(account.Settings{}), tx.Now()}}, "")
	})
	system := account.System(org, "test")
	u, err := o.accounts.CreateUser(o.t.Context(), system, account.NewUser{
		Email: "ned@example.org", FullName: "Ned", Role: account.RoleOncallEngineer, Password: "a good password 17",
	})
	if err != nil {
		o.t.Fatal(err)
	}
	i, err := o.incidents.Create(o.t.Context(), system, incident.NewIncident{Title: "elsewhere", Severity: incident.SeverityCritical})
	if err != nil {
		o.t.Fatal(err)
	}
	return u, i
}

// The places of a lane are the node's, whichever organisation takes them: one that has much to send leaves others their turn.
func TestABusyOrganisationLeavesOthersTheirTurnAtASharedServer(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		ned, elsewhere := o.neighbour()
		for n := range 30 {
			o.page(o.incident(fmt.Sprint("storm ", n)), bob, fmt.Sprint("storm ", n), mailTo(bob))
		}
		o.page(elsewhere, ned, "one", mailTo(ned))
		for range 4 {
			o.pass(o.post)
			o.drain(o.post)
		}
		for n, m := range o.mail.sent {
			if m.To == ned.Email {
				if n > 6 {
					t.Errorf("it came after %d messages of another organisation", n)
				}
				return
			}
		}
		t.Errorf("it is not among the first %d messages", o.mail.count())
	})
}

// What need not be sent any more is put aside at once, so that what comes after it in the lane does not wait.
func TestWhatIsNotWantedKeepsNoPageWaiting(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.write(func(tx *db.Tx) error {
			for n := range 20 {
				notice := Notice{
					UserID: bob.ID, IncidentID: &i.ID, Episode: i.Episode, Title: i.Title, Action: ActionResolved,
					Key: fmt.Sprint("old ", n), Routes: []Route{mailTo(bob)},
				}
				if err := o.post.enqueueNotice(tx, dbtest.Org, notice); err != nil {
					return err
				}
			}
			return nil
		})
		o.clk.Advance(noticeLife + time.Second)
		o.page(i, bob, "e1", mailTo(bob))
		o.pass(o.post) // As often as there is more, and no longer: the loop would sleep now.
		o.drain(o.post)
		if o.mail.count() != 1 {
			t.Errorf("%d messages were sent, want the page alone", o.mail.count())
		}
	})
}

func TestManyFullLanesStopNobody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		var full []lane
		for n := range 3000 {
			full = append(full, lane{"webhook", fmt.Sprintf("host%d", n)})
		}
		if err := o.d.Read(t.Context(), func(tx *db.Tx) error {
			due, err := dueNotifications(tx, dbtest.Org, o.clk.Now(), barred{full: full}, 10)
			if len(due) != 1 {
				t.Errorf("%d are due, want 1", len(due))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestANotificationThatCannotBeReadStopsNoOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "broken", mailTo(bob))
		o.page(i, bob, "whole", mailTo(bob))
		metadata := func(page, text string) {
			o.write(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE notifications SET metadata = ? WHERE page_key = ?", text, page)
				return err
			})
		}
		metadata("broken", `"no object"`)
		o.dispatch(o.post)
		if len(o.mail.sent) != 1 {
			t.Fatalf("%d messages were sent, want the whole one", len(o.mail.sent))
		}
		metadata("broken", `{}`)
		o.clk.Advance(brokenPause)
		o.dispatch(o.post)
		if len(o.mail.sent) != 2 {
			t.Errorf("the other one did not follow when it was mended")
		}
	})
}
