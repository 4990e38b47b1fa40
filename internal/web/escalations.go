package web

import (
	"net/url"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) routeEscalations() {
	s.routes.HandleFunc("GET /escalations", s.person(s.escalations))
}

// escalations are the runs under way with their countdowns, and below them the steps that were taken.
func (s *site) escalations(v *visit) error {
	cursor := v.query("cursor")
	page, err := s.Escalations.ListEvents(v.ctx, v.actor, escalation.EventFilter{Limit: pageSize, Cursor: cursor})
	if fault.Is(err, fault.Invalid) {
		// A cursor that somebody made up: the list from its beginning.
		cursor = ""
		page, err = s.Escalations.ListEvents(v.ctx, v.actor, escalation.EventFilter{Limit: pageSize})
	}
	if err != nil {
		return err
	}
	shown := runsShown(v.query("runs"))
	runs, err := s.Escalations.ListRunning(v.ctx, v.actor, min(shown+1, mostRuns))
	if err != nil {
		return err
	}
	words, err := s.policyWords(v)
	if err != nil {
		return err
	}
	p := view.Escalations{
		Shell: v.shell("Escalations", "/escalations"), URL: escalationsAddress(cursor, shown),
		Pager: olderPager("/escalations", page.Next, url.Values{"runs": {runsText(shown)}}),
	}
	if cursor != "" {
		p.Pager.First = escalationsAddress("", shown)
	}
	if p.MoreRuns = len(runs) > shown || len(runs) == mostRuns; p.MoreRuns && shown < mostRuns {
		p.MoreRunsURL = escalationsAddress(cursor, min(shown+runsStep, mostRuns))
	}
	for _, r := range runs[:min(len(runs), shown)] {
		p.Runs = append(p.Runs, v.runOf(r))
	}
	for _, e := range page.Events {
		p.Events = append(p.Events, v.escalationEvent(e, words))
	}
	if page.Total > 0 {
		p.Pager.Total = view.Capped(page.Total, page.Capped) + " in all"
	}
	return v.show(view.EscalationsPage(p))
}

// How many running escalations are shown, and how many more with each press. What is due first comes first.
const (
	runsStep = 100
	mostRuns = 1000
)

// runsShown reads how many are wanted; what is no number is the first hundred.
func runsShown(text string) int {
	n, _ := number(text)
	return int(min(max(n, runsStep), mostRuns))
}

func runsText(shown int) string {
	if shown == runsStep {
		return ""
	}
	return strconv.Itoa(shown)
}

// escalationsAddress is the list in its present state.
func escalationsAddress(cursor string, shown int) string {
	q := url.Values{}
	for name, value := range map[string]string{"cursor": cursor, "runs": runsText(shown)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/escalations"
	}
	return "/escalations?" + q.Encode()
}

func (v *visit) escalationEvent(e escalation.Event, words policyWords) view.EscalationEvent {
	t := e.Told()
	shown := view.EscalationEvent{
		ID: e.ID, IncidentID: e.IncidentID, Policy: e.PolicyName(), Step: e.Step + 1, Round: e.Round + 1, Status: e.Status, At: e.TriggeredAt,
		Age: ageWords(t.Age), Delay: ageWords(int(t.Delay * 60)), For: words.list(t.For), Nobody: reachedNobody(e), By: t.By.Name,
	}
	if e.Policy != nil && readsPolicies(v.actor) {
		shown.PolicyID = e.Policy.ID
	}
	if i := e.Incident; i != nil {
		shown.Incident, shown.Severity, shown.Service = i.Title, i.Severity, i.Service
		if i.Team != nil {
			shown.Team = i.Team.Name
		}
	}
	for _, target := range t.People {
		shown.People = append(shown.People, view.Target{Name: target.Name, Via: foundHow(target)})
	}
	return shown
}
