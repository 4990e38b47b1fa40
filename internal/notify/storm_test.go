package notify

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// minor makes an incident that is urgent but not critical.
func (o *office) minor(title string) incident.Incident {
	o.t.Helper()
	i, err := o.incidents.Create(o.t.Context(), account.System(dbtest.Org, "test"), incident.NewIncident{Title: title, Severity: incident.SeverityHigh})
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

// storm pages the person for so many incidents that are not critical.
func (o *office) storm(u account.User, n int) (list []incident.Incident) {
	o.t.Helper()
	for k := range n {
		i := o.minor(fmt.Sprint("incident ", k))
		o.page(i, u, fmt.Sprint("storm ", i.ID), mailTo(u))
		list = append(list, i)
	}
	return list
}

// messages are what was sent by mail, each by how many notifications it told.
func (o *office) messages() (sizes []int) {
	o.mail.mu.Lock()
	defer o.mail.mu.Unlock()
	for _, m := range o.mail.sent {
		sizes = append(sizes, max(1, len(m.Bundle)))
	}
	return sizes
}

func TestInAStormWhatIsOverTheLimitComesInOneMessage(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.storm(bob, 20)
		o.dispatch(o.post)
		if got := fmt.Sprint(o.messages()); got != "[1 1 1 1 1 15]" {
			t.Fatalf("the messages tell of %s", got)
		}
		last := o.mail.sent[5]
		if !strings.HasPrefix(last.Title, "15 incidents need you: incident 5, incident 6") || last.Action != ActionPage || last.Urgency != "high" || last.IncidentID != 0 {
			t.Errorf("the last message is %+v", last)
		}
		for n, d := range o.all() {
			switch {
			case d.Status != StatusSent || d.SentAt == nil || len(d.Tries) != 1 || d.Tries[0].Result != string(Sent):
				t.Errorf("%d is %s: %+v", n, d.Status, d.Tries)
			case n <= 5 && d.BundleID != nil:
				t.Errorf("%d says that %d carried it", n, *d.BundleID)
			case n > 5 && (d.BundleID == nil || *d.BundleID != last.NotificationID):
				t.Errorf("%d does not say that %d carried it, but %v", n, last.NotificationID, d.BundleID)
			}
		}
		story, err := o.incidents.Timeline(t.Context(), o.actor(bob), *o.all()[19].IncidentID, 0, 1)
		if err != nil || story[0].Description != "Page by email to Bob (bob@example.org) was accepted, in one message with 14 others: 250 taken" {
			t.Errorf("the timeline tells %+v, %v", story, err)
		}
	})
}

func TestWhatComesAfterTheLimitWaitsAMomentAndUsesNoAttempt(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.storm(bob, 7)
		o.dispatch(o.post)
		o.storm(bob, 3)
		o.dispatch(o.post)
		for _, d := range o.all()[7:] {
			if wait := d.NextAttemptAt.Sub(o.clk.Now()); d.Status != StatusPending || d.Attempts != 0 || wait <= 0 || wait > 12*time.Second {
				t.Errorf("it is %s after %d attempts and waits %s", d.Status, d.Attempts, wait)
			}
		}
		o.clk.Advance(12 * time.Second)
		o.dispatch(o.post)
		if got := fmt.Sprint(o.messages()); got != "[1 1 1 1 1 2 3]" {
			t.Errorf("the messages tell of %s", got)
		}
	})
}

func TestTheFirstPageOfACriticalIncidentIsNeverLimited(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.storm(bob, 10)
		o.dispatch(o.post)
		before := o.mail.count()
		critical := o.incident("db down")
		o.page(critical, bob, "first", mailTo(bob), Route{Channel: "ntfy", Address: "bob@push"})
		o.page(critical, bob, "second", mailTo(bob))
		o.dispatch(o.post)
		if o.mail.count() != before+1 || o.push.count() != 1 {
			t.Fatalf("%d mails and %d pushes, want the first page on both", o.mail.count()-before, o.push.count())
		}
		if last := o.mail.sent[before]; last.IncidentID != critical.ID {
			t.Errorf("it tells of %+v", last)
		}
	})
}

func TestTheStepsOfBundledPagesAreSettled(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.storm(bob, 5)
		var events []int64
		for n := range 4 {
			events = append(events, o.pageOfStep(o.minor(fmt.Sprint("late ", n)), bob, fmt.Sprint("late ", n)))
		}
		o.dispatch(o.post)
		if got := fmt.Sprint(o.messages()); got != "[1 1 1 1 1 4]" || fmt.Sprint(o.settled.events) != fmt.Sprint(events) {
			t.Errorf("the messages tell of %s, settled %v of %v", got, o.settled.events, events)
		}
	})
}

// over uses up what the person may be sent, so that all that follows is bundled.
func (o *office) over(u account.User) {
	o.t.Helper()
	full := personLimit("email").spend(time.Time{}, o.clk.Now(), personLimit("email").burst-1)
	o.write(func(tx *db.Tx) error {
		return saveLimits(tx, dbtest.Org, map[allowance]time.Time{{u.ID, "email"}: full})
	})
}

