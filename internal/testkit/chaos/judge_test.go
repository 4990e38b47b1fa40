package chaos_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// verdict counts what the books of both sides say. What stands first in a line must be zero.
type verdict struct {
	t *testing.T
	l *ledger

	pages, after, inFlight, copies int
}

// judge holds the books against each other: the invariants of the design, each by its number.
func judge(t *testing.T, n *night, mail *sink, l *ledger, kills int) {
	t.Helper()
	v := &verdict{t: t, l: l}
	v.stored(n)
	v.stepsTakenOnce()
	v.everyPageEnded()
	v.nothingAfterTheAnswer()
	v.receipts(mail)
	_, refused := mail.record()
	t.Logf("%d alerts, %d taken by people, %d kills, %d pages, %d letters refused for a while", len(n.accepted), n.taken, kills, v.pages, refused)
	t.Logf("after an acknowledgement %d, receipts of attempts begun before one %d, second copies %d, all marked", v.after, v.inFlight, v.copies)
	if len(n.accepted) == 0 || v.pages == 0 || kills == 0 {
		t.Error("nothing happened, or nobody was killed: the test has proved nothing")
	}
}

// stored is I1: what was answered 2xx is in the database, once, and its incident stands as it should.
func (v *verdict) stored(n *night) {
	lost := 0
	for key, times := range n.accepted {
		a, known := v.l.alerts[key]
		if !known || v.l.incidents[a.incident].status == "" {
			lost++
			v.t.Errorf("I1: %s was answered 2xx and is not stored", key)
			continue
		}
		// A sender whose answer was lost sends again, so there may be more signals than answers, never fewer.
		if a.count < times {
			v.t.Errorf("I1: %s was answered 2xx %d times and counts %d signals", key, times, a.count)
		}
		if n.over[key] && (a.firing || v.l.incidents[a.incident].status != "resolved") {
			v.t.Errorf("I1: %s was resolved and is firing %v in an incident that is %s", key, a.firing, v.l.incidents[a.incident].status)
		}
	}
	for _, key := range v.l.doubleAlerts {
		v.t.Errorf("I1: %s is stored twice", key)
	}
	v.t.Logf("lost %d", lost)
}

// stepsTakenOnce is I2: the steps of a run follow each other without a gap, each once, and none early; an incident that
// nobody took and nothing ended has had all of the first round.
func (v *verdict) stepsTakenOnce() {
	for _, r := range v.l.runs {
		events := v.l.events[r.id]
		for i, e := range events {
			if e.round == 0 && e.step != int64(i) && i < len(steps) {
				v.t.Errorf("I2: run %d took step %d as number %d", r.id, e.step, i)
			}
			if i > 0 && e.round == events[i-1].round && e.step <= events[i-1].step {
				v.t.Errorf("I2: run %d took step %d of round %d after step %d", r.id, e.step, e.round, events[i-1].step)
			}
		}
		if v.needed(r.of) && len(events) < len(steps) {
			v.t.Errorf("I2: incident %d needed somebody and run %d took only %d steps", r.of.incident, r.id, len(events))
		}
	}
}

// needed reports whether the episode was never taken and never ended.
func (v *verdict) needed(e episode) bool {
	_, answered := v.l.answers[e]
	i := v.l.incidents[e.incident]
	return !answered && i.resolved == nil && i.status == "open" && i.episode == e.number
}

// everyPageEnded is I3: no notification waits or is being sent, and each step that was taken has its pages.
func (v *verdict) everyPageEnded() {
	byEvent := map[int64]int{}
	for _, n := range v.l.notifications {
		if n.action == "page" {
			v.pages++
			byEvent[n.event]++
		}
		switch n.status {
		case "sent", "delivered":
		case "cancelled", "failed":
			if n.reason == "" {
				v.t.Errorf("I3: notification %d is %s without a reason (%s)", n.id, n.status, n.failure)
			}
			if n.action == "page" && v.needed(n.of) && n.reason != "superseded" {
				v.t.Errorf("I3: page %d of an incident that needs somebody is %s: %s", n.id, n.status, n.reason)
			}
		default:
			v.t.Errorf("I3: notification %d is still %s", n.id, n.status)
		}
	}
	for _, events := range v.l.events {
		for _, e := range events {
			if e.round == 0 && int(e.step) < len(pagesOf) && byEvent[e.id] > pagesOf[e.step] {
				v.t.Errorf("I3: step %d of run %d wrote %d pages, want %d at most", e.step, e.run, byEvent[e.id], pagesOf[e.step])
			}
		}
	}
}

// nothingAfterTheAnswer is I4: no attempt at a page began after its episode was acknowledged. Those that had begun before may
// arrive after; they are counted apart.
func (v *verdict) nothingAfterTheAnswer() {
	for _, n := range v.l.notifications {
		answered, known := v.l.answers[n.of]
		if n.action != "page" || !known {
			continue
		}
		for _, a := range v.l.attempts[n.id] {
			if a.started.After(answered) && n.wanted == "acknowledged" {
				v.after++
				v.t.Errorf("I4: an attempt at page %d began %v after the acknowledgement", n.id, a.started.Sub(answered))
			}
		}
		if n.sent != nil && n.sent.After(answered) {
			v.inFlight++
		}
	}
}

// receipts is I5, by the mail server's own record: what is called sent has arrived, nothing arrived that was not, and a letter
// that came twice is marked.
func (v *verdict) receipts(mail *sink) {
	received := map[int64][]time.Time{}
	list, _ := mail.record()
	for _, r := range list {
		id, err := notificationOf(r.letter)
		if err != nil {
			v.t.Errorf("I5: a letter %q is nobody's: %v", r.letter, err)
			continue
		}
		received[id] = append(received[id], r.at)
	}
	for _, n := range v.l.notifications {
		times := len(received[n.id])
		delete(received, n.id)
		switch {
		case n.status == "sent" && times == 0:
			v.t.Errorf("I5: notification %d is called sent and has not arrived", n.id)
		case times > 1 && !n.maybeTwice:
			v.t.Errorf("I5: notification %d arrived %d times and is not marked", n.id, times)
		}
		v.copies += max(0, times-1)
		if times > len(v.l.attempts[n.id]) {
			v.t.Errorf("I5: notification %d arrived %d times in %d attempts", n.id, times, len(v.l.attempts[n.id]))
		}
	}
	for id := range received {
		v.t.Errorf("I5: a letter arrived for notification %d, which is not there", id)
	}
}

// notificationOf reads the number at the end of a Message-ID's first part: tocsin-1a2b3c4d5e-n17@example.org.
func notificationOf(letter string) (int64, error) {
	local, _, _ := strings.Cut(letter, "@")
	return strconv.ParseInt(local[strings.LastIndex(local, "-n")+2:], 10, 64)
}
