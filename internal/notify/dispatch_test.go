package notify

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestAPageIsSentOnceAndItsAnswerIsKept(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		o.page(i, bob, "e1", mailTo(bob)) // A step that is written again changes nothing.
		o.dispatch(o.post)
		o.dispatch(o.post)
		n := o.stands(StatusSent, "")
		if o.mail.count() != 1 || n.Attempts != 1 || n.SentAt == nil || n.ProviderRef != "r1" {
			t.Errorf("%d sent, %+v", o.mail.count(), n)
		}
		if len(n.Tries) != 1 || n.Tries[0].Result != string(Sent) || n.Tries[0].Detail != "250 taken" || n.Tries[0].Node != "one" {
			t.Errorf("attempts %+v", n.Tries)
		}
		story, err := o.incidents.Timeline(t.Context(), o.actor(bob), i.ID, 0, 1)
		if err != nil || len(story) != 1 || story[0].Description != "Page by email to Bob (bob@example.org) was accepted: 250 taken" {
			t.Errorf("the timeline tells %+v, %v", story, err)
		}
	})
}

func TestAfterAnAcknowledgementNoAttemptBegins(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		later := mailTo(bob)
		later.Delay = time.Minute
		o.page(i, bob, "e1", later)
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		o.clk.Advance(time.Hour)
		o.dispatch(o.post)
		o.stands(StatusCancelled, reasonAcknowledged)
		if o.mail.count() != 0 {
			t.Error("it was sent all the same")
		}
	})
}

// The acknowledgement may commit between the dispatcher's look and its transaction: the attempt asks again under the lock.
func TestTheAttemptAsksWhetherItIsWantedUnderTheLock(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		due := o.due(1)
		if _, err := o.incidents.Resolve(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		d, err := o.post.begin(t.Context(), dbtest.Org, due)
		if err != nil || len(d.began) != 0 {
			t.Errorf("began %d attempts, %v", len(d.began), err)
		}
		o.stands(StatusCancelled, reasonResolved)
	})
}

func TestAnAcknowledgementCutsOffWhatIsBeingSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		gate := make(chan struct{})
		defer close(gate)
		o.mail.set(func(w *wire) { w.gate = gate })
		o.page(i, bob, "e1", mailTo(bob))
		o.pass(o.post)
		<-o.mail.began
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		if n := o.stands(StatusSending, reasonAcknowledged); !n.CancelRequested {
			t.Error("nobody asked the sender to stop")
		}
		o.pass(o.post) // Also without a notice, within a second.
		o.drain(o.post)
		n := o.stands(StatusCancelled, reasonAcknowledged)
		if n.Tries[0].Result != AttemptTooLate || o.mail.count() != 0 {
			t.Errorf("%+v, %d sent", n.Tries, o.mail.count())
		}
	})
}

func TestAFailureIsRetriedForAsLongAsThePageIsWanted(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.mail.set(func(w *wire) { w.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "451 later"} } })
		o.page(i, bob, "e1", mailTo(bob))
		for try := 1; try <= 12; try++ {
			o.dispatch(o.post)
			n := o.stands(StatusPending, "")
			if n.Attempts != try || n.Error != "451 later" || n.NextAttemptAt == nil {
				t.Fatalf("after %d tries: %+v", try, n)
			}
			if wait := n.NextAttemptAt.Sub(o.clk.Now()); wait > pause(try, 0, 0) || wait < pause(try, 0, 1) {
				t.Errorf("after %d tries it waits %s", try, wait)
			}
			o.clk.Set(*n.NextAttemptAt)
		}
		o.mail.set(func(w *wire) { w.answer = nil })
		o.dispatch(o.post)
		if n := o.stands(StatusSent, ""); n.Attempts != 13 || n.Error != "" {
			t.Errorf("%+v", n)
		}
		story, err := o.incidents.Timeline(t.Context(), o.actor(bob), i.ID, 0, 100)
		failed := 0
		for _, line := range story {
			if line.EventType == eventFailed {
				failed++
			}
		}
		if err != nil || failed != 1 {
			t.Errorf("the same failure stands %d times on the timeline, %v", failed, err)
		}
	})
}

func TestAFailingMethodBringsTheNextForward(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		push := Route{Channel: "ntfy", Address: "bob@push", Delay: 5 * time.Minute}
		for name, c := range map[string]struct {
			outcome Outcome
			passes  int // until the push goes out
		}{
			"at once when it is permanent": {Outcome{Result: Permanent, Detail: "550 no such user"}, 1},
			"after the second failure":     {Outcome{Result: Retry, Detail: "451 later"}, 2},
		} {
			i, before := o.incident(name), o.push.count()
			o.mail.set(func(w *wire) { w.answer = func(Message) Outcome { return c.outcome } })
			o.page(i, bob, name, mailTo(bob), push)
			for pass := 1; pass <= c.passes; pass++ {
				if o.push.count() != before {
					t.Errorf("%s: pushed before pass %d", name, pass)
				}
				o.dispatch(o.post)
				o.clk.Advance(2 * time.Second)
			}
			if o.push.count() != before+1 {
				t.Errorf("%s: not pushed", name)
			}
		}
	})
}

