package notify

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// finish notes outcomes, one transaction for each organisation, and returns what the database, being away, has not taken. What
// cannot be noted together with others is noted alone, and at last without all that follows from it, so that one that fails keeps
// no other from being noted, nor its lane from sending.
func (s *Service) finish(ctx context.Context, batch []landing) (left []landing, err error) {
	byOrg := map[int64][]landing{}
	for _, l := range batch {
		org := l.carrier().OrgID
		byOrg[org] = append(byOrg[org], l)
	}
	for org, list := range byOrg {
		failed := s.finishOf(ctx, org, list, false)
		if failed == nil {
			continue
		}
		for i, l := range list {
			if !isAway(failed) && ctx.Err() == nil {
				failed = s.finishAlone(ctx, org, l)
			}
			if failed != nil {
				left, err = append(left, list[i:]...), failed
				break
			}
		}
	}
	return left, err
}

// finishAlone notes one outcome. It fails only when the database is away; what can never be noted is found when its lease ends.
func (s *Service) finishAlone(ctx context.Context, org int64, l landing) error {
	var err error
	for _, bare := range []bool{false, true} {
		if err = s.finishOf(ctx, org, []landing{l}, bare); err == nil || isAway(err) || ctx.Err() != nil {
			return err
		}
		s.Logger.ErrorContext(ctx, "the outcome of a message cannot be noted", "notification", l.carrier().ID, "result", l.outcome.Result,
			"bare", bare, "error", err)
	}
	return nil
}

// finishOf notes outcomes of one organisation. Who does not hold the notification any more notes only what became of its attempt.
func (s *Service) finishOf(ctx context.Context, org int64, list []landing, bare bool) error {
	return s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		f := &finishing{Service: s, tx: tx, org: org, bare: bare}
		return f.run(list)
	})
}

// finishing is the work of one transaction that notes outcomes.
type finishing struct {
	*Service
	tx       *db.Tx
	org      int64
	bare     bool // nothing is written but the notifications, their attempts and limits
	rows     map[int64]*Notification
	limits   map[allowance]time.Time // that something may be given back to
	jitter   float64                 // the same for all that go in one message
	changed  []*Notification
	attempts []Attempt
	settled  []Settlement
	timeline []incident.TimelineEvent
	failing  []*Notification // whose person is to be reached by the next method
	retrying []*Notification // pages that are to be tried again
	sent     int64
	failures int64
}

func (f *finishing) run(list []landing) error {
	if err := f.lock(list); err != nil {
		return err
	}
	for _, l := range list {
		f.jitter = rand.Float64() //nolint:gosec // Jitter needs no secrecy.
		noted := false
		for _, p := range l.load {
			noted = f.passenger(l, p) || noted
		}
		if noted {
			f.count(l)
		}
	}
	return f.write()
}

// passenger notes what became of one notification of a message. It reports whether that was news.
func (f *finishing) passenger(l landing, p passenger) (noted bool) {
	f.attempt(l, p)
	n := f.rows[p.n.ID]
	switch {
	case n == nil:
	case n.Attempts == p.n.Attempts:
		// Nobody has begun anew, even if the lease was lost. What is noted already stands: the answer to a commit may be lost.
		if noted = n.Status == StatusSending || l.outcome.Accepted() && !n.accepted(); noted {
			f.outcome(n, l, p)
			f.changed = append(f.changed, n)
		}
	case l.outcome.Accepted():
		// The lease was lost, and the provider had it all the same: whoever sent it anew sent it twice.
		n.MaybeDuplicate = true
		f.changed = append(f.changed, n)
		if n.EventID != nil && n.UserID != 0 {
			f.settled = append(f.settled, Settlement{EventID: *n.EventID, Accepted: true})
		}
	}
	return noted
}

// count takes in one message, however many notifications it told. What reached nobody is given back to the person's limit.
func (f *finishing) count(l landing) {
	n := l.carrier()
	switch {
	case l.outcome.Accepted():
		f.sent++
		return
	case !l.notSent:
		f.failures++
	}
	key := allowance{n.UserID, n.Channel}
	if full, held := f.limits[key]; held && l.charged {
		f.limits[key] = personLimit(n.Channel).spend(full, f.tx.Now(), -1)
	}
}

// lock takes the incidents' locks before the limits' and those before the rows', the same way round as all others do.
func (f *finishing) lock(list []landing) (err error) {
	var ids, incidentIDs []int64
	giveBack := map[allowance]bool{}
	for _, l := range list {
		for _, p := range l.load {
			ids = append(ids, p.n.ID)
			if p.n.IncidentID != nil {
				incidentIDs = append(incidentIDs, *p.n.IncidentID)
			}
		}
		if l.charged && !l.outcome.Accepted() {
			giveBack[allowance{l.carrier().UserID, l.carrier().Channel}] = true
		}
	}
	if _, err := f.Incidents.LockForUpdate(f.tx, f.org, incidentIDs); err != nil {
		return err
	}
	if f.limits, err = holdLimits(f.tx, f.org, sortedAllowances(giveBack), f.tx.Lock()); err != nil {
		return err
	}
	f.rows = map[int64]*Notification{}
	held, err := holdNotifications(f.tx, f.org, ids)
	for _, n := range held {
		f.rows[n.ID] = n
	}
	return err
}

