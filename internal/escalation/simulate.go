package escalation

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Question is what Simulate is asked: what would become of an incident that exists, or of one that is only thought of, if nobody
// answered.
type Question struct {
	// IncidentID asks for an incident that exists. Without At and without a policy it is how it goes on from now; else it is as
	// if it opened anew then.
	IncidentID *int64
	Incident   *Hypothesis // one that is thought of; nil with an incident id
	PolicyID   *int64      // this policy alone, whether or not it matches
	Draft      json.RawMessage
	// At is when it opens; nil is now.
	At *time.Time
}

// Hypothesis is an incident that is only thought of.
type Hypothesis struct {
	Title, Service, Source string
	Severity               incident.Severity
	TeamID                 *int64
	Labels                 map[string]string
}

// Forecast is what would happen, in order.
type Forecast struct {
	At          time.Time
	Policies    []PolicyRef // what works on the incident at first
	Matches     *bool       // whether matching would choose the policy that was asked for
	Unescalated bool        // No policy pages anybody: the fallback contacts are paged at once.
	Steps       []Foreseen
	Whole       bool // false: it would go on
}

const (
	// foresees is how far a forecast looks.
	foresees = 24 * time.Hour
	// maxForeseen bounds the lines of a forecast.
	maxForeseen = 200
)

// Simulate says who would be paged when, by the same matching, targets and Advance as the engine; it changes nothing. A draft is
// a policy document that takes the place of the policy named, or is a new one. Faults: NotFound, Invalid, Malformed.
func (s *Service) Simulate(ctx context.Context, actor account.Actor, q Question) (out Forecast, err error) {
	if err := mayRead(actor); err != nil {
		return Forecast{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = s.simulate(ctx, tx, actor, q)
		return err
	})
	return out, err
}

func (s *Service) simulate(ctx context.Context, tx *db.Tx, actor account.Actor, q Question) (Forecast, error) {
	policies, only, err := s.simulated(ctx, tx, actor.Org, q.PolicyID, q.Draft)
	if err != nil {
		return Forecast{}, err
	}
	at := tx.Now()
	if q.At != nil {
		at = q.At.UTC().Truncate(time.Microsecond)
	}
	inc, err := s.thoughtOf(tx, actor, q, at)
	if err != nil {
		return Forecast{}, err
	}
	f, err := s.foresight(tx, actor.Org, inc, policies)
	if err != nil {
		return Forecast{}, err
	}
	out := Forecast{At: at}
	if q.IncidentID != nil && q.At == nil && only == nil {
		err = f.underWay()
	} else {
		f.at(at)
		err = f.fresh(only, &out)
	}
	if err != nil {
		return Forecast{}, err
	}
	for _, r := range f.follow.runs[inc.ID] {
		out.Policies = append(out.Policies, f.ref(*r))
	}
	out.Whole, err = f.goOn(at.Add(foresees), maxForeseen)
	out.Steps = f.list
	slices.SortStableFunc(out.Steps, func(a, b Foreseen) int { return a.At.Compare(b.At) })
	return out, err
}

// simulated are the organisation's policies with the draft in its place, and the one asked for alone.
func (s *Service) simulated(ctx context.Context, tx *db.Tx, org int64, id *int64, draft json.RawMessage) (policies []Policy, only *Policy, err error) {
	if policies, err = allPolicies(tx, org); err != nil {
		return nil, nil, err
	}
	base := Policy{OrgID: org, ID: draftID, IsActive: true, Name: "Draft"}
	if id != nil {
		found := find(policies, id)
		if found == nil {
			return nil, nil, fault.NotFoundf("Escalation policy")
		}
		if draft == nil {
			return policies, found, nil
		}
		base = *found
	}
	if draft == nil {
		return policies, nil, nil
	}
	p, err := parsePolicy(ctx, draft, base, s.vocabulary())
	if err != nil {
		return nil, nil, err
	}
	p.Version = 0 // None that is stored.
	policies = slices.DeleteFunc(policies, func(x Policy) bool { return x.ID == p.ID })
	policies = append(policies, p)
	return policies, &policies[len(policies)-1], nil
}