func TestWhatASenderLeftBehindIsSentAnewAndMarked(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		gate := make(chan struct{})
		o.mail.set(func(w *wire) { w.gate = gate })
		o.page(i, bob, "e1", mailTo(bob))
		o.pass(o.post)
		<-o.mail.began
		two := o.node("two")
		o.dispatch(two)
		o.stands(StatusSending, "") // The lease holds.
		o.mail.set(func(w *wire) { w.gate = nil })
		o.clk.Advance(10*time.Second + leaseMargin)
		o.dispatch(two)
		n := o.stands(StatusSent, "")
		if !n.MaybeDuplicate || n.Attempts != 2 || n.Tries[0].Result != AttemptLost || n.Tries[1].Node != "two" {
			t.Errorf("%+v", n)
		}
		close(gate) // The first sender comes back: it was taken twice, and that is on record.
		o.drain(o.post)
		n = o.stands(StatusSent, "")
		if n.Attempts != 2 || n.Tries[0].Result != string(Sent) || o.mail.count() != 2 {
			t.Errorf("%+v, %d sent", n, o.mail.count())
		}
	})
}

func TestAServerThatIsAloneTakesOverAtItsStart(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		gate := make(chan struct{})
		defer close(gate)
		o.mail.set(func(w *wire) { w.gate = gate })
		o.page(i, bob, "e1", mailTo(bob))
		o.pass(o.post)
		<-o.mail.began
		o.mail.set(func(w *wire) { w.gate = nil })
		again := o.node("again")
		if err := again.TakeOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.dispatch(again)
		if n := o.stands(StatusSent, ""); !n.MaybeDuplicate {
			t.Error("nothing says that it may have been sent twice")
		}
	})
}

// A process that was stopped between the commit and the send must not send late.
func TestASenderThatWasHeldUpBeginsAnew(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		var once sync.Once
		o.mail.set(func(w *wire) { w.describe = func() { once.Do(func() { o.clk.Advance(2 * time.Second) }) } })
		due := o.due(1)
		d, err := o.post.begin(t.Context(), dbtest.Org, due)
		if err != nil || len(d.began) != 1 {
			t.Fatalf("%d began, %v", len(d.began), err)
		}
		o.post.launch(t.Context(), d.began[0])
		o.drain(o.post)
		if n := o.stands(StatusPending, ""); n.Tries[0].Result != AttemptNotSent || o.mail.count() != 0 {
			t.Errorf("%+v, %d sent", n.Tries, o.mail.count())
		}
		o.dispatch(o.post)
		if n := o.stands(StatusSent, ""); n.Attempts != 2 || n.MaybeDuplicate {
			t.Errorf("%+v", n)
		}
	})
}

func TestASlowServerDelaysNoOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		gate := make(chan struct{})
		o.push.set(func(w *wire) { w.gate = gate })
		for n := range 50 {
			o.page(o.incident(fmt.Sprint("slow ", n)), bob, fmt.Sprint("slow ", n), Route{Channel: "ntfy", Address: fmt.Sprintf("%d@slow", n)})
		}
		o.page(i, bob, "quick", mailTo(bob))
		o.pass(o.post)
		<-o.mail.began
		if waiting := len(o.push.began); waiting > 2 {
			t.Errorf("the slow server was given %d messages at a time, it takes 2", waiting)
		}
		close(gate)
		for o.push.count() < 50 {
			o.drain(o.post)
			o.pass(o.post)
		}
	})
}

func TestSeveralNodesSendEachPageOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		const pages = 60
		for n := range pages {
			o.page(o.incident(fmt.Sprint("incident ", n)), bob, fmt.Sprint("e", n), Route{Channel: "email", Address: fmt.Sprintf("bob@host%d", n%7)})
		}
		var nodes sync.WaitGroup
		for _, name := range []string{"two", "three", "four"} {
			s := o.node(name)
			nodes.Go(func() {
				for o.mail.count() < pages && t.Context().Err() == nil {
					if _, _, err := s.Dispatch(t.Context()); err != nil {
						t.Error(err)
						return
					}
					if err := s.Drain(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		nodes.Wait()
		seen := map[int64]int{}
		for _, m := range o.mail.sent {
			seen[m.NotificationID]++
		}
		if len(seen) != pages || len(o.mail.sent) != pages {
			t.Errorf("%d messages of %d pages, want %d each", len(o.mail.sent), len(seen), pages)
		}
	})
}

// A later page may be written while an earlier one is on its way: whichever of the two fails, one of them is left.
func TestALaterPageReplacesOneThatGoesOnFailing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		gate := make(chan struct{})
		o.mail.set(func(w *wire) {
			w.gate = gate
			w.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "451 later"} }
		})
		o.page(i, bob, "round 1", mailTo(bob))
		o.pass(o.post)
		<-o.mail.began
		o.page(i, bob, "round 2", mailTo(bob)) // while the first is being sent
		close(gate)
		o.drain(o.post)
		o.mail.set(func(w *wire) { w.gate = nil })
		o.dispatch(o.post)
		o.page(i, bob, "round 3", mailTo(bob)) // while the second waits to be tried again
		later := mailTo(bob)
		later.Delay = time.Minute
		o.page(i, bob, "round 4", later) // which waits for its own time, and replaces nothing
		var got []string
		for _, n := range o.all() {
			got = append(got, string(n.Status)+" "+n.Reason)
		}
		want := []string{"cancelled superseded", "cancelled superseded", "pending ", "pending "}
		if !slices.Equal(got, want) {
			t.Errorf("the rounds are %q, want %q", got, want)
		}
	})
}
