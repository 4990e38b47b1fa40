package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// inboxState is the list's address: every tab, tile, filter, sort and page is in it, so that it can be sent to somebody.
type inboxState struct {
	tab, status, severity, service, team, assignee, query, sort, cursor string
	unescalated, today                                                  bool
}

// The tabs, by their name in the address.
const (
	tabAssigned     = "assigned"
	tabAcknowledged = "acknowledged"
	tabTeam         = "team"
)

// statusAny lists the resolved, too, which the list leaves out unless it is told otherwise.
const statusAny = "any"

func readInbox(q url.Values) inboxState {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return inboxState{
		tab: get("tab"), status: get("status"), severity: get("severity"), service: get("service"), team: get("team"), assignee: get("assignee"),
		query: get("q"), sort: get("sort"), cursor: get("cursor"), unescalated: get("unescalated") != "", today: get("resolved") == "today",
	}
}

// address is the list in this state.
func (i inboxState) address() string {
	q := url.Values{}
	for name, value := range map[string]string{
		"tab": i.tab, "status": i.status, "severity": i.severity, "service": i.service, "team": i.team, "assignee": i.assignee,
		"q": i.query, "sort": i.sort, "cursor": i.cursor,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if i.unescalated {
		q.Set("unescalated", "1")
	}
	if i.today {
		q.Set("resolved", "today")
	}
	if len(q) == 0 {
		return "/incidents"
	}
	return "/incidents?" + q.Encode()
}

// narrowed reports whether the list shows less than all.
func (i inboxState) narrowed() bool {
	i.sort = ""
	if i.status == statusAny {
		i.status = ""
	}
	return i != inboxState{}
}

// with is the state after a change, back on its first page.
func (i inboxState) with(change func(*inboxState)) inboxState {
	i.cursor = ""
	change(&i)
	return i
}

// filter is what the list asks of the incidents. A word in the address that means nothing is left out, as if it were not there: an address
// that somebody kept must open.
func (i inboxState) filter(actor account.Actor, now time.Time) incident.Filter {
	f := incident.Filter{Service: i.service, Query: cutRunes(i.query, 200), Sort: i.sort, Cursor: i.cursor, Limit: pageSize, WithAssignments: true}
	if status, ok := incident.ParseStatus(i.status); ok {
		f.Statuses = []incident.Status{status}
	} else if i.status != statusAny {
		f.Statuses = []incident.Status{incident.StatusOpen, incident.StatusAcknowledged, incident.StatusSnoozed}
	}
	if severity, ok := incident.ParseSeverity(i.severity); ok {
		f.Severities = []incident.Severity{severity}
	}
	if id, ok := number(i.team); ok {
		f.TeamIDs = []int64{id}
	}
	if id, ok := number(i.assignee); ok {
		f.AssignedTo = &id
	}
	if i.unescalated {
		yes := true
		f.Unescalated = &yes
	}
	if i.today {
		day := now.UTC().Truncate(24 * time.Hour)
		f.ResolvedFrom = &day
	}
	switch i.tab {
	case tabAssigned:
		f.AssignedTo = &actor.UserID
	case tabAcknowledged:
		f.AcknowledgedBy = &actor.UserID
	case tabTeam:
		f.TeamIDs = slices.Sorted(maps.Keys(actor.Teams))
		if len(f.TeamIDs) == 0 {
			f.TeamIDs = []int64{-1} // Who belongs to no team has no team's incidents.
		}
	}
	if !slices.Contains(inboxSorts, strings.TrimPrefix(f.Sort, "-")) {
		f.Sort = "-attention" // What waits for somebody first, the most severe before the rest.
	}
	return f
}

var inboxSorts = []string{"created_at", "severity", "title"}

func number(text string) (int64, bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}

func cutRunes(text string, most int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), most)])
}
