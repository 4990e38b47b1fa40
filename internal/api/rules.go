package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Rule is one line of a person's own order.
type Rule struct {
	DelayMinutes    float64 `json:"delay_minutes" example:"5" doc:"After the page is due: from 0 to 1440, fractions allowed, kept in whole seconds, never less than in the entry before."`
	ContactMethodID int64   `json:"contact_method_id" example:"3"`
}

// RuleSet is a person's own order of contact methods.
type RuleSet struct {
	High []Rule `json:"high" doc:"For urgent pages; the first has delay 0. Empty: every method at once." nullable:"false"`
	Low  []Rule `json:"low" doc:"For the others. Empty: every method at once but those that are loud." nullable:"false"`
}

// NewRuleSet replaces the order for both urgencies: a list that is not given is empty.
type NewRuleSet struct {
	High []Rule `json:"high,omitempty" maxItems:"20"`
	Low  []Rule `json:"low,omitempty" maxItems:"20"`
}

func (s *server) rules() {
	const path = "/v1/notification-rules"
	register(s, answers(op(tagReach, http.MethodGet, path, "get-notification-rules", "Get a person's own order of contact methods"), http.StatusNotFound), s.getRules)
	register(s, described(answers(op(tagReach, http.MethodPut, path, "set-notification-rules", "Set a person's own order of contact methods"), http.StatusNotFound),
		"It replaces the order for both urgencies: a list that is not given is empty, and leaves that urgency to the default."), s.setRules)
}

func (s *server) getRules(ctx context.Context, actor account.Actor, in *OfPerson) (*answer[RuleSet], error) {
	set, err := s.Notifications.Rules(ctx, actor, in.person(actor))
	return replyOr(wireRules(set), err)
}

func (s *server) setRules(ctx context.Context, actor account.Actor, in *struct {
	OfPerson
	Body NewRuleSet
},
) (*answer[RuleSet], error) {
	set, err := s.Notifications.SetRules(ctx, actor, in.person(actor), notify.RuleSet{
		High: list(in.Body.High, ruleOf), Low: list(in.Body.Low, ruleOf),
	})
	return replyOr(wireRules(set), err)
}

func wireRules(set notify.RuleSet) RuleSet {
	return RuleSet{High: list(set.High, wireRule), Low: list(set.Low, wireRule)}
}

func wireRule(r notify.Rule) Rule {
	return Rule{DelayMinutes: r.Delay.Minutes(), ContactMethodID: r.ContactMethodID}
}

// ruleOf keeps delays that no duration can hold out of bounds.
func ruleOf(r Rule) notify.Rule {
	const beyond = 1e6
	minutes := max(-beyond, min(r.DelayMinutes, beyond))
	return notify.Rule{Delay: time.Duration(minutes * float64(time.Minute)), ContactMethodID: r.ContactMethodID}
}
