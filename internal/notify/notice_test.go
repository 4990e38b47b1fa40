package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// told are what people were told besides pages, in a word each: "bob resolved", in order.
func (o *office) told() (list []string) {
	o.t.Helper()
	for _, d := range o.all() {
		if d.Action != ActionPage {
			list = append(list, strings.TrimSuffix(d.Recipient, "@example.org")+" "+d.Action)
		}
	}
	slices.Sort(list)
	return list
}

func (o *office) tells(when string, want ...string) {
	o.t.Helper()
	slices.Sort(want)
	if got := o.told(); fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Errorf("%s: told %v, want %v", when, got, want)
	}
}

// taken is an incident that mia reported and bob and lea work on.
func (o *office) taken(bob, lea, mia account.User) incident.Incident {
	o.t.Helper()
	i, err := o.incidents.Create(o.t.Context(), o.actor(mia), incident.NewIncident{Title: "db down", Severity: incident.SeverityHigh})
	if err == nil {
		_, err = o.incidents.Acknowledge(o.t.Context(), o.actor(bob), i.ID)
	}
	if err == nil {
		_, err = o.incidents.Assign(o.t.Context(), o.actor(lea), i.ID, lea.ID, "")
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

func TestWhoIsToldOfWhat(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, mia, moe := o.person("bob"), o.person("lea"), o.person("mia"), o.person("moe")
		i := o.taken(bob, lea, mia)
		o.tells("nobody is told of their own acts")
		if _, err := o.incidents.Comment(t.Context(), o.actor(bob), i.ID, "I look at it"); err != nil {
			t.Fatal(err)
		}
		o.tells("a comment", "lea commented")
		if _, err := o.incidents.Comment(t.Context(), o.actor(moe), i.ID, "me too"); err != nil {
			t.Fatal(err)
		}
		want := []string{"lea commented", "lea commented", "bob commented"}
		o.tells("a comment by somebody else", want...)
		if _, err := o.incidents.Resolve(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		want = append(want, "lea resolved", "mia resolved")
		o.tells("the end", want...)
		open := incident.StatusOpen
		if _, err := o.incidents.Edit(t.Context(), o.actor(bob), i.ID, incident.Edit{Status: &open}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(lea), i.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(lea), i.ID); err != nil { // It stands so already.
			t.Fatal(err)
		}
		o.tells("an acknowledgement", append(want, "bob acknowledged")...)
		for _, d := range o.all() {
			if d.Urgency != string(incident.UrgencyLow) || d.WantedUntil != WantedForAnHour {
				t.Errorf("%s is %s until %q", d.Action, d.Urgency, d.WantedUntil)
			}
		}
	})
}

func TestOneWhoWasPagedAndIsAssignedAndReportedItIsToldOnce(t *testing.T) {
	bob := int64(7)
	resolved := news{Change: incident.Change{After: incident.Incident{Episode: 2, CreatedBy: &bob}}, action: ActionResolved}
	mail, push := Route{Channel: "email"}, Route{Channel: "ntfy"}
	got := resolved.listeners([]incident.Assignment{{UserID: 7}, {UserID: 8}},
		[]reached{{7, 2, mail}, {7, 2, push}, {9, 1, mail}})
	if len(got) != 2 || got[0].userID != 7 || len(got[0].routes) != 2 || got[0].why != "you were paged for it" || got[1].userID != 8 {
		t.Errorf("listeners %+v", got)
	}
}

func TestNoticesWithinAShortTimeAreOneMessage(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, mia := o.person("bob"), o.person("lea"), o.person("mia")
		i, other := o.taken(bob, lea, mia), o.taken(bob, lea, mia)
		comment := func(i incident.Incident, text string) {
			t.Helper()
			if _, err := o.incidents.Comment(t.Context(), o.actor(bob), i.ID, text); err != nil {
				t.Fatal(err)
			}
		}
		comment(i, "first")
		o.clk.Advance(noticeWait - time.Second)
		comment(other, "second")
		comment(i, "third")
		o.dispatch(o.post)
		if n := o.mail.count(); n != 0 {
			t.Fatalf("%d messages before the time", n)
		}
		o.clk.Advance(time.Second)
		o.dispatch(o.post)
		if n := o.mail.count(); n != 1 || !strings.HasPrefix(o.mail.sent[0].Title, "3 notices: Comment: HIGH #") {
			t.Fatalf("%d messages, %+v", n, o.mail.sent)
		}
		for _, text := range []string{"first", "second", "third", "Bob commented:"} {
			if !strings.Contains(o.mail.sent[0].Text, text) {
				t.Errorf("the message lacks %q:\n%s", text, o.mail.sent[0].Text)
			}
		}
		comment(i, "fourth")
		o.clk.Advance(noticeWait)
		o.dispatch(o.post)
		if m := o.mail.sent[len(o.mail.sent)-1]; len(m.Bundle) != 0 || !strings.HasPrefix(m.Title, "Comment: HIGH #") || m.AckURL != "" {
			t.Errorf("a single notice is told as %+v", m)
		}
	})
}

