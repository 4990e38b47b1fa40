package chaos_test

import (
	"strings"
	"testing"
	"time"
)

// verdict counts what the books of both sides say. What stands first in a line must be zero.
type verdict struct {
	t        *testing.T
	l        *ledger
	received map[int64][]time.Time // what the providers were given, by notification

	pages, lost, after, inFlight, copies, unheard int
}

// judge holds the books against each other: the invariants of the design, each by its number.
func judge(s *scene, n *night, l *ledger) *verdict {
	s.t.Helper()
	v := &verdict{t: s.t, l: l, received: map[int64][]time.Time{}}
	v.stored(n)
	v.stepsTakenOnce()
	v.everyPageEnded()
	v.nothingAfterTheEnd()
	for _, p := range []*provider{&s.mail.provider, &s.hook.provider} {
		v.receipts(p)
	}
	v.copiesAreFew()
	v.balance(n.admin)
	s.t.Logf("%d alerts, %d pages, %d acts of people; troubles: %s", len(n.accepted), v.pages, len(n.acts), s.diary.counts())
	s.t.Logf("lost %d", v.lost)
	s.t.Logf("after what ended it %d; receipts of attempts begun before %d", v.after, v.inFlight)
	s.t.Logf("second copies %d, all marked, of %d attempts whose answer nobody heard", v.copies, v.unheard)
	if len(n.accepted) == 0 || v.pages == 0 {
		s.t.Error("nothing happened: the test has proved nothing")
	}
	return v
}

// stored is I1: what was answered 2xx is in the database, once, and its incident stands as it should. A message whose sender heard no answer
// may be lying in a node that stands still, and fire once more after the alert was resolved.
func (v *verdict) stored(n *night) {
	for key, times := range n.accepted {
		a, known := v.l.alerts[key]
		if !known || v.l.incidents[a.incident].status == "" {
			v.lost++
			v.t.Errorf("I1: %s was answered 2xx and is not stored", key)
			continue
		}
		// A sender whose answer was lost sends again, so there may be more signals than answers, never fewer.
		if a.count < times {
			v.lost++
			v.t.Errorf("I1: %s was answered 2xx %d times and counts %d signals", key, times, a.count)
		}
		if n.over[key] && n.unheard[key] == 0 && (a.firing || v.l.incidents[a.incident].status != "resolved") {
			v.lost++
			v.t.Errorf("I1: %s was resolved and is firing %v in an incident that is %s", key, a.firing, v.l.incidents[a.incident].status)
		}
	}
	for _, key := range v.l.doubleAlerts {
		if n.unheard[key] == 0 {
			v.t.Errorf("I1: %s is stored twice", key)
		}
	}
	said := map[string]string{"acknowledge": "acknowledged", "snooze": "snoozed", "resolve": "resolved"}
	for _, a := range n.acts {
		if !v.l.did(a.incident, said[a.verb]) {
			v.lost++
			v.t.Errorf("I1: %s of incident %d was answered 2xx and is not stored", a.verb, a.incident)
		}
	}
}

// stepsTakenOnce is I2: the steps of a run follow each other without a gap, each once; an incident that nobody took and nothing ended has
// had all of them.
func (v *verdict) stepsTakenOnce() {
	for _, r := range v.l.runs {
		events, taken := v.l.events[r.id], map[int64]bool{}
		for i, e := range events {
			taken[e.step] = true
			if e.round == 0 && e.step != int64(i) && i < len(steps) {
				v.t.Errorf("I2: run %d took step %d as number %d", r.id, e.step, i)
			}
			if i > 0 && e.round == events[i-1].round && e.step != events[i-1].step+1 {
				v.t.Errorf("I2: run %d took step %d of round %d after step %d", r.id, e.step, e.round, events[i-1].step)
			}
		}
		if v.needed(r.of) && len(taken) < len(steps) {
			v.t.Errorf("I2: incident %d needed somebody and run %d took only %d steps: it is %s %s, next at %v; %+v; %+v", r.of.incident, r.id,
				len(taken), r.state, r.reason, r.next, events, v.l.done[r.of.incident])
		}
	}
}

// needed reports whether the episode was never taken and never ended. A snooze is over when the night is.
func (v *verdict) needed(e episode) bool {
	i := v.l.incidents[e.incident]
	return i.status == "open" && i.episode == e.number && !v.l.did(e.incident, "acknowledged") && !v.l.did(e.incident, "resolved")
}

