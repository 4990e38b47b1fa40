package escalation

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// PastQuestion asks who would have been paged in an interval if the draft had stood in the place of the policy.
type PastQuestion struct {
	PolicyID *int64 // nil: the draft is one more policy
	Draft    json.RawMessage
	From, To time.Time
}

// Comparison is who was paged for the incidents that began in an interval, and who would have been. Only the first episode of
// each counts, until somebody took it, it ended, or now. People, teams, severity and policies beside the draft are today's.
type Comparison struct {
	Incidents int
	Whole     bool // false: there were more incidents, and the newest count
	People    []PagedTimes
	Differing []PastIncident // newest first
}

// PagedTimes is how often a person was paged and would have been.
type PagedTimes struct {
	UserID     int64
	Name       string
	Was, Would int
}

// PastIncident is an incident for which others would have been paged, or at other times.
type PastIncident struct {
	ID         int64
	Title      string
	CreatedAt  time.Time
	Was, Would []PastPage
}

// PastPage is one person paged by one step.
type PastPage struct {
	At     time.Time
	UserID int64
	Name   string
	Policy string
}

const (
	// maxPast is how many incidents a comparison looks at.
	maxPast = 500
	// longestPast is the longest interval.
	longestPast = 92 * 24 * time.Hour
)

// Compare plays the past again with an edited policy; it changes nothing. Faults: NotFound, Invalid, Malformed.
func (s *Service) Compare(ctx context.Context, actor account.Actor, q PastQuestion) (out Comparison, err error) {
	if err := mayRead(actor); err != nil {
		return Comparison{}, err
	}
	var bad fault.Checks
	if !q.From.Before(q.To) || q.To.Sub(q.From) > longestPast {
		bad.Add("body.from", "must be before to, at most %d days", int(longestPast.Hours()/24))
	}
	if q.PolicyID == nil && q.Draft == nil {
		bad.Add("body.policy", "is needed: the policy as it would be")
	}
	if err := bad.Err(); err != nil {
		return Comparison{}, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = s.compare(ctx, tx, actor, q)
		return err
	})
	return out, err
}

func (s *Service) compare(ctx context.Context, tx *db.Tx, actor account.Actor, q PastQuestion) (out Comparison, err error) {
	policies, _, err := s.simulated(ctx, tx, actor.Org, q.PolicyID, q.Draft)
	if err != nil {
		return out, err
	}
	w := &db.Where{}
	w.And("i.org_id = ? AND i.created_at >= ? AND i.created_at < ? AND i.deleted_at IS NULL", actor.Org, q.From, q.To)
	s.Incidents.Visible(w, actor, "i")
	ids, err := incidentsBetween(tx, w, maxPast+1)
	if err != nil {
		return out, err
	}
	out.Whole = len(ids) <= maxPast
	ids = ids[:min(len(ids), maxPast)]
	out.Incidents = len(ids)
	p := &past{Service: s, tx: tx, org: actor.Org, policies: policies, times: map[int64]*PagedTimes{}}
	if err := p.load(ids); err != nil {
		return out, err
	}
	for _, id := range ids {
		differs, one, err := p.incident(p.incidents[id])
		if err != nil {
			return out, err
		}
		if differs {
			out.Differing = append(out.Differing, one)
		}
	}
	for _, t := range p.times {
		out.People = append(out.People, *t)
	}
	slices.SortFunc(out.People, func(a, b PagedTimes) int {
		return cmp.Or(cmp.Compare(b.Would, a.Would), cmp.Compare(a.UserID, b.UserID))
	})
	return out, nil
}

// past is the work of one Compare.
type past struct {
	*Service
	tx        *db.Tx
	org       int64
	policies  []Policy
	incidents map[int64]incident.Incident
	taken     map[int64]time.Time // when somebody took the first episode
	events    map[int64][]Event
	times     map[int64]*PagedTimes
}

