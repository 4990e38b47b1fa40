package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// bell is a channel whose posts can have headers and a body.
type bell struct{ *wire }

func (bell) CheckHeaders(headers map[string]string) error {
	if headers["Host"] != "" {
		return errors.New("have Host")
	}
	return nil
}

const hookAddress = "https://hooks@example.org"

func (o *office) withHook() *wire {
	h := newWire("webhook")
	o.deps.Channels["webhook"] = bell{h}
	return h
}

// posts enqueues posts of the incident.
func (o *office) posts(i incident.Incident, posts ...Post) {
	o.t.Helper()
	for n := range posts {
		p := &posts[n]
		p.IncidentID, p.Episode, p.Title = i.ID, i.Episode, i.Title
		if p.Channel == "" {
			p.Channel, p.Destination = "webhook", hookAddress
		}
	}
	o.write(func(tx *db.Tx) error { return o.post.EnqueuePosts(tx, i.OrgID, posts) })
}

func TestAPostGoesToNobodyInParticularOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		h, i := o.withHook(), o.incident("db down")
		p := Post{Key: "e1:a0", Headers: map[string]string{"Authorization": "Bearer s3cret"}, Body: `{"n": {{.Number}}, "what": {{json .What}}}`}
		o.posts(i, p)
		o.posts(i, p)
		o.dispatch(o.post)
		n := o.stands(StatusSent, "")
		if n.UserID != 0 || n.Action != ActionPost || n.WantedUntil != WantedForADay || n.TemplateError != "" {
			t.Errorf("it is %+v", n.Notification)
		}
		var body struct {
			N    int64
			What string
		}
		m := h.sent[0]
		if err := json.Unmarshal([]byte(m.Body), &body); err != nil || body.N != i.ID || body.What != "db down" || m.Headers["Authorization"] != "Bearer s3cret" {
			t.Errorf("sent %+v, %v", m, err)
		}
		if m.AckURL != "" || m.Recipient != "" || !strings.Contains(m.Text, "db down") || m.IncidentURL == "" {
			t.Errorf("sent %+v", m)
		}
		story, err := o.incidents.Timeline(t.Context(), account.System(dbtest.Org, "test"), i.ID, 0, 1)
		if err != nil || len(story) != 1 || story[0].Description != "Post by webhook to "+hookAddress+" was accepted: 250 taken" {
			t.Errorf("the timeline tells %+v, %v", story, err)
		}
		if _, there := story[0].Metadata["user_id"]; there {
			t.Errorf("the timeline names a user: %v", story[0].Metadata)
		}
		if len(o.settled.events) != 0 {
			t.Error("a post counts as a page that was accepted")
		}
	})
}

func TestAnAcknowledgementDoesNotEndAPost(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		h, bob, i := o.withHook(), o.person("bob"), o.incident("db down")
		h.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "503"} }
		o.posts(i, Post{Key: "e1:a0"})
		o.dispatch(o.post)
		if _, err := o.incidents.Acknowledge(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := o.incidents.Snooze(t.Context(), o.actor(bob), i.ID, o.clk.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		h.set(func(w *wire) { w.answer = nil })
		o.clk.Advance(time.Minute)
		o.dispatch(o.post)
		o.stands(StatusSent, "")
	})
}

func TestAPostEndsWithItsEpisode(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		h, bob, i := o.withHook(), o.person("bob"), o.incident("db down")
		h.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "503"} }
		o.posts(i, Post{Key: "e1:a0"})
		o.dispatch(o.post)
		if _, err := o.incidents.Resolve(t.Context(), o.actor(bob), i.ID); err != nil {
			t.Fatal(err)
		}
		o.stands(StatusCancelled, reasonResolved)
		// The step that resolves an incident may post so.
		h.set(func(w *wire) { w.answer = nil })
		o.posts(i, Post{Key: "e2:a1"})
		o.clk.Advance(time.Minute)
		o.dispatch(o.post)
		if list := o.all(); len(list) != 2 || list[1].Status != StatusSent {
			t.Errorf("%+v", list)
		}
	})
}

func TestAPostIsTriedForADayAndNobodyElseIsPagedForIt(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		h, i := o.withHook(), o.incident("db down")
		h.answer = func(Message) Outcome { return Outcome{Result: Retry, Detail: "503"} }
		// Two steps that post to one place say two things: neither takes the place of the other.
		o.posts(i, Post{Key: "e1:a0", Body: `{"step": 1}`}, Post{Key: "e2:a0", Body: `{"step": 2}`})
		for range 200 {
			o.dispatch(o.post)
			o.clk.Advance(8 * time.Minute)
		}
		list := o.all()
		if len(list) != 2 {
			t.Fatalf("%d notifications", len(list))
		}
		for _, n := range list {
			last := n.Tries[len(n.Tries)-1].StartedAt
			if n.Status != StatusFailed || n.Reason != reasonExpired || last.Before(n.CreatedAt.Add(23*time.Hour)) || last.After(n.CreatedAt.Add(24*time.Hour)) {
				t.Errorf("%s (%s), tried %d times, last %s after it was due", n.Status, n.Reason, n.Attempts, last.Sub(n.CreatedAt))
			}
		}
	})
}