// everyPageEnded is I3: no notification waits or is being sent.
func (v *verdict) everyPageEnded() {
	for _, n := range v.l.notifications {
		if n.action == "page" {
			v.pages++
		}
		switch n.status {
		case "sent", "delivered":
		case "cancelled", "failed":
			if n.reason == "" {
				v.t.Errorf("I3: notification %d is %s without a reason (%s)", n.id, n.status, n.failure)
			}
			if n.action == "page" && v.needed(n.of) && n.reason != "superseded" && !v.l.did(n.of.incident, "snoozed") {
				v.t.Errorf("I3: page %d of an incident that needs somebody is %s: %s", n.id, n.status, n.reason)
			}
		default:
			v.t.Errorf("I3: notification %d is still %s", n.id, n.status)
		}
	}
}

// nothingAfterTheEnd is I4: no attempt at a page began after the commit of what ended the wish for it, by the database's times. Those that
// had begun before may arrive after; they are counted apart.
func (v *verdict) nothingAfterTheEnd() {
	for _, n := range v.l.notifications {
		if n.action != "page" {
			continue
		}
		end, over := v.l.endOf(n)
		if !over {
			continue
		}
		for _, a := range v.l.attempts[n.id] {
			if a.started.After(end.at) {
				v.after++
				v.t.Errorf("I4: an attempt at page %d began %v after its incident was %s", n.id, a.started.Sub(end.at), end.verb)
			}
		}
		if n.sent != nil && n.sent.After(end.at) {
			v.inFlight++
		}
	}
}

// receipts is half of I5: what a provider was given belongs to a notification.
func (v *verdict) receipts(p *provider) {
	list := p.record()
	for _, r := range list {
		if r.notification == 0 {
			v.t.Errorf("I5: the %s was given something for %s that is no notification", p.kind, r.to)
			continue
		}
		v.received[r.notification] = append(v.received[r.notification], r.at)
	}
	v.t.Logf("the %s took %d messages, refused %d, was slow with %d and silent about %d", p.kind, len(list), p.refused, p.delayed, p.silent)
}

// copiesAreFew is the other half: what is called sent has arrived, nothing arrived that was not sent, and what came twice is marked and had
// as many attempts whose answer nobody heard.
func (v *verdict) copiesAreFew() {
	own := map[int64]bool{}
	for _, n := range v.l.notifications {
		times, unheard := len(v.received[n.id]), 0
		own[n.id] = times > 0
		for _, a := range v.l.attempts[n.id] {
			if a.unheard() {
				unheard++
			}
		}
		v.unheard += unheard
		v.copies += max(0, times-1)
		switch {
		case n.status == "sent" && n.carrier != 0 && len(v.received[n.carrier]) == 0:
			v.t.Errorf("I5: notification %d is called sent, and %d, which carries it, has not arrived", n.id, n.carrier)
		case n.status == "sent" && n.carrier == 0 && times == 0:
			v.t.Errorf("I5: notification %d is called sent and has not arrived", n.id)
		case v.sentAgain(n) && !n.maybeTwice:
			v.t.Errorf("I5: notification %d was sent again after its sender was lost, and is not marked", n.id)
		case times > 1 && !n.maybeTwice:
			v.t.Errorf("I5: notification %d arrived %d times and is not marked; its attempts: %v", n.id, times, v.l.attempts[n.id])
		case times > 1+unheard:
			v.t.Errorf("I5: notification %d arrived %d times, and the answer to %d attempts was not heard", n.id, times, unheard)
		}
	}
	for id := range v.received {
		if own[id] {
			continue
		}
		v.t.Errorf("I5: something arrived for notification %d, which is not there", id)
	}
}

// sentAgain reports whether an attempt followed one whose sender was lost.
func (v *verdict) sentAgain(n notification) bool {
	tries := v.l.attempts[n.id]
	for i, a := range tries {
		if a.result == "lost" && i < len(tries)-1 {
			return true
		}
	}
	return false
}

// unheard reports whether the provider may have taken the message although nobody heard so: its sender was lost, or the connection. An
// answer begins with its code.
func (a attempt) unheard() bool {
	return a.result == "lost" || a.result != "sent" && a.result != "not_sent" && strings.Trim(a.detail[:min(1, len(a.detail))], "12345") != ""
}
