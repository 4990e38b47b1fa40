package chaos_test

// obligation is that a step has to reach a person.
type obligation struct{ event, person int64 }

// balance is I6: each person whom a step pages has a page of it for every way that it goes, no two the same, and each of these has an
// outcome; and no page is there that no step asked for.
func (v *verdict) balance() {
	owed, outcomes := map[obligation]string{}, map[string]int{}
	for _, events := range v.l.events {
		for _, e := range events {
			for _, person := range e.people {
				owed[obligation{e.id, person}] = ""
			}
		}
	}
	ways := map[notification]bool{}
	for _, n := range v.l.notifications {
		if n.action != "page" || n.event == 0 {
			continue
		}
		of := obligation{n.event, n.person}
		outcome, known := owed[of]
		if !known {
			v.t.Errorf("I6: page %d to person %d is of event %d, which does not page that person", n.id, n.person, n.event)
			continue
		}
		way := notification{event: n.event, person: n.person, method: n.method}
		if ways[way] {
			v.t.Errorf("I6: page %d to person %d by method %d of event %d is there twice", n.id, n.person, n.method, n.event)
		}
		ways[way] = true
		if rank[n.status] > rank[outcome] {
			owed[of] = n.status
		}
	}
	for of, outcome := range owed {
		if rank[outcome] == 0 {
			v.t.Errorf("I6: person %d was to be paged by event %d, and the outcome is %q", of.person, of.event, outcome)
		}
		outcomes[outcome]++
	}
	v.t.Logf("%d people to be paged by steps = %d reached + %d no longer wanted + %d failed", len(owed),
		outcomes["sent"]+outcomes["delivered"], outcomes["cancelled"], outcomes["failed"])
}

// rank orders outcomes: a person is reached by the best of several ways. What is none has no rank.
var rank = map[string]int{"failed": 1, "cancelled": 2, "sent": 3, "delivered": 4}