func TestAnAcknowledgedIncidentLeavesTheBundle(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.over(bob)
		list := o.storm(bob, 3)
		o.fails(Retry, bob.Email)
		o.dispatch(o.post)
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), list[0].ID); err != nil {
			t.Fatal(err)
		}
		o.fails(Retry)
		o.clk.Advance(2 * time.Second)
		o.dispatch(o.post)
		o.wants("bob@example.org cancelled acknowledged", "bob@example.org sent", "bob@example.org sent")
		if m := o.mail.sent[0]; len(m.Bundle) != 2 || m.Bundle[0].IncidentID != list[1].ID {
			t.Errorf("the bundle tells of %+v", m.Bundle)
		}
		if d := o.all()[2]; d.BundleID == nil || *d.BundleID != o.all()[1].ID {
			t.Errorf("carried by %v", d.BundleID)
		}
	})
}

// A message under way is cut off only when nobody wants any of it; what was wanted no more is then on record as it went.
func TestABundleUnderWayGoesOnForThoseThatWantIt(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.over(bob)
		list := o.storm(bob, 2)
		gate := make(chan struct{})
		o.mail.set(func(w *wire) { w.gate = gate })
		o.pass(o.post)
		<-o.mail.began
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), list[0].ID); err != nil {
			t.Fatal(err)
		}
		o.pass(o.post)
		close(gate)
		o.drain(o.post)
		o.wants("bob@example.org sent acknowledged", "bob@example.org sent")
	})
}

func TestABundleThatNobodyWantsIsCutOff(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.over(bob)
		list := o.storm(bob, 2)
		gate := make(chan struct{})
		defer close(gate)
		o.mail.set(func(w *wire) { w.gate = gate })
		o.pass(o.post)
		<-o.mail.began
		for _, i := range list {
			if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), i.ID); err != nil {
				t.Fatal(err)
			}
		}
		o.pass(o.post)
		o.drain(o.post)
		o.wants("bob@example.org cancelled acknowledged", "bob@example.org cancelled acknowledged")
	})
}

func TestARefusedBundleReachesEachIncidentsNextMethod(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.method(bob, "ntfy", "bob@push")
		o.over(bob)
		o.storm(bob, 2)
		o.fails(Permanent, bob.Email)
		o.dispatch(o.post)
		o.wants("bob@example.org failed refused", "bob@example.org failed refused", "bob@push sent", "bob@push sent")
		if d := o.all()[1]; d.BundleID == nil || *d.BundleID != o.all()[0].ID {
			t.Errorf("the refused page was carried by %v", d.BundleID)
		}
	})
}

func TestABundleWhoseSenderIsLostIsSentAnewAndMarked(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.over(bob)
		o.storm(bob, 2)
		gate := make(chan struct{})
		defer close(gate)
		o.mail.set(func(w *wire) { w.gate = gate })
		o.pass(o.post)
		<-o.mail.began
		o.mail.set(func(w *wire) { w.gate = nil })
		o.clk.Advance(10*time.Second + leaseMargin)
		o.dispatch(o.node("two"))
		for _, d := range o.all() {
			if d.Status != StatusSent || !d.MaybeDuplicate || d.Attempts != 2 {
				t.Errorf("%+v", d.Notification)
			}
		}
	})
}

func TestWhatAFailedMessageUsedIsGivenBack(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.fails(Retry, bob.Email)
		o.storm(bob, 4)
		o.dispatch(o.post)
		o.fails(Retry)
		o.clk.Advance(2 * time.Second)
		o.dispatch(o.post)
		if got := fmt.Sprint(o.messages()); got != "[1 1 1 1]" {
			t.Errorf("the messages tell of %s", got)
		}
	})
}

func TestNoticesAreBundledApartFromPages(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.over(bob)
		i := o.minor("db down")
		for n := range 3 {
			notice := Notice{
				UserID: bob.ID, IncidentID: &i.ID, Episode: 1, Title: i.Title, Message: "Lea resolved it.", Action: ActionResolved, Key: fmt.Sprint(n),
				Routes: []Route{mailTo(bob)},
			}
			o.write(func(tx *db.Tx) error { return o.post.enqueueNotice(tx, dbtest.Org, notice) })
		}
		o.storm(bob, 2)
		o.dispatch(o.post)
		o.clk.Advance(12 * time.Second)
		o.dispatch(o.post)
		if got := fmt.Sprint(o.messages()); got != "[2 3]" {
			t.Fatalf("the messages tell of %s", got)
		}
		if m := o.mail.sent[1]; m.Action != ActionNotices || m.AckURL != "" || !strings.HasPrefix(m.Title, "3 notices: Resolved: HIGH #") || !strings.Contains(m.Text, "Lea resolved it.") {
			t.Errorf("the notices are %+v", m)
		}
	})
}

func TestNodesShareAPersonsLimit(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, nodes := o.person("bob"), []*Service{o.post, o.node("two"), o.node("three")}
		o.storm(bob, 40)
		var running sync.WaitGroup
		for _, s := range nodes {
			running.Go(func() {
				for range 20 {
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
		running.Wait()
		for range 10 { // What one node held while another looked waits for its turn, as everything over the limit.
			for _, s := range nodes {
				o.dispatch(s)
			}
			if o.mail.count() > 6 {
				t.Fatalf("%d messages at once, one person is sent 6", o.mail.count())
			}
		}
		for range 20 {
			o.clk.Advance(12 * time.Second)
			o.dispatch(nodes[1])
		}
		told := 0
		for _, n := range o.messages() {
			told += n
		}
		if told != 40 {
			t.Errorf("told of %d incidents, want each of 40 once: %v", told, o.messages())
		}
	})
}
