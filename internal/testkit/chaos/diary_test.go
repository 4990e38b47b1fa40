package chaos_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// diary says when what went wrong.
type diary struct {
	mu      sync.Mutex
	entries []entry
}

type entry struct {
	kind     string
	from, to time.Time
	outage   bool // Nobody could work: no node was there, or no database.
}

// write notes a trouble that ends now.
func (d *diary) write(kind string, from time.Time, outage bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry{kind, from, time.Now(), outage})
}

// counts is how often what happened, in words.
func (d *diary) counts() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	times := map[string]int{}
	for _, e := range d.entries {
		times[e.kind]++
	}
	var words []string
	for kind, n := range times {
		words = append(words, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// happened reports how often something of this kind did.
func (d *diary) happened(kind string) (times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.entries {
		if e.kind == kind {
			times++
		}
	}
	return times
}

// outages are the spans in which nobody could work, in order.
func (d *diary) outages() (list []entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.entries {
		if e.outage {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.from.UnixNano(), b.from.UnixNano()) })
	return list
}
