package incident

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// canSee reports whether the actor may see the incident: all of them, those of one's teams, and one's own.
func canSee(a account.Actor, i Incident, assigned bool) bool {
	return a.Can(account.SeeAllIncidents) || own(a, i, assigned) || a.CanIn(account.SeeTeamIncidents, i.TeamID)
}

// canAct reports whether the actor may change the incident.
func canAct(a account.Actor, i Incident, assigned bool) bool {
	return a.Can(account.ActOnAnyIncident) || own(a, i, assigned) || a.CanIn(account.ActOnTeamIncidents, i.TeamID)
}

// CanAct is the same for screens, which offer no more than is allowed; assigned says whether the actor is assigned to it.
func CanAct(a account.Actor, i Incident, assigned bool) bool { return canAct(a, i, assigned) }

// own reports whether the actor reported the incident or is assigned to it.
func own(a account.Actor, i Incident, assigned bool) bool {
	return a.UserID != 0 && (assigned || (i.CreatedBy != nil && *i.CreatedBy == a.UserID))
}

// Visible narrows a query on the table incidents, called by the alias, to what the actor may see.
func (s *Service) Visible(w *db.Where, a account.Actor, alias string) { visible(w, a, alias+".") }

func visible(w *db.Where, a account.Actor, prefix string) {
	if a.Can(account.SeeAllIncidents) {
		return
	}
	teams := slices.Sorted(maps.Keys(a.Teams))
	in, args := db.InList(teams)
	args = append(append([]any{a.UserID}, args...), a.Org, a.UserID)
	w.And("("+prefix+"created_by = ? OR "+prefix+"team_id IN "+in+
		" OR "+prefix+"id IN (SELECT incident_id FROM incident_assignments WHERE org_id = ? AND user_id = ?))", args...)
}
