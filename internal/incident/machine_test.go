package incident

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

var (
	midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	three    = midnight.Add(3 * time.Hour)
	four     = midnight.Add(4 * time.Hour)
	ann      = account.Actor{Kind: account.ActorUser, Org: 1, UserID: 1, Name: "Ann"}
	bob      = account.Actor{Kind: account.ActorUser, Org: 1, UserID: 2, Name: "Bob"}
	engine   = account.System(1, "escalation")
)

// with is the incident after changes.
func with(i Incident, changes ...func(*Incident)) Incident {
	for _, change := range changes {
		change(&i)
	}
	return i
}

func acknowledged(by account.Actor, at time.Time) func(*Incident) {
	return func(i *Incident) {
		i.Status, i.AcknowledgedAt, i.AcknowledgedBy, i.Unescalated = StatusAcknowledged, &at, person(by), false
	}
}

func resolved(by account.Actor, how string, at time.Time) func(*Incident) {
	return func(i *Incident) {
		i.Status, i.ResolvedAt, i.ResolvedBy, i.ResolvedHow, i.Unescalated = StatusResolved, &at, person(by), how, false
	}
}

func snoozed(by account.Actor, until time.Time) func(*Incident) {
	return func(i *Incident) {
		i.StatusBeforeSnooze, i.Status, i.SnoozedUntil, i.SnoozedBy = i.Status, StatusSnoozed, &until, person(by)
	}
}

func expiring(at time.Time) func(*Incident) { return func(i *Incident) { i.AckExpiresAt = &at } }

func again(episode int, at time.Time) func(*Incident) {
	return func(i *Incident) { i.Episode, i.OpenedAt, i.Unescalated = episode, at, false }
}

// The incidents that the table begins with. It is three o'clock.
var (
	fresh        = Incident{ID: 7, OrgID: 1, Status: StatusOpen, Severity: SeverityHigh, Episode: 1, OpenedAt: midnight, Unescalated: true}
	taken        = with(fresh, acknowledged(ann, midnight))
	takenFor     = with(taken, expiring(four))
	overdue      = with(taken, expiring(three))
	asleep       = with(fresh, snoozed(ann, four))
	takenAsleep  = with(taken, snoozed(ann, four))
	done         = with(fresh, resolved(ann, ResolvedByUser, midnight))
	takenAndDone = with(taken, resolved(ann, ResolvedByUser, midnight))
)

func TestTheStatusMachine(t *testing.T) {
	do := func(verb Verb, by account.Actor) Command { return Command{Verb: verb, Actor: by} }
	sleep := func(until time.Time) Command { return Command{Verb: Snooze, Actor: bob, Until: until} }
	opened := with(fresh, again(2, three))
	for _, row := range []struct {
		name string
		from Incident
		do   Command
		want Incident
		fail fault.Kind // 0: it is done
	}{
		{"an open one is taken", fresh, do(Acknowledge, bob), with(fresh, acknowledged(bob, three)), 0},
		{"a policy takes it", fresh, do(Acknowledge, engine), with(fresh, acknowledged(engine, three)), 0},
		{"taken again, it stays with the first", taken, do(Acknowledge, bob), taken, 0},
		{"taken again, the time is off", takenFor, do(Acknowledge, bob), taken, 0},
		{"a sleeping one is taken", asleep, do(Acknowledge, bob), with(fresh, acknowledged(bob, three)), 0},
		{"a taken and sleeping one is taken", takenAsleep, do(Acknowledge, bob), with(taken, acknowledged(bob, three)), 0},
		{"a resolved one cannot be taken", done, do(Acknowledge, bob), done, fault.Conflict},

		{"an open one ends", fresh, do(Resolve, bob), with(fresh, resolved(bob, ResolvedByUser, three)), 0},
		{"a policy ends it", fresh, do(Resolve, engine), with(fresh, resolved(engine, ResolvedByPolicy, three)), 0},
		{"a taken one ends", takenFor, do(Resolve, bob), with(taken, resolved(bob, ResolvedByUser, three)), 0},
		{"a sleeping one ends", asleep, do(Resolve, bob), with(fresh, resolved(bob, ResolvedByUser, three)), 0},
		{"a taken and sleeping one ends", takenAsleep, do(Resolve, bob), with(taken, resolved(bob, ResolvedByUser, three)), 0},
		{"what has ended stays", done, do(Resolve, bob), done, 0},

		{"an open one is open", fresh, do(Reopen, bob), fresh, 0},
		{"an acknowledgement is taken back", takenFor, do(Reopen, bob), opened, 0},
		{"a sleeping one that was open wakes", asleep, do(Reopen, bob), fresh, 0},
		{"a sleeping one that was taken opens", takenAsleep, do(Reopen, bob), opened, 0},
		{"a resolved one opens", done, do(Reopen, bob), opened, 0},
		{"a taken and resolved one opens", takenAndDone, do(Reopen, bob), opened, 0},

		{"an open one sleeps", fresh, sleep(four), with(fresh, snoozed(bob, four)), 0},
		{"a taken one sleeps", takenFor, sleep(four), with(taken, snoozed(bob, four)), 0},
		{"told the same again, it sleeps as before", takenAsleep, sleep(four), takenAsleep, 0},
		{"a sleeping one sleeps longer", asleep, sleep(four.Add(time.Hour)), with(fresh, snoozed(bob, four.Add(time.Hour))), 0},
		{"a resolved one cannot sleep", done, sleep(four), done, fault.Conflict},
		{"nobody sleeps till now", fresh, sleep(three), fresh, fault.Invalid},
		{"nobody sleeps till yesterday", fresh, sleep(midnight), fresh, fault.Invalid},
		{"30 days are not too long", fresh, sleep(three.Add(MaxSnooze)), with(fresh, snoozed(bob, three.Add(MaxSnooze))), 0},
		{"longer is", fresh, sleep(three.Add(MaxSnooze + time.Second)), fresh, fault.Invalid},

		{"an open one is awake", fresh, do(Unsnooze, bob), fresh, 0},
		{"a taken one is awake", takenFor, do(Unsnooze, bob), takenFor, 0},
		{"a sleeping one wakes", asleep, do(Unsnooze, bob), fresh, 0},
		{"a taken one wakes, and somebody must be there soon", takenAsleep, do(Unsnooze, engine), with(taken, expiring(three.Add(15*time.Minute))), 0},
		{"also when a third one wakes it", takenAsleep, do(Unsnooze, bob), with(taken, expiring(three.Add(15*time.Minute))), 0},
		{"but not when its owner does", takenAsleep, do(Unsnooze, ann), taken, 0},
		{"a resolved one does not wake", done, do(Unsnooze, bob), done, fault.Conflict},

		{"an acknowledgement runs out", overdue, do(Expire, engine), opened, 0},
		{"not before its time", takenFor, do(Expire, engine), takenFor, 0},
		{"not without one", taken, do(Expire, engine), taken, 0},
		{"not while asleep", takenAsleep, do(Expire, engine), takenAsleep, 0},
		{"not when open", fresh, do(Expire, engine), fresh, 0},
		{"not when resolved", done, do(Expire, engine), done, 0},

		{"an open one is deleted", fresh, do(Delete, bob), with(fresh, resolved(bob, ResolvedByUser, three), deleted), 0},
		{"a sleeping one is deleted", asleep, do(Delete, bob), with(fresh, resolved(bob, ResolvedByUser, three), deleted), 0},
		{"a resolved one is deleted", done, do(Delete, bob), with(done, deleted), 0},

		{"assigning leaves the status", takenFor, do(Assign, bob), takenFor, 0},
		{"commenting leaves the status", done, do(AddComment, bob), done, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, changed, err := decide(row.from, row.do, three)
			if fault.KindOf(err) != row.fail {
				t.Fatalf("refused with %v, want %v", err, row.fail)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
			if differs := !cmp.Equal(row.from, got); changed != differs {
				t.Errorf("changed is %v, but the incident differs: %v", changed, differs)
			}
		})
	}
}

