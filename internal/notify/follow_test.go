package notify

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func TestWhoWasPagedIsToldThatItIsOver(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, moe := o.person("bob"), o.person("lea"), o.person("moe")
		i := o.incident("db down")
		later := mailTo(moe)
		later.Delay = time.Hour // Moe was never reached.
		o.page(i, bob, "e1", mailTo(bob))
		o.page(i, lea, "e2", mailTo(lea))
		o.page(i, moe, "e3", later)
		o.dispatch(o.post)
		if _, err := o.incidents.Resolve(t.Context(), o.actor(lea), i.ID); err != nil {
			t.Fatal(err)
		}
		o.clk.Advance(noticeWait)
		o.dispatch(o.post)
		told := map[string]int{}
		for _, m := range o.mail.sent {
			if m.Action == ActionResolved {
				told[m.To]++
			}
		}
		if len(told) != 1 || told[bob.Email] != 1 {
			t.Errorf("told %v, want Bob alone: Lea resolved it and Moe knows of nothing", told)
		}
	})
}

func TestAnAssignmentByAnotherPersonWantsAnAnswer(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea := o.person("bob"), o.person("lea")
		i := o.incident("db down")
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(lea), i.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Assign(t.Context(), o.actor(lea), i.ID, bob.ID, ""); err != nil {
			t.Fatal(err)
		}
		n := o.stands(StatusPending, "")
		if n.UserID != bob.ID || n.WantedUntil != WantedUntilOwnAcknowledgement || n.Action != ActionPage {
			t.Errorf("%+v", n)
		}
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		o.stands(StatusCancelled, reasonAnswered)
	})
}

func TestWhoAssignsSomebodyWithoutAWayToBeReachedIsToldSo(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, i := o.person("bob"), o.person("lea"), o.incident("db down")
		off := false
		if _, err := o.post.UpdateMethod(t.Context(), o.actor(bob), o.accountMail(bob).ID, MethodPatch{Enabled: &off}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Assign(t.Context(), o.actor(lea), i.ID, bob.ID, ""); err != nil {
			t.Fatal(err)
		}
		d, err := o.incidents.Get(t.Context(), account.System(i.OrgID, "test"), i.ID)
		if err != nil || len(o.all()) != 0 {
			t.Fatalf("%+v, %v", o.all(), err)
		}
		if line := d.Timeline[0]; line.EventType != "nobody_to_notify" || line.Description != "Bob has no way to be reached, so nobody was told of the assignment." {
			t.Errorf("the timeline says %+v", line)
		}
	})
}

func TestAnEarlierEpisodesPagesEndWhenItOpensAnew(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		status := incident.StatusOpen
		later := mailTo(bob)
		later.Delay = time.Hour
		if _, err := o.incidents.Resolve(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		o.page(i, bob, "e1", later)
		if _, err := o.incidents.Edit(t.Context(), o.actor(bob), i.ID, incident.Edit{Status: &status}); err != nil {
			t.Fatal(err)
		}
		o.stands(StatusCancelled, reasonEpisode)
	})
}
