package web

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// eventInstructions is the line of the timeline that holds what a step told whoever takes the incident to do.
const eventInstructions = "instructions"

// doneWord begins the comment that says that a task is done.
const doneWord = "Done: "

// tasksOf is the checklist of what steps told to do, a line of their text each, in the order in which they came. A step that is taken
// again says nothing new. What is done is said by a comment, so that it stands on the timeline with who and when.
func tasksOf(d incident.Detail, name func(*int64) *view.Person) []view.Task {
	said := map[string]*view.Comment{}
	for _, c := range d.Comments {
		by := &view.Comment{At: c.CreatedAt}
		if person := name(c.UserID); person != nil {
			by.Name = person.Name
		}
		said[strings.TrimSpace(c.Content)] = by
	}
	var list []view.Task
	listed := map[string]bool{}
	for _, v := range slices.Backward(d.Timeline) {
		if v.EventType != eventInstructions {
			continue
		}
		for line := range strings.Lines(v.Description) {
			text := strings.TrimSpace(bullet.ReplaceAllString(line, ""))
			if text == "" || listed[text] {
				continue
			}
			listed[text] = true
			list = append(list, view.Task{Text: text, Done: doneWord + text, By: said[doneWord+text]})
		}
	}
	return list
}

// bullet is what people begin the lines of a list with.
var bullet = regexp.MustCompile(`^\s*(?:[-*•]|\d+[.)])?\s*(?:\[[ xX]?\])?\s*`)
