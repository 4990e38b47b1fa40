package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// parcelOf reads a parcel: its id, then "!" for critical, "*" for one that goes alone, "f" for free, "n" for a notice, and "@b" when it goes to b.
func parcelOf(text string) parcel {
	var id int64
	word, to, _ := strings.Cut(text, "@")
	_, _ = fmt.Sscanf(word, "%d", &id)
	p := parcel{Notification: &Notification{ID: id, Recipient: "a" + to, WantedUntil: WantedUntilAcknowledged}}
	p.critical, p.alone, p.free = strings.ContainsAny(word, "!*"), strings.Contains(word, "*"), strings.Contains(word, "f")
	if strings.ContainsAny(word, "nf") {
		p.WantedUntil = WantedForAnHour
	}
	return p
}

// written is a plan in words: each message with its parcels, "free:" before one that does not count; then what waits.
func (p planned) written() string {
	var words []string
	ids := func(list []parcel) string {
		var texts []string
		for _, one := range list {
			texts = append(texts, fmt.Sprint(one.ID))
		}
		return strings.Join(texts, "+")
	}
	for _, m := range p.messages {
		mark := ""
		if !m.charged {
			mark = "free:"
		}
		words = append(words, mark+ids(m.list))
	}
	if len(p.waiting) > 0 {
		words = append(words, "wait:"+ids(p.waiting))
	}
	return strings.Join(words, " ")
}

func TestWhatIsOverTheLimitGoesTogether(t *testing.T) {
	for _, c := range []struct {
		name   string
		due    string
		left   int
		places int
		want   string
	}{
		{"within the limit each goes by itself", "1 2 3", 3, 9, "1 2 3"},
		{"the last one that is left carries the rest", "1 2 3 4 5", 3, 9, "1 2 3+4+5"},
		{"with one left all go together", "1 2 3", 1, 9, "1+2+3"},
		{"with none left all wait", "1 2 3", 0, 9, "wait:1+2+3"},
		{"one that is over the limit waits", "1", 0, 9, "wait:1"},
		{"each destination has its own message", "1 2@b 3 4@b", 2, 9, "1+3 2+4"},
		{"with one left the second destination waits", "1 2@b 3 4@b", 1, 9, "1+3 wait:2+4"},
		{"notices do not go with pages", "1n 2 3 4n", 2, 9, "2+3 1+4"},
		{"notices go together though there is room", "1n 2 3n 4n@b 5n", 9, 9, "2 1+3+5 4"},
		{"notices go together and leave room for pages", "1n 2 3n 4", 3, 9, "2 4 1+3"},
		{"pages go before notices", "1n 2", 1, 9, "2 wait:1"},
		{"critical ones go before others", "1 2 3! 4", 2, 9, "3 1+2+4"},
		{"a first critical page goes though none is left", "1 2* 3*", 0, 9, "free:2 free:3 wait:1"},
		{"a first critical page counts while it can", "1 2* 3", 2, 9, "2 1+3"},
		{"a code counts not and waits not", "1f 2f", 0, 9, "free:1 free:2"},
		{"what finds no place stays due", "1 2 3 4 5", 3, 1, "1"},
		{"without a place nothing is bundled for that", "1 2 3", 9, 2, "1 2"},
	} {
		var due []parcel
		places := map[string]int{}
		for text := range strings.FieldsSeq(c.due) {
			one := parcelOf(text)
			due, places[one.Recipient] = append(due, one), c.places
		}
		if got := plan(due, c.left, places).written(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAPlanLosesNothingAndKeepsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, left := rapid.IntRange(0, 250).Draw(t, "parcels"), rapid.IntRange(0, 6).Draw(t, "left")
		due, places := make([]parcel, n), map[string]int{}
		for i := range due {
			due[i] = parcelOf(fmt.Sprint(i+1) + rapid.SampledFrom([]string{"", "", "", "!", "*", "n", "f", "@b", "n@b"}).Draw(t, "sort"))
			due[i].FirstDueAt = time.Unix(int64(i), 0)
			places[due[i].Recipient] = rapid.IntRange(1, 8).Draw(t, "places")
		}
		room := maps.Clone(places)
		p := plan(slices.Clone(due), left, places)
		seen, charged := map[int64]bool{}, 0
		see := func(one parcel) {
			if seen[one.ID] {
				t.Fatalf("%d is planned twice", one.ID)
			}
			seen[one.ID] = true
		}
		for _, m := range p.messages {
			if room[m.list[0].Recipient]--; room[m.list[0].Recipient] < 0 {
				t.Fatal("a destination is given more than it takes")
			}
			if m.charged {
				charged++
			}
			for _, one := range m.list {
				see(one)
				if len(m.list) > 1 && (one.alone || one.free || one.Recipient != m.list[0].Recipient || len(m.list) > maxBundle) {
					t.Fatalf("%d is in a bundle of %d", one.ID, len(m.list))
				}
			}
		}
		for _, one := range p.waiting {
			see(one)
			if one.alone || one.free {
				t.Fatalf("%d is made to wait", one.ID)
			}
		}
		if charged > left {
			t.Fatalf("%d messages, though %d were left", charged, left)
		}
		if len(seen) < n && !slices.ContainsFunc(due, func(one parcel) bool { return room[one.Recipient] == 0 }) {
			t.Fatal("something is left though there is room")
		}
	})
}
