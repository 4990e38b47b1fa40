package incident

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// Verb is what is done to an incident.
type Verb string

// The verbs of commands; the last five come only from the incident's own course.
const (
	Acknowledge Verb = "acknowledge"
	Resolve     Verb = "resolve"
	Reopen      Verb = "reopen"
	Snooze      Verb = "snooze"
	Unsnooze    Verb = "unsnooze"
	Assign      Verb = "assign"
	Unassign    Verb = "unassign"
	AddComment  Verb = "comment"
	Update      Verb = "update"
	Delete      Verb = "delete"
	Touch       Verb = "touch"       // Its holder did something that is no command.
	AskHolders  Verb = "ask_holders" // The acknowledgement will run out soon.
	Expire      Verb = "expire"      // The acknowledgement's time is over.
	Receive     Verb = "receive"
	Create      Verb = "create"
)

// Command is one thing to do to one incident. Which fields count depends on the verb.
type Command struct {
	IncidentID int64
	Verb       Verb
	Actor      account.Actor
	Via        string    // how it came: "link", "escalation policy …"; "" for the API and pages
	Until      time.Time // Snooze
	UserID     int64     // Assign, Unassign
	Role       string    // Assign: the person's role in the response; "" is "responder"
	Text       string    // AddComment
	Edit       *Edit     // Update
}

// Edit changes what is not nil. Labels and Metadata replace the whole map.
type Edit struct {
	Title       *string
	Description *string
	Status      *Status
	Severity    *Severity
	Service     *string
	TeamID      **int64
	Labels      *map[string]string
	Metadata    *map[string]any
}

// Result is an incident after a command.
type Result struct {
	Incident Incident
	Changed  bool     // false: it stood so already
	Comment  *Comment // AddComment
}

// Change is what happened to one incident in one transaction, for the followers. Before.ID is 0 when it was created.
type Change struct {
	Before, After Incident
	Verb          Verb
	Actor         account.Actor
	Via           string
	At            time.Time
	NewEpisode    bool    // The episode After.Episode begins with this change.
	Assigned      []int64 // who was newly assigned
	AlertsAdded   int     // new alerts that joined
	Rerouted      bool    // Severity, service or team changed: matching looks again.
	Comment       string
}

// Created reports whether the incident is new.
func (c Change) Created() bool { return c.Before.ID == 0 }

// timed reports whether the incident has a time now at which something happens by itself; see Service.Course.
func (c Change) timed() bool {
	return c.After.SnoozedUntil != nil || c.After.AckAskAt != nil || c.After.AckExpiresAt != nil
}

// Acknowledged reports whether the incident became acknowledged, or one more person acknowledged it.
func (c Change) Acknowledged() bool {
	return c.Verb == Acknowledge && c.After.Status == StatusAcknowledged
}

// Resolved reports whether the incident became resolved.
func (c Change) Resolved() bool {
	return c.After.Status == StatusResolved && c.Before.Status != StatusResolved
}

// Snoozed reports whether the incident went to sleep, or was told to sleep longer.
func (c Change) Snoozed() bool { return c.Verb == Snooze && c.After.Status == StatusSnoozed }

// Returned reports whether a snooze ended with the status of before.
func (c Change) Returned() bool {
	return c.Before.Status == StatusSnoozed && !c.NewEpisode &&
		(c.After.Status == StatusOpen || (c.After.Status == StatusAcknowledged && c.Verb != Acknowledge))
}

// Follower acts on changes in the transaction that made them: pages start and stop with their cause or not at all. A batch
// holds changes of one organisation; the incidents are locked, nothing else is.
type Follower interface {
	Follow(tx *db.Tx, org int64, batch []Change) error
}
