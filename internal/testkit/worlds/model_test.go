package worlds_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// model is what the design says must follow from what happened. It knows nothing of how the product does it.
//
// It is shown every act, every step that the product says it took and every message that a provider took, in the order in which
// they happened. A step or message that should not have been is a complaint at once, one that is missing when it is overdue.
type model struct {
	now       time.Time
	down      []span // when no node lived
	policies  []*policy
	fallback  *policy
	incidents map[int64]*incident
	order     []*incident
	pages     []*page
	outages   map[string][]span // of providers
	doubles   int               // pages sent twice because of a crash
	complain  func(format string, args ...any)
}

// span is a stretch of time; an end of zero is not over.
type span struct{ from, to time.Time }

func (s span) over() bool { return !s.to.IsZero() }

func (s span) touches(at time.Time) bool { return !at.Before(s.from) && (!s.over() || !at.After(s.to)) }

// policy is one policy with the version that a new run would follow.
type policy struct {
	id     int64
	draft  *draft
	active bool
	gone   bool
}

// incident is what the model knows of one.
type incident struct {
	id       int64
	title    string
	team     string
	status   string
	severity string
	episode  int
	alerts   map[string]string // the firing ones: key and severity
	ended    time.Time         // when it was resolved
	bySource bool
	reopens  []time.Time
	quietAt  time.Time // when a source's resolve counts, of one that flaps
	runs     []*run    // of this episode

	personal     string // the severity that a person set
	assigned     map[string]bool
	beforeSnooze string
	snoozer      string
	snoozedUntil time.Time
	askedBack    time.Time // until when the snoozer may answer
}

const (
	open         = "open"
	acknowledged = "acknowledged"
	resolved     = "resolved"
)

func (i *incident) urgent() bool { return i.severity == "critical" || i.severity == "high" }

func newModel(t *template, start time.Time, complain func(format string, args ...any)) *model {
	m := &model{now: start, incidents: map[int64]*incident{}, outages: map[string][]span{}, complain: complain}
	// The organisation's own fallback policy, as it is seeded.
	seeded := &draft{name: "the fallback policy", priority: 1 << 20, steps: []stepDraft{
		{0, []string{"oncall_engineer"}}, {10, []string{"team_lead"}}, {20, []string{"manager"}},
	}}
	m.fallback = &policy{id: t.fallback, draft: seeded, active: true}
	return m
}

// saved has a policy follow the draft from now on. Runs under way keep theirs.
func (m *model) saved(id int64, d draft) {
	for _, p := range m.policies {
		if p.id == id {
			p.draft = &d
			return
		}
	}
	m.policies = append(m.policies, &policy{id: id, draft: &d, active: true})
}

// matching are the policies that are for the incident, in order, and whether none was found so that its contacts are called.
func (m *model) matching(i *incident) (found []*policy) {
	inOrder := slices.Clone(m.policies)
	slices.SortFunc(inOrder, func(a, b *policy) int {
		return cmp.Or(cmp.Compare(a.draft.priority, b.draft.priority), cmp.Compare(a.id, b.id))
	})
	for _, p := range inOrder {
		if !p.active || p.gone || !p.draft.isFor(i.severity) {
			continue
		}
		found = append(found, p)
		if p.draft.exclusive {
			break
		}
	}
	if len(found) == 0 && m.fallback.active && i.severity != "info" {
		found = append(found, m.fallback)
	}
	return found
}

func (d *draft) isFor(severity string) bool {
	if severity == "info" {
		return slices.Contains(d.severities, severity)
	}
	return len(d.severities) == 0 || slices.Contains(d.severities, severity)
}

// who is the person a target means in the team; "" is nobody.
func who(target, team string) string {
	for _, p := range people {
		if target == p.email() || target == p.role && (p.team == team || p.team == "") {
			return p.name
		}
	}
	return ""
}

// awake is when somebody could first do what was due: then, or when the node was started again.
func (m *model) awake(due time.Time) time.Time {
	for _, s := range m.down {
		if !due.Before(s.from) && !due.After(s.to) {
			due = s.to
		}
	}
	return due
}

// crashed shows the model that no node lived for a while.
func (m *model) crashed(from, to time.Time) { m.down = append(m.down, span{from, to}) }

func (m *model) crashedAt(when time.Time) bool {
	return slices.ContainsFunc(m.down, func(s span) bool { return s.from.Equal(when) })
}

// tick is how late anything may be that has its time.
const tick = 2 * time.Second

// safetyLook is when what nobody has announced is found at the latest.
const safetyLook = time.Second

// at shows the model that time has passed.
func (m *model) at(now time.Time) {
	m.now = now
	for _, i := range m.order {
		m.passing(i)
		m.passes(i)
	}
}

// settled asks, once everything due has had its chance, for what is missing.
func (m *model) settled() {
	for _, i := range m.order {
		for _, r := range i.runs {
			if r.state == active && !r.due.to.IsZero() && m.awake(r.due.to).Add(tick).Before(m.now) {
				m.complain("%s of %s was due at %s and has not been taken", r.name(), i.title, clockOf(r.due.to))
				r.state = finished
			}
		}
	}
	for _, p := range m.pages {
		m.missed(p)
	}
}

// expects reports whether the model waits for a step that is due by now.
func (m *model) expects(now time.Time) bool {
	for _, i := range m.order {
		for _, r := range i.runs {
			if r.state == active && !r.spent && !r.due.to.IsZero() && !r.due.to.After(now) {
				return true
			}
		}
	}
	return false
}

// next is when the model expects the next thing.
func (m *model) next() (next time.Time) {
	earlier := func(due time.Time) {
		for _, at := range []time.Time{due, due.Add(safetyLook)} {
			if !due.IsZero() && at.After(m.now) && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	for _, i := range m.order {
		earlier(i.quietAt)
		earlier(i.askedBack)
		if i.status == snoozed {
			earlier(i.snoozedUntil)
		}
		for _, r := range i.runs {
			if r.state == active {
				earlier(r.due.from)
				earlier(r.due.to)
				for _, s := range r.taken {
					if !s.judged {
						earlier(s.at.Add(reachedWithin))
					}
				}
			}
		}
	}
	for _, p := range m.pages {
		if p.wanted() {
			earlier(p.due)
		}
	}
	return next
}

func clockOf(at time.Time) string { return at.Format("15:04:05") }

func (i *incident) String() string { return fmt.Sprintf("incident %d (%s)", i.id, i.title) }
