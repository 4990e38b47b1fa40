package incident

import (
	"maps"
	"slices"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Apply does commands to incidents of one organisation, in the order given, and has the followers act on the changes; it
// asks for no permission. It locks the incidents first, in the order of their ids. Nothing is written when one command is
// refused. Faults: NotFound, Invalid, Conflict.
func (s *Service) Apply(tx *db.Tx, org int64, commands []Command) ([]Result, error) {
	ids := make([]int64, len(commands))
	for i, c := range commands {
		ids[i] = c.IncidentID
	}
	locked, err := s.LockForUpdate(tx, org, ids)
	if err != nil {
		return nil, err
	}
	a := &application{Service: s, tx: tx, org: org, incidents: locked, touched: map[int64]bool{}}
	results := make([]Result, len(commands))
	for i, c := range commands {
		if results[i], err = a.do(c); err != nil {
			return nil, err
		}
	}
	err = a.write()
	for i := range results { // The time of an acknowledgement begins when all is done.
		a.incidents[results[i].Incident.ID].lendTime(&results[i].Incident)
	}
	return results, err
}

// application is the work of one Apply. Assignments, acknowledgements and comments are written at once, so that a later command
// finds them; incidents and timeline at the end.
type application struct {
	*Service
	tx        *db.Tx
	org       int64
	incidents map[int64]Incident
	touched   map[int64]bool
	timeline  []TimelineEvent
	changes   []Change
}

func (a *application) do(c Command) (Result, error) {
	inc, found := a.incidents[c.IncidentID]
	if !found {
		return Result{}, fault.NotFoundf("Incident")
	}
	switch c.Verb {
	case Assign:
		return a.assign(inc, c)
	case Unassign:
		return a.unassign(inc, c)
	case AddComment:
		return a.comment(inc, c)
	case Update:
		return a.update(inc, c)
	case Touch:
		if inc.AckExpiresAt == nil {
			return Result{Incident: inc}, nil
		}
		return Result{Incident: a.put(inc, inc, c, nil)}, nil
	}
	next, changed, err := decide(inc, c, a.tx.Now())
	if err != nil {
		return Result{}, err
	}
	// An acknowledgement is each person's own, also of an incident that another has taken.
	if c.Verb == Acknowledge && c.Actor.UserID != 0 {
		if err := saveAcknowledgement(a.tx, next, c.Actor.UserID, a.tx.Now()); err != nil {
			return Result{}, err
		}
	}
	if c.Verb == Delete {
		if err := endAlerts(a.tx, a.org, inc.ID, a.tx.Now()); err != nil {
			return Result{}, err
		}
	}
	if !changed && c.Verb != Acknowledge {
		return Result{Incident: inc}, nil
	}
	assigned, err := a.assignActor(&next, c)
	if err != nil {
		return Result{}, err
	}
	if changed || len(assigned) > 0 {
		a.note(next, string(c.Verb), c, describe(inc, next, c), nil)
	}
	return Result{Incident: a.put(inc, next, c, assigned), Changed: changed}, nil
}

// put notes a change for writing and for the followers, and returns the incident as it will be stored. What several commands do
// to an incident is one new version of it.
func (a *application) put(before, after Incident, c Command, assigned []int64) Incident {
	after.UpdatedAt = a.tx.Now()
	if !a.touched[after.ID] {
		after.Version++
	}
	a.incidents[after.ID] = after
	a.touched[after.ID] = true
	a.changes = append(a.changes, Change{
		Before: before, After: after, Verb: c.Verb, Actor: c.Actor, Via: c.Via, At: a.tx.Now(),
		NewEpisode: after.Episode != before.Episode, Assigned: assigned, Comment: c.Text,
		Rerouted: before.Severity != after.Severity || before.Service != after.Service || !same(before.TeamID, after.TeamID),
	})
	return after
}

func same(a, b *int64) bool { return (a == nil && b == nil) || (a != nil && b != nil && *a == *b) }

// assignActor assigns a person who takes or ends the incident.
func (a *application) assignActor(inc *Incident, c Command) ([]int64, error) {
	if c.Actor.UserID == 0 || (c.Verb != Acknowledge && c.Verb != Resolve) {
		return nil, nil
	}
	id := c.Actor.UserID
	already, err := isAssigned(a.tx, a.org, inc.ID, id)
	if err != nil {
		return nil, err
	}
	if c.Verb == Acknowledge || inc.AssignedTo == nil {
		inc.AssignedTo = &id
	}
	if already {
		return nil, nil
	}
	assignment := Assignment{IncidentID: inc.ID, UserID: id, Role: defaultRole, AssignedAt: a.tx.Now(), AssignedBy: &id}
	return []int64{id}, saveAssignments(a.tx, a.org, []Assignment{assignment})
}

func (a *application) assign(inc Incident, c Command) (Result, error) {
	users, err := a.People.UsersByID(a.tx, a.org, []int64{c.UserID})
	if err != nil {
		return Result{}, err
	}
	user, found := users[c.UserID]
	var bad fault.Checks
	if !found {
		bad.Add("body.user_id", "there is no user %d", c.UserID)
	} else if !user.IsActive {
		bad.Add("body.user_id", "user %d is not active", c.UserID)
	}
	if len([]rune(c.Role)) > maxRole {
		bad.Add("body.role", "must be at most %d characters", maxRole)
	}
	if err := bad.Err(); err != nil {
		return Result{}, err
	}
	already, err := isAssigned(a.tx, a.org, inc.ID, c.UserID)
	if err != nil || already {
		return Result{Incident: inc}, err
	}
	if c.Role == "" {
		c.Role = defaultRole
	}
	next := inc
	next.AssignedTo = &c.UserID
	err = saveAssignments(a.tx, a.org, []Assignment{{
		IncidentID: inc.ID, UserID: c.UserID, Role: c.Role, AssignedAt: a.tx.Now(), AssignedBy: person(c.Actor),
	}})
	if err != nil {
		return Result{}, err
	}
	a.note(next, "assigned", c, by(c)+"assigned "+user.Name()+" as "+c.Role+".", map[string]any{"user_id": c.UserID, "role": c.Role})
	return Result{Incident: a.put(inc, next, c, []int64{c.UserID}), Changed: true}, nil
}

func (a *application) unassign(inc Incident, c Command) (Result, error) {
	removed, err := deleteAssignment(a.tx, a.org, inc.ID, c.UserID)
	if err != nil {
		return Result{}, err
	}
	if !removed {
		return Result{}, fault.NotFoundf("Assignment")
	}
	next := inc
	if inc.AssignedTo != nil && *inc.AssignedTo == c.UserID {
		next.AssignedTo = nil
		left, err := a.AssigneesOf(a.tx, a.org, []int64{inc.ID})
		if err != nil {
			return Result{}, err
		}
		if others := left[inc.ID]; len(others) > 0 {
			next.AssignedTo = &others[len(others)-1].UserID
		}
	}
	a.note(next, "unassigned", c, by(c)+"took a person off the incident.", map[string]any{"user_id": c.UserID})
	return Result{Incident: a.put(inc, next, c, nil), Changed: true}, nil
}

func (a *application) comment(inc Incident, c Command) (Result, error) {
	var bad fault.Checks
	checkText(&bad, "body.content", c.Text, 1, maxComment)
	if err := bad.Err(); err != nil {
		return Result{}, err
	}
	comment := &Comment{IncidentID: inc.ID, UserID: person(c.Actor), Content: c.Text, CreatedAt: a.tx.Now()}
	if err := insertComment(a.tx, a.org, comment); err != nil {
		return Result{}, err
	}
	a.note(inc, "comment", c, by(c)+"commented.", map[string]any{"comment_id": comment.ID})
	return Result{Incident: a.put(inc, inc, c, nil), Changed: true, Comment: comment}, nil
}

func (a *application) update(inc Incident, c Command) (Result, error) {
	err := a.checkEdit(c.Edit)
	if err != nil {
		return Result{}, err
	}
	next, verb := edit(inc, *c.Edit)
	if next.Service != inc.Service && a.ServiceOwner != nil {
		serviceID, teamID, err := a.ServiceOwner(a.tx, a.org, next.Service)
		if err != nil {
			return Result{}, err
		}
		next.ServiceID = serviceID
		if c.Edit.TeamID == nil && teamID != nil {
			next.TeamID = teamID
		}
	}
	if verb == Snooze {
		return Result{}, fault.New(fault.Conflict, "snooze_needs_time", "An incident is snoozed until a time: use its snooze endpoint.")
	}
	differences := describeEdit(inc, next)
	if differences != "" {
		a.note(next, "updated", c, by(c)+"changed "+differences+".", nil)
		a.put(inc, next, c, nil)
	}
	result := Result{Incident: a.incidents[inc.ID]}
	if verb != "" {
		c.Verb = verb
		if result, err = a.do(c); err != nil {
			return Result{}, err
		}
	}
	result.Changed = result.Changed || differences != ""
	return result, nil
}

// write saves what the commands did and tells the followers.
func (a *application) write() error {
	if len(a.changes) == 0 {
		return nil
	}
	if err := a.checkReopened(); err != nil {
		return err
	}
	if err := a.hold(); err != nil {
		return err
	}
	var list []*Incident
	var ids []int64
	for id := range a.touched {
		inc := a.incidents[id]
		list = append(list, &inc)
		ids = append(ids, id)
	}
	if err := saveIncidents(a.tx, list); err != nil {
		return err
	}
	if err := saveTimeline(a.tx, a.org, a.timeline); err != nil {
		return err
	}
	a.publish(a.tx, a.org, ids)
	if slices.ContainsFunc(a.changes, Change.timed) {
		a.Hub.Publish(a.tx, live.Notice{Org: a.org, Topic: live.TopicDue})
	}
	return a.follow(a.tx, a.org, a.changes)
}

// checkReopened refuses to reopen an incident whose group has another one that is open, or will be.
func (a *application) checkReopened() error {
	opening := map[string]int64{}
	for _, c := range a.changes {
		inc := a.incidents[c.After.ID]
		if !c.NewEpisode || c.Before.Status != StatusResolved || inc.Status == StatusResolved || inc.GroupKey == "" {
			continue
		}
		if other := opening[inc.GroupKey]; other != 0 && other != inc.ID {
			return replaced(other)
		}
		opening[inc.GroupKey] = inc.ID
	}
	if len(opening) == 0 {
		return nil
	}
	others, err := openByGroup(a.tx, a.org, slices.Sorted(maps.Keys(opening)))
	for _, other := range others {
		if opening[other.group] != other.id {
			return replaced(other.id)
		}
	}
	return err
}

func replaced(by int64) error {
	return fault.New(fault.Conflict, "replaced", "Incident %d is open for the same alerts; work on that one.", by)
}

func (a *application) note(inc Incident, kind string, c Command, text string, metadata map[string]any) {
	if names := map[string]string{
		string(Acknowledge): "acknowledged", string(Resolve): "resolved", string(Reopen): "reopened",
		string(Snooze): "snoozed", string(Unsnooze): "unsnoozed", string(Expire): "reopened", string(Delete): "deleted", string(AskHolders): "still_on_it",
	}; names[kind] != "" {
		kind = names[kind]
	}
	if metadata == nil {
		metadata = map[string]any{}
	}
	if c.Via != "" {
		metadata["via"] = c.Via
	}
	if c.Actor.Kind != account.ActorUser {
		metadata["by"] = string(c.Actor.Kind)
	}
	a.timeline = append(a.timeline, TimelineEvent{
		IncidentID: inc.ID, EventType: kind, Description: text, UserID: person(c.Actor), Metadata: metadata,
	})
}
