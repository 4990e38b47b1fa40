package notify

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// The bounds of personal rules.
const (
	maxRules = 20 // for one urgency
	maxDelay = 24 * time.Hour
)

// Rule is one line of a person's own order: the contact method that is used Delay after a page is due.
type Rule struct {
	Delay           time.Duration // whole seconds
	ContactMethodID int64
}

// RuleSet is a person's own order for each urgency. An empty list leaves that urgency to the default.
type RuleSet struct {
	High, Low []Rule
}

// check names every entry that is wrong. methods are the person's.
func (set RuleSet) check(methods []ContactMethod) error {
	var c fault.Checks
	if len(set.High) > 0 && set.High[0].Delay > 0 {
		c.Add("body.high[0].delay_minutes", "must be 0: the first way of an urgent page is used at once")
	}
	checkRules(&c, "body.high", set.High, methods)
	checkRules(&c, "body.low", set.Low, methods)
	return c.Err()
}

func checkRules(c *fault.Checks, list string, rules []Rule, methods []ContactMethod) {
	if len(rules) > maxRules {
		c.Add(list, "must be at most %d", maxRules)
		return
	}
	for i, r := range rules {
		at := fmt.Sprintf("%s[%d]", list, i)
		switch {
		case r.Delay < 0 || r.Delay > maxDelay:
			c.Add(at+".delay_minutes", "must be from 0 to %d", int(maxDelay.Minutes()))
		case i > 0 && r.Delay < rules[i-1].Delay:
			c.Add(at+".delay_minutes", "must not be less than in the entry before")
		}
		named := func(other Rule) bool { return other.ContactMethodID == r.ContactMethodID }
		switch {
		case !slices.ContainsFunc(methods, func(m ContactMethod) bool { return m.ID == r.ContactMethodID }):
			c.Add(at+".contact_method_id", "must be one of the person's contact methods")
		case slices.ContainsFunc(rules[:i], named):
			c.Add(at+".contact_method_id", "must not be named twice: a page goes to each once")
		}
	}
}

// whole is the set with delays of whole seconds.
func (set RuleSet) whole() RuleSet {
	round := func(rules []Rule) []Rule {
		out := slices.Clone(rules)
		for i := range out {
			out[i].Delay = out[i].Delay.Round(time.Second)
		}
		return out
	}
	return RuleSet{High: round(set.High), Low: round(set.Low)}
}

// without is the set when a contact method is gone. The first urgent rule is then used at once again, and the distances stay.
func (set RuleSet) without(methodID int64) (left RuleSet, changed bool) {
	of := func(r Rule) bool { return r.ContactMethodID == methodID }
	left = RuleSet{High: slices.DeleteFunc(slices.Clone(set.High), of), Low: slices.DeleteFunc(slices.Clone(set.Low), of)}
	if len(left.High) > 0 {
		early := left.High[0].Delay
		for i := range left.High {
			left.High[i].Delay -= early
		}
	}
	return left, len(left.High) < len(set.High) || len(left.Low) < len(set.Low)
}
