package notify

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// seenBy are the people who have seen a page, with the time of the first.
func (o *office) seenBy() (users []int64, first time.Time) {
	o.t.Helper()
	for _, d := range o.all() {
		if d.SeenAt != nil {
			users = append(users, d.UserID)
			if first.IsZero() {
				first = *d.SeenAt
			}
		}
	}
	return users, first
}

func (r *linkRoom) looks(token string) {
	r.t.Helper()
	if err := r.service.SeenByLink(r.t.Context(), token); err != nil {
		r.t.Fatalf("see by the link: %v", err)
	}
}

func TestAPageIsSeenOnceByWhomItWasFor(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.dispatch(r.service)
		r.read(r.links[r.ann.ID])
		if users, _ := r.seenBy(); len(users) != 0 {
			t.Fatalf("reading the link counts as seen by %v: mail scanners do that", users)
		}
		r.looks(r.links[r.ann.ID])
		first := r.clk.Now()
		users, at := r.seenBy()
		if len(users) != 1 || users[0] != r.ann.ID || !at.Equal(first) {
			t.Fatalf("seen by %v at %v, want Ann at %v", users, at, first)
		}
		r.clk.Advance(time.Minute)
		r.looks(r.links[r.ann.ID])
		if _, at := r.seenBy(); !at.Equal(first) {
			t.Errorf("seen at %v, want the first time, %v", at, first)
		}
		r.status(incident.StatusOpen)
	})
}

func TestLookingAtTheIncidentSeesOnesOwnPagesThatWereSent(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		ann := account.Actor{Kind: account.ActorUser, Org: r.ann.OrgID, UserID: r.ann.ID, Role: account.RoleAdmin}
		look := func() {
			t.Helper()
			if err := r.service.SeenBy(t.Context(), ann, r.incident.ID); err != nil {
				t.Fatal(err)
			}
		}
		look()
		if users, _ := r.seenBy(); len(users) != 0 {
			t.Fatalf("seen by %v before anything was sent", users)
		}
		r.dispatch(r.service)
		look()
		if users, _ := r.seenBy(); len(users) != 1 || users[0] != r.ann.ID {
			t.Errorf("seen by %v, want Ann", users)
		}
		stranger := account.Actor{Kind: account.ActorUser, Org: r.bob.OrgID, UserID: 999, Role: account.RoleUser}
		if err := r.service.SeenBy(t.Context(), stranger, r.incident.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger looks at it: %v", err)
		}
	})
}

func TestALinkOfFormerTimesSeesNothing(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		r.dispatch(r.service)
		r.act(r.links[r.ann.ID], "resolve")
		if _, err := r.service.Incidents.Reopen(t.Context(), r.root, r.incident.ID); err != nil {
			t.Fatal(err)
		}
		r.looks(r.links[r.bob.ID])
		if users, _ := r.seenBy(); len(users) != 0 {
			t.Errorf("seen by %v, though the incident has opened again since", users)
		}
		if err := r.service.SeenByLink(t.Context(), "nonsense"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token that is none: %v", err)
		}
	})
}

func TestTheMessageOfABundleSeesAllThatItTellsOf(t *testing.T) {
	eachBundleRoom(t, func(t *testing.T, o *office, bob account.User, list []incident.Incident, token string) {
		if _, err := o.incidents.Resolve(t.Context(), account.System(list[0].OrgID, "test"), list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Reopen(t.Context(), account.System(list[0].OrgID, "test"), list[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := o.post.SeenByLink(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		for _, d := range o.all() {
			current := d.IncidentID != nil && (*d.IncidentID == list[1].ID || *d.IncidentID == list[2].ID)
			if seen := d.SeenAt != nil; seen != (current && d.UserID == bob.ID && d.Action == ActionPage) {
				t.Errorf("%s for incident %d: seen is %v", d.Action, *d.IncidentID, seen)
			}
		}
	})
}

// TestAnAttemptDoesNotUndoThatItsPageIsSeen: the person opens the link while the provider's answer is on its way.
func TestAnAttemptDoesNotUndoThatItsPageIsSeen(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		gate := make(chan struct{})
		r.mail.set(func(w *wire) { w.gate = gate })
		r.pass(r.service)
		for range 2 {
			<-r.mail.began
		}
		r.looks(r.links[r.bob.ID])
		close(gate)
		r.drain(r.service)
		for _, d := range r.all() {
			if d.UserID == r.bob.ID && (d.SeenAt == nil || d.Status != StatusSent) {
				t.Errorf("Bob's page is %s, seen at %v", d.Status, d.SeenAt)
			}
		}
	})
}
