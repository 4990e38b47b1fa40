package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
)

// The editor works on one flat form, whose names are the paths of a policy document: "steps.1.actions.0.message". Here it is taken apart into
// its numbered parts and put together again, so that a step moves with all that stands in it.

// What the editor reads of one form; the service refuses less than that by name.
const (
	maxTypedSteps   = 101
	maxTypedActions = 51
	maxTypedHeaders = 31
)

// under are the values whose names begin so, without that beginning.
func under(form url.Values, prefix string) url.Values {
	part := url.Values{}
	for name, values := range form {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			part[rest] = values
		}
	}
	return part
}

// parts are the numbered groups under a prefix, in order: "steps." of "steps.0.until" and "steps.1.until" are two.
func parts(form url.Values, prefix string, most int) []url.Values {
	found := map[int]url.Values{}
	for name, values := range form {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		number, name, ok := strings.Cut(rest, ".")
		i := position(number)
		if !ok || i < 0 || i >= most {
			continue
		}
		if found[i] == nil {
			found[i] = url.Values{}
		}
		found[i][name] = values
	}
	list := make([]url.Values, 0, len(found))
	for _, i := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[i])
	}
	return list
}

// putParts puts groups back under a prefix, numbered anew.
func putParts(form url.Values, prefix string, groups []url.Values) {
	maps.DeleteFunc(form, func(name string, _ []string) bool { return strings.HasPrefix(name, prefix) })
	for i, group := range groups {
		for name, values := range group {
			form[prefix+strconv.Itoa(i)+"."+name] = values
		}
	}
}

// position reads an index; what is none is -1.
func position(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// reshape changes the form as a button of the editor says, and answers the name of the input to go on with: "step:add", "step:move:2:1",
// "action:remove:0:1",
// "action:move:0:2:1", "add:conditions.service".
func reshape(form url.Values, op string) (focus string) {
	what, rest, _ := strings.Cut(op, ":")
	verb, rest, _ := strings.Cut(rest, ":")
	var at []int
	for text := range strings.SplitSeq(rest, ":") {
		at = append(at, position(text))
	}
	steps := parts(form, "steps.", maxTypedSteps)
	switch {
	case what == "add":
		return verb // A list: what was typed is in it already.
	case what == "step":
		steps, focus = reshapeSteps(steps, verb, at)
	case what == "action" && at[0] >= 0 && at[0] < len(steps):
		list := parts(steps[at[0]], "actions.", maxTypedActions)
		list, focus = reshaped(list, verb, at[1:], nextAction())
		putParts(steps[at[0]], "actions.", list)
		if focus != "" {
			focus = "steps." + strconv.Itoa(at[0]) + ".actions." + focus + ".type"
		}
	default:
		return ""
	}
	putParts(form, "steps.", steps)
	return focus
}

// reshapeSteps moves steps but leaves the delays where they are, for they may not decrease.
func reshapeSteps(steps []url.Values, verb string, at []int) (after []url.Values, focus string) {
	const delay = "delay_minutes"
	next := nextAction()
	added := url.Values{delay: {nextDelay(steps)}}
	putParts(added, "actions.", []url.Values{next})
	var delays [][]string
	for _, step := range steps {
		delays = append(delays, step[delay])
	}
	if after, focus = reshaped(steps, verb, at, added); verb == "move" {
		for i := range after {
			after[i][delay] = delays[i]
		}
	}
	if focus != "" {
		focus = "steps." + focus + "." + delay
	}
	return after, focus
}

// reshaped adds, removes or moves one of the groups; what cannot be done is not done. focus is the number of the group to go on with.
func reshaped(groups []url.Values, verb string, at []int, added url.Values) (after []url.Values, focus string) {
	has := func(n int) bool { return len(at) > n && at[n] >= 0 && at[n] < len(groups) }
	switch {
	case verb == "add":
		return append(groups, added), strconv.Itoa(len(groups))
	case verb == "remove" && has(0):
		groups = slices.Delete(groups, at[0], at[0]+1)
		if len(groups) > 0 {
			focus = strconv.Itoa(min(at[0], len(groups)-1))
		}
		return groups, focus
	case verb == "move" && has(0) && has(1):
		moved := groups[at[0]]
		groups = slices.Insert(slices.Delete(groups, at[0], at[0]+1), at[1], moved)
		return groups, strconv.Itoa(at[1])
	}
	return groups, ""
}

// nextDelay is that of a step that is added: ten minutes after the last.
func nextDelay(steps []url.Values) string {
	if len(steps) == 0 {
		return "0"
	}
	last, isNumber := numberOrText(steps[len(steps)-1].Get("delay_minutes")).(float64)
	if !isNumber {
		return ""
	}
	return strconv.FormatFloat(last+10, 'f', -1, 64)
}

func nextAction() url.Values {
	return url.Values{"type": {escalation.ActionNotify}, "target": {"team_lead"}}
}
