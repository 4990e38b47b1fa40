package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// incidentForecast says who is told when, if nobody does anything: as a part of the incident's page, or as a page of its own.
func (s *site) incidentForecast(v *visit) error {
	id, err := v.id("Incident")
	if err != nil {
		return err
	}
	found, err := s.Escalations.Simulate(v.ctx, v.actor, escalation.Question{IncidentID: &id})
	if err != nil {
		return err
	}
	f := v.forecast(found)
	if v.byScript() {
		return v.show(view.ForecastPart(f))
	}
	d, err := s.Incidents.Get(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	f.Shell = v.shell("If nobody answers, next", "/incidents")
	f.Title, f.BackURL, f.BackWord = "If nobody answers, next", "/incidents/"+idText(id), "#"+idText(id)+" "+d.Incident.Title
	return v.show(view.ForecastPage(f))
}

// previewIncident says who would be paged for the incident that somebody is about to report.
func (s *site) previewIncident(v *visit) error {
	f, err := s.previewOf(v, v.r.URL.Query())
	if err != nil {
		return err
	}
	return v.show(view.ForecastPart(f))
}

func (s *site) previewOf(v *visit, typed url.Values) (view.Forecast, error) {
	n := reported(typed)
	found, err := s.Escalations.Simulate(v.ctx, v.actor, escalation.Question{Incident: &escalation.Hypothesis{
		Title: n.Title, Service: n.Service, Source: incident.SourceManual, Severity: n.Severity, TeamID: n.TeamID,
	}})
	if fault.Is(err, fault.Invalid) {
		return view.Forecast{Shell: v.shell("", ""), Empty: "What is chosen above cannot be: " + fault.From(err).Detail}, nil
	}
	f := v.forecast(found)
	f.Empty = "Nobody would be paged."
	return f, err
}

// forecast is what would happen as screens show it.
func (v *visit) forecast(found escalation.Forecast) view.Forecast {
	f := view.Forecast{Shell: v.shell("", ""), Empty: "Nothing more happens by itself, and nobody is paged."}
	var names []string
	for _, p := range found.Policies {
		if !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	if len(names) > 0 {
		f.Policies = "By " + both(names) + "."
	}
	if found.Unescalated {
		f.Alarm = "No policy pages anybody for this: only the fallback contacts are paged."
	}
	pages, whole := 0, found.Whole
	for n, line := range found.Steps {
		if line.Kind == escalation.KindPage {
			pages++
		}
		switch {
		case n > 0 && again(line, found.Steps[n-1]) && len(f.Lines) > 0:
			f.Lines[len(f.Lines)-1].Again++
			f.Lines[len(f.Lines)-1].Last = line.At
		case len(f.Lines) == maxForeseen:
			whole = false
		default:
			f.Lines = append(f.Lines, foreseen(line, len(names) == 1 && line.Policy == names[0]))
		}
	}
	switch {
	case found.Unescalated && pages == 0:
		f.Alarm = "No policy pages anybody for this, and there is no fallback contact: nobody is paged."
	case !whole && len(f.Lines) > 0:
		f.End = "It goes on after that."
	case pages > 0:
		f.End, f.EndBad = "After that nobody is paged any more.", true
	}
	return f
}

// maxForeseen is how many lines are shown of a forecast.
const maxForeseen = 24

// again reports whether a line is the one before it once more, in another round.
func again(line, before escalation.Foreseen) bool {
	before.At, before.Round = line.At, line.Round
	same := before.PolicyID == line.PolicyID || before.PolicyID != nil && line.PolicyID != nil && *before.PolicyID == *line.PolicyID
	before.PolicyID = line.PolicyID
	return same && before == line
}

// foreseenLooks are what is shown of each kind of line.
var foreseenLooks = map[string]view.Look{
	escalation.KindPage: {Icon: "bell", Tone: "plain"}, escalation.KindAlreadyPaged: {Icon: "check", Word: "Paged a moment before", Tone: "plain"},
	escalation.KindUnreachable: {Icon: "siren", Word: "No way to reach", Tone: "critical"}, escalation.KindNobody: {Icon: "siren", Word: "Nobody to notify", Tone: "critical"},
	escalation.KindSkipped: {Icon: "chevron-right", Word: "Step is skipped", Tone: "plain"}, escalation.KindWaits: {Icon: "hourglass", Word: "Step waits", Tone: "plain"},
	escalation.KindHandOver: {Icon: "route", Word: "Hands over", Tone: "plain"}, escalation.KindPost: {Icon: "send", Word: "Posts", Tone: "plain"},
	escalation.KindExhausted:  {Icon: "hourglass", Word: "The policy comes to its end", Tone: "high"},
	string(incident.Expire):   {Icon: "hourglass", Word: "The acknowledgement runs out", Tone: "high"},
	string(incident.Resolve):  {Icon: "check", Word: "It is over", Tone: "good"},
	string(incident.Unsnooze): {Icon: "bell-ring", Word: "The snooze ends", Tone: "high"},
}

// foreseen is one line. The policy is not named again in the lines of the only one that is at work.
func foreseen(line escalation.Foreseen, only bool) view.Foreseen {
	look, known := foreseenLooks[line.Kind]
	if !known {
		look = view.Look{Icon: "circle", Word: view.Humanize(line.Kind), Tone: "plain"}
	}
	shown := view.Foreseen{At: line.At, Icon: look.Icon, Tone: look.Tone, What: look.Word, Who: line.Who, Channel: line.Channel, Why: account.SpellRoles(line.Why)}
	step := ""
	if line.Step >= 0 {
		step = "Step " + strconv.Itoa(line.Step+1)
		if !only {
			step += " of " + line.Policy
		}
		if line.Round > 0 {
			step += ", round " + strconv.Itoa(line.Round+1)
		}
	}
	switch line.Kind {
	case escalation.KindPage:
		// Its own words name the step again.
		shown.Why = strings.TrimSpace(account.SpellRoles(line.Via))
		if line.Step < 0 {
			shown.Why = line.Why
		}
	case escalation.KindUnreachable, escalation.KindAlreadyPaged, escalation.KindNobody:
		shown.Why = ""
	}
	switch {
	case step == "" && line.Policy == "":
		shown.Why = sentence(shown.Why)
	case step != "" && shown.Why != "":
		shown.Why = step + ": " + shown.Why
	case step != "":
		shown.Why = step
	default:
		shown.Why = line.Policy
	}
	return shown
}
