package worlds_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing/synctest"
	"time"
)

// alertKeys are what can go wrong in the worlds, each at its service.
var alertKeys = []struct{ key, service string }{{"disk", "shop"}, {"power", "bank"}, {"cable", "shop"}}

// move has one thing happen, if it can.
func (w *world) move(mv move) error {
	switch mv.kind {
	case fires, recovers:
		return w.alert(mv)
	case flaps:
		return w.flaps(mv)
	case acknowledge, takeBack, resolve, reopen, snooze, escalate, assign, raise:
		return w.person(mv)
	case edit, deactivate, remove:
		return w.policy(mv)
	case goesDown, comesBack:
		w.provider(channels[mv.which%len(channels)], mv.kind == goesDown)
		return w.look()
	case crash:
		return w.crash(mv)
	}
	return fmt.Errorf("there is no move %q", mv.kind)
}

// flaps has an alert come and go.
func (w *world) flaps(mv move) error {
	for range 3 {
		for _, kind := range []string{fires, recovers} {
			mv.kind = kind
			if err := w.alert(mv); err != nil {
				return err
			}
			if err := w.until(w.now().Add(time.Minute)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) alert(mv move) error {
	a := alertKeys[mv.which%len(alertKeys)]
	severity := severities[mv.what%len(severities)]
	body := map[string]any{"title": a.key, "key": a.key, "service": a.service, "severity": severity, "status": "firing"}
	if mv.kind == recovers {
		w.diary.write(w.now(), "%s recovers", a.key)
		body["status"] = "resolved"
	} else {
		w.diary.write(w.now(), "%s fires, %s", a.key, severity)
	}
	var answer struct {
		Incidents []struct {
			ID      int64  `json:"id"`
			Outcome string `json:"outcome"`
		} `json:"incidents"`
	}
	if err := w.house.call(http.MethodPost, "/v1/intake/generic/"+w.template.key, "", body, &answer); err != nil {
		return err
	}
	if mv.kind == recovers {
		w.model.recovered(a.key)
	} else {
		if len(answer.Incidents) != 1 {
			return fmt.Errorf("an alert that fires is in %d incidents", len(answer.Incidents))
		}
		w.model.fired(a.key, severity, a.service, answer.Incidents[0].ID, answer.Incidents[0].Outcome, w.severityNow)
	}
	return w.look()
}

// chosen is an incident that is not over, if there is one.
func (w *world) chosen(which int, statuses ...string) *incident {
	var list []*incident
	for _, i := range w.model.order {
		if slices.Contains(statuses, i.status) {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[which%len(list)]
}

func (w *world) policy(mv move) error {
	if len(w.policies) == 0 {
		return nil
	}
	p := w.policies[mv.which%len(w.policies)]
	if p.gone {
		return nil
	}
	path := fmt.Sprint("/v1/escalation/policies/", p.id)
	w.diary.write(w.now(), "%s policy %s", mv.kind, p.draft.name)
	switch mv.kind {
	case remove:
		p.gone = true
		w.model.policyOf(p.id).gone = true
		if err := w.as(root.name, http.MethodDelete, path, nil, nil); err != nil {
			return err
		}
	case deactivate:
		on := mv.what%3 == 0
		w.model.policyOf(p.id).active = on
		if err := w.as(root.name, http.MethodPut, path, map[string]any{"is_active": on}, nil); err != nil {
			return err
		}
	case edit:
		d := p.draft
		d.steps = slices.Clone(d.steps)
		d.steps[0] = stepDraft{d.steps[0].minutes, []string{targets[mv.what%len(targets)]}}
		d.exclusive = mv.what%2 == 0
		p.draft = d
		w.diary.write(w.now(), "%s", d)
		w.model.saved(p.id, d)
		if err := w.as(root.name, http.MethodPut, path, d.body(), nil); err != nil {
			return err
		}
	}
	return w.look()
}

func (m *model) policyOf(id int64) *policy {
	for _, p := range m.policies {
		if p.id == id {
			return p
		}
	}
	return nil
}

// provider has a way to people end or work again.
func (w *world) provider(kind string, down bool) {
	list := w.model.outages[kind]
	was := len(list) > 0 && !list[len(list)-1].over()
	if was == down {
		return
	}
	w.house.sink[kind].goes(down)
	if down {
		w.diary.write(w.now(), "the %s provider goes down", kind)
		w.model.outages[kind] = append(list, span{from: w.now()})
		return
	}
	w.diary.write(w.now(), "the %s provider works again", kind)
	list[len(list)-1].to = w.now()
}

// crash has the node die at one of its next looks at the clock, and start again after a while.
func (w *world) crash(mv move) error {
	at := w.now().Add(time.Second)
	if next := w.house.next(); !next.IsZero() && next.Before(w.now().Add(2*time.Minute)) {
		at = next
	}
	w.diary.write(at, "the node crashes, and is started again after %s", mv.long)
	w.house.clock.lay(mv.what*7+1, w.house.node.Kill)
	w.house.clock.Set(at)
	synctest.Wait()
	w.house.clock.unlay()
	w.house.crash()
	w.model.crashed(at, at.Add(mv.long))
	w.house.clock.Set(at.Add(mv.long))
	if err := w.house.open(); err != nil {
		return err
	}
	return w.look()
}
