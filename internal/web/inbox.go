package web

import (
	"net/url"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const (
	pageSize   = 50
	maxChanged = 200 // rows that one notice may ask for
)

func (s *site) routeInbox() {
	s.routes.HandleFunc("GET /incidents", s.person(s.inbox))
	s.routes.HandleFunc("GET /incidents/rows", s.person(s.changedRows))
	s.routes.HandleFunc("POST /incidents/bulk", s.person(s.bulk))
}

func (s *site) inbox(v *visit) error {
	state := readInbox(v.r.URL.Query())
	page, err := s.Incidents.List(v.ctx, v.actor, state.filter(v.actor, v.now))
	if fault.Is(err, fault.Invalid) {
		// A cursor of another sort, or one made up: the list from its beginning.
		state.cursor = ""
		page, err = s.Incidents.List(v.ctx, v.actor, state.filter(v.actor, v.now))
	}
	if err != nil {
		return err
	}
	rows, err := s.rows(v, page)
	if err != nil {
		return err
	}
	tiles, err := s.tiles(v, state)
	if err != nil {
		return err
	}
	p := view.Inbox{
		Shell: v.shell("Incidents", "/incidents"), Tabs: inboxTabs(state), Tiles: tiles, Sorts: inboxHeads(state), Rows: rows,
		RowsURL: "/incidents/rows", Back: state.address(), CanReport: v.actor.Can(account.ReportIncident), Filtered: state.narrowed(),
		Example: exampleAlert(s.PublicURL),
		Pager:   view.Pager{Total: view.Capped(page.Total.N, page.Total.Capped) + " in all"},
	}
	if state.cursor != "" {
		p.Pager.First = state.with(func(*inboxState) {}).address()
	}
	if state.status == "" {
		p.AlsoResolved = state.with(func(i *inboxState) { i.status = statusAny }).address()
	}
	if len(rows) == 0 && !p.Filtered {
		if p.Begun, err = s.hasIncidents(v); err != nil {
			return err
		}
	}
	p.SetsUp = managesObjects(v.actor)
	if page.Next != "" {
		p.Pager.Older = state.with(func(i *inboxState) { i.cursor = page.Next }).address()
	}
	if p.Filter, err = s.inboxFilter(v, state); err != nil {
		return err
	}
	if v.byScript() {
		v.w.Header().Set("HX-Push-Url", state.address()) // without the filters that are not set
	}
	return v.show(view.InboxPage(p))
}

// hasIncidents reports whether the viewer may see any incident, resolved ones among them.
func (s *site) hasIncidents(v *visit) (bool, error) {
	page, err := s.Incidents.List(v.ctx, v.actor, incident.Filter{Limit: 1})
	return len(page.Incidents) > 0, err
}

// exampleAlert creates the first incident, once KEY is that of an integration.
func exampleAlert(public string) string {
	return "curl -H 'Content-Type: application/json' \\\n  -d '{\"title\": \"Disk full on web-1\", \"severity\": \"high\", \"service\": \"web\"}' \\\n  " +
		public + "/v1/intake/generic/KEY"
}

func inboxTabs(state inboxState) []view.Choice {
	var tabs []view.Choice
	for _, t := range [][2]string{{"", "All"}, {tabAssigned, "Assigned to me"}, {tabAcknowledged, "Acknowledged by me"}, {tabTeam, "My team"}} {
		tabs = append(tabs, view.Choice{
			Word: t[1], Current: state.tab == t[0], URL: state.with(func(i *inboxState) { i.tab = t[0] }).address(),
		})
	}
	return tabs
}

// inboxHeads are the columns; one that can be sorted by is a link, which turns the order around when it is the current one.
func inboxHeads(state inboxState) []view.Choice {
	heads := []view.Choice{{Word: "Severity"}, {Word: "Incident"}, {Word: "Status"}, {Word: "Owner"}, {Word: "Next step"}, {Word: "Age"}}
	for _, c := range []struct {
		at          int
		sort, other string
	}{{0, "-severity", "severity"}, {1, "title", "-title"}, {2, "", ""}, {5, "-created_at", "created_at"}} {
		next := c.sort
		if state.sort == c.sort {
			next = c.other
		}
		heads[c.at].Current = state.sort == c.sort || state.sort == c.other
		heads[c.at].URL = state.with(func(i *inboxState) { i.sort = next }).address()
	}
	return heads
}

// tiles are true counts of all that the viewer may see, whatever the list is narrowed to.
func (s *site) tiles(v *visit, state inboxState) ([]view.Tile, error) {
	counts, err := s.Incidents.Counts(v.ctx, v.actor)
	if err != nil {
		return nil, err
	}
	tile := func(look view.Look, n int, change func(*inboxState)) view.Tile {
		on := inboxState{tab: state.tab, sort: state.sort}.with(change)
		t := view.Tile{Look: look, Count: n, Capped: n >= 10_000, URL: on.address()}
		t.Current = on.status == state.status && on.unescalated == state.unescalated && on.today == state.today
		if t.Current {
			t.URL = inboxState{tab: state.tab, sort: state.sort}.address()
		}
		return t
	}
	tiles := []view.Tile{
		tile(view.StatusLook("open"), counts.Open, func(i *inboxState) { i.status = "open" }),
		tile(view.StatusLook("acknowledged"), counts.Acknowledged, func(i *inboxState) { i.status = "acknowledged" }),
		tile(view.StatusLook("snoozed"), counts.Snoozed, func(i *inboxState) { i.status = "snoozed" }),
		tile(view.Look{Icon: "circle-check", Word: "Resolved today", Tone: "resolved"}, counts.ResolvedToday,
			func(i *inboxState) { i.status, i.today = "resolved", true }),
		tile(view.Look{Icon: "siren", Word: "Unescalated", Tone: "critical"}, counts.Unescalated, func(i *inboxState) { i.unescalated = true }),
	}
	tiles[4].Alarm = true
	return tiles, nil
}

func (s *site) inboxFilter(v *visit, state inboxState) (view.InboxFilter, error) {
	f := view.InboxFilter{Query: state.query, Tab: state.tab, Sort: state.sort, Unescalated: state.unescalated}
	f.Status = view.Select{Name: "status", Label: "Status", Value: state.status, Options: []view.Option{
		{Word: "Not resolved"},
		{Value: "open", Word: "Open"},
		{Value: "acknowledged", Word: "Acknowledged"},
		{Value: "snoozed", Word: "Snoozed"},
		{Value: "resolved", Word: "Resolved"},
		{Value: statusAny, Word: "Any status"},
	}}
	f.Severity = view.Select{Name: "severity", Label: "Severity", Value: state.severity, Options: append([]view.Option{{Word: "Any severity"}}, severityOptions()...)}
	services, err := s.serviceNames(v)
	if err != nil {
		return f, err
	}
	f.Service = view.Select{Name: "service", Label: "Service", Value: state.service, Options: append([]view.Option{{Word: "Any service"}}, services...)}
	teams, err := s.teamOptions(v)
	if err != nil {
		return f, err
	}
	f.Team = view.Select{Name: "team", Label: "Team", Value: state.team, Options: append([]view.Option{{Word: "Any team"}}, teams...)}
	people, err := s.peopleOptions(v)
	f.Assignee = view.Select{Name: "assignee", Label: "Assignee", Value: state.assignee, Options: append([]view.Option{{Word: "Anyone"}}, people...)}
	return f, err
}

// changedRows answers a notice with the rows that changed where they stand, the tiles, and how many of the unseen belong into this list.
func (s *site) changedRows(v *visit) error {
	q := v.r.URL.Query()
	state := readInbox(q).with(func(*inboxState) {})
	u := view.RowsUpdate{Shell: v.shell("Incidents", "/incidents"), URL: state.address()}
	changed := ids(q["id"])
	if len(changed) > 0 {
		page, err := s.Incidents.List(v.ctx, v.actor, incident.Filter{IDs: changed, Limit: maxChanged, WithAssignments: true})
		if err != nil {
			return err
		}
		if u.Rows, err = s.rows(v, page); err != nil {
			return err
		}
		fitting := state.filter(v.actor, v.now)
		fitting.IDs, fitting.Limit, fitting.Sort = changed, maxChanged, ""
		still, err := s.Incidents.List(v.ctx, v.actor, fitting)
		if err != nil {
			return err
		}
		markGone(u.Rows, still.Incidents)
	}
	if unseen := ids(q["unseen"]); len(unseen) > 0 {
		f := state.filter(v.actor, v.now)
		f.IDs, f.Limit, f.Sort, f.WithAssignments = unseen, 1, "", false
		page, err := s.Incidents.List(v.ctx, v.actor, f)
		if err != nil {
			return err
		}
		u.New = page.Total.N
	}
	var err error
	if u.Tiles, err = s.tiles(v, state); err != nil {
		return err
	}
	return v.show(view.RowsChanged(u))
}

// markGone notes the rows that no longer fit the list; they stay where they are until the list is asked for anew.
func markGone(rows []view.Row, still []incident.Incident) {
	fits := map[int64]bool{}
	for _, i := range still {
		fits[i.ID] = true
	}
	for i := range rows {
		rows[i].Gone = !fits[rows[i].ID]
	}
}

// ids reads numbers; what is none is left out, and no more are taken than a page could show.
func ids(texts []string) []int64 {
	var list []int64
	for _, text := range texts[:min(len(texts), maxChanged)] {
		if id, ok := number(text); ok {
			list = append(list, id)
		}
	}
	return list
}

// bulk does one thing to several incidents. Each is on its own: one that refuses does not hold up the rest.
func (s *site) bulk(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	act, code := s.Incidents.Acknowledge, "acknowledged"
	switch typed.Get("verb") {
	case "acknowledge":
	case "resolve":
		act, code = s.Incidents.Resolve, "resolved"
	default:
		return fault.New(fault.Malformed, "unknown_verb", "This list can acknowledge and resolve.")
	}
	for _, id := range ids(typed["id"]) {
		if _, err := act(v.ctx, v.actor, id); err != nil {
			if !mended(err) && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
				return err
			}
			code = "some_refused"
		}
	}
	return v.go303(backTo(typed), code)
}

func backTo(typed url.Values) string { return local(typed.Get("back"), "/incidents") }

func severityOptions() []view.Option {
	return []view.Option{
		{Value: "critical", Word: "Critical"},
		{Value: "high", Word: "High"},
		{Value: "medium", Word: "Medium"},
		{Value: "low", Word: "Low"},
		{Value: "info", Word: "Info"},
	}
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
