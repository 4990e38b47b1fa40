package web

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// What a button of the panel "Who would be paged" asks for.
const (
	opTry     = "try"
	opCompare = "compare"
)

// maxDiffering is how many incidents a comparison lists.
const maxDiffering = 20

// try is the panel beside a policy, with what it is asked about: at first an incident that the conditions name.
func (d *desk) try(c view.PolicyChoices) view.PolicyTry {
	if !d.form.Has("try.severity") {
		d.likely()
	}
	_, zone := d.v.wallClock()
	return view.PolicyTry{Shell: d.v.shell("", ""), In: view.Inputs{Values: d.form}, Severities: c.Severities, Teams: c.Teams, Zone: zone}
}

// likely fills the panel in with an incident that the policy is for, as far as its conditions tell.
func (d *desk) likely() {
	first := map[string]string{"severity": string(incident.SeverityHigh), "days": "30"}
	if team := someID(d.form.Get("team_id")); team != nil {
		first["team_id"] = idText(*team)
	}
	for _, name := range []string{"severity", "service", "source", "team_id"} {
		if value := d.form.Get("conditions." + name); value != "" {
			first[name] = value
		}
	}
	var labels []string
	for name, values := range labelsDocument(under(d.form, "conditions.")) {
		if len(values) > 0 {
			labels = append(labels, name+"="+values[0])
		}
	}
	slices.Sort(labels)
	first["labels"] = strings.Join(labels, ", ")
	for name, value := range first {
		if !d.form.Has("try." + name) {
			put(d.form, "try."+name, value)
		}
	}
}

// ask answers what the panel was asked.
func (d *desk) ask(t *view.PolicyTry, op string) error {
	var err error
	switch op {
	case opTry:
		err = d.foresee(t)
	case opCompare:
		err = d.lookBack(t)
	}
	if mended(err) {
		t.Bad = "First mend the policy: what is wrong is marked when you check it."
		if !hasForm(d.v, d.saved) {
			t.Bad = fault.From(err).Detail
		}
		return nil
	}
	return err
}

// wallClock is the zone in which the viewer reads and types times, with its name.
func (v *visit) wallClock() (*time.Location, string) {
	if sh := v.shell("", ""); sh.Zone != nil {
		return sh.Zone, sh.ZoneName
	}
	return time.UTC, "UTC"
}

// draft is the policy as it stands in the form, for who may change it.
func (d *desk) draft() (id *int64, draft json.RawMessage) {
	if d.saved.ID != 0 {
		id = &d.saved.ID
	}
	if hasForm(d.v, d.saved) {
		form := maps.Clone(d.form)
		form.Set("name", d.title())
		draft = policyDocument(form, d.saved, d.storedHeaders)
	}
	return id, draft
}

// title is the name in the form; one that has none yet is foretold all the same.
func (d *desk) title() string {
	if name := strings.TrimSpace(d.form.Get("name")); name != "" {
		return name
	}
	return "Draft"
}

func (d *desk) foresee(t *view.PolicyTry) error {
	in := under(d.form, "try.")
	h := escalation.Hypothesis{
		Title: "What if", Severity: incident.Severity(in.Get("severity")), Service: strings.TrimSpace(in.Get("service")),
		TeamID: someID(in.Get("team_id")), Source: strings.TrimSpace(in.Get("source")), Labels: map[string]string{},
	}
	labels, odd := pairLines(strings.ReplaceAll(in.Get("labels"), ",", "\n"))
	if h.Labels = labels; odd != "" {
		t.In.Bad = map[string]string{"try.labels": "Write labels as env=prod."}
		return nil
	}
	q := escalation.Question{Incident: &h}
	q.PolicyID, q.Draft = d.draft()
	if text := in.Get("at"); text != "" {
		zone, _ := d.v.wallClock()
		at, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
		if err != nil {
			t.In.Bad = map[string]string{"try.at": "Must be a day and a time."}
			return nil
		}
		q.At = &at
	}
	f, err := d.Escalations.Simulate(d.v.ctx, d.v.actor, q)
	if err != nil {
		return err
	}
	t.Asked, t.Matches, t.Forecast = true, f.Matches == nil || *f.Matches, d.v.forecast(f)
	t.Forecast.Empty = "Nobody would be paged."
	for i, line := range t.Forecast.Lines {
		t.Forecast.Lines[i].After, t.Forecast.Lines[i].LastAfter = afterWords(line.At.Sub(f.At)), afterWords(line.Last.Sub(f.At))
	}
	return nil
}