// attempt notes how an attempt ended.
func (f *finishing) attempt(l landing, p passenger) {
	a := Attempt{
		NotificationID: p.n.ID, Number: p.n.Attempts, Result: string(l.outcome.Result), Detail: l.outcome.Detail,
		ProviderRef: clip(l.outcome.Ref, maxRef),
	}
	if l.notSent {
		a.Result = AttemptNotSent
	}
	f.attempts = append(f.attempts, a)
}

const (
	maxRef  = 500
	maxNote = 500
)

// outcome decides what becomes of the notification.
func (f *finishing) outcome(n *Notification, l landing, p passenger) {
	o, now := l.outcome, f.tx.Now()
	n.LockedUntil, n.NextAttemptAt, n.BundleID, n.TemplateError = nil, nil, p.n.BundleID, clip(l.note, maxNote)
	switch {
	case o.Accepted():
		f.accepted(n, l, p)
		return
	case n.CancelRequested:
		n.Status, n.BundleID = StatusCancelled, nil // Its reason stands there already.
		f.attempts[len(f.attempts)-1].Result = AttemptTooLate
		return
	case l.notSent:
		n.Status, n.NextAttemptAt, n.BundleID = StatusPending, &now, nil
		return
	}
	news := n.Error != o.Detail
	n.Error = o.Detail
	n.MaybeDuplicate = n.MaybeDuplicate || o.Unsure
	next := now.Add(pause(l.tries(), o.After, f.jitter))
	switch {
	case o.Result == Permanent:
		n.Status, n.Reason = StatusFailed, reasonRefused
	case expired(*n, next):
		n.Status, n.Reason = StatusFailed, reasonExpired
	default:
		n.Status, n.NextAttemptAt, n.BundleID = StatusPending, &next, nil // The next message is made of what is due then.
	}
	if news {
		f.tell(n, l, p)
	}
	if n.WantedUntil.asks() && n.Status == StatusPending {
		f.retrying = append(f.retrying, n)
	}
	if !f.bare && troubled(*n, false) {
		n.PassedOn = true
		f.failing = append(f.failing, n)
	}
}

func (f *finishing) accepted(n *Notification, l landing, p passenger) {
	o, now := l.outcome, f.tx.Now()
	n.Status, n.SentAt, n.ProviderRef, n.Error = StatusSent, &now, clip(o.Ref, maxRef), ""
	if o.Result == Delivered {
		n.Status, n.DeliveredAt = StatusDelivered, &now
	}
	if n.EventID != nil && n.UserID != 0 {
		f.settled = append(f.settled, Settlement{EventID: *n.EventID, Accepted: true})
	}
	f.tell(n, l, p)
}

// yield ends pages that would be tried again although a later one for the same destination was written while they were being
// sent; see Service.supersede.
func (f *finishing) yield() error {
	incidents := map[int64]bool{}
	for _, n := range f.retrying {
		incidents[*n.IncidentID] = true
	}
	live, err := livePages(f.tx, f.org, slices.Sorted(maps.Keys(incidents)), f.tx.Now())
	if err != nil {
		return err
	}
	over := map[int64]bool{} // What has ended in this very batch stands in the database as it was.
	for _, n := range f.changed {
		over[n.ID] = n.Over()
	}
	newest := latest(slices.DeleteFunc(live, func(n *Notification) bool { return over[n.ID] }))
	for _, n := range f.retrying {
		if newest[sameWord(n)] > n.ID {
			n.Status, n.Reason, n.NextAttemptAt = StatusCancelled, reasonSuperseded, nil
		}
	}
	return nil
}

func (f *finishing) write() error {
	if err := f.yield(); err != nil {
		return err
	}
	if err := saveNotifications(f.tx, f.changed); err != nil {
		return err
	}
	if err := saveLimits(f.tx, f.org, f.limits); err != nil {
		return err
	}
	if err := endAttempts(f.tx, f.org, f.tx.Now(), f.attempts); err != nil {
		return err
	}
	if !f.bare {
		if err := f.writeWhatFollows(); err != nil {
			return err
		}
	}
	f.announce(f.tx, f.org, f.changed)
	sent, failures := f.sent, f.failures
	f.tx.AfterCommit(func() {
		f.counts.sent.Add(sent)
		f.counts.failures.Add(failures)
	})
	return nil
}

// writeWhatFollows is what outcomes mean to others: the person's next method, the escalation's event, the timeline.
func (f *finishing) writeWhatFollows() error {
	if err := f.bringForward(f.tx, f.org, f.failing); err != nil {
		return err
	}
	if len(f.settled) > 0 && f.settler != nil {
		if err := f.settler.PagesSettled(f.tx, f.org, f.settled); err != nil {
			return err
		}
	}
	if len(f.timeline) == 0 {
		return nil
	}
	return f.Incidents.AddTimeline(f.tx, f.org, f.timeline)
}
