package notify

import (
	"slices"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// RoutesBeside are the ways to reach each of the people at once that do not use the broken channels, whatever their own order and
// switches say; who has no other way is reached as usual. It is for word of what is broken.
func (s *Service) RoutesBeside(tx *db.Tx, org int64, userIDs []int64, broken []string) (map[int64][]Route, error) {
	people, err := s.reach(tx, org, userIDs, incident.UrgencyHigh)
	if err != nil {
		return nil, err
	}
	routes := make(map[int64][]Route, len(userIDs))
	for id, p := range people {
		found := p.ownWays(s.Channels, incident.UrgencyHigh)
		if slices.ContainsFunc(found, func(r Route) bool { return slices.Contains(broken, r.Channel) }) {
			beside := slices.DeleteFunc(p.everyWay(s.Channels, incident.UrgencyHigh), func(r Route) bool { return slices.Contains(broken, r.Channel) })
			if len(beside) > 0 {
				found = beside
			}
		}
		if len(found) > 0 {
			routes[id] = found
		}
	}
	return routes, nil
}
