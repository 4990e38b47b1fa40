package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// takeoff is what the beginning of attempts is decided by: the rows, locked after their incidents, and all that they are about.
type takeoff struct {
	*Service
	tx        *db.Tx
	org       int64
	taken     map[int64]candidate
	rows      []*Notification
	limits    map[allowance]time.Time // when each is full, of those that this transaction holds
	incidents map[int64]incident.Incident
	users     map[int64]account.User
	methods   map[int64]ContactMethod // those that are there still
	answers   map[answerKey]time.Time
	paged     map[answerKey]bool
	teams     map[int64]account.Team
	links     map[int64][]incident.Link
	templates map[templateKey]Template
	told      map[answerKey]string // the page that told a person of an episode first, or is to

	changed   []*Notification
	timeline  []incident.TimelineEvent
	elsewhere int // how many rows were dealt with elsewhere
	spent     map[allowance]time.Time
}

func newTakeoff(s *Service, tx *db.Tx, org int64) *takeoff {
	return &takeoff{Service: s, tx: tx, org: org, taken: map[int64]candidate{}, spent: map[allowance]time.Time{}}
}

// answerKey is a person and an episode of an incident.
type answerKey struct {
	incidentID, userID int64
	episode            int
}

// lockIncidents leaves out the candidates whose incidents another transaction holds.
func (t *takeoff) lockIncidents(taken []candidate) (err error) {
	var incidentIDs []int64
	for _, c := range taken {
		if c.incidentID != 0 {
			incidentIDs = append(incidentIDs, c.incidentID)
		}
	}
	// Deleted incidents are not found, like those that another transaction holds; ByID below tells them apart.
	if t.incidents, err = t.Incidents.LockFree(t.tx, t.org, incidentIDs); err != nil {
		return err
	}
	present, err := t.Incidents.ByID(t.tx, t.org, incidentIDs)
	if err != nil {
		return err
	}
	for _, c := range taken {
		_, free := t.incidents[c.incidentID]
		_, exists := present[c.incidentID]
		if c.incidentID == 0 || free || !exists {
			t.taken[c.id] = c
		}
	}
	return nil
}

// holdLimits leaves out the people and channels whose limits another transaction holds: what is due to one goes through one
// transaction at a time, so that it is counted and bundled together.
func (t *takeoff) holdLimits() (err error) {
	keys := map[allowance]bool{}
	for _, c := range t.taken {
		if c.userID != 0 {
			keys[allowance{c.userID, c.channel}] = true
		}
	}
	t.limits, err = holdLimits(t.tx, t.org, sortedAllowances(keys), t.tx.LockSkip())
	maps.DeleteFunc(t.taken, func(_ int64, c candidate) bool {
		_, held := t.limits[allowance{c.userID, c.channel}]
		return c.userID != 0 && !held
	})
	return err
}

func (t *takeoff) lockRows() (err error) {
	if len(t.taken) > 0 {
		t.rows, err = lockNotifications(t.tx, t.org, slices.Sorted(maps.Keys(t.taken)))
	}
	return err
}

// loadCircumstances reads what decides whether the rows are still wanted.
func (t *takeoff) loadCircumstances() (err error) {
	var methodIDs, own, assigned, paging []int64
	for _, n := range t.rows {
		if n.ContactMethodID != nil {
			methodIDs = append(methodIDs, *n.ContactMethodID)
		}
		if n.IncidentID != nil && n.WantedUntil == WantedUntilOwnAcknowledgement {
			own = append(own, *n.IncidentID)
		}
		if n.IncidentID != nil && n.Action == ActionAssigned {
			assigned = append(assigned, *n.IncidentID)
		}
		if n.IncidentID != nil && n.Action == ActionPage {
			paging = append(paging, *n.IncidentID)
		}
	}
	if t.users, err = t.People.UsersByID(t.tx, t.org, userIDsOf(t.rows)); err != nil {
		return err
	}
	if t.methods, err = methodsByID(t.tx, t.org, methodIDs); err != nil {
		return err
	}
	if t.answers, err = t.answersTo(t.tx, t.org, own); err != nil {
		return err
	}
	if t.told, err = toldBy(t.tx, t.org, paging); err != nil {
		return err
	}
	t.paged, err = pagedFor(t.tx, t.org, assigned)
	return err
}

// answersTo tells when each person last acknowledged each episode of incidents.
func (s *Service) answersTo(tx *db.Tx, org int64, incidentIDs []int64) (map[answerKey]time.Time, error) {
	list, err := s.Incidents.AcknowledgementsOf(tx, org, incidentIDs)
	answers := map[answerKey]time.Time{}
	for _, a := range list {
		answers[answerKey{a.IncidentID, a.UserID, a.Episode}] = a.At
	}
	return answers, err
}

func (t *takeoff) circumstances(n *Notification) circumstances {
	c := circumstances{now: t.tx.Now(), active: n.UserID == 0 || t.users[n.UserID].IsActive, unreachable: t.unreachable(n)}
	if n.IncidentID == nil {
		return c
	}
	if inc, ok := t.incidents[*n.IncidentID]; ok {
		c.incident = &inc
	}
	key := answerKey{*n.IncidentID, n.UserID, n.Episode}
	if at, ok := t.answers[key]; ok {
		c.answered = &at
	}
	c.paged = t.paged[key]
	return c
}

// unreachable reports whether the destination is not the person's any more: they deleted it, switched it off, or the account has
// another address. What is sent to a method to try it goes there though it is switched off.
func (t *takeoff) unreachable(n *Notification) bool {
	if n.ContactMethodID == nil {
		return false
	}
	m, there := t.methods[*n.ContactMethodID]
	asked := n.Action == ActionTest || n.Action == ActionVerify
	return !there || m.resolved(t.Channels, t.users[n.UserID]).Address != n.Recipient || !m.Enabled && !asked
}

// loadFacts reads what the messages of flights are made from.
func (t *takeoff) loadFacts(began []*flight) (err error) {
	var teamIDs, incidentIDs []int64
	for _, f := range began {
		for _, p := range f.load {
			if p.n.IncidentID == nil {
				continue
			}
			incidentIDs = append(incidentIDs, *p.n.IncidentID)
			if inc, ok := t.incidents[*p.n.IncidentID]; ok && inc.TeamID != nil {
				teamIDs = append(teamIDs, *inc.TeamID)
			}
		}
	}
	if t.teams, err = t.People.TeamsByIDs(t.tx, t.org, teamIDs); err != nil {
		return err
	}
	if t.links, err = t.Incidents.LinksOf(t.tx, t.org, incidentIDs); err != nil {
		return err
	}
	if t.templates, err = templatesFor(t.tx, t.org, began); err != nil {
		return err
	}
	for _, f := range began {
		for i := range f.load {
			f.load[i].facts = t.facts(f.load[i].n)
		}
		if own, ok := t.templates[templateKey{ActionBundle, f.carrier().Channel}]; ok && len(f.load) > 1 {
			f.words = &own
		}
	}
	return nil
}

func (t *takeoff) facts(n Notification) facts {
	f := facts{user: t.users[n.UserID], attempt: n.Attempts, now: t.tx.Now()}
	if own, ok := t.templates[templateKey{n.Action, n.Channel}]; ok {
		f.template = &own
	}
	if n.IncidentID == nil {
		return f
	}
	inc, ok := t.incidents[*n.IncidentID]
	if !ok {
		return f
	}
	f.incident, f.links = &inc, t.links[inc.ID]
	if inc.TeamID != nil {
		f.team = t.teams[*inc.TeamID].Name
	}
	return f
}