func TestANoticeThatCannotBeSentIsGivenUpAfterAnHourAndPagesNobody(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, mia := o.person("bob"), o.person("lea"), o.person("mia")
		i := o.taken(bob, lea, mia)
		o.fails(Retry, lea.Email)
		if _, err := o.incidents.Comment(t.Context(), o.actor(bob), i.ID, "hello"); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			o.dispatch(o.post)
			o.clk.Advance(time.Minute)
		}
		list := o.all()
		n := list[len(list)-1]
		if len(o.told()) != 1 || n.Status != StatusFailed || n.Reason != reasonExpired || n.Attempts < 3 {
			t.Errorf("told %v, it is %s (%s) after %d attempts", o.told(), n.Status, n.Reason, n.Attempts)
		}
	})
}

func TestEachNoticeCanBeSwitchedOff(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, lea, mia := o.person("bob"), o.person("lea"), o.person("mia")
		i := o.taken(bob, lea, mia)
		set := func(by account.User, notice string, on bool) {
			t.Helper()
			if _, err := o.post.SetNoticePreference(t.Context(), o.actor(by), by.ID, notice, on); err != nil {
				t.Fatal(err)
			}
		}
		set(lea, ActionCommented, false)
		set(mia, ActionResolved, false)
		comment := func() {
			t.Helper()
			if _, err := o.incidents.Comment(t.Context(), o.actor(bob), i.ID, "hello"); err != nil {
				t.Fatal(err)
			}
		}
		comment()
		o.tells("while it is off")
		set(lea, ActionCommented, true)
		comment()
		if _, err := o.incidents.Resolve(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		o.tells("once it is on again", "lea commented", "lea resolved")
		list, err := o.post.NoticePreferences(t.Context(), o.actor(mia), mia.ID)
		var words []string
		for _, p := range list {
			words = append(words, fmt.Sprint(p.Notice, p.Enabled))
		}
		if err != nil || fmt.Sprint(words) != "[assignedtrue commentedtrue acknowledgedtrue resolvedfalse]" {
			t.Errorf("mia has %v, %v", words, err)
		}
		_, err = o.post.SetNoticePreference(t.Context(), o.actor(mia), mia.ID, "pigeon", false)
		wantKind(t, "an unknown notice", err, fault.Invalid, "")
		_, err = o.post.SetNoticePreference(t.Context(), o.actor(mia), bob.ID, ActionResolved, false)
		wantKind(t, "another person's", err, fault.Forbidden, "")
		if _, err := o.post.SetNoticePreference(t.Context(), account.System(dbtest.Org, "test"), 4040, ActionResolved, false); err == nil {
			t.Error("nobody's switch was set")
		}
	})
}
