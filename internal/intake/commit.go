package intake

import (
	"context"
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// commit stores a batch of one organisation: all of it in one transaction or, when something in it is refused, each message
// by itself, so that a bad one costs its neighbours nothing.
func (s *Service) commit(ctx context.Context, org int64, batch []*message) []error {
	err := s.write(ctx, org, batch)
	if err == nil {
		return nil
	}
	errs := make([]error, len(batch))
	for i, m := range batch {
		switch {
		case away(err):
			errs[i] = err
		case len(batch) == 1:
			errs[i] = s.salvage(ctx, m, err)
		default:
			errs[i] = s.alone(ctx, m)
		}
	}
	return errs
}

func (s *Service) alone(ctx context.Context, m *message) error {
	err := s.write(ctx, m.from.org, []*message{m})
	if err == nil || away(err) {
		return err
	}
	return s.salvage(ctx, m, err)
}

// away reports whether an error says nothing about what was to be stored: trying item by item would not mend it.
func away(err error) bool { return fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Timeout) }

// write stores messages of one organisation in one transaction: alerts and incidents with all that follows from them, the
// messages themselves, and what the integrations' pages show.
func (s *Service) write(ctx context.Context, org int64, batch []*message) error {
	plan := s.plan(batch)
	var receipts []incident.Receipt
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		// Receive may change the reports it is given, and this closure may run again.
		if receipts, err = s.incidents.Receive(tx, org, slices.Clone(plan.reports)); err != nil {
			return err
		}
		hand(batch, receipts)
		if err := s.keep(tx, org, plan); err != nil {
			return err
		}
		return s.touch(tx, org, plan)
	})
	s.settleTouched(plan, err == nil)
	return err
}

// hand gives each message the receipts of its own reports.
func hand(batch []*message, receipts []incident.Receipt) {
	for _, m := range batch {
		m.receipts = receipts[:len(m.reports):len(m.reports)]
		receipts = receipts[len(m.reports):]
	}
}

// plan is what a batch will write, worked out before the transaction.
type plan struct {
	reports      []incident.Report
	keep         []*message // messages that will be written down
	integrations []*gathered
}

// gathered is what a batch says about one integration.
type gathered struct {
	*Integration
	readable   int // messages that will be written down and may be trimmed later
	last       *message
	wasBroken  bool // before, or within the batch
	oldKeyUsed bool
	showEvent  bool // last_event_at is due
	trim       bool
	floor      int64 // no message to trim has an id up to this one
	newFloor   int64
}

// plan gathers the reports of a batch in order. Of an integration's readable messages only the last few are going to be
// kept anyway, so that others are not even written.
func (s *Service) plan(batch []*message) *plan {
	p := &plan{}
	byID := map[int64]*gathered{}
	for _, m := range batch {
		p.reports = append(p.reports, m.reports...)
		in := m.from.integration
		if in == nil || m.own {
			continue
		}
		g := byID[in.ID]
		if g == nil {
			g = &gathered{Integration: in}
			byID[in.ID] = g
			p.integrations = append(p.integrations, g)
		}
		g.last = m
		if m.unreadable == "" {
			g.readable++
		}
		g.wasBroken = g.wasBroken || m.unreadable != "" || in.Error != ""
		g.oldKeyUsed = g.oldKeyUsed || m.oldKey
	}
	left := map[int64]int{}
	for id, g := range byID {
		g.readable = s.allow(id, g.readable)
		left[id] = g.readable
	}
	for _, m := range slices.Backward(batch) {
		if m.from.integration == nil || m.own {
			continue
		}
		if id := m.from.integration.ID; m.unreadable == "" {
			if left[id] == 0 {
				continue
			}
			left[id]--
		}
		p.keep = append(p.keep, m)
	}
	slices.Reverse(p.keep)
	for _, g := range p.integrations {
		if g.wasBroken && g.last.unreadable == "" {
			p.reports = append(p.reports, g.last.from.readableAgain())
		}
		s.due(g)
	}
	return p
}
