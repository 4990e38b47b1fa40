package notify

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// How long a link is good for: some days after the incident was resolved, and in any case not for ever.
const (
	linkAfterResolve = 7 * 24 * time.Hour
	linkLongest      = 90 * 24 * time.Hour
)

const linkVia = "the link in a message"

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
}

// ReadLink says what the link with a token is about and still good for. It changes nothing. Faults: NotFound for a token that is
// not ours, and when the message or the incident is gone.
func (s *Service) ReadLink(ctx context.Context, token string) (v LinkView, err error) {
	claim, ok := readLinkToken(s.Secret, token)
	if !ok {
		return LinkView{}, badLink()
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found, err := s.Incidents.ByID(tx, claim.org, []int64{claim.incident})
		if err != nil {
			return err
		}
		held, err := s.holdLink(tx, claim, found, s.DB.Now())
		if err != nil {
			return err
		}
		v, err = s.show(tx, held)
		return err
	})
	return v, err
}

// ActByLink acknowledges or resolves what a link is about, for the person whom its message was for: whoever was paged for an
// incident may act on it. What cannot be done any more is no fault; the view says why. Doing the same twice changes nothing.
// Faults: NotFound as ReadLink, Invalid for another verb.
func (s *Service) ActByLink(ctx context.Context, token, verb string) (v LinkView, err error) {
	claim, ok := readLinkToken(s.Secret, token)
	if !ok {
		return LinkView{}, badLink()
	}
	do := incident.Verb(verb)
	if do != incident.Acknowledge && do != incident.Resolve {
		var bad fault.Checks
		bad.Add("body.verb", "must be acknowledge or resolve")
		return LinkView{}, bad.Err()
	}
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		// The incident's lock comes first, so what is judged here still holds when the command is applied.
		locked, err := s.Incidents.LockForUpdate(tx, claim.org, []int64{claim.incident})
		if err != nil {
			return err
		}
		held, err := s.holdLink(tx, claim, locked, tx.Now())
		if err != nil {
			return err
		}
		if held.standing == LinkWaits || held.standing == LinkTaken {
			if err := s.actFor(tx, &held, do); err != nil {
				return err
			}
		}
		v, err = s.show(tx, held)
		return err
	})
	return v, err
}

// heldLink is a link with what it is bound to.
type heldLink struct {
	user     account.User
	incident incident.Incident
	why      string
	standing LinkStanding
	acted    bool // just now
}

func badLink() error {
	return fault.New(fault.NotFound, "bad_link", "This link is not valid. Take the one in the newest message, or sign in.")
}

// holdLink finds what the link is bound to, among the incidents read, and judges it.
func (s *Service) holdLink(tx *db.Tx, c linkClaim, incidents map[int64]incident.Incident, now time.Time) (heldLink, error) {
	n, found, err := linkedNotification(tx, c.org, c.notification)
	if err != nil {
		return heldLink{}, err
	}
	inc, exists := incidents[c.incident]
	if !found || !exists || n.action != ActionPage || n.userID != c.user || n.incidentID == nil || *n.incidentID != c.incident || n.episode != c.episode {
		return heldLink{}, badLink()
	}
	users, err := s.People.UsersByID(tx, c.org, []int64{c.user})
	if err != nil {
		return heldLink{}, err
	}
	user := users[c.user]
	why, _ := n.metadata["via"].(string)
	return heldLink{user: user, incident: inc, why: why, standing: linkStanding(user.IsActive, c.episode, inc, n.createdAt, now)}, nil
}

// linkStanding judges a link. It is pure.
func linkStanding(active bool, episode int, inc incident.Incident, sent, now time.Time) LinkStanding {
	resolved := inc.Status == incident.StatusResolved
	switch {
	case !active:
		return LinkRefused
	case now.After(sent.Add(linkLongest)), resolved && now.After(inc.ResolvedAt.Add(linkAfterResolve)):
		return LinkExpired
	case inc.Episode != episode:
		return LinkSuperseded
	case resolved:
		return LinkOver
	case inc.Status == incident.StatusAcknowledged:
		return LinkTaken
	}
	return LinkWaits
}

func (s *Service) actFor(tx *db.Tx, held *heldLink, verb incident.Verb) error {
	u := held.user
	actor := account.Actor{
		Kind: account.ActorLink, Org: u.OrgID, UserID: u.ID, Name: u.Name(), Email: u.Email, Role: u.Role, Timezone: u.Timezone,
	}
	results, err := s.Incidents.Apply(tx, u.OrgID, []incident.Command{{IncidentID: held.incident.ID, Verb: verb, Actor: actor, Via: linkVia}})
	if err != nil {
		return err
	}
	held.incident, held.acted, held.standing = results[0].Incident, true, LinkTaken
	if verb == incident.Resolve {
		held.standing = LinkOver
	}
	return nil
}

// show puts into words what the link is good for.
func (s *Service) show(tx *db.Tx, held heldLink) (LinkView, error) {
	v := LinkView{Standing: held.standing}
	switch held.standing {
	case LinkExpired:
		v.Note = "This link is too old to act on. Sign in to see the incident."
		return v, nil
	case LinkRefused:
		v.Note = "Your account is not active, so this link does nothing."
		return v, nil
	}
	inc := held.incident
	v.Incident, v.Person, v.Zone, v.Why = inc, held.user.Name(), held.user.Timezone, held.why
	if inc.TeamID != nil {
		teams, err := s.People.TeamsByIDs(tx, inc.OrgID, []int64{*inc.TeamID})
		if err != nil {
			return LinkView{}, err
		}
		v.Team = teams[*inc.TeamID].Name
	}
	mine := func(who *int64) bool { return who != nil && *who == held.user.ID }
	other, err := s.nameOf(tx, inc)
	if err != nil {
		return LinkView{}, err
	}
	switch held.standing {
	case LinkWaits:
		v.CanAcknowledge, v.CanResolve = true, true
	case LinkTaken:
		v.CanAcknowledge, v.CanResolve = !mine(inc.AcknowledgedBy) && !held.acted, true
		v.Note = takenNote(mine(inc.AcknowledgedBy), held.acted, other)
	case LinkOver:
		v.Note = overNote(inc, mine(inc.ResolvedBy), other)
	case LinkSuperseded:
		v.Note = "The incident has opened again since this message. Answer the newest one, or sign in."
	}
	return v, nil
}

// nameOf is who has taken the incident or, once it is resolved, who ended it; "" when no person did.
func (s *Service) nameOf(tx *db.Tx, inc incident.Incident) (string, error) {
	who := inc.AcknowledgedBy
	if inc.Status == incident.StatusResolved {
		who = inc.ResolvedBy
	}
	if who == nil {
		return "", nil
	}
	users, err := s.People.UsersByID(tx, inc.OrgID, []int64{*who})
	return users[*who].Name(), err
}

func takenNote(mine, acted bool, other string) string {
	switch {
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
