package web

import (
	"context"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// letterbox is the house's mail server: it takes every message, unless it is switched off or told another answer.
type letterbox struct {
	got    chan notify.Message
	off    bool
	answer *notify.Outcome
}

func (*letterbox) Kind() string { return "email" }
func (*letterbox) Describe() notify.Info {
	return notify.Info{Title: "E-mail", AddressLabel: "Address", Proof: true, HTML: true, Timeout: 5 * time.Second, Parallel: 4}
}
func (l *letterbox) Reaches() bool                             { return !l.off }
func (*letterbox) CheckAddress(address string) (string, error) { return address, nil }

func (l *letterbox) Send(_ context.Context, m notify.Message) notify.Outcome {
	l.got <- m
	if l.answer != nil {
		return *l.answer
	}
	return notify.Outcome{Result: notify.Sent, Detail: "250 taken", Ref: "ref-1"}
}

// next is the next message.
func (l *letterbox) next(t *testing.T) notify.Message {
	t.Helper()
	select {
	case m := <-l.got:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no message came")
		return notify.Message{}
	}
}

// page has somebody ask a person for an answer and returns the message that came.
func (h *house) page(u account.User, i incident.Incident) notify.Message {
	h.t.Helper()
	boss := h.person("boss", account.RoleManager)
	asks := account.Actor{Kind: account.ActorUser, Org: boss.OrgID, UserID: boss.ID, Name: boss.Name(), Role: boss.Role}
	if _, err := h.deps.Incidents.Assign(h.t.Context(), asks, i.ID, u.ID, ""); err != nil {
		h.t.Fatal(err)
	}
	h.send()
	return h.letters.next(h.t)
}

// send sends what is due, and waits until the answers are noted.
func (h *house) send() {
	h.t.Helper()
	if _, _, err := h.deps.Notifications.Dispatch(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	if err := h.deps.Notifications.Drain(ctx); err != nil {
		h.t.Fatal(err)
	}
}
