package notify

import (
	"context"
	"slices"
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

// ReadLink says what the link with a token is about and still good for. It changes nothing. Faults: NotFound for a token that is
// not ours, and when the message or the incident is gone.
func (s *Service) ReadLink(ctx context.Context, token string) (v LinkView, err error) {
	claim, ok := readLinkToken(s.Secret, token)
	if !ok {
		return LinkView{}, badLink()
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		held, err := s.holdLink(tx, claim, s.Incidents.ByID)
		if err != nil {
			return err
		}
		v, err = s.show(tx, claim, held)
		return err
	})
	return v, err
}

// LinkAct is what somebody does by a link.
type LinkAct struct {
	// Verb is "acknowledge", or "resolve" by a page's own link, or "still_on_it" by that of such a question; "" is what the link is for.
	Verb string
	// Chosen are the incidents that were ticked in the list of a bundled message. Without it, all that the link lists are meant but
	// critical ones, which have to be ticked by hand.
	Chosen   []int64
	ByChoice bool // Chosen says it all, even when it is empty.
}

// ActByLink acknowledges or resolves what a link is about, for the person whom its message was for: whoever was paged for an
// incident may act on it. What cannot be done any more is no fault; the view says why. Doing the same twice changes nothing.
// Faults: NotFound as ReadLink, Invalid for another verb.
func (s *Service) ActByLink(ctx context.Context, token string, act LinkAct) (v LinkView, err error) {
	claim, ok := readLinkToken(s.Secret, token)
	if !ok {
		return LinkView{}, badLink()
	}
	if act.Verb == "" {
		act.Verb = claim.purpose()
	}
	if err := act.check(claim); err != nil {
		return LinkView{}, err
	}
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		// The incidents' locks come first, so what is judged here still holds when the commands are applied.
		held, err := s.holdLink(tx, claim, s.Incidents.LockForUpdate)
		if err != nil {
			return err
		}
		if err := s.actFor(tx, claim, held, act); err != nil {
			return err
		}
		v, err = s.show(tx, claim, held)
		return err
	})
	return v, err
}

// purpose is the verb of the message's one button.
func (c linkClaim) purpose() string {
	if c.kind == stillLink {
		return VerbStillOnIt
	}
	return string(incident.Acknowledge)
}

// VerbStillOnIt is the yes to the question whether somebody is still on it.
const VerbStillOnIt = "still_on_it"

func (a LinkAct) check(c linkClaim) error {
	var bad fault.Checks
	switch verb := incident.Verb(a.Verb); {
	case c.kind == stillLink:
		if a.Verb != VerbStillOnIt {
			bad.Add("body.verb", "must be still_on_it")
		}
	case c.bundle() && verb != incident.Acknowledge:
		bad.Add("body.verb", "must be acknowledge: the incidents of a list are resolved one by one")
	case verb != incident.Acknowledge && verb != incident.Resolve:
		bad.Add("body.verb", "must be acknowledge or resolve")
	}
	return bad.Err()
}

// means reports whether the act is about an incident of the link.
func (a LinkAct) means(c linkClaim, held heldLink) bool {
	switch {
	case held.standing != LinkWaits && held.standing != LinkTaken:
		return false
	case c.kind == stillLink:
		return held.standing == LinkTaken // What nobody holds any more is not taken by a yes.
	case !c.bundle():
		return true
	case a.ByChoice:
		return slices.Contains(a.Chosen, held.incident.ID)
	}
	return held.standing == LinkWaits && held.incident.Severity != incident.SeverityCritical
}

// heldLink is one thing that a link is bound to.
type heldLink struct {
	user     account.User
	incident incident.Incident
	why      string
	standing LinkStanding
	acted    bool // just now
	asks     bool // The person is asked for an answer of their own, and has not given it.
	question bool // It is asked whether they are still on it.
}

func badLink() error {
	return fault.New(fault.NotFound, "bad_link", "This link is not valid. Take the one in the newest message, or sign in.")
}

// holdLink finds what the link is bound to, reads its incidents, and judges each. Two pages for one episode are one thing.
func (s *Service) holdLink(tx *db.Tx, c linkClaim, read func(*db.Tx, int64, []int64) (map[int64]incident.Incident, error)) (list []*heldLink, err error) {
	rows, err := linkedNotifications(tx, c.org, c.notifications)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(n linked) bool { return !c.covers(n) })
	ids := make([]int64, len(rows))
	for i, n := range rows {
		ids[i] = *n.incidentID
	}
	incidents, err := read(tx, c.org, ids)
	if err != nil {
		return nil, err
	}
	users, err := s.People.UsersByID(tx, c.org, []int64{c.user})
	if err != nil {
		return nil, err
	}
	answers, err := s.answersTo(tx, c.org, ids)
	if err != nil {
		return nil, err
	}
	user, now, seen := users[c.user], tx.Now(), map[answerKey]bool{}
	for _, n := range rows {
		inc, exists := incidents[*n.incidentID]
		key := answerKey{inc.ID, n.userID, n.episode}
		if !exists || seen[key] {
			continue
		}
		seen[key] = true
		why, _ := n.metadata["via"].(string)
		answered, ever := answers[key]
		list = append(list, &heldLink{
			user: user, incident: inc, why: why, standing: linkStanding(user.IsActive, n.episode, inc, n.createdAt, now),
			asks: n.wanted == WantedUntilOwnAcknowledgement && (!ever || answered.Before(n.createdAt)), question: c.kind == stillLink,
		})
	}
	if len(list) == 0 {
		return nil, badLink()
	}
	return list, nil
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

// actFor does what is meant, for the link's person.
func (s *Service) actFor(tx *db.Tx, c linkClaim, list []*heldLink, act LinkAct) error {
	u, verb := list[0].user, incident.Verb(act.Verb)
	if act.Verb == VerbStillOnIt {
		verb = incident.Acknowledge // By who holds it already, it begins the time anew.
	}
	actor := account.Actor{
		Kind: account.ActorLink, Org: u.OrgID, UserID: u.ID, Name: u.Name(), Email: u.Email, Role: u.Role, Timezone: u.Timezone,
	}
	var meant []*heldLink
	var commands []incident.Command
	for _, held := range list {
		if act.means(c, *held) {
			meant = append(meant, held)
			commands = append(commands, incident.Command{IncidentID: held.incident.ID, Verb: verb, Actor: actor, Via: linkVia})
		}
	}
	if len(commands) == 0 {
		return nil
	}
	results, err := s.Incidents.Apply(tx, u.OrgID, commands)
	if err != nil {
		return err
	}
	for i, held := range meant {
		held.incident, held.acted, held.asks, held.standing = results[i].Incident, true, false, LinkTaken
		if verb == incident.Resolve {
			held.standing = LinkOver
		}
	}
	return nil
}
