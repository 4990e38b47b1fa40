package web

import (
	"context"
	"net/url"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeIncidentActions() {
	for verb, act := range map[string]handler{
		"acknowledge": s.acting("acknowledged", s.Incidents.Acknowledge),
		"resolve":     s.acting("resolved", s.Incidents.Resolve),
		"reopen":      s.acting("saved", s.Incidents.Reopen),
		"unsnooze":    s.acting("saved", s.Incidents.Unsnooze),
		"escalate":    func(v *visit) error { return s.act(v, s.escalateNow) },
		"snooze":      s.snooze,
		"comments":    s.comment,
		"assign":      s.assign,
		"unassign":    s.unassign,
	} {
		s.routes.HandleFunc("POST /incidents/{id}/"+verb, s.person(act))
	}
}

type action func(v *visit, id int64) (code string, err error)

// acting is an action without any input of its own.
func (s *site) acting(
	code string, do func(ctx context.Context, actor account.Actor, id int64) (incident.Incident, error),
) handler {
	return func(v *visit) error {
		return s.act(v, func(v *visit, id int64) (string, error) {
			_, err := do(v.ctx, v.actor, id)
			return code, err
		})
	}
}

// act does something to the incident of the address and shows it: a script gets the part that it asked from, the row of a list or the
// incident's page, everybody else is sent to the page.
func (s *site) act(v *visit, do action) error {
	id, err := v.id("Incident")
	if err != nil {
		return err
	}
	code, err := do(v, id)
	if err != nil {
		return err
	}
	if !v.byScript() {
		back := "/incidents/" + idText(id)
		if typed, err := v.form(); err == nil {
			back = local(typed.Get("back"), back)
		}
		return v.go303(back, code)
	}
	v.toast(done[code])
	if v.r.Header.Get("HX-Target") == "li#row-"+idText(id) {
		return s.oneRow(v, id)
	}
	return s.incidentPart(v, id)
}

func (s *site) oneRow(v *visit, id int64) error {
	page, err := s.Incidents.List(v.ctx, v.actor, incident.Filter{IDs: []int64{id}, WithAssignments: true})
	if err != nil {
		return err
	}
	rows, err := s.rows(v, page)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fault.NotFoundf("Incident")
	}
	return v.show(view.IncidentRow(v.shell("Incidents", "/incidents"), rows[0]))
}

func (s *site) assign(v *visit) error {
	return s.act(v, func(v *visit, id int64) (string, error) {
		user, err := postedUser(v)
		if err == nil {
			_, err = s.Incidents.Assign(v.ctx, v.actor, id, user, "")
		}
		return "saved", err
	})
}

func (s *site) unassign(v *visit) error {
	return s.act(v, func(v *visit, id int64) (string, error) {
		user, err := postedUser(v)
		if err == nil {
			_, err = s.Incidents.Unassign(v.ctx, v.actor, id, user)
		}
		return "saved", err
	})
}

func postedUser(v *visit) (int64, error) {
	typed, err := v.form()
	if err != nil {
		return 0, err
	}
	user, ok := number(typed.Get("user"))
	if !ok {
		return 0, fault.New(fault.Invalid, "no_such_person", "Choose a person.")
	}
	return user, nil
}

// comment draws the page again with the words that were refused.
func (s *site) comment(v *visit) error {
	id, err := v.id("Incident")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	if _, err = s.Incidents.Comment(v.ctx, v.actor, id, typed.Get("content")); err == nil {
		return v.go303("/incidents/"+idText(id), "comment")
	}
	if !mended(err) {
		return err
	}
	p, pageErr := s.incidentModel(v, id)
	if pageErr != nil {
		return pageErr
	}
	byField, rest := faults(err)
	p.Draft, p.DraftBad = typed.Get("content"), byField["content"]+rest
	return v.again(view.IncidentPage(p))
}

func (s *site) snooze(v *visit) error {
	id, err := v.id("Incident")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	until, err := snoozeUntil(typed, v.now)
	if err == nil {
		_, err = s.Incidents.Snooze(v.ctx, v.actor, id, until)
	}
	if err == nil {
		return v.go303("/incidents/"+idText(id), "saved")
	}
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	p, pageErr := s.incidentModel(v, id)
	if pageErr != nil {
		return pageErr
	}
	byField, rest := faults(err)
	p.SnoozeBad = byField["until"] + rest
	return v.again(view.IncidentPage(p))
}

// snoozeUntil reads one of the offered spans, or a time in the zone that the form names.
func snoozeUntil(typed url.Values, now time.Time) (time.Time, error) {
	bad := func(text string) (time.Time, error) {
		var c fault.Checks
		c.Add("body.until", "%s", text)
		return time.Time{}, c.Err()
	}
	zone, err := time.LoadLocation(typed.Get("zone"))
	if err != nil {
		return bad("the time zone is not known")
	}
	switch span := typed.Get("for"); span {
	case "":
	case "morning":
		local := now.In(zone)
		eight := time.Date(local.Year(), local.Month(), local.Day(), 8, 0, 0, 0, zone)
		if !eight.After(now) {
			eight = time.Date(local.Year(), local.Month(), local.Day()+1, 8, 0, 0, 0, zone)
		}
		return eight, nil
	default:
		d, err := time.ParseDuration(span)
		if err != nil {
			return bad("is not a span of time")
		}
		return now.Add(d), nil
	}
	until, err := time.ParseInLocation("2006-01-02T15:04", typed.Get("until"), zone)
	if err != nil {
		return bad("choose a span, or give a date and a time")
	}
	return until, nil
}
