package web

import (
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/live"
)

// live streams what changed, as ids only: the page asks for what it shows with the person's own permissions, so that nothing is told here
// that they may not see.
func (s *site) live(v *visit) error {
	sub := s.Hub.Subscribe(live.TopicIncident, live.TopicNotification)
	s.Door.ServeSSE(v.w, v.r, sub, func(n live.Notice) (event, data string, ok bool) {
		if n.Org != v.actor.Org {
			return "", "", false
		}
		ids := make([]string, len(n.IDs))
		for i, id := range n.IDs {
			ids[i] = strconv.FormatInt(id, 10)
		}
		return n.Topic, strings.Join(ids, ","), true
	})
	return nil
}
