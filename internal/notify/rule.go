package notify

import "time"

// Rule is one line of a person's own order: the contact method that is used Delay after a page is due.
type Rule struct {
	Delay           time.Duration // whole seconds
	ContactMethodID int64
}

// RuleSet is a person's own order for each urgency. An empty list leaves that urgency to the default.
type RuleSet struct {
	High, Low []Rule
}

// fromZero moves rules of high urgency so that the first is used at once, and keeps the distances.
func fromZero(rules []Rule) []Rule {
	moved := make([]Rule, len(rules))
	for i, r := range rules {
		moved[i] = Rule{Delay: r.Delay - rules[0].Delay, ContactMethodID: r.ContactMethodID}
	}
	return moved
}
