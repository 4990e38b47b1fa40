package notify

import (
	"errors"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// begun has node one begin what is due, without sending it.
func (o *office) begun(want int) []*flight {
	o.t.Helper()
	d, err := o.post.begin(o.t.Context(), dbtest.Org, o.due(want))
	if err != nil || len(d.began) != want {
		o.t.Fatalf("%d attempts began, want %d: %v", len(d.began), want, err)
	}
	return d.began
}

// note has node one note that the provider took the messages.
func (o *office) note(flights ...*flight) {
	o.t.Helper()
	var list []landing
	for _, f := range flights {
		list = append(list, landing{flight: f, outcome: Outcome{Result: Sent, Detail: "250 taken"}})
	}
	if left, err := o.post.finish(o.t.Context(), list); err != nil || len(left) > 0 {
		o.t.Fatalf("%d are not noted: %v", len(left), err)
	}
}

// pageOfStep is page, by a step of an escalation, whose event it returns.
func (o *office) pageOfStep(i incident.Incident, u account.User, key string) (event int64) {
	o.t.Helper()
	o.write(func(tx *db.Tx) error {
		run, err := tx.NextID("escalation_runs")
		if err != nil {
			return err
		}
		columns := []string{
			"org_id", "id", "incident_id", "episode", "version", "priority", "state", "reason", "round", "repeats_left", "next_step", "started_at",
		}
		row := []any{i.OrgID, run, i.ID, i.Episode, 1, 1, "finished", "", 0, 0, 0, tx.Now()}
		if err := tx.Insert("escalation_runs", columns, [][]any{row}, ""); err != nil {
			return err
		}
		if event, err = tx.NextID("escalation_events"); err != nil {
			return err
		}
		columns = []string{
			"org_id", "id", "incident_id", "episode", "policy_version", "run_id", "round", "step", "status", "metadata", "triggered_at", "created_at",
		}
		row = []any{i.OrgID, event, i.ID, i.Episode, 1, run, 0, 0, "pending", db.JSON(map[string]any{}), tx.Now(), tx.Now()}
		if err := tx.Insert("escalation_events", columns, [][]any{row}, ""); err != nil {
			return err
		}
		return o.post.Enqueue(tx, i.OrgID, []Page{{
			UserID: u.ID, IncidentID: i.ID, Episode: i.Episode, EventID: &event, Title: i.Title, Urgency: incident.UrgencyHigh,
			Action: ActionPage, WantedUntil: WantedUntilAcknowledged, Key: key, Routes: []Route{mailTo(u)},
		}})
	})
	return event
}

// What came of a message may be noted twice: the answer to the commit may be lost.
func TestANoteThatIsWrittenTwiceMarksNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		began := o.begun(1)
		o.note(began...)
		o.note(began...)
		if n := o.stands(StatusSent, ""); n.MaybeDuplicate || o.post.Stats().Sent != 1 {
			t.Errorf("it was sent once, but counts as %d, %+v", o.post.Stats().Sent, n)
		}
	})
}

// A sender that was given up, and comes back before another has begun anew, saves the person the second message.
func TestASenderThatComesBackInTimeIsBelieved(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		began := o.begun(1)
		o.clk.Advance(10*time.Second + leaseMargin)
		if n, err := o.post.reclaim(t.Context(), dbtest.Org, []candidate{{id: began[0].carrier().ID, incidentID: i.ID}}); n != 1 || err != nil {
			t.Fatalf("%d reclaimed, %v", n, err)
		}
		o.note(began...)
		o.dispatch(o.post)
		if n := o.stands(StatusSent, ""); o.mail.count() != 0 || n.NextAttemptAt != nil {
			t.Errorf("it was sent %d times more, %+v", o.mail.count(), n)
		}
	})
}

// The database may be away for longer than a lease while an answer waits to be noted.
func TestAnAnswerThatWaitsToBeNotedIsNotSentAnew(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		away, tried := true, make(chan struct{}, 100)
		o.settled.fail = func(int64) error {
			tried <- struct{}{}
			if away {
				return fault.New(fault.Unavailable, "away", "It is away.")
			}
			return nil
		}
		o.pageOfStep(i, bob, "e1")
		o.pass(o.post)
		<-tried
		o.settled.mu.Lock()
		away = false
		o.settled.mu.Unlock()
		o.clk.Advance(10*time.Second + leaseMargin)
		o.pass(o.post)
		for o.post.Stats().Sent == 0 && t.Context().Err() == nil {
			o.clk.Advance(lastNoteWait) // The next try may not have been set yet.
		}
		o.drain(o.post)
		if n := o.stands(StatusSent, ""); n.Attempts != 1 || n.MaybeDuplicate || o.mail.count() != 1 {
			t.Errorf("sent %d times, %+v", o.mail.count(), n)
		}
	})
}

// One outcome that cannot be noted with all that follows from it keeps no other waiting, and is noted without.
func TestAnOutcomeThatCannotBeNotedKeepsNoOtherWaiting(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		bad := o.pageOfStep(i, bob, "e1")
		good := o.pageOfStep(i, bob, "e2")
		o.settled.fail = func(event int64) error {
			if event == bad {
				return errors.New("it does not fit")
			}
			return nil
		}
		o.note(o.begun(2)...)
		for _, n := range o.all() {
			if n.Status != StatusSent {
				t.Errorf("%s is %s", n.PageKey, n.Status)
			}
		}
		if got := o.settled.events; len(got) != 1 || got[0] != good {
			t.Errorf("settled %v, want %d alone", got, good)
		}
	})
}
