package notify

import (
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
	rows      []*Notification
	incidents map[int64]incident.Incident
	users     map[int64]account.User
	methods   map[int64]ContactMethod // those that are there still
	answers   map[answerKey]time.Time
	paged     map[answerKey]bool
	teams     map[int64]account.Team
	links     map[int64][]incident.Link
}

// answerKey is a person and an episode of an incident.
type answerKey struct {
	incidentID, userID int64
	episode            int
}

// load locks what is free of the candidates; what another transaction holds is left out.
func (t *takeoff) load(taken []candidate) (err error) {
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
	var ids []int64
	for _, c := range taken {
		_, free := t.incidents[c.incidentID]
		_, exists := present[c.incidentID]
		if c.incidentID == 0 || free || !exists {
			ids = append(ids, c.id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	t.rows, err = lockNotifications(t.tx, t.org, ids)
	return err
}

// loadCircumstances reads what decides whether the rows are still wanted.
func (t *takeoff) loadCircumstances() (err error) {
	var methodIDs, own, assigned []int64
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
	}
	if t.users, err = t.People.UsersByID(t.tx, t.org, userIDsOf(t.rows)); err != nil {
		return err
	}
	if t.methods, err = methodsByID(t.tx, t.org, methodIDs); err != nil {
		return err
	}
	if t.answers, err = t.answersTo(own); err != nil {
		return err
	}
	t.paged, err = pagedFor(t.tx, t.org, assigned)
	return err
}

func (t *takeoff) answersTo(incidentIDs []int64) (map[answerKey]time.Time, error) {
	list, err := t.Incidents.AcknowledgementsOf(t.tx, t.org, incidentIDs)
	answers := map[answerKey]time.Time{}
	for _, a := range list {
		answers[answerKey{a.IncidentID, a.UserID, a.Episode}] = a.At
	}
	return answers, err
}

func (t *takeoff) circumstances(n *Notification) circumstances {
	c := circumstances{now: t.tx.Now(), active: t.users[n.UserID].IsActive, unreachable: t.unreachable(n)}
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

// loadFacts reads what the messages of the rows are made from.
func (t *takeoff) loadFacts(rows []*Notification) (err error) {
	var teamIDs, incidentIDs []int64
	for _, n := range rows {
		if n.IncidentID == nil {
			continue
		}
		incidentIDs = append(incidentIDs, *n.IncidentID)
		if inc, ok := t.incidents[*n.IncidentID]; ok && inc.TeamID != nil {
			teamIDs = append(teamIDs, *inc.TeamID)
		}
	}
	if t.teams, err = t.People.TeamsByIDs(t.tx, t.org, teamIDs); err != nil {
		return err
	}
	t.links, err = t.Incidents.LinksOf(t.tx, t.org, incidentIDs)
	return err
}

func (t *takeoff) facts(n *Notification) facts {
	f := facts{user: t.users[n.UserID], attempt: n.Attempts, now: t.tx.Now()}
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
