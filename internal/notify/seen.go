package notify

import (
	"context"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// SeenByLink notes that the person of a link looks at what it is about. The first time counts, and only for pages of the present
// episode: a link of former times, or of an account that is not active, changes nothing. Fault: NotFound as ReadLink.
func (s *Service) SeenByLink(ctx context.Context, token string) error {
	claim, ok := readLinkToken(s.Secret, token)
	if !ok {
		return badLink()
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		held, err := s.holdLink(tx, claim, s.Incidents.ByID)
		if err != nil {
			return err
		}
		var looked []sight
		for _, h := range held {
			if h.standing != LinkExpired && h.standing != LinkSuperseded && h.standing != LinkRefused {
				looked = append(looked, sight{incident: h.incident.ID, episode: h.incident.Episode})
			}
		}
		return s.seen(tx, claim.org, claim.user, looked, claim.notifications)
	})
}

// SeenBy notes that the actor looks at the incident itself: what paged them for its present episode is seen. The first time counts.
// Fault: NotFound, also when the actor may not see it.
func (s *Service) SeenBy(ctx context.Context, actor account.Actor, incidentID int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		inc, err := s.Incidents.See(tx, actor, incidentID)
		if err != nil {
			return err
		}
		return s.seen(tx, actor.Org, actor.UserID, []sight{{incident: inc.ID, episode: inc.Episode}}, nil)
	})
}

// sight is what somebody looks at.
type sight struct {
	incident int64
	episode  int
}

// seen notes the time on the person's pages that may have reached them. Those in arrived have, whatever their status says: the person
// came by their link.
func (s *Service) seen(tx *db.Tx, org, user int64, looked []sight, arrived []int64) error {
	var ids []int64
	for _, at := range looked {
		more, err := unseen(tx, org, user, at, arrived)
		if err != nil {
			return err
		}
		ids = append(ids, more...)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := holdNotifications(tx, org, ids)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(n *Notification) bool { return n.SeenAt != nil })
	if err := saveSeen(tx, org, rows); err != nil {
		return err
	}
	s.announce(tx, org, rows)
	return nil
}

// Unseen reports whether the person may have got the page without having looked at it, as far as is known.
func (n Notification) Unseen() bool {
	return n.Action == ActionPage && n.SeenAt == nil && (n.accepted() || n.Status == StatusSending)
}
