package watch

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// message judges one notification by its own row, its attempts and its incident.
func (b Books) message(d notify.Delivery) Standing {
	if wrong := attempts(d); wrong != "" {
		return Standing{Unexplained: wrong}
	}
	switch d.Status {
	case notify.StatusPending:
		return b.pendingMessage(d)
	case notify.StatusSending:
		switch {
		case d.LockedUntil == nil:
			return unexplained("It is being sent, and nobody waits for its end.")
		case b.At.After(d.LockedUntil.Add(lateStep)):
			return unexplained("Its sender was to come back by %s.", instant(*d.LockedUntil))
		}
		return open("It is being sent since its attempt %d.", d.Attempts)
	}
	switch {
	case d.NextAttemptAt != nil:
		return unexplained("It is over, and yet an attempt is due at %s.", instant(*d.NextAttemptAt))
	case d.Accepted() && d.SentAt == nil:
		return unexplained("It was sent at no time.")
	case d.Status == notify.StatusDelivered && d.DeliveredAt == nil:
		return unexplained("It was delivered at no time.")
	case !d.Accepted() && d.Reason == "":
		return unexplained("It is %s for no reason.", d.Status)
	}
	return over(Outcome(d.Status))
}

func (b Books) pendingMessage(d notify.Delivery) Standing {
	switch {
	case d.NextAttemptAt == nil:
		return unexplained("It waits, and no attempt is ever due.")
	case b.At.After(d.NextAttemptAt.Add(lateMessage)):
		return unexplained("Its attempt %d was due at %s.", d.Attempts+1, instant(*d.NextAttemptAt))
	}
	if why := b.needless(d); why != "" {
		return unexplained("It waits although nobody wants it any more: %s.", why)
	}
	if d.Attempts > 0 {
		return open("Attempt %d failed; the next is due at %s.", d.Attempts, instant(*d.NextAttemptAt))
	}
	return open("It is due at %s.", instant(*d.NextAttemptAt))
}

// needless says why a message that waits must not be sent any more, "" when it is wanted. A notice is put aside when its time comes.
func (b Books) needless(d notify.Delivery) string {
	if d.WantedUntil == notify.WantedForAnHour {
		return ""
	}
	var answered *time.Time
	if at, found := b.Answers[Answer{d.UserID, d.Episode}]; found {
		answered = &at
	}
	return notify.Needless(d.Notification, b.Incident, answered)
}

// attempts says what is wrong with the attempts of a notification, "" when each has an end and explains the status.
func attempts(d notify.Delivery) string {
	accepted := 0
	for n, a := range d.Tries {
		switch {
		case a.Number != n+1:
			return unexplained("Its attempts are numbered wrongly: %d follows %d.", a.Number, n).Unexplained
		case a.FinishedAt == nil && (d.Status != notify.StatusSending || a.Number != d.Attempts):
			return unexplained("Its attempt %d has no end.", a.Number).Unexplained
		case a.Accepted():
			accepted++
		}
	}
	switch {
	case len(d.Tries) != d.Attempts:
		return unexplained("It was tried %d times, and %d attempts are written down.", d.Attempts, len(d.Tries)).Unexplained
	case d.Accepted() && accepted == 0:
		return "It is said to be sent, and no attempt succeeded."
	case accepted > 1 && !d.MaybeDuplicate:
		return unexplained("It was sent %d times, and is not marked so.", accepted).Unexplained
	case accepted > 0 && !d.Accepted() && !d.MaybeDuplicate:
		return unexplained("An attempt succeeded, and yet it is %s.", d.Status).Unexplained
	}
	return ""
}
