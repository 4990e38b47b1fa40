package watch

import (
	"context"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

// AuditEvery is how often each node looks whether all is well.
const AuditEvery = 30 * time.Second

// auditStale is when a picture is too old to be believed.
const auditStale = 3 * AuditEvery

// Picture is what the auditor saw last.
type Picture struct {
	At       time.Time // zero before the first look
	First    time.Time // the first look of the auditor, which knows only since then what lasts
	Findings []Finding // by kind, then organisation
}

// Fresh reports whether the auditor has looked lately.
func (p Picture) Fresh(now time.Time) bool { return !p.At.IsZero() && now.Sub(p.At) <= auditStale }

// Lasting are the findings that have lasted for long enough to tell people.
func (p Picture) Lasting() []Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), func(f Finding) bool { return !f.Lasts(p.At) })
}

// Content reports whether the auditor has looked lately and found nothing that lasts. What an auditor finds that has just begun to look may
// have lasted for long: a node that is started again and again must not hide it.
func (p Picture) Content(now time.Time) bool {
	return p.Fresh(now) && len(p.Lasting()) == 0 && (len(p.Findings) == 0 || p.At.Sub(p.First) >= patience)
}

// Count is how many there are of a kind in all organisations.
func (p Picture) Count(kind Kind) (n int) {
	for _, f := range p.Findings {
		if f.Check.Kind == kind {
			n += f.Count
		}
	}
	return n
}

// Of are the findings of one organisation.
func (p Picture) Of(org int64) []Finding {
	return slices.DeleteFunc(slices.Clone(p.Findings), func(f Finding) bool { return f.Org != org })
}

// broken are the channels that findings of the organisation concern: word of any finding goes by others.
func (p Picture) broken(org int64) (channels []string) {
	for _, f := range p.Of(org) {
		channels = append(channels, f.Channels...)
	}
	return channels
}

// Picture is what the auditor of this node saw last.
func (s *Service) Picture() Picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.picture
}

// Audit is the pass that looks whether all is well, each half minute on every node, and tells people through an incident of
// Tocsin's own of what is not and does not pass. See work.Pass.
func (s *Service) Audit(ctx context.Context) (next time.Time, more bool, err error) {
	now := s.DB.Now()
	if last := s.Picture().At; !last.IsZero() && now.Sub(last) < AuditEvery && !last.After(now) {
		return time.Time{}, false, nil
	}
	picture, own, err := s.look(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	s.mu.Lock()
	picture.since(s.picture)
	s.picture = picture
	s.mu.Unlock()
	return time.Time{}, false, s.tell(ctx, picture, own)
}

// look counts everything in one read, with what Tocsin has told of itself and not yet taken back.
func (s *Service) look(ctx context.Context) (p Picture, own []ownAlert, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, own = Picture{At: tx.Now()}, nil
		for _, c := range checks {
			counts, err := c.counts(tx)
			if err != nil {
				return err
			}
			for _, n := range counts {
				f := Finding{Org: n.org, Check: c, Count: n.count, Since: p.At}
				if f.Incidents, f.Channels, err = c.examples(tx, n.org); err != nil {
					return err
				}
				p.Findings = append(p.Findings, f)
			}
		}
		own, err = s.ownAlerts(tx)
		return err
	})
	return p, own, err
}

// since has the auditor and findings that were there before keep their beginning.
func (p *Picture) since(before Picture) {
	p.First = before.First
	if before.At.IsZero() {
		p.First = p.At
	}
	for i := range p.Findings {
		f := &p.Findings[i]
		for _, b := range before.Findings {
			if b.Org == f.Org && b.Check.Kind == f.Check.Kind && b.Since.Before(f.Since) {
				f.Since = b.Since
			}
		}
	}
}
