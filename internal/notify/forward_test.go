package notify

import (
	"slices"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// method gives the person a contact method.
func (o *office) method(u account.User, channel, address string) ContactMethod {
	o.t.Helper()
	m, err := o.post.AddMethod(o.t.Context(), o.actor(u), u.ID, NewMethod{Channel: channel, Address: address})
	if err != nil {
		o.t.Fatal(err)
	}
	return m
}

// accountMail is the contact method of the person's account.
func (o *office) accountMail(u account.User) ContactMethod {
	o.t.Helper()
	methods, err := o.post.Methods(o.t.Context(), o.actor(u), u.ID)
	if err != nil || !methods[0].OfAccount {
		o.t.Fatalf("%+v, %v", methods, err)
	}
	return methods[0]
}

// pageByRules pages the person as their rules say.
func (o *office) pageByRules(i incident.Incident, u account.User, key string) {
	o.t.Helper()
	var routes map[int64][]Route
	o.write(func(tx *db.Tx) (err error) {
		routes, err = o.post.Routes(tx, dbtest.Org, []int64{u.ID}, incident.UrgencyHigh, nil)
		return err
	})
	o.page(i, u, key, routes[u.ID]...)
}

// fails has a wire refuse what goes to the addresses in a way that may pass, and anything else be taken.
func (o *office) fails(result Result, addresses ...string) {
	answer := func(m Message) Outcome {
		if slices.Contains(addresses, m.To) {
			return Outcome{Result: result, Detail: "451 no"}
		}
		return Outcome{Result: Sent}
	}
	for _, w := range []*wire{o.mail, o.push} {
		w.set(func(w *wire) { w.answer = answer })
	}
}

// outcomes are the notifications in a word each.
func (o *office) outcomes() (list []string) {
	o.t.Helper()
	for _, n := range o.all() {
		text := n.Recipient + " " + string(n.Status)
		if n.Reason != "" {
			text += " " + n.Reason
		}
		list = append(list, text)
	}
	return list
}

func (o *office) wants(want ...string) {
	o.t.Helper()
	if got := o.outcomes(); !slices.Equal(got, want) {
		o.t.Errorf("the notifications are\n%q, want\n%q", got, want)
	}
}

// ladder is a person with three methods at 0, 5 and 10 minutes, and a fourth that the rules do not name.
func (o *office) ladder() account.User {
	o.t.Helper()
	bob := o.person("bob")
	first := o.accountMail(bob)
	second, third := o.method(bob, "ntfy", "bob@second"), o.method(bob, "ntfy", "bob@third")
	o.method(bob, "ntfy", "bob@unnamed")
	rules := RuleSet{High: []Rule{{0, first.ID}, {5 * time.Minute, second.ID}, {10 * time.Minute, third.ID}}}
	if _, err := o.post.SetRules(o.t.Context(), o.actor(bob), bob.ID, rules); err != nil {
		o.t.Fatal(err)
	}
	return bob
}

func TestEachMethodThatFailsBringsTheOneAfterItForward(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.ladder(), o.incident("db down")
		o.fails(Retry, bob.Email, "bob@second", "bob@third")
		o.pageByRules(i, bob, "e1")
		for range 3 { // two failures of each
			o.dispatch(o.post)
			o.clk.Advance(2 * time.Second)
		}
		o.dispatch(o.post)
		o.wants("bob@example.org pending", "bob@second pending", "bob@third pending", "bob@unnamed sent")
	})
}

func TestARefusedMethodBringsTheNextForwardAtOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.ladder(), o.incident("db down")
		o.fails(Permanent, bob.Email, "bob@second")
		o.pageByRules(i, bob, "e1")
		o.dispatch(o.post)
		o.dispatch(o.post)
		o.wants("bob@example.org failed refused", "bob@second failed refused", "bob@third sent")
	})
}

func TestWhoCannotBeReachedAtAllLeavesAFailedPage(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.fails(Permanent, bob.Email)
		o.pageByRules(i, bob, "e1")
		o.dispatch(o.post)
		o.wants("bob@example.org failed refused")
	})
}

