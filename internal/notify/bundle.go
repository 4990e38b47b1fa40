package notify

import (
	"cmp"
	"slices"
)

// maxBundle is how many notifications one message carries at most: nobody reads a longer list.
const maxBundle = 100

// parcel is a notification that is to be sent, with what decides how.
type parcel struct {
	*Notification
	critical bool // Its incident is.
	alone    bool // It is the person's first page for a critical incident, which is never limited nor bundled.
	free     bool // It is about no incident, and does not count: a code, a test.
}

// parcels is one message: the first parcel carries the others.
type parcels struct {
	list    []parcel
	charged bool // It counts against the person's limit.
}

// planned is what is to be done about what one person is to be sent on one channel.
type planned struct {
	messages []parcels
	waiting  []parcel // until the person may be sent more
	left     int
	places   map[string]int
}

// plan decides what goes in which message, when the person may be sent left more on the channel now. What is within the limit goes by
// itself. What is over it goes together, one message to each destination, and what is left is kept for that: the person hears of
// everything at once, or as soon as there is one more. places are how many messages each destination is given at a time; what
// finds none stays due as it is. It is pure.
func plan(due []parcel, left int, places map[string]int) planned {
	p := planned{left: left, places: places}
	slices.SortStableFunc(due, urgentFirst)
	var limited []parcel
	for _, one := range due {
		if one.alone || one.free {
			p.send(parcels{[]parcel{one}, !one.free && p.left > 0})
		} else {
			limited = append(limited, one)
		}
	}
	if over := len(limited) - p.left; over > 0 {
		single := max(p.left-len(threads(limited)), 0)
		for _, one := range limited[:single] {
			p.send(parcels{[]parcel{one}, true})
		}
		for _, thread := range threads(limited[single:]) {
			p.sendOrWait(thread)
		}
		return p
	}
	for _, one := range limited {
		p.send(parcels{[]parcel{one}, true})
	}
	return p
}

func (p *planned) send(m parcels) {
	to := m.list[0].Recipient
	if p.places[to] == 0 {
		return
	}
	p.places[to]--
	if m.charged {
		p.left--
	}
	p.messages = append(p.messages, m)
}

func (p *planned) sendOrWait(thread []parcel) {
	if p.left == 0 {
		p.waiting = append(p.waiting, thread...)
		return
	}
	n := min(len(thread), maxBundle)
	p.waiting = append(p.waiting, thread[n:]...)
	p.send(parcels{thread[:n], true})
}

// threads are what can go together: to one destination, pages apart from notices.
func threads(list []parcel) (together [][]parcel) {
	type thread struct {
		recipient string
		notice    bool
	}
	at := map[thread]int{}
	for _, one := range list {
		key := thread{one.Recipient, one.WantedUntil == WantedForAnHour}
		n, known := at[key]
		if !known {
			n = len(together)
			at[key], together = n, append(together, nil)
		}
		together[n] = append(together[n], one)
	}
	return together
}

// urgentFirst has pages before notices, critical incidents before others, and what was due first before what came later.
func urgentFirst(a, b parcel) int {
	rank := func(p parcel) int {
		switch {
		case p.WantedUntil == WantedForAnHour:
			return 2
		case p.critical:
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.FirstDueAt.Compare(b.FirstDueAt), cmp.Compare(a.ID, b.ID))
}
