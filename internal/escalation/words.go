package escalation

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
)

// words puts policies into sentences, with the names behind the ids.
type words struct{ users, teams, policies map[int64]string }

func (w words) team(id *int64) string {
	if id == nil {
		return "none"
	}
	return nameOr(w.teams, *id)
}

func (w words) teamList(ids Numbers) string {
	if len(ids) == 0 {
		return "any"
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = nameOr(w.teams, id)
	}
	return strings.Join(names, ", ")
}

func nameOr(names map[int64]string, id int64) string {
	if name := names[id]; name != "" {
		return name
	}
	return strconv.FormatInt(id, 10)
}

// target says whom a target means; all but a person's id and the spelling of roles is as written.
func (w words) target(text string) string {
	if t, err := ParseTarget(text); err == nil && t.UserID != 0 {
		return nameOr(w.users, t.UserID)
	}
	return account.SpellRoles(text)
}

func (w words) targets(list []string) string {
	said := make([]string, len(list))
	for i, text := range list {
		said[i] = w.target(text)
	}
	if len(said) == 0 {
		return "nobody"
	}
	return strings.Join(said, ", ")
}

func (w words) policy(reference string) string {
	if id, err := strconv.ParseInt(reference, 10, 64); err == nil {
		return nameOr(w.policies, id)
	}
	return reference
}

// step says what a step does and when.
func (w words) step(s Step) string {
	does := make([]string, len(s.Actions))
	for i, a := range s.Actions {
		does[i] = w.action(a)
	}
	if len(does) == 0 {
		does = []string{"does nothing"}
	}
	return "after " + minutesWord(s.DelayMinutes) + " " + strings.Join(does, ", ")
}

// action says what an action does. Of a webhook only the host is said, for the path is often a secret.
func (w words) action(a Action) string {
	switch a.Type {
	case ActionNotify:
		whom := w.targets(a.targets())
		if a.Pick != "" {
			whom = "one of " + whom
		}
		if len(a.Channels) > 0 {
			whom += " by " + strings.Join(a.Channels, ", ")
		}
		return "pages " + whom
	case ActionAssign:
		return "assigns " + w.targets(a.targets())
	case ActionChangeStatus:
		return "sets it " + a.Status
	case ActionChangeSeverity:
		return "makes it " + a.Severity
	case ActionWebhook:
		return "calls " + hostOf(a.URL)
	case ActionChannel:
		return "posts to " + a.Kind
	case ActionPolicy:
		return "hands over to " + w.policy(a.Policy)
	case ActionInstructions:
		return "shows instructions"
	}
	return a.Type
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "a webhook"
}

func fieldWord(name string) string { return strings.ReplaceAll(name, "_", " ") }

// value says the value of an action's field.
func (w words) value(field string, value any) string {
	switch v := value.(type) {
	case nil:
		return usualValue(field)
	case []any:
		list := make([]string, len(v))
		for i, one := range v {
			list[i] = w.value("target", one)
		}
		return strings.Join(list, ", ")
	case map[string]any:
		return strings.Join(slices.Sorted(maps.Keys(v)), ", ")
	case string:
		switch field {
		case "target":
			return w.target(v)
		case "policy":
			return w.policy(v)
		case "url", "destination":
			return hostOf(v)
		}
		return short(v)
	}
	return fmt.Sprint(value)
}

// usualValue is what counts when an action says nothing of the field.
func usualValue(field string) string {
	switch field {
	case "channels", "pick":
		return "all"
	case "urgency":
		return "the incident's"
	}
	return "none"
}

const maxQuoted = 60 // characters

// short is a text in a sentence: cut, and "none" when it is empty.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxQuoted {
		text = string(runes[:maxQuoted]) + "…"
	}
	return orUsual("none")(text)
}

func orUsual(usual string) func(string) string {
	return func(text string) string {
		if text == "" {
			return usual
		}
		return text
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func number[T any](n T) string { return fmt.Sprint(n) }

func anyOf(list Words) string {
	if len(list) == 0 {
		return "any"
	}
	return strings.Join(list, ", ")
}

func minutesWord(n float64) string {
	if n == 1 {
		return "1 minute"
	}
	return fmt.Sprintf("%g minutes", n)
}

func timeoutWords(m *int) string {
	switch {
	case m == nil:
		return "as long as the organisation says"
	case *m == 0:
		return "for good"
	}
	return minutesWord(float64(*m))
}

func repeatWords(r *Repeat) string {
	switch {
	case r == nil:
		return "as the organisation says"
	case r.Times == 0:
		return "never"
	}
	return fmt.Sprintf("%d × every %s", r.Times, minutesWord(float64(r.EveryMinutes)))
}

func windowWords(w *Window) string {
	if w == nil {
		return "any"
	}
	days, times := "every day", "all day"
	if len(w.Days) > 0 {
		days = strings.Join(w.Days, ", ")
	}
	if w.From != w.To {
		times = w.From + "–" + w.To
	}
	return days + " " + times + " " + w.Timezone
}

func waitWords(w *Wait) string {
	switch {
	case w == nil:
		return "for nothing"
	case w.OnCall:
		return "until somebody is on call"
	}
	return "for " + windowWords(w.Window)
}

func alertCountWords(c *AlertCount) string {
	switch {
	case c == nil:
		return "any"
	case c.WithinMinutes == 0:
		return fmt.Sprintf("at least %d", c.AtLeast)
	}
	return fmt.Sprintf("at least %d within %s", c.AtLeast, minutesWord(float64(c.WithinMinutes)))
}
