package web

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

func (s *site) integrationForm(v *visit, in intake.Integration) (view.Form, error) {
	teams, err := s.managedTeams(v, teamNow(in.ID, in.TeamID), "No team")
	if err != nil {
		return view.Form{}, err
	}
	services, err := s.serviceNames(v)
	if err != nil {
		return view.Form{}, err
	}
	services = withOption(services, in.Service)
	severity, reopen := string(in.Severity), int(in.ReopenWindow/time.Minute)
	if in.ID == 0 {
		severity, reopen = string(incident.SeverityHigh), 10
	}
	f := view.Form{
		ID: "integration", Action: "/integrations", Submit: "Create integration", Primary: true, Cancel: "/integrations", Rows: [][]view.Field{
			{{Name: "name", Label: "Name", Kind: "text", Value: in.Name, Required: true, MaxLength: 255, Placeholder: "Prometheus, production"}},
			{
				{Name: "team_id", Label: "Team", Kind: "select", Value: optionalText(in.TeamID), Options: teams, Hint: "Gets what no service gives to a team."},
				{
					Name: "service", Label: "Service", Kind: "select", Value: in.Service, Options: append([]view.Option{{Word: "None"}}, services...),
					Hint: "Of messages that name none.",
				},
			},
			{
				{Name: "severity", Label: "Severity", Kind: "select", Value: severity, Options: severityOptions(), Hint: "When a message says none that is known."},
				{
					Name: "reopen_minutes", Label: "Reopen within, minutes", Kind: "number", Value: strconv.Itoa(reopen), Min: "0", Max: "1440", Step: "1",
					Hint: "After a recovery; later it is a new incident.",
				},
			},
			{{
				Name: "severities", Label: "The sender's own words", Kind: "area", Code: true, Value: severityLines(in.Severities), Placeholder: "P1 = critical",
				Hint: "One a line. Common words are known already.",
			}},
		},
	}
	if in.ID == 0 {
		f.Rows = slices.Insert(f.Rows, 1, []view.Field{{Name: "kind", Label: "Kind", Kind: "select", Options: s.kindOptions(), Value: "generic"}})
		return f, nil
	}
	f.Action, f.Submit = "/integrations/"+idText(in.ID), "Save"
	f.Rows = append(f.Rows, []view.Field{{
		Name: "is_active", Label: "Active", Kind: "checkbox", Checked: in.IsActive, Hint: "Off, its key opens nothing; senders are refused.",
	}})
	return f, nil
}

func (s *site) kindOptions() []view.Option {
	var options []view.Option
	for _, kind := range s.Intake.Kinds() {
		options = append(options, view.Option{Value: kind, Word: view.Humanize(kind)})
	}
	return options
}

func severityLines(words map[string]incident.Severity) string {
	var lines []string
	for _, word := range slices.Sorted(maps.Keys(words)) {
		lines = append(lines, word+" = "+string(words[word]))
	}
	return strings.Join(lines, "\n")
}

// pairLines reads lines of "name = value"; odd is the first line that is none.
func pairLines(text string) (pairs map[string]string, odd string) {
	pairs = map[string]string{}
	for line := range strings.Lines(text) {
		name, value, found := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case found && name != "" && value != "":
			pairs[name] = value
		case strings.TrimSpace(line) != "" && odd == "":
			odd = strings.TrimSpace(line)
		}
	}
	return pairs, odd
}

// labelLines writes labels one a line.
func labelLines[L ~[]string](labels map[string]L) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		lines = append(lines, name+"="+strings.Join(labels[name], ", "))
	}
	return strings.Join(lines, "\n")
}

// typedMinutes is a number of minutes, nil when nothing was typed; what is none is one that the service refuses.
func typedMinutes(typed url.Values, name string) *int {
	text := strings.TrimSpace(typed.Get(name))
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = -1
	}
	return &n
}

