package escalation

import (
	"context"
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// tell keeps what the step's event and timeline say. A run that merely came to its end has no event, only a line.
func (b *batch) tell(run Run, w World, taken Taken, by *account.Actor) {
	name := nameOf(run, b.versions)
	if taken.Exhausted {
		if run.IsFallback() {
			b.line(run.IncidentID, "escalation_exhausted", "It is no longer urgent: the fallback contacts are left alone.", nil, nil)
			return
		}
		b.line(run.IncidentID, "escalation_exhausted", fmt.Sprintf("%s is exhausted: nobody took it.", name), nil, map[string]any{"policy": name})
		return
	}
	e := eventOf(run, w, taken)
	e.Metadata = metadata(w, taken, name, run.Version, by)
	b.events = append(b.events, e)
	b.taken = append(b.taken, taken)
	for _, page := range taken.Pages {
		b.paged = append(b.paged, pagedNow{run.IncidentID, run.ID, page.Person.User.ID, run.Episode, b.now})
	}
	b.worlds = append(b.worlds, w)
	text := fmt.Sprintf("%s, step %d: %s", name, taken.Step+1, summary(taken))
	var user *int64
	if by != nil {
		text = fmt.Sprintf("%s escalated. %s", by.Name, text)
		user = &by.UserID
	}
	b.instruct(run.IncidentID, taken)
	kind := "escalation"
	if taken.Nobody {
		kind = "nobody_to_notify"
		b.counted.Nobody++
	}
	b.line(run.IncidentID, kind, text, user, map[string]any{"policy": name, "step": taken.Step, "round": taken.Round, "status": e.Status})
	b.counted.Steps++
}

func summary(t Taken) string {
	var parts []string
	names := func(verb string, list []Person) {
		if len(list) == 0 {
			return
		}
		var who []string
		for _, p := range list {
			who = append(who, p.User.Name()+" ("+p.Via+")")
		}
		parts = append(parts, verb+" "+strings.Join(who, ", "))
	}
	var paged []Person
	for _, page := range t.Pages {
		paged = append(paged, page.Person)
	}
	names("paging", paged)
	names("paged a moment ago:", t.AlreadyPaged)
	names("no way to reach", t.Unreachable)
	for _, p := range t.HandOver {
		parts = append(parts, "handing over to "+p.Name)
	}
	parts = append(parts, t.NoHandOver...)
	if n := len(t.Posts); n > 0 {
		parts = append(parts, fmt.Sprintf("posting to %s", destinations(t.Posts)))
	}
	if t.Skipped {
		parts = append(parts, "skipped, for its condition does not hold")
	}
	if t.Failed != "" {
		parts = append(parts, "its condition could not be judged and counts as true: "+t.Failed)
	}
	if t.Nobody {
		parts = append(parts, "nobody to notify")
	}
	if len(parts) == 0 {
		return "done."
	}
	return strings.Join(parts, "; ") + "."
}

func (b *batch) line(incidentID int64, kind, text string, user *int64, metadata map[string]any) {
	b.timeline = append(b.timeline, incident.TimelineEvent{
		IncidentID: incidentID, EventType: kind, Description: text, UserID: user, Metadata: metadata,
	})
}

// whyPaged says to a person why it is they who are paged.
func whyPaged(p Person, e Event) string {
	policy, _ := e.Metadata["policy_name"].(string)
	return fmt.Sprintf("%s, by step %d of %s", account.SpellRoles(p.Via), e.Step+1, policy)
}

// write saves everything of the batch's steps so far in bulk: events, pages, timeline, and the runs last.
func (b *batch) write() error {
	if err := saveEvents(b.tx, b.org, b.events); err != nil {
		return err
	}
	var pages []notify.Page
	for i, e := range b.events {
		inc := b.worlds[i].Incident
		for _, planned := range b.taken[i].Pages {
			id := e.ID
			pages = append(pages, notify.Page{
				UserID: planned.Person.User.ID, IncidentID: inc.ID, Episode: inc.Episode, EventID: &id, Title: inc.Title,
				Message: planned.Action.Message, Via: whyPaged(planned.Person, *e), Urgency: planned.Urgency, Action: notify.ActionPage, WantedUntil: planned.Wanted,
				Key: fmt.Sprintf("e%d:u%d", id, planned.Person.User.ID), Routes: planned.Routes,
			})
		}
	}
	if len(pages) > 0 {
		if err := b.Pager.Enqueue(b.tx, b.org, pages); err != nil {
			return err
		}
	}
	if err := b.enqueuePosts(); err != nil {
		return err
	}
	if err := saveTurns(b.tx, b.org, b.turned); err != nil {
		return err
	}
	if len(b.timeline) > 0 {
		if err := b.Incidents.AddTimeline(b.tx, b.org, b.timeline); err != nil {
			return err
		}
	}
	if err := saveRuns(b.tx, b.changed); err != nil {
		return err
	}
	if b.wake {
		b.Service.wake(b.tx, b.org)
	}
	counted := b.counted
	b.tx.AfterCommit(func() { b.count(counted) })
	b.changed, b.events, b.taken, b.worlds, b.timeline, b.turned, b.counted, b.wake = nil, nil, nil, nil, nil, nil, Stats{}, false
	return nil
}

// giveUp is the way of a run whose step fails by itself: a failed event, and what a step that reached nobody brings.
func (s *Service) giveUp(ctx context.Context, due Run, cause error) error {
	return s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		locked, err := s.Incidents.LockForUpdate(tx, due.OrgID, []int64{due.IncidentID})
		if err != nil {
			return err
		}
		inc, found := locked[due.IncidentID]
		if !found {
			return nil
		}
		b := s.batch(tx, due.OrgID, locked)
		b.ids = []int64{due.ID}
		if err := b.load(); err != nil {
			return err
		}
		run := b.runs[due.ID]
		if run == nil || run.State != StateActive || run.NextAt == nil || run.NextAt.After(tx.Now()) {
			return nil
		}
		w := World{Now: tx.Now(), Incident: inc, Policy: definitionOf(*run, b.versions), PreviousFailed: b.failed[run.ID]}
		w.Repeat = b.repeat(w.Policy, inc)
		run.WaitOver = true
		if run.NextStep < len(w.Policy.Steps) {
			// Without anybody found, Advance takes the way of a step that reached nobody.
			w.Found = make([][]Resolution, len(w.Policy.Steps[run.NextStep].Actions))
			w.Routes = make([]map[int64][]notify.Route, len(w.Found))
		}
		after, taken := Advance(*run, w)
		taken.Commands, taken.Nobody = nil, true
		*run = after
		b.note(run)
		b.tell(*run, w, taken, nil)
		if len(b.events) > 0 {
			b.events[0].Metadata["error"] = fault.From(cause).Detail
		}
		if taken.Fallback {
			if err := b.startFallback(inc); err != nil {
				return err
			}
		}
		return b.write()
	})
}

// isAway reports whether the database is away: then nothing is wrong with the run.
func isAway(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.Timeout
}