func deleted(i *Incident) { i.DeletedAt = new(three) }

func TestARefusalSaysWhatToDo(t *testing.T) {
	_, _, err := decide(done, Command{Verb: Acknowledge, Actor: bob}, three)
	if want := "Incident 7 is resolved and cannot be acknowledged. Reopen it first."; fault.From(err).Detail != want {
		t.Errorf("it says %q, want %q", fault.From(err).Detail, want)
	}
	_, _, err = decide(fresh, Command{Verb: Snooze, Actor: bob}, three)
	if fields := fault.From(err).Fields; len(fields) != 1 || fields[0].Location != "body.until" {
		t.Errorf("a snooze without end names %v, want body.until", fields)
	}
}

func TestWhatAnEditMeans(t *testing.T) {
	low, critical := SeverityLow, SeverityCritical
	for _, row := range []struct {
		name string
		from Incident
		edit Edit
		want Incident
		verb Verb
	}{
		{"nothing", fresh, Edit{}, fresh, ""},
		{"a person's severity is kept as such", fresh, Edit{Severity: &low}, with(fresh, func(i *Incident) { i.Severity, i.PersonSeverity = low, low }), ""},
		{"the severity it has is nobody's", fresh, Edit{Severity: new(SeverityHigh)}, fresh, ""},
		{"raising it opens nothing", taken, Edit{Severity: &critical}, with(taken, func(i *Incident) { i.Severity, i.PersonSeverity = critical, critical }), ""},
		{
			"texts and maps", fresh,
			Edit{
				Title: new("disk"), Description: new("full"), Service: new("db"),
				Labels: &map[string]string{"a": "b"}, Metadata: &map[string]any{"c": "d"}, TeamID: new(new(int64(4))),
			},
			with(fresh, func(i *Incident) {
				i.Title, i.Description, i.Service, i.TeamID = "disk", "full", "db", new(int64(4))
				i.Labels, i.Metadata = map[string]string{"a": "b"}, map[string]any{"c": "d"}
			}), "",
		},
		{"no team", with(fresh, func(i *Incident) { i.TeamID = new(int64(4)) }), Edit{TeamID: new((*int64)(nil))}, fresh, ""},
		{"the status it has", taken, Edit{Status: new(StatusAcknowledged)}, taken, ""},
		{"open is reopening", done, Edit{Status: new(StatusOpen)}, done, Reopen},
		{"acknowledged is acknowledging", fresh, Edit{Status: new(StatusAcknowledged)}, fresh, Acknowledge},
		{"resolved is resolving", fresh, Edit{Status: new(StatusResolved)}, fresh, Resolve},
		{"snoozed is snoozing", fresh, Edit{Status: new(StatusSnoozed)}, fresh, Snooze},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, verb := edit(row.from, row.edit)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
			if verb != row.verb {
				t.Errorf("it means %q, want %q", verb, row.verb)
			}
		})
	}
}
