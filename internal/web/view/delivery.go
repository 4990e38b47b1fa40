package view

import "time"

// Delivery is one notification on its way to one person: its state, how often it was tried, and what the provider said.
type Delivery struct {
	ID             int64
	IncidentID     int64
	Person         string // "" for a post, which goes to nobody in particular
	Channel        string
	To             string
	Title          string
	Action         string
	Status         string
	Attempts       int
	Answer         string // what the provider said last
	Why            string // why it was not sent, or not sent again
	CreatedAt      time.Time
	SentAt         *time.Time
	DeliveredAt    *time.Time
	SeenAt         *time.Time
	AcknowledgedAt *time.Time // when its person acknowledged what it is about
	NextAt         *time.Time
	Tries          []Try
	Carried        string // address of the message that carried it and others, "#" when the viewer may not open it, "" for its own
	Asks           bool   // It is a page, which waits to be seen and answered.
	Ladder         bool   // The answer is known too, so that the ladder goes up to it.
}

// Try is one attempt of a delivery.
type Try struct {
	Number int
	At     time.Time
	Result string
	Answer string
}

// Paged is a person whom a step found, with what it sent them.
type Paged struct {
	Name           string
	Via            string     // how they were found
	Look           *Look      // what came of them when nothing was sent
	AcknowledgedAt *time.Time // when they acknowledged the step's episode
	Pages          []Delivery
}

// rung is one rung of the ladder that a page climbs. At is nil for one that it has not reached.
type rung struct {
	Look
	At *time.Time
}

// rungs are the ladder of a message: what it has reached, and what is still before it. A message that is over without having been sent
// ends with that.
func (d Delivery) rungs() []rung {
	list := []rung{{Look{"hourglass", "Queued", "reached"}, &d.CreatedAt}}
	if d.SentAt == nil && (d.Status == "failed" || d.Status == "cancelled") {
		return append(list, rung{DeliveryLook(d.Status), nil})
	}
	list = append(list, step("check", "Sent", d.SentAt))
	answered := d.SeenAt != nil || d.AcknowledgedAt != nil
	if d.DeliveredAt != nil || !answered {
		list = append(list, step("check-check", "Delivered", d.DeliveredAt))
	}
	if !d.Asks {
		return list
	}
	if d.SeenAt != nil || d.AcknowledgedAt == nil {
		list = append(list, step("eye", "Seen", d.SeenAt))
	}
	if d.Ladder {
		list = append(list, step("user-check", "Acknowledged", d.AcknowledgedAt))
	}
	return list
}

func step(icon, word string, at *time.Time) rung {
	if at == nil {
		return rung{Look{"circle", word, "plain"}, nil}
	}
	return rung{Look{icon, word, "reached"}, at}
}
