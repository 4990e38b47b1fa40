package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// spareRules are the empty lines that a form of rules ends with, and maxRuleLines how many lines are read of one.
const (
	spareRules   = 2
	maxRuleLines = 50
)

// urgencies are the two orders that a person may have of their own.
var urgencies = []struct{ name, title, text string }{
	{"high", "When it is urgent", "Critical and high severity. The first is used at once."},
	{"low", "When it can wait", "Everything else."},
}

func (s *site) routeRules() {
	s.routes.HandleFunc("POST "+mePath+"/rules/{urgency}", s.person(s.saveRules))
}

// ruleLine is one line of a form of rules, as it was typed.
type ruleLine struct{ minutes, method string }

// rulesModel adds the viewer's own order.
func (s *site) rulesModel(v *visit, p *view.Me, methods []notify.ContactMethod) error {
	rules, err := s.Notifications.Rules(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return err
	}
	options := []view.Option{{Word: "–"}}
	for _, m := range methods {
		word := view.ChannelLook(m.Channel).Word + ": " + m.Address
		if m.Label != "" {
			word = m.Label + " (" + word + ")"
		}
		options = append(options, view.Option{Value: idText(m.ID), Word: word})
	}
	for n, list := range [][]notify.Rule{rules.High, rules.Low} {
		var lines []ruleLine
		for _, r := range list {
			lines = append(lines, ruleLine{strconv.FormatFloat(r.Delay.Minutes(), 'f', -1, 64), idText(r.ContactMethodID)})
		}
		form := rulesForm(urgencies[n].name, lines, options)
		p.Rules = append(p.Rules, view.Section{Title: urgencies[n].title, Text: urgencies[n].text, Form: &form})
	}
	return nil
}

func rulesForm(urgency string, lines []ruleLine, options []view.Option) view.Form {
	f := view.Form{ID: urgency, Action: mePath + "/rules/" + urgency, Submit: "Save this order"}
	for n := range len(lines) + spareRules {
		line := ruleLine{}
		if n < len(lines) {
			line = lines[n]
		}
		name := urgency + "." + strconv.Itoa(n) + "."
		f.Rows = append(f.Rows, []view.Field{
			{Name: name + "delay_minutes", Label: "After minutes", Kind: "number", Value: line.minutes, Min: "0", Step: "any"},
			{Name: name + "contact_method_id", Label: "By", Kind: "select", Value: line.method, Options: options},
		})
	}
	return f
}

// readRules reads the lines that name a contact method; the others are left out, so that a line is taken away by emptying it.
func readRules(typed url.Values, urgency string) (lines []ruleLine, rules []notify.Rule, err error) {
	var bad fault.Checks
	for n := range maxRuleLines {
		name := urgency + "." + strconv.Itoa(n) + "."
		line := ruleLine{strings.TrimSpace(typed.Get(name + "delay_minutes")), typed.Get(name + "contact_method_id")}
		method, ok := number(line.method)
		if !ok {
			continue
		}
		minutes := 0.0
		if line.minutes != "" {
			var parseErr error
			minutes, parseErr = strconv.ParseFloat(line.minutes, 64)
			if parseErr != nil || !(minutes >= 0 && minutes <= maxRuleMinutes) {
				bad.Add("body."+urgency+"["+strconv.Itoa(len(lines))+"].delay_minutes", "must be a number of minutes, at most %d", maxRuleMinutes)
			}
		}
		lines = append(lines, line)
		rules = append(rules, notify.Rule{Delay: time.Duration(minutes * float64(time.Minute)).Round(time.Second), ContactMethodID: method})
	}
	return lines, rules, bad.Err()
}

const maxRuleMinutes = 1440

// saveRules takes one of the two orders and leaves the other.
func (s *site) saveRules(v *visit) error {
	urgency := v.r.PathValue("urgency")
	at := map[string]int{"high": 0, "low": 1}
	place, known := at[urgency]
	if !known {
		return fault.NotFoundf("Order")
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	lines, rules, err := readRules(typed, urgency)
	if err == nil {
		err = s.replaceRules(v, urgency, rules)
	}
	if err == nil {
		return v.go303(mePath, "saved")
	}
	return s.meAgain(v, nil, err, func(p *view.Me) *view.Form {
		form := p.Rules[place].Form
		*form = rulesForm(urgency, lines, form.Rows[0][1].Options)
		return form
	})
}

func (s *site) replaceRules(v *visit, urgency string, rules []notify.Rule) error {
	all, err := s.Notifications.Rules(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return err
	}
	if urgency == "high" {
		all.High = rules
	} else {
		all.Low = rules
	}
	_, err = s.Notifications.SetRules(v.ctx, v.actor, v.actor.UserID, all)
	return err
}
