package escalation

import (
	"encoding/json"
	"fmt"
)

func (p *parser) steps(raw []json.RawMessage) []Step {
	if len(raw) > maxSteps {
		p.bad.Add("body.steps", "must be at most %d steps, not %d", maxSteps, len(raw))
		return nil
	}
	steps := make([]Step, len(raw))
	for i := range raw {
		where := fmt.Sprintf("body.steps[%d]", i)
		steps[i] = p.step(where, raw[i])
		if i > 0 && steps[i].DelayMinutes < steps[i-1].DelayMinutes {
			p.bad.Add(where+".delay_minutes", "must not be less than the step before (%g)", steps[i-1].DelayMinutes)
		}
	}
	return steps
}

func (p *parser) step(where string, raw json.RawMessage) (s Step) {
	var actions []json.RawMessage
	p.object(where, "field of a step", raw, fields{
		"delay_minutes": &s.DelayMinutes, "actions": &actions, "until": &s.Until, "acknowledge": &s.Acknowledge,
		"condition":  func(at string, raw json.RawMessage) { s.Condition = p.stepCondition(at, raw) },
		"wait_until": func(at string, raw json.RawMessage) { s.WaitUntil = p.wait(at, raw) },
	})
	if s.DelayMinutes < 0 || s.DelayMinutes > maxDelay {
		p.bad.Add(where+".delay_minutes", "must be 0 to %d", maxDelay)
	}
	p.oneOf(where+".until", &s.Until, UntilResolved, "acknowledged")
	p.oneOf(where+".acknowledge", &s.Acknowledge, AcknowledgeAll, "one")
	if len(actions) > maxActions {
		p.bad.Add(where+".actions", "must be at most %d", maxActions)
		return s
	}
	if actions != nil {
		s.Actions = make([]Action, len(actions))
	}
	for i := range actions {
		s.Actions[i] = p.action(fmt.Sprintf("%s.actions[%d]", where, i), actions[i])
	}
	return s
}

// oneOf checks a word; the one that means what is so anyway is left out.
func (p *parser) oneOf(where string, word *string, special, usual string) {
	switch *word {
	case "", special:
	case usual:
		*word = ""
	default:
		p.bad.Add(where, "must be %s or %s", special, usual)
	}
}

// wait reads what holds a step back.
func (p *parser) wait(where string, raw json.RawMessage) *Wait {
	if string(raw) == "null" {
		return nil
	}
	if raw[0] != '"' {
		if w := p.window(where, raw); w != nil {
			return &Wait{Window: w}
		}
		return nil
	}
	if string(raw) != `"`+WaitOnCall+`"` {
		p.bad.Add(where, "must be %q or a window {days, from, to, timezone}", WaitOnCall)
		return nil
	}
	return &Wait{OnCall: true}
}
