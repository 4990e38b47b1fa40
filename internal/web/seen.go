package web

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// seenWithin bounds how long noting that a page is seen may take.
const seenWithin = 5 * time.Second

// landingSeen is what the script of a landing page posts when a person looks at it.
func (s *site) landingSeen(v *visit) error {
	v.w.WriteHeader(http.StatusNoContent)
	s.noteSeen(v, func(ctx context.Context) error { return s.Notifications.SeenByLink(ctx, v.r.PathValue("token")) })
	return nil
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
