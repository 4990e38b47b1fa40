package escalation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/incident"
)

const maxAlertCount = 100_000

// conditions reads which incidents a policy is for.
func (p *parser) conditions(where string, raw json.RawMessage) (c Conditions) {
	p.object(where, "condition", raw, p.conditionFields(&c))
	p.checkConditions(where, &c)
	return c
}

// stepCondition reads what must hold when a step is due; one that asks for nothing is none.
func (p *parser) stepCondition(where string, raw json.RawMessage) *StepCondition {
	var c StepCondition
	known := p.conditionFields(&c.Conditions)
	known["alert_count"] = func(at string, raw json.RawMessage) { c.AlertCount = p.alertCount(at, raw) }
	var members map[string]json.RawMessage
	if string(raw) == "null" || (json.Unmarshal(raw, &members) == nil && len(members) == 0) {
		return nil
	}
	p.object(where, "condition", raw, known)
	p.checkConditions(where, &c.Conditions)
	return &c
}

func (p *parser) conditionFields(c *Conditions) fields {
	into := func(field any) func(at string, raw json.RawMessage) {
		return func(at string, raw json.RawMessage) {
			if p.named(at, raw) {
				p.decode(at, raw, field)
			}
		}
	}
	return fields{
		"severity": into(&c.Severity), "service": into(&c.Service), "source": into(&c.Source), "team_id": into(&c.TeamID),
		"labels": into(&c.Labels), "expression": into(&c.Expression),
		"time": func(at string, raw json.RawMessage) {
			if p.named(at, raw) {
				c.Time = p.window(at, raw)
			}
		},
	}
}

func (p *parser) checkConditions(where string, c *Conditions) {
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		if len(c.Labels[name]) == 0 {
			p.bad.Add(where+".labels."+name, "must name at least one value")
		}
	}
	for i, word := range c.Severity {
		if severity, ok := incident.ParseSeverity(word); ok {
			c.Severity[i] = string(severity)
		} else {
			p.bad.Add(fmt.Sprintf("%s.severity[%d]", where, i), "must be critical, high, medium, low or info")
		}
	}
	if c.Expression != "" {
		if _, err := compile(c.Expression); err != nil {
			p.bad.Add(where+".expression", "%s", err)
		}
	}
}

// named refuses a condition that names nothing, for whoever wrote it did not mean every incident.
func (p *parser) named(where string, raw json.RawMessage) bool {
	if text := string(bytes.Join(bytes.Fields(raw), nil)); text == "null" || text == "[]" || text == `""` {
		p.bad.Add(where, "must name at least one value; leave it out to match any")
		return false
	}
	return true
}

func (p *parser) alertCount(where string, raw json.RawMessage) *AlertCount {
	var c AlertCount
	if !p.object(where, "field of an alert count", raw, fields{"at_least": &c.AtLeast, "within_minutes": &c.WithinMinutes}) {
		return nil
	}
	if c.AtLeast < 1 || c.AtLeast > maxAlertCount {
		p.bad.Add(where+".at_least", "must be 1 to %d", maxAlertCount)
	}
	if c.WithinMinutes < 0 || c.WithinMinutes > maxDelay {
		p.bad.Add(where+".within_minutes", "must be 0 (since it began) to %d", maxDelay)
	}
	return &c
}

// window reads a time of the week.
func (p *parser) window(where string, raw json.RawMessage) *Window {
	var w Window
	if !p.object(where, "field of a window", raw, fields{"days": &w.Days, "from": &w.From, "to": &w.To, "timezone": &w.Timezone}) {
		return nil
	}
	w.Days = p.days(where+".days", w.Days)
	if (w.From == "") != (w.To == "") {
		p.bad.Add(where, "needs both from and to, or neither for whole days")
	}
	p.timeOfDay(where+".from", &w.From, false)
	p.timeOfDay(where+".to", &w.To, true)
	if w.Timezone == "" {
		p.bad.Add(where+".timezone", "is needed, such as Europe/Berlin or UTC")
	} else if _, err := clock.LoadZone(w.Timezone); err != nil {
		p.bad.Add(where+".timezone", "must be a time zone name such as Europe/Berlin")
	}
	return &w
}

// days brings names of days to three letters, in the order of the week.
func (p *parser) days(where string, words Words) Words {
	named := map[string]bool{}
	for i, word := range words {
		word = strings.ToLower(strings.TrimSpace(word))
		group, isGroup := map[string][]string{"weekdays": weekdays[1:6], "weekend": {"sat", "sun"}}[word]
		if !isGroup {
			group = slices.DeleteFunc(slices.Clone(weekdays), func(day string) bool { return day != word && fullDay(day) != word })
		}
		if len(group) == 0 {
			p.bad.Add(fmt.Sprintf("%s[%d]", where, i), "must be mon, tue, wed, thu, fri, sat, sun, weekdays or weekend")
		}
		for _, day := range group {
			named[day] = true
		}
	}
	var sorted Words
	for i := range weekdays {
		if day := weekdays[(i+1)%7]; named[day] {
			sorted = append(sorted, day)
		}
	}
	return sorted
}

func fullDay(short string) string {
	return strings.ToLower(time.Weekday(slices.Index(weekdays, short)).String())
}

// timeOfDay brings a time to the form 15:04; an end may be 24:00.
func (p *parser) timeOfDay(where string, text *string, end bool) {
	if *text == "" || (end && *text == "24:00") {
		if *text != "" {
			*text = "00:00"
		}
		return
	}
	t, err := time.Parse("15:04", *text)
	if err != nil {
		p.bad.Add(where, "must be a time such as 08:30")
		return
	}
	*text = t.Format("15:04")
}
