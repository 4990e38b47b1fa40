package intake

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// salvage stores what can be stored of a message that was refused by itself: along a fresh route, then signal by signal,
// and at last as a message that cannot be read. Only a person's message is refused: its sender reads the answer.
func (s *Service) salvage(ctx context.Context, m *message, cause error) error {
	s.logger.WarnContext(ctx, "a message was refused by the database", "org_id", m.from.org, "kind", m.from.kind, "error", cause)
	if db.IsForeignKey(cause) {
		// A team or service was removed after it was looked up.
		s.router.forget(m.from.org)
		if err := s.router.route(ctx, m); err != nil {
			return err
		}
		if cause = s.write(ctx, m.from.org, []*message{m}); cause == nil || away(cause) {
			return cause
		}
	}
	if m.from.integration == nil {
		return cause
	}
	stored, err := s.piecemeal(ctx, m)
	if err != nil {
		return err
	}
	m.unreadable = "A part of the message could not be stored: " + reason(cause)
	known, err := s.router.lookUp(ctx, &message{from: m.from})
	if err != nil {
		return err
	}
	m.reports = []incident.Report{m.from.unreadable(known, m.unreadable)}
	if err := s.write(ctx, m.from.org, []*message{m}); err != nil {
		s.logger.ErrorContext(ctx, "a message could not be kept", "org_id", m.from.org, "kind", m.from.kind, "error", err)
		return err
	}
	m.receipts = append(stored, m.receipts...)
	return nil
}

// piecemeal stores the signals of a message one by one, leaving out those that are refused.
func (s *Service) piecemeal(ctx context.Context, m *message) (stored []incident.Receipt, err error) {
	if len(m.reports) < 2 {
		return nil, nil
	}
	for _, report := range m.reports {
		var receipts []incident.Receipt
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			receipts, err = s.incidents.Receive(tx, m.from.org, []incident.Report{report})
			return err
		})
		switch {
		case err == nil:
			stored = append(stored, receipts...)
		case away(err):
			return nil, err
		}
	}
	return stored, nil
}

// reason is what may be told about an error: the sentence of a fault, nothing about what is inside of us.
func reason(err error) string { return fault.From(err).Detail }