func (d *desk) lookBack(t *view.PolicyTry) error {
	days, ok := number(d.form.Get("try.days"))
	if !ok || days < 1 || days > 90 {
		days = 30
	}
	q := escalation.PastQuestion{From: d.v.now.AddDate(0, 0, -int(days)), To: d.v.now}
	if q.PolicyID, q.Draft = d.draft(); q.Draft == nil && q.PolicyID == nil {
		return nil
	}
	found, err := d.Escalations.Compare(d.v.ctx, d.v.actor, q)
	if err != nil {
		return err
	}
	past := view.Past{Days: int(days), Incidents: found.Incidents, Whole: found.Whole, Differing: len(found.Differing)}
	for _, p := range found.People {
		past.People = append(past.People, view.PastPerson{Name: p.Name, Was: p.Was, Would: p.Would})
	}
	for _, i := range found.Differing[:min(len(found.Differing), maxDiffering)] {
		past.List = append(past.List, view.PastIncident{
			ID: i.ID, Title: i.Title, At: i.CreatedAt, Was: pagedThen(i.CreatedAt, i.Was), Would: pagedThen(i.CreatedAt, i.Would),
		})
	}
	t.Past = &past
	return nil
}

// maxThen is how many pages of one incident are said.
const maxThen = 4

// pagedThen says who was paged when, counted from the start of the incident.
func pagedThen(start time.Time, pages []escalation.PastPage) string {
	if len(pages) == 0 {
		return "nobody"
	}
	var words []string
	for _, p := range pages[:min(len(pages), maxThen)] {
		words = append(words, p.Name+" "+afterWords(p.At.Sub(start)))
	}
	if more := len(pages) - maxThen; more > 0 {
		words = append(words, "and "+view.Count(more, "page", "pages")+" more")
	}
	return strings.Join(words, ", ")
}

func afterWords(d time.Duration) string {
	if d < time.Minute {
		return "at once"
	}
	return "after " + view.Minutes(d.Truncate(time.Minute).Minutes())
}

// tryPolicy answers a script with what the panel asks.
func (s *site) tryPolicy(v *visit) error {
	d, err := s.postedDesk(v)
	if err != nil {
		return err
	}
	m, err := d.editor()
	if err != nil {
		return err
	}
	op := d.form.Get("op")
	if op != opCompare {
		op = opTry
	}
	if err := d.ask(&m.Try, op); err != nil {
		return err
	}
	if op == opCompare {
		return v.show(view.PolicyPast(m.Try))
	}
	return v.show(view.PolicyForesight(m.Try))
}

// postedDesk is what a script posted of the editor, or of the panel beside a policy that the viewer may only read.
func (s *site) postedDesk(v *visit) (*desk, error) {
	form, err := v.form()
	if err != nil {
		return nil, err
	}
	p := escalation.Policy{IsActive: true}
	if id, ok := number(form.Get("policy_id")); ok && id > 0 {
		if p, err = s.Escalations.GetPolicy(v.ctx, v.actor, id); err != nil {
			return nil, err
		}
	} else if err := mayCreatePolicies(v); err != nil {
		return nil, err
	}
	if hasForm(v, p) {
		return s.deskFor(v, p, form)
	}
	return s.readerDesk(v, p, form)
}

// readerDesk is the policy as it is saved, with what was asked about it.
func (s *site) readerDesk(v *visit, p escalation.Policy, form url.Values) (*desk, error) {
	d, err := s.deskFor(v, p, nil)
	if err != nil {
		return nil, err
	}
	for name, values := range form {
		if strings.HasPrefix(name, "try.") || name == "op" {
			d.form[name] = values
		}
	}
	return d, nil
}
