package account

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	sessionIdle  = 14 * 24 * time.Hour // A session ends when it was not used for so long,
	sessionMost  = 90 * 24 * time.Hour // and in any case after this.
	sessionTouch = time.Hour           // Its use is noted no more often than this.

	maxAddress   = 100
	maxUserAgent = 500
)

// Session is a browser that is signed in.
type Session struct {
	ID        int64
	Address   string // The client's address when it signed in.
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time // When it was last used, to the hour.
	ExpiresAt time.Time // When it ends unless it is used.
	Current   bool      // The one that asks.
}

// StartSession signs a browser in. The token goes into its cookie; expires is when the session ends at the latest, however
// much it is used. Faults: those of Login.
func (s *Service) StartSession(ctx context.Context, r LoginRequest) (token string, expires time.Time, user User, err error) {
	known, err := s.recognise(ctx, r)
	if err != nil {
		return "", time.Time{}, User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if user, err = stillTheSame(tx, known); err != nil {
			return err
		}
		if err := sweepSignIns(tx, user); err != nil {
			return err
		}
		token, expires = newOpaqueToken(user.OrgID), tx.Now().Add(sessionMost)
		return insertSession(tx, user, token, Session{
			Address: cut(r.Address, maxAddress), UserAgent: cut(r.UserAgent, maxUserAgent),
			CreatedAt: tx.Now(), SeenAt: tx.Now(), ExpiresAt: tx.Now().Add(sessionIdle),
		})
	})
	return token, expires, user, err
}

func (s *Service) bySession(ctx context.Context, token string) (actor Actor, err error) {
	org, ok := tokenOrg(token)
	if !ok {
		return Actor{}, sessionEnded()
	}
	var v visitor
	now := s.db.Now()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var found bool
		v, found, err = visitorByToken(tx, org, token)
		switch {
		case err != nil:
			return err
		case !found || !v.session.ExpiresAt.After(now):
			return sessionEnded()
		case !v.IsActive:
			return inactive()
		}
		actor, err = actorOf(tx, v.User)
		actor.SessionID = v.session.ID
		return err
	})
	if err == nil && now.Sub(v.session.SeenAt) >= sessionTouch {
		s.touch(ctx, org, v.session, now)
	}
	return actor, err
}

// touch lets a session that is used live on. That it could not be noted must not keep the person out.
func (s *Service) touch(ctx context.Context, org int64, session Session, now time.Time) {
	session.SeenAt = now
	session.ExpiresAt = now.Add(sessionIdle)
	if most := session.CreatedAt.Add(sessionMost); session.ExpiresAt.After(most) {
		session.ExpiresAt = most
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error { return touchSession(tx, org, session) })
	if err != nil {
		s.logger.WarnContext(ctx, "the use of a session could not be noted", "org", org, "session", session.ID, "error", err)
	}
}

// EndSession signs the browser with the token out; an unknown token is no error.
func (s *Service) EndSession(ctx context.Context, token string) error {
	org, ok := tokenOrg(token)
	if !ok {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return deleteSessionByToken(tx, org, token) })
}

// ListSessions lists where the actor is signed in with a browser, newest first.
func (s *Service) ListSessions(ctx context.Context, actor Actor) (list []Session, err error) {
	if err := requireSignedIn(actor); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list, err = listSessions(tx, actor.Org, actor.UserID)
		return err
	})
	for i := range list {
		list[i].Current = list[i].ID == actor.SessionID
	}
	return list, err
}

// EndSessionByID signs one of the actor's browsers out. Fault: NotFound.
func (s *Service) EndSessionByID(ctx context.Context, actor Actor, id int64) error {
	if err := requireSignedIn(actor); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		found, err := deleteSession(tx, actor.Org, actor.UserID, id)
		if err == nil && !found {
			return fault.NotFoundf("Session")
		}
		return err
	})
}

// EndOtherSessions signs the actor out everywhere but here, browsers and clients alike.
func (s *Service) EndOtherSessions(ctx context.Context, actor Actor) error {
	if err := requireSignedIn(actor); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return endSignIns(tx, actor.Org, actor.UserID, actor.SessionID, actor.Family)
	})
}

func sessionEnded() error {
	return fault.New(fault.Unauthenticated, "session_ended", "The session has ended: sign in again.")
}

// cut shortens what a client says about itself to what its column takes.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}
