package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// holder has ann acknowledge the incident for an hour and, some minutes later, be asked; it returns the token of the question's link.
func (r *linkRoom) holder(action string) string {
	r.t.Helper()
	r.incidents.SetHolds(func(_ *db.Tx, _ int64, list []incident.Incident) (map[int64]time.Duration, error) {
		return map[int64]time.Duration{list[0].ID: time.Hour}, nil
	})
	r.act(r.links[r.ann.ID], "acknowledge")
	r.clk.Advance(50 * time.Minute)
	p := Page{
		UserID: r.ann.ID, IncidentID: r.incident.ID, Episode: r.incident.Episode, Title: r.incident.Title, Urgency: incident.UrgencyHigh, Action: action,
		Message: "Are you?", Via: "you hold it", WantedUntil: WantedUntilOwnAcknowledgement, Key: "asked", Routes: []Route{mailTo(r.ann)},
	}
	r.write(func(tx *db.Tx) error { return r.service.Enqueue(tx, r.incident.OrgID, []Page{p}) })
	r.dispatch(r.service)
	m := r.mail.sent[len(r.mail.sent)-1]
	token, found := strings.CutPrefix(m.AckURL, r.service.PublicURL+linkPath)
	if !found || m.Action != action {
		r.t.Fatalf("the message is %+v", m)
	}
	return token
}

func TestTheQuestionWhetherSomebodyIsStillOnItIsAnsweredByItsLink(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		token := r.holder(ActionStillOnIt)
		m := r.mail.sent[len(r.mail.sent)-1]
		if m.Title != "Still on it? CRITICAL #1: Disk full" || m.AckWord != "Yes, still on it" || !strings.HasPrefix(m.Text, "Are you?\n\nYes, I am still on it: http") {
			t.Errorf("the question is %q:\n%s", m.Title, m.Text)
		}
		before := r.now().Incident
		v := r.read(token)
		if !v.CanConfirm || v.CanAcknowledge || v.CanResolve || v.Note != "" || !r.now().Incident.AckExpiresAt.Equal(*before.AckExpiresAt) {
			t.Errorf("reading shows %+v, and the time runs out at %s", v, r.now().Incident.AckExpiresAt)
		}
		for range 2 { // The second press changes nothing.
			v = r.act(token, "")
			if v.CanConfirm || v.CanResolve || !strings.HasPrefix(v.Note, "You are on it. It is yours until ") {
				t.Errorf("after the yes: %+v", v)
			}
		}
		d := r.status(incident.StatusAcknowledged)
		if want := r.clk.Now().Add(time.Hour); !d.Incident.AckExpiresAt.Equal(want) || *d.Incident.AcknowledgedBy != r.ann.ID {
			t.Errorf("it runs out at %s, want %s", d.Incident.AckExpiresAt, want)
		}
		if line := d.Timeline[0].Description; line != "Ann is still on it by the link in a message." {
			t.Errorf("the timeline says %q", line)
		}
	})
}

func TestTheLinkOfAQuestionSaysYesAndNothingElse(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		token := r.holder(ActionStillOnIt)
		for link, verbs := range map[string][]string{token: {"acknowledge", "resolve", "x"}, r.links[r.ann.ID]: {"still_on_it"}} {
			for _, verb := range verbs {
				if _, err := r.service.ActByLink(t.Context(), link, LinkAct{Verb: verb}); !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: %v", verb, err)
				}
			}
		}
		if _, err := r.incidents.Snooze(t.Context(), r.actorOf(r.bob), r.incident.ID, r.clk.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if v := r.act(token, "still_on_it"); v.CanConfirm || !strings.HasPrefix(v.Note, "Nobody holds the incident now") {
			t.Errorf("while it sleeps: %+v", v)
		}
		r.status(incident.StatusSnoozed)
		open := incident.StatusOpen
		if _, err := r.incidents.Edit(t.Context(), r.actorOf(r.bob), r.incident.ID, incident.Edit{Status: &open}); err != nil {
			t.Fatal(err)
		}
		if v := r.act(token, "still_on_it"); v.Standing != LinkSuperseded || v.CanConfirm {
			t.Errorf("in the next episode: %+v", v)
		}
		r.status(incident.StatusOpen)
	})
}

func TestWhoHoldsAnIncidentAndIsPagedForMoreTroubleMayAnswer(t *testing.T) {
	eachLinkRoom(t, func(t *testing.T, r *linkRoom) {
		token := r.holder(ActionPage)
		if v := r.read(token); !v.CanAcknowledge || v.CanConfirm || v.Note != "You have it, and it asks for you again." {
			t.Errorf("before: %+v", v)
		}
		if v := r.act(token, ""); v.CanAcknowledge || v.Standing != LinkTaken {
			t.Errorf("after: %+v", v)
		}
	})
}

// actorOf is the person with every right.
func (r *linkRoom) actorOf(u account.User) account.Actor {
	a := r.actor(u)
	a.Role = account.RoleAdmin
	return a
}