func (p *past) load(ids []int64) (err error) {
	if p.incidents, err = p.Incidents.ByID(p.tx, p.org, ids); err != nil {
		return err
	}
	answers, err := p.Incidents.AcknowledgementsOf(p.tx, p.org, ids)
	if err != nil {
		return err
	}
	p.taken = map[int64]time.Time{}
	for _, a := range answers {
		if first, known := p.taken[a.IncidentID]; a.Episode == 1 && (!known || a.At.Before(first)) {
			p.taken[a.IncidentID] = a.At
		}
	}
	p.events, err = firstEvents(p.tx, p.org, ids)
	return err
}

// incident says what was and what would have been.
func (p *past) incident(inc incident.Incident) (differs bool, one PastIncident, err error) {
	one = PastIncident{ID: inc.ID, Title: inc.Title, CreatedAt: inc.CreatedAt, Was: wasPaged(p.events[inc.ID])}
	if one.Would, err = p.would(inc); err != nil {
		return false, one, err
	}
	for _, page := range one.Was {
		p.count(page).Was++
	}
	for _, page := range one.Would {
		p.count(page).Would++
	}
	return !slices.EqualFunc(one.Was, one.Would, samePage), one, nil
}

// samePage allows for the moment that a step takes.
func samePage(a, b PastPage) bool {
	return a.UserID == b.UserID && a.At.Sub(b.At).Abs() <= time.Minute
}

func (p *past) count(page PastPage) *PagedTimes {
	if p.times[page.UserID] == nil {
		p.times[page.UserID] = &PagedTimes{UserID: page.UserID, Name: page.Name}
	}
	return p.times[page.UserID]
}

// would plays the incident's first episode again until it was over, or until now.
func (p *past) would(inc incident.Incident) ([]PastPage, error) {
	again := opened(inc, inc.CreatedAt)
	again.Episode = 1
	f, err := p.foresight(p.tx, p.org, again, p.policies)
	if err != nil {
		return nil, err
	}
	f.at(inc.CreatedAt)
	f.resolver.assigned[inc.ID] = slices.DeleteFunc(f.resolver.assigned[inc.ID], func(a incident.Assignment) bool {
		return !a.AssignedAt.Equal(inc.CreatedAt)
	})
	if err := f.begin(nil); err != nil {
		return nil, err
	}
	end := inc.CreatedAt.Add(foresees)
	for _, over := range []time.Time{p.taken[inc.ID], p.over(inc), p.tx.Now()} {
		if !over.IsZero() && over.Before(end) {
			end = over
		}
	}
	if _, err := f.goOn(end, maxForeseen); err != nil {
		return nil, err
	}
	var pages []PastPage
	for _, line := range f.list {
		page := PastPage{At: line.At, UserID: line.UserID, Name: line.Who, Policy: line.Policy}
		// A person is listed once for each channel.
		if line.Kind == KindPage && line.Step >= 0 && !slices.ContainsFunc(pages, func(x PastPage) bool {
			return x.UserID == page.UserID && x.Policy == page.Policy && page.At.Sub(x.At) < time.Minute
		}) {
			pages = append(pages, page)
		}
	}
	return inOrder(pages), nil
}

// over is when the first episode ended without anybody taking it, zero when that is not known.
func (p *past) over(inc incident.Incident) time.Time {
	switch {
	case inc.Episode == 1 && inc.ResolvedAt != nil:
		return *inc.ResolvedAt
	case inc.Episode > 1:
		return inc.OpenedAt
	}
	return time.Time{}
}

func inOrder(pages []PastPage) []PastPage {
	slices.SortStableFunc(pages, func(a, b PastPage) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.UserID, b.UserID)) })
	return pages
}

// wasPaged are the people whom steps have paged, as their events tell.
func wasPaged(events []Event) []PastPage {
	var pages []PastPage
	for _, e := range events {
		users, _ := e.Metadata["target_users"].([]any)
		policy, _ := e.Metadata["policy_name"].(string)
		for _, u := range users {
			user, _ := u.(map[string]any)
			id, _ := user["id"].(float64)
			name, _ := user["name"].(string)
			if user["outcome"] == "paged" {
				pages = append(pages, PastPage{At: e.TriggeredAt, UserID: int64(id), Name: name, Policy: policy})
			}
		}
	}
	return inOrder(pages)
}
