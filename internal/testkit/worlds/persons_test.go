package worlds_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// responders are those who may act on every incident.
const responders = 5

// naps are how long incidents sleep; the shortest is over before any tick.
var naps = []time.Duration{time.Second / 2, 2 * time.Minute, 7 * time.Minute, 35 * time.Minute}

// possible is in which status somebody may do what.
var possible = map[string][]string{
	acknowledge: {open, acknowledged, snoozed}, takeBack: {acknowledged}, resolve: {open, acknowledged, snoozed}, reopen: {resolved},
	snooze: {open, acknowledged}, escalate: {open, acknowledged, snoozed, resolved}, assign: {open, acknowledged}, raise: {open, acknowledged, snoozed},
}

// person has somebody do something to an incident, if there is one that it can be done to.
func (w *world) person(mv move) error {
	i := w.chosen(mv.which, possible[mv.kind]...)
	if i == nil {
		return nil
	}
	by := people[mv.who%responders].name
	var err error
	switch mv.kind {
	case reopen:
		err = w.reopens(i, by)
	case snooze:
		err = w.snoozes(i, by, w.now().Add(naps[mv.what%len(naps)]))
	case assign:
		other := people[mv.what%responders].name
		w.diary.write(w.now(), "%s assigns %s to %s", by, i, other)
		if err = w.act(by, i, assign, map[string]any{"user_id": w.template.ids[other]}); err == nil {
			w.model.acts(i, by)
			w.model.assigns(i, by, other)
		}
	case raise:
		err = w.raises(i, by, severities[mv.what%2])
	default:
		err = w.does(i, by, mv.kind)
	}
	if err != nil {
		return err
	}
	return w.look()
}

// does has somebody do what needs no more words.
func (w *world) does(i *incident, by, kind string) error {
	w.diary.write(w.now(), "%s does %s %s", by, kind, i)
	if kind == takeBack {
		if err := w.as(by, http.MethodPut, i.path(), map[string]any{"status": open}, nil); err != nil {
			return err
		}
		w.model.begins(i)
		return nil
	}
	if err := w.act(by, i, kind, nil); err != nil {
		return err
	}
	switch kind {
	case acknowledge:
		w.model.acked(i, by)
	case resolve:
		i.assigned[by] = true
		w.model.ends(i, w.now(), false)
	case escalate:
		w.model.acts(i, by)
		w.model.escalated(i)
	}
	return nil
}

// reopens wants a refusal while another incident has the same alert.
func (w *world) reopens(i *incident, by string) error {
	w.diary.write(w.now(), "%s reopens %s", by, i)
	err := w.act(by, i, reopen, nil)
	newest := w.model.newest(i.title)
	var no *refusal
	switch {
	case newest.status != resolved && errors.As(err, &no) && no.code == http.StatusConflict:
		return nil
	case newest.status != resolved:
		return fmt.Errorf("%s was reopened while %s is not over: %w", i, newest, err)
	case err != nil:
		return err
	}
	i.personal = i.severity // As if set by whoever opened it.
	w.model.begins(i)
	return nil
}

func (w *world) snoozes(i *incident, by string, until time.Time) error {
	w.diary.write(w.now(), "%s snoozes %s for %s", by, i, until.Sub(w.now()))
	if err := w.act(by, i, snooze, map[string]any{"until": until}); err != nil {
		return err
	}
	w.model.snoozes(i, by, until)
	return nil
}

// raises has somebody set a severity that is higher than what it is.
func (w *world) raises(i *incident, by, severity string) error {
	if slices.Index(severities, severity) >= slices.Index(severities, i.severity) {
		return nil
	}
	w.diary.write(w.now(), "%s raises %s to %s", by, i, severity)
	if err := w.as(by, http.MethodPut, i.path(), map[string]any{"severity": severity}, nil); err != nil {
		return err
	}
	w.model.acts(i, by)
	w.model.raised(i, severity)
	return nil
}

func (i *incident) path() string { return fmt.Sprint("/v1/incidents/", i.id) }