func TestWhatWaitsForAMethodThatIsGoneGoesToAnother(t *testing.T) {
	for name, change := range map[string]func(o *office, u account.User, m ContactMethod) error{
		"deleted": func(o *office, u account.User, m ContactMethod) error {
			return o.post.DeleteMethod(o.t.Context(), o.actor(u), m.ID)
		},
		"switched off": func(o *office, u account.User, m ContactMethod) error {
			off := false
			_, err := o.post.UpdateMethod(o.t.Context(), o.actor(u), m.ID, MethodPatch{Enabled: &off})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachOffice(t, func(t *testing.T, o *office) {
				bob, i := o.person("bob"), o.incident("db down")
				gone := o.method(bob, "ntfy", "bob@gone")
				o.page(i, bob, "e1", gone.way(0))
				notice := Notice{UserID: bob.ID, IncidentID: &i.ID, Episode: 1, Title: i.Title, Action: ActionResolved, Key: "n1", Routes: []Route{gone.way(0)}}
				o.write(func(tx *db.Tx) error { return o.post.enqueueNotice(tx, dbtest.Org, notice) })
				if err := change(o, bob, gone); err != nil {
					t.Fatal(err)
				}
				o.dispatch(o.post)
				o.wants("bob@gone cancelled unreachable", "bob@gone cancelled unreachable", "bob@example.org sent", "bob@example.org sent")
			})
		})
	}
}

func TestWhatWaitsForAnAccountsOldAddressGoesToItsNewOne(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", o.accountMail(bob).way(0))
		moved := "bob@moved.example"
		if _, err := o.accounts.UpdateUser(t.Context(), account.System(dbtest.Org, "test"), bob.ID, account.UserPatch{Email: &moved}); err != nil {
			t.Fatal(err)
		}
		o.dispatch(o.post)
		o.wants("bob@example.org cancelled unreachable", "bob@moved.example sent")
	})
}

func TestAPageThatIsWrittenAgainWhileItFailsIsNotLost(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.fails(Retry, bob.Email)
		o.page(i, bob, "e1", mailTo(bob))
		o.dispatch(o.post)
		o.page(i, bob, "e1", mailTo(bob))
		o.fails(Retry)
		o.clk.Advance(2 * time.Second)
		o.dispatch(o.post)
		o.wants("bob@example.org sent")
	})
}

// A page that ended long ago is written again: that is no later page, and must not end the one that goes on.
func TestAnEndedPageThatIsWrittenAgainEndsNoOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.fails(Permanent, bob.Email)
		o.page(i, bob, "e1", mailTo(bob))
		o.dispatch(o.post)
		o.fails(Retry, bob.Email)
		o.page(i, bob, "e2", mailTo(bob))
		o.dispatch(o.post)
		o.page(i, bob, "e1", mailTo(bob))
		o.wants("bob@example.org failed refused", "bob@example.org pending")
	})
}

func TestAPageDoesNotYieldToOneThatIsRefusedBesideIt(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.page(i, bob, "e1", mailTo(bob))
		o.page(i, bob, "e2", mailTo(bob))
		began := o.begun(2)
		list := []landing{
			{flight: began[0], outcome: Outcome{Result: Retry, Detail: "451 later"}},
			{flight: began[1], outcome: Outcome{Result: Permanent, Detail: "550 too long"}},
		}
		if left, err := o.post.finish(t.Context(), list); err != nil || len(left) > 0 {
			t.Fatalf("%d are not noted: %v", len(left), err)
		}
		o.wants("bob@example.org pending", "bob@example.org failed refused")
	})
}

// The word of an assignment waits for a page that says more; one that came to nothing says nothing.
func TestAPageThatCameToNothingKeepsNoWordOfAnAssignmentBack(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, i := o.person("bob"), o.incident("db down")
		o.fails(Permanent, bob.Email)
		o.page(i, bob, "e1", mailTo(bob))
		o.dispatch(o.post)
		notice := Notice{UserID: bob.ID, IncidentID: &i.ID, Episode: 1, Title: i.Title, Action: ActionAssigned, Key: "n1", Routes: []Route{{Channel: "ntfy", Address: "bob@push"}}}
		o.write(func(tx *db.Tx) error { return o.post.enqueueNotice(tx, dbtest.Org, notice) })
		o.dispatch(o.post)
		if o.push.count() != 1 {
			t.Errorf("%d words of the assignment, want 1", o.push.count())
		}
	})
}
