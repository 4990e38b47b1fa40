package notify

import (
	"fmt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// LinkStanding says what a signed link is still good for.
type LinkStanding string

// The standings.
const (
	LinkWaits      LinkStanding = "waits"      // The incident waits for an answer.
	LinkTaken      LinkStanding = "taken"      // Somebody has acknowledged the incident.
	LinkOver       LinkStanding = "over"       // The incident is resolved.
	LinkSuperseded LinkStanding = "superseded" // The incident has opened anew since the message.
	LinkExpired    LinkStanding = "expired"    // The link is too old.
	LinkRefused    LinkStanding = "refused"    // The person's account is not active.
)

// LinkView is what a signed link shows. Nothing but Standing and Note is set when the link is expired or refused.
type LinkView struct {
	Standing       LinkStanding
	Incident       incident.Incident
	Team           string // "" for none
	Person         string // whom the message was for
	Zone           string // of that person
	Why            string // why it was they who were paged, "" when it is not known
	Note           string // what has become of it, in a sentence; "" while it waits
	CanAcknowledge bool
	CanResolve     bool
	CanConfirm     bool // by a yes, that the person is still on it
	// Listed are the things that a bundled message told of. Incident, Team and Why are not set then, and Standing is waits as long as
	// one of them waits.
	Listed []LinkView
}

// named are the people and teams that views name.
type named struct {
	users map[int64]account.User
	teams map[int64]account.Team
}

// show puts into words what the link is good for.
func (s *Service) show(tx *db.Tx, c linkClaim, list []*heldLink) (LinkView, error) {
	names, err := s.namesOf(tx, c.org, list)
	if err != nil {
		return LinkView{}, err
	}
	if !c.bundle() {
		return list[0].view(names), nil
	}
	first := list[0]
	v := LinkView{Standing: first.standing}
	if first.standing == LinkRefused {
		return first.view(names), nil
	}
	v.Person, v.Zone = first.user.Name(), first.user.Timezone
	acted, waiting := 0, 0
	for _, held := range list {
		if held.standing == LinkExpired {
			continue
		}
		item := held.view(names)
		item.CanResolve = false // One by one, on its own page.
		v.Listed, v.Standing = append(v.Listed, item), held.standing
		v.CanAcknowledge = v.CanAcknowledge || item.CanAcknowledge
		if held.standing == LinkWaits {
			waiting++
		}
		if held.acted {
			acted++
		}
	}
	if len(v.Listed) == 0 {
		return first.view(names), nil
	}
	if waiting > 0 {
		v.Standing = LinkWaits
	}
	v.Note = listNote(acted, waiting, v.CanAcknowledge)
	return v, nil
}

func listNote(acted, waiting int, more bool) string {
	left := ""
	switch {
	case waiting == 1:
		left = " One still waits: tick it and acknowledge it."
	case waiting > 1:
		left = fmt.Sprintf(" %d still wait: tick them and acknowledge them.", waiting)
	}
	switch {
	case acted == 1:
		return "You have acknowledged one incident." + left
	case acted > 1:
		return fmt.Sprintf("You have acknowledged %d incidents.", acted) + left
	case waiting == 0 && !more:
		return "There is nothing left to acknowledge here."
	}
	return ""
}

func (s *Service) namesOf(tx *db.Tx, org int64, list []*heldLink) (names named, err error) {
	var userIDs, teamIDs []int64
	for _, held := range list {
		if who := who(held.incident); who != nil {
			userIDs = append(userIDs, *who)
		}
		if held.incident.TeamID != nil {
			teamIDs = append(teamIDs, *held.incident.TeamID)
		}
	}
	if names.users, err = s.People.UsersByID(tx, org, userIDs); err != nil {
		return named{}, err
	}
	names.teams, err = s.People.TeamsByIDs(tx, org, teamIDs)
	return names, err
}

// who has taken the incident or, once it is resolved, who ended it; nil when no person did.
func who(inc incident.Incident) *int64 {
	if inc.Status == incident.StatusResolved {
		return inc.ResolvedBy
	}
	return inc.AcknowledgedBy
}

// view is what one thing shows.
func (held heldLink) view(names named) LinkView {
	v := LinkView{Standing: held.standing}
	switch held.standing {
	case LinkExpired:
		v.Note = "This link is too old to act on. Sign in to see the incident."
		return v
	case LinkRefused:
		v.Note = "Your account is not active, so this link does nothing."
		return v
	}
	inc := held.incident
	v.Incident, v.Person, v.Zone, v.Why = inc, held.user.Name(), held.user.Timezone, held.why
	if inc.TeamID != nil {
		v.Team = names.teams[*inc.TeamID].Name
	}
	mine := func(who *int64) bool { return who != nil && *who == held.user.ID }
	other := ""
	if who := who(inc); who != nil {
		u := names.users[*who]
		other = u.Name()
	}
	switch held.standing {
	case LinkWaits:
		v.CanAcknowledge, v.CanResolve = true, true
	case LinkTaken:
		v.CanAcknowledge, v.CanResolve = (held.asks || !mine(inc.AcknowledgedBy)) && !held.acted, true
		v.Note = takenNote(mine(inc.AcknowledgedBy), held.acted, held.asks, other)
	case LinkOver:
		v.Note = overNote(inc, mine(inc.ResolvedBy), other)
	case LinkSuperseded:
		v.Note = "The incident has opened again since this message. Answer the newest one, or sign in."
	}
	if held.question {
		held.asked(&v)
	}
	return v
}

// asked makes of a view that of the question whether the person is still on it: there is nothing to say to it but yes.
func (held heldLink) asked(v *LinkView) {
	v.CanAcknowledge, v.CanResolve = false, false
	switch {
	case held.standing == LinkWaits:
		v.Note = "Nobody holds the incident now, so there is nothing to say yes to. Sign in to see it."
	case held.standing != LinkTaken:
	case held.asks:
		v.CanConfirm, v.Note = true, ""
	case held.incident.AckExpiresAt != nil:
		v.Note = "You are on it. It is yours until " + clockTime(*held.incident.AckExpiresAt, held.user.Timezone) + "; you are asked again before."
	default:
		v.Note = "You are on it."
	}
}

func takenNote(mine, acted, asks bool, other string) string {
	switch {
	case mine && asks:
		return "You have it, and it asks for you again."
	case mine:
		return "You have it. Nobody is paged again for it."
	case other == "":
		return "It is acknowledged."
	case acted:
		return other + " has it. That you acknowledged it as well is recorded."
	}
	return other + " has it."
}

func overNote(inc incident.Incident, mine bool, other string) string {
	switch {
	case mine:
		return "You resolved it. There is nothing left to do."
	case other != "":
		return other + " resolved it. There is nothing left to do."
	case inc.ResolvedHow == incident.ResolvedBySource:
		return "Nothing fires any more, so it is resolved. There is nothing left to do."
	}
	return "It is resolved. There is nothing left to do."
}
