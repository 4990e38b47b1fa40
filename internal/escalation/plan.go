package escalation

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// plan fills in what the actions of the step do. Each person is paged once, by the first action that names them and has a
// way to reach them.
func plan(t *Taken, run Run, step Step, w World) {
	p := planning{Taken: t, run: run, step: step, w: w, done: map[int64]bool{}, missed: map[int64]bool{}}
	for n, action := range step.Actions {
		switch action.Type {
		case ActionNotify:
			p.notify(n, action)
		case ActionAssign:
			for _, person := range people(w.Found[n]) {
				t.Commands = append(t.Commands, incident.Command{Verb: incident.Assign, UserID: person.User.ID})
			}
		case ActionChangeStatus:
			status := incident.Status(action.Status)
			t.Commands = append(t.Commands, incident.Command{Verb: incident.Update, Edit: &incident.Edit{Status: &status}})
		case ActionChangeSeverity:
			severity := incident.Severity(action.Severity)
			t.Commands = append(t.Commands, incident.Command{Verb: incident.Update, Edit: &incident.Edit{Severity: &severity}})
		case ActionWebhook, ActionChannel:
			t.Posts = append(t.Posts, action)
		case ActionInstructions:
			t.Instructions = append(t.Instructions, action.Text)
		case ActionPolicy:
			p.handOver(action)
		}
	}
	t.Unreachable = slices.DeleteFunc(t.Unreachable, func(person Person) bool { return p.done[person.User.ID] })
}

// planning is the work of one plan.
type planning struct {
	*Taken
	run          Run
	step         Step
	w            World
	done, missed map[int64]bool // by user: paged, and found without a way to be reached
}

// notify plans the pages of one action: of everybody whom it finds, or of the one whom it picks.
func (p *planning) notify(n int, action Action) {
	candidates := people(p.w.Found[n])
	if action.Pick == PickRoundRobin || action.Pick == PickRandom {
		candidates = p.pick(n, action, candidates)
	}
	for _, person := range candidates {
		id := person.User.ID
		if p.done[id] {
			continue
		}
		if p.done[id] = p.page(action, person, p.w.Routes[n][id]); !p.done[id] && !p.missed[id] {
			p.missed[id] = true
			p.Unreachable = append(p.Unreachable, person)
		}
	}
}

// pick leaves the one person whose turn it is, of those who can be reached; with nobody reachable it leaves all, to be told of.
func (p *planning) pick(n int, action Action, list []Person) []Person {
	reachable := slices.DeleteFunc(slices.Clone(list), func(x Person) bool { return len(p.w.Routes[n][x.User.ID]) == 0 })
	slices.SortFunc(reachable, func(a, b Person) int { return cmp.Compare(a.User.ID, b.User.ID) })
	reachable = slices.CompactFunc(reachable, func(a, b Person) bool { return a.User.ID == b.User.ID })
	if len(reachable) == 0 {
		return list
	}
	if action.Pick == PickRandom {
		return reachable[lot(p.run, n)%uint64(len(reachable)):][:1]
	}
	if p.Turns == nil {
		p.Turns = map[string]int64{}
	}
	last, planned := p.Turns[action.turn()]
	if !planned {
		last = p.w.Turns[action.turn()]
	}
	next := slices.IndexFunc(reachable, func(x Person) bool { return x.User.ID > last })
	chosen := reachable[max(next, 0)]
	p.Turns[action.turn()] = chosen.User.ID
	return []Person{chosen}
}

// lot draws for one action of one step of a run: the same again for a preview, another in the next round.
func lot(r Run, action int) uint64 {
	var policy int64
	if r.PolicyID != nil {
		policy = *r.PolicyID
	}
	sum := sha256.Sum256(fmt.Append(nil, r.IncidentID, r.Episode, policy, r.Round, r.NextStep, action))
	return binary.BigEndian.Uint64(sum[:8])
}

// turn names the people whom the action takes in turn: the same words go on where they left off, also after the policy was
// edited.
func (a Action) turn() string {
	sum := sha256.Sum256([]byte(strings.Join(a.targets(), "\x00")))
	return hex.EncodeToString(sum[:16])
}

// page plans the page of one person and reports whether that person need not be looked at again.
func (p *planning) page(action Action, person Person, routes []notify.Route) bool {
	switch {
	case p.w.JustPaged[person.User.ID] && !p.w.Requested:
		p.AlreadyPaged = append(p.AlreadyPaged, person)
		return true
	case len(routes) == 0:
		return false
	}
	wanted := notify.WantedUntilAcknowledged
	switch {
	case p.w.Requested, p.step.acknowledges(), p.step.Acknowledge == AcknowledgeAll:
		// Else the step's own acknowledgement would end its pages before anybody has seen them.
		wanted = notify.WantedUntilOwnAcknowledgement
	case p.step.Until == UntilResolved:
		wanted = notify.WantedUntilResolved
	}
	p.Pages = append(p.Pages, PlannedPage{
		Person: person, Action: action, Urgency: action.urgency(p.w.Incident), Routes: routes, Wanted: wanted,
	})
	return true
}

// handOver gives the incident to another policy. One that could page nobody does not get it: the run goes on by itself.
func (p *planning) handOver(action Action) {
	other, found := p.w.HandOver[action.Policy]
	switch {
	case !found:
		p.NoHandOver = append(p.NoHandOver, fmt.Sprintf("there is no policy %s", action.Policy))
	case !other.IsActive:
		p.NoHandOver = append(p.NoHandOver, fmt.Sprintf("policy %s is not active", other.Name))
	case len(other.Steps) == 0:
		p.NoHandOver = append(p.NoHandOver, fmt.Sprintf("policy %s has no steps", other.Name))
	case p.run.PolicyID != nil && *p.run.PolicyID == other.ID, p.w.Others[other.ID] == StateFinished:
		// Policies that hand over to each other would never come to an end.
		p.NoHandOver = append(p.NoHandOver, fmt.Sprintf("policy %s has had its turn", other.Name))
	default:
		p.HandOver = append(p.HandOver, other)
	}
}

// urgency is the action's own, else the incident's.
func (a Action) urgency(i incident.Incident) incident.Urgency {
	if a.Urgency != "" {
		return incident.Urgency(a.Urgency)
	}
	return i.Urgency()
}

func people(found []Resolution) []Person {
	var list []Person
	for _, r := range found {
		list = append(list, r.People...)
	}
	return list
}
