package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// seenWithin bounds how long noting that a page is seen may take.
const seenWithin = 5 * time.Second

// landingSeen is what the script of a landing page posts when a person looks at it.
func (s *site) landingSeen(v *visit) error {
	v.w.WriteHeader(http.StatusNoContent)
	s.noteSeen(v, func(ctx context.Context) error { return s.Notifications.SeenByLink(ctx, v.r.PathValue("token")) })
	return nil
}

// seesIncident notes that a signed-in person looks at an incident for which they were paged.
func (s *site) seesIncident(v *visit, ledger watch.Ledger) {
	if opens(v.r) && v.actor.Kind == account.ActorUser && waitsToBeSeen(ledger, v.actor.UserID) {
		s.noteSeen(v, func(ctx context.Context) error { return s.Notifications.SeenBy(ctx, v.actor, ledger.Incident.ID) })
	}
}

// opens reports whether somebody opens a page: not a script that looks at it again, nor a browser that fetches it in advance.
func opens(r *http.Request) bool {
	ahead := strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Header.Get("Purpose") == "prefetch"
	return r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" && !ahead
}

func waitsToBeSeen(l watch.Ledger, user int64) bool {
	for _, s := range l.Steps {
		for _, p := range s.People {
			for _, m := range p.Messages {
				if p.ID == user && m.Episode == l.Incident.Episode && m.Unseen() {
					return true
				}
			}
		}
	}
	for _, m := range l.Others {
		if m.UserID == user && m.Episode == l.Incident.Episode && m.Unseen() {
			return true
		}
	}
	return false
}

// noteSeen writes after what was asked for is on its way, and whatever comes of it: nobody waits for this, and nobody is refused
// because of it. The browser may be gone by then.
func (s *site) noteSeen(v *visit, note func(ctx context.Context) error) {
	// A writer that cannot be flushed sends all at the end; that is late, not wrong.
	_ = http.NewResponseController(v.w).Flush()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), seenWithin)
	defer cancel()
	if err := note(ctx); err != nil && fault.From(err).Kind == fault.Internal {
		s.Logger.WarnContext(ctx, "that a page was seen is not noted", "err", err)
	}
}
