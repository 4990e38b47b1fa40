package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// breaker is where the provider's breaker stands.
func (o *office) breaker(channel, provider string) BreakerStanding {
	o.t.Helper()
	for _, b := range o.post.Breakers() {
		if b.Channel == channel && b.Provider == provider {
			return b.Standing
		}
	}
	return ""
}

// away has the mail server fail until its breaker opens.
func (o *office) away() {
	o.t.Helper()
	o.mail.set(func(w *wire) {
		w.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "no connection"} }
	})
	for n := range opensAfter {
		u := o.person(fmt.Sprint("victim", n))
		o.page(o.incident(fmt.Sprint("victim ", n)), u, fmt.Sprint("victim ", n), mailTo(u))
	}
	o.dispatch(o.post)
	if got := o.breaker("email", "example.org"); got != BreakerOpen {
		o.t.Fatalf("after %d failures the breaker is %q", opensAfter, got)
	}
}

func (o *office) of(u account.User) (list []Delivery) {
	for _, d := range o.all() {
		if d.UserID == u.ID {
			list = append(list, d)
		}
	}
	return list
}

func TestWhileAProviderIsAwayPeopleAreReachedByOtherMethodsAtOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.ladder()
		o.away()
		o.pageByRules(o.incident("db down"), bob, "e1")
		o.dispatch(o.post)
		rows := o.of(bob)
		if rows[0].Status != StatusPending || rows[0].Attempts != 0 || !rows[0].PassedOn {
			t.Errorf("the mail is %s after %d attempts", rows[0].Status, rows[0].Attempts)
		}
		if rows[1].Status != StatusSent || rows[2].Status != StatusPending {
			t.Errorf("the next method is %s, the one after it %s", rows[1].Status, rows[2].Status)
		}
		story, err := o.incidents.Timeline(t.Context(), o.actor(bob), *rows[0].IncidentID, 0, 10)
		if want := "Page by email to Bob (bob@example.org) waits: example.org fails again and again"; err != nil || story[len(story)-2].Description != want {
			t.Errorf("the timeline tells %q, %v", story[len(story)-2].Description, err)
		}
		// Back again, it is tried with one message, and then is given what waits.
		o.mail.set(func(w *wire) { w.answer = nil })
		o.clk.Advance(firstOpen)
		if got := o.breaker("email", "example.org"); got != BreakerHalfOpen {
			t.Errorf("when the trial is due it is %s", got)
		}
		o.pass(o.post)
		o.drain(o.post)
		if o.mail.count() != 1 {
			t.Errorf("it is tried with %d messages", o.mail.count())
		}
		o.dispatch(o.post)
		if got := o.of(bob)[0]; got.Status != StatusSent || got.Attempts != 1 || o.breaker("email", "example.org") != BreakerClosed {
			t.Errorf("when it works again the mail is %s after %d attempts", got.Status, got.Attempts)
		}
	})
}

func TestATrialThatFailsKeepsTheRestWaitingForLonger(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.away()
		o.page(o.incident("db down"), bob, "e1", mailTo(bob))
		o.clk.Advance(firstOpen)
		before := o.post.Stats().Failures
		o.dispatch(o.post)
		if got := o.post.Stats().Failures - before; got != 1 || o.breaker("email", "example.org") != BreakerOpen {
			t.Errorf("it was tried %d times, and is %s", got, o.breaker("email", "example.org"))
		}
		o.clk.Advance(firstOpen)
		if o.dispatch(o.post); o.post.Stats().Failures-before != 1 {
			t.Error("it was tried again too soon")
		}
	})
}

func TestWhenTheNextMethodsProviderIsAwayTooTheOneAfterItIsUsed(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.ladder()
		for _, address := range []string{"a@second", "b@second", "c@second", "d@second", "e@second"} {
			o.page(o.incident(address), o.person("to"+address[:1]), address, Route{Channel: "ntfy", Address: address})
		}
		o.push.set(func(w *wire) {
			w.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "no connection"} }
		})
		o.dispatch(o.post)
		o.push.set(func(w *wire) { w.answer = nil })
		o.away()
		o.pageByRules(o.incident("db down"), bob, "e1")
		o.dispatch(o.post)
		o.dispatch(o.post) // Each is brought forward by the pass that finds the one before it waiting.
		if rows := o.of(bob); rows[1].Status != StatusPending || rows[1].Attempts != 0 || rows[2].Status != StatusSent {
			t.Errorf("the second method is %s, the third %s", rows[1].Status, rows[2].Status)
		}
	})
}

// That one address fails again and again says nothing of others at the same provider.
func TestADeadDestinationHoldsUpNobodyElse(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, ann := o.person("bob"), o.person("ann")
		o.fails(Retry, bob.Email)
		for n := range opensAfter {
			o.page(o.incident(fmt.Sprint("incident ", n)), bob, fmt.Sprint("e", n), mailTo(bob))
		}
		o.dispatch(o.post)
		o.page(o.incident("db down"), ann, "ann", mailTo(ann))
		o.page(o.incident("disk full"), bob, "bob", mailTo(bob))
		o.dispatch(o.post)
		if got := o.of(ann)[0]; got.Status != StatusSent {
			t.Errorf("Ann's page is %s", got.Status)
		}
	})
}

func TestASlowDestinationLeavesOthersRoom(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, ann := o.person("bob"), o.person("ann")
		gate := make(chan struct{})
		o.mail.set(func(w *wire) {
			w.answer = func(m Message) Outcome {
				if m.To == bob.Email {
					<-gate
				}
				return Outcome{Result: Sent}
			}
		})
		for n := range 300 { // more than a pass looks at
			o.page(o.incident(fmt.Sprint("incident ", n)), bob, fmt.Sprint("e", n), mailTo(bob))
		}
		o.page(o.incident("db down"), ann, "ann", mailTo(ann))
		o.pass(o.post)
		for o.mail.count() == 0 && t.Context().Err() == nil {
			<-o.mail.began
		}
		if o.mail.sent[0].To != ann.Email {
			t.Errorf("the first to be sent goes to %s", o.mail.sent[0].To)
		}
		close(gate)
		o.drain(o.post)
	})
}

func TestAProviderIsGivenNoMoreASecondThanItTakes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.set(func(w *wire) { w.info = Info{Parallel: 20, PerSecond: 2} })
		for n := range 7 {
			u := o.person(fmt.Sprint("p", n))
			o.page(o.incident(fmt.Sprint("incident ", n)), u, fmt.Sprint("e", n), mailTo(u))
		}
		for second, want := range []int{2, 4, 6, 7} {
			o.dispatch(o.post)
			if o.mail.count() != want {
				t.Fatalf("in second %d %d are sent, want %d", second, o.mail.count(), want)
			}
			if want < 7 {
				next, _, err := o.post.Dispatch(t.Context())
				if wait := next.Sub(o.clk.Now()); err != nil || wait <= 0 || wait > 600*time.Millisecond {
					t.Errorf("the next pass is due in %s, %v", wait, err)
				}
			}
			o.clk.Advance(time.Second)
		}
	})
}
