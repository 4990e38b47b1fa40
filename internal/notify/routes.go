package notify

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Routes are the ways to reach each of the people for one page, the first to be used first. channels narrows them; nil does not.
// Who has no way left, or is not active, is left out. It asks the database the same few times for any number of people.
func (s *Service) Routes(tx *db.Tx, org int64, userIDs []int64, urgency incident.Urgency, channels []string) (map[int64][]Route, error) {
	people, err := s.reach(tx, org, userIDs, urgency)
	if err != nil {
		return nil, err
	}
	routes := make(map[int64][]Route, len(userIDs))
	for id, p := range people {
		if found := p.routes(s.Channels, urgency, channels); len(found) > 0 {
			routes[id] = found
		}
	}
	return routes, nil
}

// reach reads what decides how people are reached.
func (s *Service) reach(tx *db.Tx, org int64, userIDs []int64, urgency incident.Urgency) (map[int64]reachable, error) {
	people := make(map[int64]reachable, len(userIDs))
	if len(userIDs) == 0 {
		return people, nil
	}
	users, err := s.People.UsersByID(tx, org, userIDs)
	if err != nil {
		return nil, err
	}
	methods, err := methodsOf(tx, org, userIDs)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(tx, org, userIDs, urgency)
	if err != nil {
		return nil, err
	}
	off, err := channelSwitches.off(tx, org, userIDs)
	if err != nil {
		return nil, err
	}
	for id, user := range users {
		people[id] = reachable{user: user, methods: methods[id], rules: rules[id], off: off[id]}
	}
	return people, nil
}

// reachable is all that decides how one person is reached.
type reachable struct {
	user    account.User
	methods []ContactMethod
	rules   []Rule          // of the page's urgency, in order
	off     map[string]bool // the channels that the person has switched off
}

// routes decides. A page is never lost to a preference: where the person's order, switches and the narrowing leave nothing, the
// narrowing is let go first, then the switches, then the order, and at last a channel is taken that needs no contact method.
func (p reachable) routes(channels map[string]Channel, urgency incident.Urgency, narrow []string) []Route {
	if !p.user.IsActive {
		return nil
	}
	own := p.own(channels, urgency)
	wanted := slices.DeleteFunc(slices.Clone(own), func(r Route) bool { return p.off[r.Channel] })
	narrowed := slices.DeleteFunc(slices.Clone(wanted), func(r Route) bool {
		return len(narrow) > 0 && !slices.Contains(narrow, r.Channel)
	})
	for _, routes := range [][]Route{narrowed, wanted, own, p.verified(channels, true), p.lastResort(channels)} {
		if len(routes) > 0 {
			return settle(routes, urgency)
		}
	}
	return nil
}

// ownWays is routes without a narrowing.
func (p reachable) ownWays(channels map[string]Channel, urgency incident.Urgency) []Route {
	return p.routes(channels, urgency, nil)
}

// everyWay is whatever may reach the person at all, in the order in which it is to be tried: by the person's order, then what that
// leaves out or switches off, quiet ways first unless it is urgent, and at last a channel that needs no contact method.
func (p reachable) everyWay(channels map[string]Channel, urgency incident.Urgency) []Route {
	if !p.user.IsActive {
		return nil
	}
	own := p.own(channels, urgency)
	on := slices.DeleteFunc(slices.Clone(own), func(r Route) bool { return p.off[r.Channel] })
	ways := slices.Concat(on, own, p.verified(channels, urgency == incident.UrgencyHigh), p.verified(channels, true), p.lastResort(channels))
	for i := range ways {
		ways[i].Delay = 0
	}
	if len(ways) == 0 {
		return nil
	}
	return settle(ways, urgency)
}

// own are the routes by the person's rules, else every verified method at once, the loud ones only when it is urgent.
func (p reachable) own(channels map[string]Channel, urgency incident.Urgency) []Route {
	if len(p.rules) == 0 {
		return p.verified(channels, urgency == incident.UrgencyHigh)
	}
	usable := p.usable(channels)
	var routes []Route
	for _, rule := range p.rules {
		for _, m := range usable {
			if m.ID == rule.ContactMethodID {
				routes = append(routes, m.way(rule.Delay))
			}
		}
	}
	return routes
}

func (p reachable) verified(channels map[string]Channel, loud bool) []Route {
	var routes []Route
	for _, m := range p.usable(channels) {
		if m.Verified && (loud || !channels[m.Channel].Describe().Loud) {
			routes = append(routes, m.way(0))
		}
	}
	return routes
}

// usable are the methods that are switched on, on channels that reach somebody, with their present addresses.
func (p reachable) usable(channels map[string]Channel) []ContactMethod {
	var usable []ContactMethod
	for _, m := range p.methods {
		if m = m.resolved(channels, p.user); m.Enabled && m.Configured {
			usable = append(usable, m)
		}
	}
	return usable
}

func (p reachable) lastResort(channels map[string]Channel) []Route {
	for _, kind := range kinds(channels) {
		if channel := channels[kind]; channel.Describe().LastResort && channel.Reaches() {
			return []Route{{Channel: kind, Address: p.user.Name()}}
		}
	}
	return nil
}

// settle puts routes in the order of their delays and leaves each destination once, at its earliest. The first of an urgent page
// is used at once, also when the rule before it names a method that cannot be used.
func settle(routes []Route, urgency incident.Urgency) []Route {
	slices.SortStableFunc(routes, func(a, b Route) int { return cmp.Compare(a.Delay, b.Delay) })
	type destination struct{ channel, address string }
	seen := map[destination]bool{}
	var early time.Duration
	if urgency == incident.UrgencyHigh {
		early = routes[0].Delay
	}
	settled := routes[:0]
	for _, r := range routes {
		if to := (destination{r.Channel, r.Address}); !seen[to] {
			seen[to] = true
			r.Delay -= early
			settled = append(settled, r)
		}
	}
	return settled
}
