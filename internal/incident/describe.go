package incident

import (
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
)

// by names who did something, as the beginning of a sentence.
func by(c Command) string {
	name := c.Actor.Name
	if name == "" {
		name = c.Actor.Email
	}
	if name == "" {
		name = "Somebody"
	}
	if c.Actor.IsSystem() {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	return name + " "
}

// describe tells a change of status as a sentence for the timeline.
func describe(before, after Incident, c Command) string {
	who := by(c)
	switch c.Verb {
	case Acknowledge:
		switch {
		case before.Status == StatusAcknowledged && isPerson(c.Actor, before.AcknowledgedBy):
			return who + "is still on it" + via(c) + "."
		case before.Status == StatusAcknowledged:
			return who + "is on it, too."
		}
		return who + "acknowledged" + via(c) + "."
	case Resolve:
		if c.Actor.Kind == account.ActorIntegration {
			return "Nothing has fired for " + strconv.Itoa(int(quietFor.Minutes())) + " minutes: it is over."
		}
		return who + "resolved it" + via(c) + "."
	case Reopen:
		if before.Severity != after.Severity {
			return who + "reopened it" + via(c) + ". What fires is " + string(after.Severity) + " by now."
		}
		return who + "reopened it" + via(c) + "."
	case Snooze:
		return who + "snoozed it until " + after.SnoozedUntil.Format(time.RFC3339) + via(c) + "."
	case Unsnooze:
		if c.Actor.IsSystem() {
			return "The snooze is over; it is " + string(after.Status) + " again."
		}
		return who + "ended the snooze" + via(c) + "."
	case AskHolders:
		return "Who holds it is asked whether they are still on it: the acknowledgement runs out at " + after.AckExpiresAt.Format(time.RFC3339) + "."
	case Expire:
		return "The acknowledgement ran out; it is open again."
	case Delete:
		return who + "deleted it."
	}
	return who + string(c.Verb) + via(c) + "."
}

func via(c Command) string {
	if c.Via == "" {
		return ""
	}
	return " by " + c.Via
}

// describeEdit names the fields that differ, "" when none do.
func describeEdit(before, after Incident) string {
	var fields []string
	add := func(name string, differs bool) {
		if differs {
			fields = append(fields, name)
		}
	}
	add("the title", before.Title != after.Title)
	add("the description", before.Description != after.Description)
	add("the severity from "+string(before.Severity)+" to "+string(after.Severity), before.Severity != after.Severity)
	add("the service to "+after.Service, before.Service != after.Service)
	add("the team", !same(before.TeamID, after.TeamID))
	add("the labels", !maps.Equal(before.Labels, after.Labels))
	add("the metadata", !reflect.DeepEqual(filled(before.Metadata), filled(after.Metadata)))
	return strings.Join(fields, ", ")
}
