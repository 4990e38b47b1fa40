package notify

import (
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
)

// linkPath is where the pages take signed links; the token follows.
const linkPath = "/a/"

// The kinds of links.
const (
	pageLink   = 1 // of a page, bound to its episode
	bundleLink = 2 // of a message that tells of several pages
	stillLink  = 3 // of the question whether somebody is still on it, bound to the episode; it says yes and nothing else
)

// linkClaim is what a link is bound to: a person, and the pages that their message told of.
type linkClaim struct {
	kind          byte
	org, user     int64
	notifications []int64
	// Of all but a bundle's link.
	incident int64
	episode  int
}

// linkFor is the address that acknowledges what a page is about, or says yes, "" for a notification about no incident. It is the same for every
// attempt and every channel of one notification.
func (s *Service) linkFor(n Notification) string {
	if n.IncidentID == nil {
		return ""
	}
	c := linkClaim{kind: pageLink, org: n.OrgID, user: n.UserID, notifications: []int64{n.ID}, incident: *n.IncidentID, episode: n.Episode}
	if n.Action == ActionStillOnIt {
		c.kind = stillLink
	}
	return s.PublicURL + linkPath + c.sign(s.Secret)
}

// linkForBundle is the address of the page that lists what a message tells of. It covers that and nothing else, whatever is sent later.
func (s *Service) linkForBundle(load []passenger) string {
	c := linkClaim{kind: bundleLink, org: load[0].n.OrgID, user: load[0].n.UserID}
	for _, p := range load {
		c.notifications = append(c.notifications, p.n.ID)
	}
	return s.PublicURL + linkPath + c.sign(s.Secret)
}

func (c linkClaim) bundle() bool { return c.kind == bundleLink }

// covers reports whether the claim is about a notification that came with it.
func (c linkClaim) covers(n linked) bool {
	if n.incidentID == nil || n.userID != c.user {
		return false
	}
	if c.bundle() {
		return n.action == ActionPage || n.action == ActionStillOnIt
	}
	return *n.incidentID == c.incident && n.episode == c.episode && (n.action == ActionStillOnIt) == (c.kind == stillLink) &&
		(n.action == ActionPage || n.action == ActionStillOnIt)
}

func (c linkClaim) sign(keys account.Keys) string {
	if !c.bundle() {
		return seal(keys, c.kind, c.org, c.notifications[0], c.user, c.incident, int64(c.episode))
	}
	numbers, last := []int64{c.org, c.user}, int64(0)
	for _, id := range slices.Sorted(slices.Values(c.notifications)) {
		numbers, last = append(numbers, id-last), id // Their distances are short: the link of many fits in a message.
	}
	return seal(keys, bundleLink, numbers...)
}

// readLinkToken is the claim of a token that one of the keys has signed.
func readLinkToken(keys account.Keys, token string) (c linkClaim, ok bool) {
	kind, n, ok := unseal(keys, token)
	switch {
	case ok && (kind == pageLink || kind == stillLink) && len(n) == 5:
		return linkClaim{kind: kind, org: n[0], notifications: []int64{n[1]}, user: n[2], incident: n[3], episode: int(n[4])}, true
	case ok && kind == bundleLink && len(n) > 2:
		c = linkClaim{kind: kind, org: n[0], user: n[1]}
		last := int64(0)
		for _, distance := range n[2:] {
			last += distance
			c.notifications = append(c.notifications, last)
		}
		return c, true
	}
	return linkClaim{}, false
}
