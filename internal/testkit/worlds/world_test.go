package worlds_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// world is a plan at work.
type world struct {
	template *template
	house    *house
	model    *model
	diary    *diary
	policies []*policyHere
	tokens   map[string]token
	seen     int64 // the last event
	wrong    []string
}

type policyHere struct {
	id    int64
	draft draft
	gone  bool
}

type token struct {
	text string
	at   time.Time
}

// lasts is how long a token is used; it is good for a little longer.
const lasts = 25 * time.Minute

// livesThrough lets the plan happen and returns what the model complained of, if anything, with the night's story.
func livesThrough(t *template, dir, name string, p plan) (story string, err error) {
	d := &diary{start: dbtest.Start, loud: true}
	path, err := t.copyTo(dir, name)
	if err != nil {
		return "", err
	}
	w := &world{template: t, diary: d, house: newHouse(path, dbtest.Start, d), tokens: map[string]token{}}
	w.model = newModel(t, dbtest.Start, w.complain)
	for name, text := range t.tokens {
		w.tokens[name] = token{text, dbtest.Start}
	}
	if err := w.house.open(); err != nil {
		return "", err
	}
	err = w.play(p)
	if w.house.node != nil {
		if len(w.wrong) > 0 {
			w.books()
		}
		err = errors.Join(err, w.house.close())
	}
	if err == nil && len(w.wrong) > 0 {
		err = errors.New(strings.Join(w.wrong, "\n"))
	}
	return d.String(), err
}

func (w *world) complain(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.diary.write(w.house.clock.Fake.Now(), "  WRONG: %s", text)
	w.wrong = append(w.wrong, text)
}

func (w *world) play(p plan) error {
	for n, d := range p.policies {
		d.name = string(rune('A' + n))
		var made object
		if err := w.as(root.name, http.MethodPost, "/v1/escalation/policies", d.body(), &made); err != nil {
			return err
		}
		w.diary.write(w.now(), "%s", d)
		w.policies = append(w.policies, &policyHere{id: made.ID, draft: d})
		w.model.saved(made.ID, d)
	}
	for _, mv := range p.moves {
		if err := w.until(w.now().Add(mv.after)); err != nil {
			return err
		}
		if err := w.move(mv); err != nil {
			return err
		}
		if len(w.wrong) > 0 {
			return nil
		}
	}
	return w.end(p.tail)
}

// end lets the night go on until all is told, and then has everything resolved.
func (w *world) end(tail time.Duration) error {
	for _, kind := range channels {
		w.provider(kind, false)
	}
	if err := w.until(w.now().Add(tail)); err != nil || len(w.wrong) > 0 {
		return err
	}
	if err := w.sameStates(); err != nil {
		return err
	}
	for _, i := range w.model.order {
		if i.status != resolved {
			if err := w.act(root.name, i, "resolve", nil); err != nil {
				return err
			}
			w.model.ends(i, w.now(), false)
		}
	}
	if err := w.until(w.now().Add(15 * time.Minute)); err != nil || len(w.wrong) > 0 {
		return err
	}
	return w.ledger()
}

func (w *world) now() time.Time { return w.house.clock.Fake.Now() }

// until lets time pass, from one thing that somebody expects to the next.
func (w *world) until(end time.Time) error {
	if err := w.look(); err != nil {
		return err
	}
	for len(w.wrong) == 0 {
		next := end
		for _, at := range []time.Time{w.house.next(), w.model.next()} {
			if at.After(w.now()) && at.Before(next) {
				next = at
			}
		}
		if !next.After(w.now()) {
			break
		}
		w.house.clock.Set(next)
		if err := w.look(); err != nil {
			return err
		}
	}
	return nil
}

// look lets the node come to rest and shows the model what it has done, in the order of its happening.
func (w *world) look() error {
	synctest.Wait()
	steps, err := w.steps()
	if err != nil {
		return err
	}
	var receipts []receipt
	for _, kind := range channels {
		receipts = append(receipts, w.house.sink[kind].take()...)
	}
	instants := []time.Time{w.now()}
	for _, s := range steps {
		instants = append(instants, s.at)
	}
	for _, r := range receipts {
		instants = append(instants, r.at)
	}
	slices.SortFunc(instants, time.Time.Compare)
	for _, at := range slices.CompactFunc(instants, time.Time.Equal) {
		w.instant(at, steps, receipts)
	}
	w.model.settled()
	return nil
}

// instant shows the model what happened at one time.
func (w *world) instant(at time.Time, steps []stepTaken, receipts []receipt) {
	w.model.at(at)
	for _, s := range steps {
		if s.at.Equal(at) {
			w.diary.write(at, "  step %d of round %d of %s is taken for incident %d", s.step+1, s.round+1, w.nameOf(s.policy), s.incident)
			w.model.took(s)
			w.model.at(at) // A step that finds nobody may be the last.
		}
	}
	for _, r := range receipts {
		if r.at.Equal(at) && asks(r.Action) {
			w.diary.write(at, "  %s is paged by %s: %s", nameOf(r.To), r.channel, r.Title)
			w.model.received(r)
		}
	}
}

// steps are those that were taken since it was last asked, if the node has stirred or the model waits for one.
func (w *world) steps() (list []stepTaken, err error) {
	if !w.house.stirred() && !w.model.expects(w.now()) {
		return nil, nil
	}
	var events []struct {
		ID          int64     `json:"id"`
		IncidentID  int64     `json:"incident_id"`
		PolicyID    int64     `json:"policy_id"`
		Episode     int       `json:"episode"`
		Round       int       `json:"round"`
		Step        int       `json:"step"`
		TriggeredAt time.Time `json:"triggered_at"`
	}
	if err := w.as(root.name, http.MethodGet, "/v1/escalation/events?limit=30", nil, &events); err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(events) {
		if e.ID > w.seen {
			w.seen = e.ID
			list = append(list, stepTaken{e.IncidentID, e.PolicyID, e.Episode, e.Round, e.Step, e.TriggeredAt})
		}
	}
	return list, nil
}

func (w *world) nameOf(policy int64) string {
	for _, p := range w.policies {
		if p.id == policy {
			return "policy " + p.draft.name
		}
	}
	if policy == 0 {
		return "the fallback contacts"
	}
	return "the fallback policy"
}

// as calls the node as the person.
func (w *world) as(name, method, path string, body, out any) error {
	t := w.tokens[name]
	if w.now().Sub(t.at) > lasts {
		tokens := &template{tokens: map[string]string{}}
		if err := tokens.signIn(w.house, name); err != nil {
			return err
		}
		t = token{tokens.tokens[name], w.now()}
		w.tokens[name] = t
	}
	return w.house.call(method, path, t.text, body, out)
}

func (w *world) act(name string, i *incident, verb string, body any) error {
	return w.as(name, http.MethodPost, fmt.Sprintf("/v1/incidents/%d/%s", i.id, verb), body, nil)
}

// asks reports whether a message asks for a response, unlike word of something.
func asks(action string) bool { return action == notify.ActionPage || action == notify.ActionStillOnIt }
