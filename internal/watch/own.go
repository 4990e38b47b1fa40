package watch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

const (
	ownService = "Tocsin"
	// repeatEvery is how often a finding that lasts is reported again, so that one whose incident a person has resolved comes back.
	repeatEvery = 5 * time.Minute
	// pageEvery is how often the contacts are paged while its incident is open.
	pageEvery = time.Hour
	// ownReopen is how soon after its end a finding that comes back is the same incident.
	ownReopen = 10 * time.Minute
)

// ownAlert is a finding that Tocsin has told of and not yet taken back.
type ownAlert struct {
	org  int64
	kind Kind
	incident.OwnAlert
}

// key is the same on every node, so that one incident opens whichever node sees it.
func (k Kind) key() string { return "tocsin:" + string(k) }

func (s *Service) ownAlerts(tx *db.Tx) (own []ownAlert, err error) {
	keys := make([]string, len(checks))
	for i, c := range checks {
		keys[i] = c.Kind.key()
	}
	orgs, err := organisationIDs(tx)
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		firing, err := s.Incidents.OwnAlerts(tx, org, keys)
		if err != nil {
			return nil, err
		}
		for _, c := range checks {
			if a, fires := firing[c.Kind.key()]; fires {
				own = append(own, ownAlert{org, c.Kind, a})
			}
		}
	}
	return own, nil
}

// tell reports what lasts and takes back what is over. One that fails keeps no other from being told.
func (s *Service) tell(ctx context.Context, p Picture, own []ownAlert) error {
	var failures []error
	for _, f := range p.Lasting() {
		if err := s.report(ctx, f, p.broken(f.Org)); err != nil {
			failures = append(failures, err)
		}
	}
	for _, o := range own {
		if !p.has(o.org, o.kind) {
			failures = append(failures, s.takeBack(ctx, o.org, o.kind))
		}
	}
	return errors.Join(failures...)
}

func (p Picture) has(org int64, kind Kind) bool {
	for _, f := range p.Findings {
		if f.Org == org && f.Check.Kind == kind {
			return true
		}
	}
	return false
}

// report opens the incident of a finding, or keeps it going, and pages the contacts as long as nobody has taken it, by other channels than
// the broken ones.
func (s *Service) report(ctx context.Context, f Finding, broken []string) error {
	return s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		firing, err := s.Incidents.OwnAlerts(tx, f.Org, []string{f.Check.Kind.key()})
		if err != nil {
			return err
		}
		own, fires := firing[f.Check.Kind.key()]
		if !fires || tx.Now().Sub(own.LastAt) >= repeatEvery {
			// It is counted again: between the look and here it may have ended.
			if n, err := f.Check.countIn(tx, f.Org); err != nil || n == 0 {
				return err
			}
			receipts, err := s.Incidents.Receive(tx, f.Org, []incident.Report{f.signal(incident.AlertFiring, tx.Now())})
			if err != nil {
				return err
			}
			own.IncidentID = receipts[0].IncidentID
		}
		return s.pageContacts(tx, f, own.IncidentID, broken)
	})
}

// takeBack ends the incident of a finding that is there no more.
func (s *Service) takeBack(ctx context.Context, org int64, kind Kind) error {
	f := Finding{Org: org, Check: checkOf(kind)}
	return s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if n, err := f.Check.countIn(tx, org); err != nil || n > 0 {
			return err
		}
		_, err := s.Incidents.Receive(tx, org, []incident.Report{f.signal(incident.AlertResolved, tx.Now())})
		return err
	})
}

func checkOf(kind Kind) Check {
	for _, c := range checks {
		if c.Kind == kind {
			return c
		}
	}
	return Check{Kind: kind}
}

func (f Finding) signal(status incident.AlertStatus, now time.Time) incident.Report {
	r := incident.Report{
		Source: incident.SourceOwn, Key: f.Check.Kind.key(), Status: status, Title: f.Check.Title, Description: f.words(),
		Severity: incident.SeverityHigh, Service: ownService, AlertID: f.Check.Kind.key(), ReopenWindow: ownReopen,
		Labels: map[string]string{"finding": string(f.Check.Kind)}, Annotations: map[string]string{}, Metadata: map[string]any{},
	}
	if status == incident.AlertFiring {
		since := f.Since
		r.StartsAt = &since
	} else {
		r.EndsAt = &now
	}
	return r
}

// words say what was found, for the incident's description and the page.
func (f Finding) words() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\nFound: %d", f.Check.Help, f.Count)
	if f.Count >= MaxCount {
		text.WriteString(" or more")
	}
	fmt.Fprintf(&text, ", since %s.", f.Since.UTC().Format("2006-01-02 15:04 UTC"))
	if len(f.Channels) > 0 {
		text.WriteString(" By " + strings.Join(f.Channels, ", ") + ".")
	}
	for i, id := range f.Incidents {
		if i == 0 {
			text.WriteString(" Incidents:")
		}
		fmt.Fprintf(&text, " #%d", id)
	}
	return text.String() + "\n\n" + f.Check.Advice
}

// pageContacts pages the fallback contacts at once, and again each hour for as long as nobody has taken it. It needs neither a
// policy nor the loop that takes steps, for those may be what is broken.
func (s *Service) pageContacts(tx *db.Tx, f Finding, incidentID int64, broken []string) error {
	locked, err := s.Incidents.LockForUpdate(tx, f.Org, []int64{incidentID})
	if err != nil {
		return err
	}
	inc, found := locked[incidentID]
	if !found || inc.Status != incident.StatusOpen {
		return nil
	}
	round := fmt.Sprintf("own:%d:%d:%d:", inc.ID, inc.Episode, tx.Now().Sub(inc.OpenedAt)/pageEvery)
	if paged, err := s.Notifications.HasPage(tx, f.Org, inc.ID, round); err != nil || paged {
		return err
	}
	contacts, err := s.Escalations.FallbackContacts(tx, f.Org)
	if err != nil {
		return err
	}
	ids := make([]int64, len(contacts))
	for i, u := range contacts {
		ids[i] = u.ID
	}
	routes, err := s.Notifications.RoutesBeside(tx, f.Org, ids, broken)
	if err != nil {
		return err
	}
	var pages []notify.Page
	for _, u := range contacts {
		pages = append(pages, notify.Page{
			UserID: u.ID, IncidentID: inc.ID, Episode: inc.Episode, Title: inc.Title, Message: f.words(), Action: notify.ActionPage,
			Via: "fallback contact: Tocsin itself needs somebody", Urgency: incident.UrgencyHigh, WantedUntil: notify.WantedUntilAcknowledged,
			Key: round + strconv.FormatInt(u.ID, 10), Routes: routes[u.ID],
		})
	}
	return s.Notifications.Enqueue(tx, f.Org, pages)
}