// integrationModel is the page of an integration; key is shown when it was just made.
func (s *site) integrationModel(v *visit, in intake.Integration, key string) (view.Integration, error) {
	messages, err := s.Intake.Messages(v.ctx, v.actor, in.ID)
	if err != nil {
		return view.Integration{}, err
	}
	p := view.Integration{
		FormPage: view.FormPage{
			Shell: v.shell(in.Name, "/integrations"), BackURL: "/integrations", BackWord: "Integrations", Heading: in.Name,
		},
		IntegrationID: in.ID, Key: key, LastAt: in.LastEventAt, CanManage: v.actor.CanIn(account.ManageTeamObjects, in.TeamID),
	}
	shown := key
	if shown == "" {
		shown = "KEY"
	}
	address := s.PublicURL + "/v1/intake/" + url.PathEscape(in.Kind) + "/" + url.PathEscape(shown)
	p.Setups = []view.Setup{{Title: view.Humanize(in.Kind), Text: s.Intake.Setup(in.Kind, address)}}
	if key != "" {
		p.URL = address
		v.w.Header().Set("Cache-Control", "no-store")
	}
	for _, m := range messages {
		p.Messages = append(p.Messages, inboundOf(m))
	}
	if p.Facts, err = s.integrationFacts(v, in, p.CanManage); err != nil || !p.CanManage {
		return p, err
	}
	form, err := s.integrationForm(v, in)
	p.Form = &form
	at := "/integrations/" + idText(in.ID)
	p.More = []view.Section{
		newKey(v, in, at),
		{Title: "Delete", Text: "Its key opens nothing any more; what it brought in stays.", Button: &view.Button{
			Action: at + "/delete", Word: "Delete integration", Icon: "trash-2", Tone: "danger", Ask: "Delete the integration " + in.Name + "?",
		}},
	}
	return p, err
}

// newKey is the panel that makes a new key. One older key is let in beside the present one; a further new key ends it.
func newKey(v *visit, in intake.Integration, at string) view.Section {
	ask := "Make a new key for " + in.Name + "? The present one goes on working for a day."
	section := view.Section{Title: "New key", Text: "The present key goes on working for a day, so that the sender can be changed in the meantime."}
	if oldKeyWorks(in, v.now) {
		until := v.absolute(*in.OldKeyUntil)
		section.Text += " The key before it works until " + until + "; another new key ends it at once."
		ask = "The key before the present one still works, until " + until + ". Another new key ends it at once. Make one for " + in.Name + "?"
	}
	section.Button = &view.Button{
		Action: at + "/rotate", Word: "Make a new key", Icon: "refresh-cw", Ask: ask, Hidden: [][2]string{{"prefix", in.KeyPrefix}},
	}
	return section
}

func oldKeyWorks(in intake.Integration, now time.Time) bool {
	return in.OldKeyUntil != nil && in.OldKeyUntil.After(now)
}

// integrationFacts are what cannot be changed, and for who may only look everything.
func (s *site) integrationFacts(v *visit, in intake.Integration, manages bool) ([]view.Pair, error) {
	facts := []view.Pair{{Name: "Kind", Value: view.Humanize(in.Kind)}, {Name: "Key", Value: in.KeyPrefix + "…"}}
	if oldKeyWorks(in, v.now) {
		text := "works until " + v.absolute(*in.OldKeyUntil)
		if in.OldKeyUsedAt != nil {
			text += "; last used " + v.absolute(*in.OldKeyUsedAt)
		}
		facts = append(facts, view.Pair{Name: "Key before", Value: text})
	}
	if manages {
		return facts, nil
	}
	teams, err := s.teamNames(v)
	state := integrationState(in)
	return append(facts, view.Pair{Name: "State", Value: state.Word}, view.Pair{Name: "Team", Value: nameOf(teams, in.TeamID)},
		view.Pair{Name: "Service", Value: in.Service}), err
}

// shownBody is how much of a message is shown, in characters.
const shownBody = 16384

func inboundOf(m intake.InboundMessage) view.Inbound {
	text := strings.ToValidUTF8(string(m.Body), "\uFFFD")
	cut := cutRunes(text, shownBody)
	shown := view.Inbound{ID: m.ID, At: m.ReceivedAt, Bad: !m.Readable, Body: cut, Cut: m.Truncated || len(cut) < len(text)}
	var said []string
	for _, i := range m.Outcome.Incidents {
		if !slices.Contains(shown.Incident, i.ID) {
			shown.Incident = append(shown.Incident, i.ID)
		}
		said = append(said, fmt.Sprintf("#%d %s", i.ID, strings.ReplaceAll(string(i.Outcome), "_", " ")))
	}
	if m.Error != "" {
		said = append([]string{m.Error}, said...)
	}
	said = append(said, m.Outcome.Warnings...)
	if shown.Outcome = strings.Join(said, " · "); shown.Outcome == "" {
		shown.Outcome = "Nothing was made of it."
	}
	return shown
}