// draftID is the id of a policy that does not exist yet.
const draftID = -1

// thoughtOf is the incident as the forecast begins.
func (s *Service) thoughtOf(tx *db.Tx, actor account.Actor, q Question, at time.Time) (incident.Incident, error) {
	if q.IncidentID != nil {
		inc, err := s.Incidents.See(tx, actor, *q.IncidentID)
		if err != nil || (q.At == nil && q.PolicyID == nil && q.Draft == nil) {
			return inc, err
		}
		return opened(inc, at), nil
	}
	h := Hypothesis{}
	if q.Incident != nil {
		h = *q.Incident
	}
	var bad fault.Checks
	if h.Severity == "" {
		h.Severity = incident.SeverityHigh
	}
	severity, ok := incident.ParseSeverity(string(h.Severity))
	if !ok {
		bad.Add("body.incident.severity", "must be critical, high, medium, low or info")
	}
	inc := incident.Incident{
		OrgID: actor.Org, Title: h.Title, Service: h.Service, Source: h.Source, Severity: severity, TeamID: h.TeamID, Labels: h.Labels,
		AlertCount: 1, CreatedAt: at,
	}
	if h.TeamID != nil {
		if _, found, err := s.People.TeamByID(tx, actor.Org, *h.TeamID); err != nil {
			return inc, err
		} else if !found {
			bad.Add("body.incident.team_id", "there is no team %d", *h.TeamID)
		}
	}
	if h.Service != "" && s.Incidents.ServiceOwner != nil {
		service, team, err := s.Incidents.ServiceOwner(tx, actor.Org, h.Service)
		if err != nil {
			return inc, err
		}
		if inc.ServiceID = service; inc.TeamID == nil {
			inc.TeamID = team
		}
	}
	return opened(inc, at), bad.Err()
}

// opened is the incident as if it opened at the instant.
func opened(inc incident.Incident, at time.Time) incident.Incident {
	inc.Status, inc.OpenedAt = incident.StatusOpen, at
	inc.AcknowledgedAt, inc.AcknowledgedBy, inc.AckExpiresAt, inc.AckAskAt, inc.QuietAt = nil, nil, nil, nil, nil
	inc.ResolvedAt, inc.ResolvedBy, inc.SnoozedUntil, inc.SnoozedBy, inc.StatusBeforeSnooze = nil, nil, nil, nil, ""
	inc.Episode++
	return inc
}

// fresh begins as if the incident opened now, with one policy alone when it is given.
func (f *foresight) fresh(only *Policy, out *Forecast) error {
	if f.inc.ID == 0 {
		if err := f.assignFirst(); err != nil {
			return err
		}
	}
	found := Match(f.inc, f.follow.choice(f.inc))
	out.Unescalated = found.Unescalated
	if only != nil {
		matches := find(found.Policies, &only.ID) != nil
		out.Matches, out.Unescalated = &matches, false
	}
	return f.begin(only)
}

// assignFirst assigns a new incident as it would be at its creation.
func (f *foresight) assignFirst() error {
	if f.inc.TeamID == nil {
		return nil
	}
	person, err := f.Incidents.FirstOnDuty(f.tx, f.org, *f.inc.TeamID)
	if err != nil || person == nil {
		return err
	}
	f.resolver.assigned[f.inc.ID] = []incident.Assignment{{UserID: *person, AssignedAt: f.inc.CreatedAt}}
	return nil
}

func (f *foresight) ref(r Run) PolicyRef {
	if r.PolicyID == nil {
		return PolicyRef{Name: FallbackName}
	}
	return PolicyRef{ID: *r.PolicyID, Name: nameOf(r, f.versions)}
}
