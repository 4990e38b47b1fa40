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

// plan decides what goes in which message, when the person may be sent left more on the channel now. What is within the limit goes as
// letters. What is over it goes together, one message to each destination, and what is left is kept for that: the person hears of
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
	list := letters(limited)
	fit := len(list)
	if fit > p.left {
		fit = max(p.left-len(threads(limited)), 0)
	}
	for _, letter := range list[:fit] {
		p.send(parcels{letter, true})
	}
	for _, thread := range threads(slices.Concat(list[fit:]...)) {
		p.sendOrWait(thread)
	}
	return p
}

// letters are what goes in one message though the person may be sent more: each page, and the notices to one destination.
func letters(list []parcel) (letters [][]parcel) {
	at := map[string]int{}
	for _, one := range list {
		n, known := at[one.Recipient]
		switch {
		case one.WantedUntil != WantedForAnHour:
		case known && len(letters[n]) < maxBundle:
			letters[n] = append(letters[n], one)
			continue
		default:
			at[one.Recipient] = len(letters)
		}
		letters = append(letters, []parcel{one})
	}
	return letters
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
