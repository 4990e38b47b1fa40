package escalation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

const (
	maxBody         = 10_000
	maxInstructions = 10_000
	maxDestination  = 2000
)

// action reads one action and brings its older spellings to the present one.
func (p *parser) action(where string, raw json.RawMessage) (a Action) {
	p.object(where, "field of an action", raw, fields{
		"type": &a.Type, "target": &a.Target, "recipients": &a.Recipients, "target_roles": &a.TargetRoles, "channels": &a.Channels,
		"message": &a.Message, "urgency": &a.Urgency, "status": &a.Status, "severity": &a.Severity, "pick": &a.Pick,
		"url": &a.URL, "headers": &a.Headers, "body": &a.Body, "kind": &a.Kind, "destination": &a.Destination,
		"policy": func(at string, raw json.RawMessage) { a.Policy = p.reference(at, raw) }, "text": &a.Text,
	})
	if role, isRole := strings.CutPrefix(a.Type, "notify_"); isRole {
		if _, ok := parseRole(role); ok {
			a.Type, a.TargetRoles = ActionNotify, append(a.TargetRoles, role)
		}
	}
	if a.Type == "status_change" {
		a.Type = ActionChangeStatus
	}
	p.byType(where, &a)
	if a.Urgency != "" && a.Urgency != string(incident.UrgencyHigh) && a.Urgency != string(incident.UrgencyLow) {
		p.bad.Add(where+".urgency", "must be high or low")
	}
	switch a.Pick {
	case "", PickRoundRobin, PickRandom:
	case PickAll:
		a.Pick = ""
	default:
		p.bad.Add(where+".pick", "must be all, round_robin or random")
	}
	p.text(where+".message", a.Message, 0, maxMessage)
	for i, channel := range a.Channels {
		if !slices.Contains(p.channels, channel) {
			p.bad.Add(fmt.Sprintf("%s.channels[%d]", where, i), "must be one of %s", strings.Join(p.channels, ", "))
		}
	}
	return a
}

func (p *parser) byType(where string, a *Action) {
	switch a.Type {
	case ActionNotify, ActionAssign:
		p.targets(where, a)
	case ActionChangeStatus:
		status, ok := incident.ParseStatus(a.Status)
		if !ok || (status != incident.StatusAcknowledged && status != incident.StatusResolved) {
			p.bad.Add(where+".status", "must be acknowledged or resolved")
		}
		a.Status = string(status)
	case ActionChangeSeverity:
		severity, ok := incident.ParseSeverity(a.Severity)
		if !ok {
			p.bad.Add(where+".severity", "must be critical, high, medium, low or info")
		}
		a.Severity = string(severity)
	case ActionWebhook:
		p.webhook(where, a)
	case ActionChannel:
		p.post(where, a)
	case ActionPolicy:
		if a.Policy == "" {
			p.bad.Add(where+".policy", "is needed: the id or name of the policy that takes over")
		}
	case ActionInstructions:
		p.text(where+".text", strings.TrimSpace(a.Text), 1, maxInstructions)
	default:
		p.bad.Add(where+".type", "must be notify, notify_<role>, assign, change_status, change_severity, webhook, channel, policy or "+
			"instructions, not %q", a.Type)
	}
}

// reference reads the id or name of a policy; whether it is there is asked when it is saved.
func (p *parser) reference(where string, raw json.RawMessage) (text string) {
	var id int64
	if json.Unmarshal(raw, &id) == nil && string(raw) != "null" {
		return strconv.FormatInt(id, 10)
	}
	p.decode(where, raw, &text)
	p.text(where, text, 0, maxName)
	return strings.TrimSpace(text)
}

func (p *parser) webhook(where string, a *Action) {
	a.URL = p.destination(where+".url", ActionWebhook, a.URL)
	p.keepHidden(where+".headers", a)
	if err := p.posts.CheckHeaders(ActionWebhook, a.Headers); err != nil {
		p.bad.Add(where+".headers", "%s", err)
	}
	p.text(where+".body", a.Body, 0, maxBody)
	if utf8.RuneCountInString(a.Body) <= maxBody {
		if err := p.body(a.Headers, a.Body); err != nil {
			p.bad.Add(where+".body", "%s", err)
		}
	}
}

func (p *parser) post(where string, a *Action) {
	if !slices.Contains(p.channels, a.Kind) {
		p.bad.Add(where+".kind", "must be one of %s", strings.Join(p.channels, ", "))
		return
	}
	a.Destination = p.destination(where+".destination", a.Kind, a.Destination)
}

// destination is the address in its normal form.
func (p *parser) destination(where, kind, address string) string {
	switch {
	case strings.TrimSpace(address) == "":
		p.bad.Add(where, "is needed: where to post")
	case len(address) > maxDestination:
		p.bad.Add(where, "must be at most %d bytes", maxDestination)
	default:
		normal, err := p.posts.CheckDestination(kind, strings.TrimSpace(address))
		if err == nil {
			return normal
		}
		p.bad.Add(where, "%s", err)
	}
	return address
}

func (p *parser) targets(where string, a *Action) {
	all := a.targets()
	if len(all) == 0 {
		p.bad.Add(where+".target", "is needed: whom to %s", a.Type)
	}
	if len(all) > maxTargets {
		p.bad.Add(where+".recipients", "must be at most %d", maxTargets)
		return
	}
	check := func(at, text string) {
		if t, err := ParseTarget(text); err != nil {
			p.bad.Add(at, "%s", err)
		} else if t.Kind == TargetFallback {
			p.bad.Add(at, "the fallback contacts are paged by the server itself")
		}
	}
	if a.Target != "" {
		check(where+".target", a.Target)
	}
	for i, text := range a.Recipients {
		check(fmt.Sprintf("%s.recipients[%d]", where, i), text)
	}
	for i, text := range a.TargetRoles {
		if role, ok := parseRole(text); !ok || role == account.RoleUser {
			p.bad.Add(fmt.Sprintf("%s.target_roles[%d]", where, i), "must be oncall_engineer, team_lead, manager, vp or cto")
		}
	}
}
