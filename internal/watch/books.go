package watch

import (
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Books are what is written of one incident, as it was at one instant. Events and messages are in the order of their ids.
type Books struct {
	Incident incident.Incident
	At       time.Time
	Events   []escalation.Event
	Runs     []escalation.Run
	Messages []notify.Delivery
	Answers  map[Answer]time.Time
	Capped   bool // Older events or messages are left out.
}

// Answer is a person and the episode that they acknowledged.
type Answer struct {
	UserID  int64
	Episode int
}

// Close judges everything in the books. It is pure.
func Close(b Books) Ledger {
	b = b.whole()
	l := Ledger{Incident: b.Incident, At: b.At, Capped: b.Capped}
	pages := map[int64][]Message{} // by event
	for _, d := range b.Messages {
		m := Message{Delivery: d, Standing: b.message(d)}
		if d.EventID != nil {
			pages[*d.EventID] = append(pages[*d.EventID], m)
			continue
		}
		l.Others = append(l.Others, m)
	}
	for _, e := range b.Events {
		l.Steps = append(l.Steps, b.closeStep(e, pages[e.ID]))
		delete(pages, e.ID)
	}
	for _, d := range b.Messages { // Those of steps that are not in the books, in their order.
		if d.EventID != nil && pages[*d.EventID] != nil {
			l.Others = append(l.Others, Message{d, unexplained("Step %d, which it belongs to, is no step of this incident.", *d.EventID)})
		}
	}
	for _, r := range b.Runs {
		l.Runs = append(l.Runs, Run{r, b.run(r)})
	}
	l.Balance = balance(l)
	return l
}

// whole leaves out of capped books the steps whose messages may have been left out, and the other way round.
func (b Books) whole() Books {
	if !b.Capped || len(b.Events) == 0 || len(b.Messages) == 0 {
		return b
	}
	// All of a step is written in one transaction, so what lies after both beginnings is complete.
	since := b.Events[0].TriggeredAt
	if first := b.Messages[0].CreatedAt; first.After(since) {
		since = first
	}
	b.Events = slices.DeleteFunc(slices.Clone(b.Events), func(e escalation.Event) bool { return !e.TriggeredAt.After(since) })
	kept := map[int64]bool{}
	for _, e := range b.Events {
		kept[e.ID] = true
	}
	b.Messages = slices.DeleteFunc(slices.Clone(b.Messages), func(d notify.Delivery) bool { return d.EventID != nil && !kept[*d.EventID] })
	return b
}

// closeStep judges a step with its people; what was sent to somebody whom the step does not name is owed to nobody.
func (b Books) closeStep(e escalation.Event, sent []Message) Step {
	step := Step{Event: e, Told: e.Told()}
	of := map[int64][]Message{}
	sent = slices.DeleteFunc(sent, func(m Message) bool {
		if m.UserID == 0 {
			step.Posts = append(step.Posts, m)
		}
		return m.UserID == 0
	})
	for _, m := range sent {
		of[m.UserID] = append(of[m.UserID], m)
	}
	for _, told := range step.Told.People {
		person := Person{ToldPerson: told, Messages: of[told.ID]}
		if at, answered := b.Answers[Answer{told.ID, e.Episode}]; answered {
			person.AcknowledgedAt = &at
		}
		person.Standing = b.person(e, person)
		step.People = append(step.People, person)
		delete(of, told.ID)
	}
	for _, m := range sent {
		if of[m.UserID] == nil {
			continue
		}
		m.Standing = unexplained("The step does not name the person to whom it was sent.")
		step.People = append(step.People, Person{
			ToldPerson: escalation.ToldPerson{ID: m.UserID}, Messages: []Message{m}, Standing: unexplained("The step does not name this person."),
		})
	}
	step.Standing = b.step(e, step)
	return step
}