func TestABodyThatFailsIsReplacedByTheChannelsOwn(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		h, i := o.withHook(), o.incident(`db "down"`)
		var log bytes.Buffer
		o.post.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.posts(i,
			Post{Key: "a", Body: `{"what": "{{.What}}"}`, Headers: map[string]string{"Authorization": "Bearer s3cret"}},
			Post{Key: "b", Body: `{{.Nothing}}`},
			Post{Key: "c", Body: `what={{.What}}`, Headers: map[string]string{"content-type": "text/plain"}})
		o.dispatch(o.post)
		list := o.all()
		wants := []string{"body: is not JSON once it is filled in", "body: line 1: ", ""}
		for n, want := range wants {
			if list[n].Status != StatusSent || !strings.HasPrefix(list[n].TemplateError, want) || (want == "") != (list[n].TemplateError == "") {
				t.Errorf("%s: %q", list[n].PageKey, list[n].TemplateError)
			}
		}
		var bodies []string
		for _, m := range h.sent {
			bodies = append(bodies, m.Body)
		}
		slices.Sort(bodies)
		if want := []string{"", "", `what=db "down"`}; !slices.Equal(bodies, want) {
			t.Errorf("bodies %q", bodies)
		}
		if strings.Contains(log.String(), "s3cret") || !strings.Contains(log.String(), "could not be filled in") {
			t.Errorf("log %s", log.String())
		}
	})
}

func TestWhoMaySeeTheIncidentSeesItsPosts(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.withHook()
		bob := o.person("bob")
		plain := o.actor(o.person("ulla"))
		plain.Role = account.RoleUser
		own, err := o.incidents.Create(t.Context(), plain, incident.NewIncident{Title: "mine", Severity: incident.SeverityHigh})
		if err != nil {
			t.Fatal(err)
		}
		other := o.incident("not mine")
		o.posts(own, Post{Key: "a"})
		o.posts(other, Post{Key: "b"})
		list := o.all()
		seen := func(actor account.Actor, id int64) bool {
			_, err := o.post.GetNotification(t.Context(), actor, id)
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		var ownPost, otherPost int64
		for _, n := range list {
			switch {
			case n.Action != ActionPost:
			case *n.IncidentID == own.ID:
				ownPost = n.ID
			default:
				otherPost = n.ID
			}
		}
		if !seen(plain, ownPost) || seen(plain, otherPost) || !seen(o.actor(bob), otherPost) {
			t.Error("the wrong people see posts")
		}
		// An actor without an account is not the one without a user.
		if keyless := (account.Actor{Kind: account.ActorIntegration, Org: dbtest.Org}); seen(keyless, otherPost) {
			t.Error("a post counts as belonging to whoever has no account")
		}
		page, err := o.post.ListNotifications(t.Context(), plain, NotificationFilter{})
		if err != nil || slices.ContainsFunc(page.Notifications, func(d Delivery) bool { return d.Action == ActionPost }) {
			t.Errorf("one's own list holds posts: %+v, %v", page, err)
		}
		page, err = o.post.ListNotifications(t.Context(), plain, NotificationFilter{IncidentID: &own.ID})
		if err != nil || !slices.ContainsFunc(page.Notifications, func(d Delivery) bool { return d.ID == ownPost }) {
			t.Errorf("the incident's list lacks its post: %+v, %v", page, err)
		}
	})
}

func TestWhatIsWrongWithAPostIsSaidWhenItIsSaved(t *testing.T) {
	s := &Service{Deps: Deps{
		Channels:  map[string]Channel{"email": newWire("email"), "webhook": bell{newWire("webhook")}},
		PublicURL: "http://tocsin.test", Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)),
	}}
	plain := map[string]string{"Content-Type": "text/plain"}
	for _, c := range []struct {
		kind    string
		headers map[string]string
		body    string
		want    string // "" when it is right
	}{
		{"webhook", nil, ``, ""},
		{"webhook", nil, `{"text": {{json .What}}, "labels": {{json .Labels}}, "env": {{json (label "env" .Labels)}}}`, ""},
		{"webhook", nil, `{"text": "{{.What}}"}`, "is not JSON"},
		{"webhook", plain, `{{.What | upper | truncate 40}} {{if eq .Severity "critical"}}!{{end}}`, ""},
		{"webhook", plain, "a\nb {{.Nope}}", "line 2: "},
		{"webhook", plain, "a\n\n{{if}}", "line 3: "},
		{"webhook", plain, `{{range 1000000000}}{{end}}`, "goes on for too long"},
		{"webhook", plain, `{{define "x"}}{{template "x"}}{{template "x"}}{{end}}{{template "x"}}`, "goes on for too long"},
		{"webhook", plain, `{{$x := "0123456789"}}` + strings.Repeat(`{{$x = print $x $x}}`, 40), "makes a value of more than"},
		{"webhook", plain, `{{range 5000}}` + strings.Repeat("x", 100) + `{{end}}`, "makes more than"},
		{"webhook", plain, `{{printf "%999999999d" 1}}`, "no width"},
		{"webhook", plain, `{{printf "%*d" 999999999 1}}`, "no width"},
		{"webhook", plain, `{{$x := "&"}}` + strings.Repeat(`{{$x = html $x}}{{$x = print $x $x}}`, 40), "makes a value of more than"},
		{"webhook", plain, strings.Repeat("x", maxForm+1), "is longer than"},
		{"email", nil, `{}`, "only for webhooks"},
	} {
		switch err := s.CheckBody(t.Context(), c.kind, c.headers, c.body); {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.body, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%.60q is said to be wrong so: %v, want %q", c.body, err, c.want)
		}
	}
	if err := s.CheckHeaders("email", plain); err == nil {
		t.Error("a mail takes headers")
	}
	if err := s.CheckHeaders("webhook", map[string]string{"Host": "x"}); err == nil {
		t.Error("the channel is not asked about headers")
	}
	if _, err := s.CheckDestination("pigeon", "x"); err == nil || !strings.Contains(err.Error(), "email, webhook") {
		t.Errorf("an unknown channel: %v", err)
	}
	if _, err := s.CheckDestination("email", ""); err == nil {
		t.Error("the channel is not asked about the address")
	}
}
