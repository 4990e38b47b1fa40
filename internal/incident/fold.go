package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
)

// stillFiringAfter is how long an incident that a person resolved may go on firing before it is opened again, once.
const stillFiringAfter = 30 * time.Minute

// maxSenderKey is how much of a sender's key is shown.
const maxSenderKey = 500

// hashKey scopes a sender's key to its integration, so that equal fingerprints of two systems never merge. Keys of any
// length are hashed, never cut.
func hashKey(kind string, integration *int64, key string) string {
	owner := ""
	if integration != nil {
		owner = strconv.FormatInt(*integration, 10)
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + owner + "\x00" + key))
	return hex.EncodeToString(sum[:])
}

func (r Report) alertKey() string { return hashKey("alert", r.IntegrationID, r.Key) }

func (r Report) groupKey() string {
	if r.GroupKey == "" {
		return hashKey("single", r.IntegrationID, r.Key)
	}
	return hashKey("group", r.IntegrationID, r.GroupKey)
}

// board is what is known of the incidents and alerts that a batch of reports touches. fold changes it in memory; what was
// touched is written afterwards.
type board struct {
	org       int64
	now       time.Time
	incidents map[int64]*Incident
	before    map[int64]Incident
	firing    map[string]*Alert // by alert key
	open      map[string]int64  // unresolved incident by group key
	last      map[string]int64  // newest incident by group key
	created   []*Incident       // without ids yet: negative ones
	alerts    []*Alert          // touched or new, each once
	written   map[*Alert]bool   // the same as a set
	fresh     map[*Alert]bool   // those of them that have no row yet
	answered  []*Alert          // the alert that each report was about, nil for none
	had       map[alertOf]bool  // keys that their incidents have or had
	touched   map[int64]bool
	added     map[int64]int
	episodes  map[int64]bool
	timeline  []TimelineEvent
	actor     *account.Actor // who reports; nil: a tool
}

// fold applies one report to the board and says what it did. It is pure but for the board.
func (b *board) fold(r Report) (receipt Receipt) {
	key := r.alertKey()
	about := b.firing[key]
	if r.Status == AlertResolved {
		receipt = b.foldResolved(about, r)
	} else {
		taken := false
		if about != nil {
			receipt, taken = b.foldRepeat(about, r)
		}
		if !taken {
			receipt = b.foldNew(r)
		}
		about = b.firing[key]
	}
	b.answered = append(b.answered, about)
	return receipt
}

// foldRepeat takes a firing report of an alert that fires already. It stays in its incident even if the sender regroups.
// taken is false when the report begins something new.
func (b *board) foldRepeat(a *Alert, r Report) (receipt Receipt, taken bool) {
	inc := b.incidents[a.IncidentID]
	receipt = Receipt{IncidentID: inc.ID, Outcome: OutcomeUnchanged}
	was := a.Severity
	if inc.Status == StatusResolved {
		if begunAnew(a, r) {
			b.endAlert(a, nil)
			return Receipt{}, false
		}
		b.repeat(a, r)
		overdue := inc.ResolvedHow == ResolvedByUser && !b.now.Before(inc.ResolvedAt.Add(stillFiringAfter))
		if overdue && !inc.StillFiringUsed && b.open[inc.GroupKey] == 0 {
			inc.StillFiringUsed = true
			b.follow(inc, was, a.Severity)
			b.settle(inc) // It may have changed while nobody was to be told.
			b.reopen(inc, "It still fires half an hour after it was resolved by hand.")
			receipt.Outcome = OutcomeReopened
		}
		return receipt, true
	}
	if b.repeat(a, r) {
		receipt.Outcome = OutcomeUpdated
	}
	b.follow(inc, was, a.Severity)
	return receipt, true
}

// follow lets the incident's severity go with that of one of its alerts. Only a rise of the alert itself overrules what a
// person has set since.
func (b *board) follow(inc *Incident, was, is Severity) {
	if is.Rank() > was.Rank() {
		b.raise(inc, is)
	} else if is != was {
		b.settle(inc)
	}
}

// repeat counts the signal on its alert and reports whether it said something new.
func (b *board) repeat(a *Alert, r Report) (news bool) {
	news = a.Severity != r.Severity || a.Title != r.Title || !maps.Equal(a.Labels, r.Labels) ||
		!maps.Equal(a.Annotations, r.Annotations) || (r.StartsAt != nil && begunAnew(a, r))
	if a.Severity != r.Severity {
		inc := b.incidents[a.IncidentID]
		b.touch(inc)
		inc.Firing[a.Severity]--
		inc.Firing[r.Severity]++
	}
	a.Severity, a.Title, a.Labels, a.Annotations, a.Links = r.Severity, r.Title, r.Labels, r.Annotations, r.Links
	// A twin that noticed later, or a message that was late, does not turn the start back.
	if r.StartsAt != nil && begunAnew(a, r) {
		a.StartsAt = r.StartsAt
	}
	a.Count++
	a.LastAt = b.now
	b.touchAlert(a)
	return news
}

func (b *board) foldNew(r Report) Receipt {
	group := r.groupKey()
	if id := b.open[group]; id != 0 {
		inc := b.incidents[id]
		text := "An alert fires again: "
		if !b.had[alertOf{id, r.alertKey()}] { // Only a new key is new trouble.
			b.added[id]++
			text = "Another alert joined: "
		}
		alert := b.addAlert(inc, r)
		b.note(inc, "alert_added", text+r.Title, map[string]any{"alert": r.Title, "severity": r.Severity})
		b.raise(inc, alert.Severity)
		b.settle(inc) // Nothing else may have fired for a while.
		return Receipt{IncidentID: id, Outcome: OutcomeUpdated}
	}
	if id := b.last[group]; id != 0 {
		inc := b.incidents[id]
		within := inc.ResolvedAt != nil && !b.now.After(inc.ResolvedAt.Add(r.ReopenWindow))
		if inc.ResolvedHow == ResolvedBySource && within {
			alert := b.addAlert(inc, r)
			inc.StillFiringUsed = false // That was said of what has ended.
			*inc = refired(*inc, b.now)
			b.raise(inc, alert.Severity)
			b.settle(inc)
			b.reopen(inc, "It fires again: "+r.Title)
			return Receipt{IncidentID: id, Outcome: OutcomeReopened}
		}
	}
	inc := b.create(r, group)
	b.addAlert(inc, r)
	return Receipt{IncidentID: inc.ID, Outcome: OutcomeCreated}
}

func (b *board) foldResolved(a *Alert, r Report) Receipt {
	if a == nil {
		return Receipt{Outcome: OutcomeNoMatch}
	}
	inc := b.incidents[a.IncidentID]
	receipt := Receipt{IncidentID: inc.ID, Outcome: OutcomeUnchanged}
	if stale(a, r) {
		return receipt
	}
	b.endAlert(a, r.EndsAt)
	if inc.Status == StatusResolved {
		return receipt
	}
	if inc.FiringCount > 0 {
		b.note(inc, "alert_resolved", "An alert ended: "+a.Title, map[string]any{"alert": a.Title})
		b.settle(inc)
		receipt.Outcome = OutcomeAlertResolved
		return receipt
	}
	receipt.Outcome = OutcomeAlertResolved
	if b.over(inc, r) {
		receipt.Outcome = OutcomeResolved
	}
	return receipt
}

// stale reports whether a resolve speaks of an earlier start of the alert: the late twin of a pair of senders. Its end decides.
// Its start does so only when no end was sent: of two twins that noticed one trouble seconds apart either may say that it is over.
func stale(a *Alert, r Report) bool {
	at := r.EndsAt
	if at == nil {
		at = r.StartsAt
	}
	return at != nil && a.StartsAt != nil && at.Before(*a.StartsAt)
}

// begunAnew reports whether a firing report is more than a repeat of what the alert already is: it began later. Without a
// start time nobody can tell, so that after a resolve any firing is new.
func begunAnew(a *Alert, r Report) bool {
	return a.StartsAt == nil || r.StartsAt == nil || r.StartsAt.After(*a.StartsAt)
}

// raise lifts the severity of a live incident that is below that of one of its alerts, to the worst that fires: what a person has
// set yields as a whole. Going from low to high urgency, or to critical, wakes an incident that somebody has acknowledged or put
// to sleep.
func (b *board) raise(inc *Incident, severity Severity) {
	if severity.Rank() <= inc.Severity.Rank() {
		return
	}
	severity = inc.worst()
	wakes := severity == SeverityCritical || (severity.Urgency() == UrgencyHigh && inc.Urgency() == UrgencyLow)
	b.note(inc, "severity_changed", "Severity rose from "+string(inc.Severity)+" to "+string(severity)+".",
		map[string]any{"from": inc.Severity, "to": severity})
	inc.Severity, inc.PersonSeverity = severity, ""
	if wakes && (inc.Status == StatusAcknowledged || inc.Status == StatusSnoozed) {
		b.reopen(inc, "More urgent than when it was "+string(inc.Status)+".")
	}
}

// settle lets the severity fall to the worst that still fires, unless a person has set it.
func (b *board) settle(inc *Incident) {
	worst := inc.worst()
	if inc.PersonSeverity != "" || worst == "" || worst == inc.Severity {
		return
	}
	b.note(inc, "severity_changed", "Severity is now "+string(worst)+", after "+string(inc.Severity)+".",
		map[string]any{"from": inc.Severity, "to": worst})
	inc.Severity = worst
}

// worst is the severity of the worst alert that fires, "" when none does.
func (i Incident) worst() (worst Severity) {
	for severity, n := range i.Firing {
		if n > 0 && severity.Rank() > worst.Rank() {
			worst = severity
		}
	}
	return worst
}

func (b *board) reopen(inc *Incident, why string) {
	b.touch(inc)
	*inc = newEpisode(*inc, b.now)
	b.open[inc.GroupKey] = inc.ID
	b.episodes[inc.ID] = true
	b.note(inc, "reopened", "Opened again. "+why, map[string]any{"episode": inc.Episode})
}

func (b *board) create(r Report, group string) *Incident {
	inc := &Incident{
		ID: -int64(len(b.created) + 1), OrgID: b.org, Title: r.Title, Description: r.Description, Status: StatusOpen, Severity: r.Severity,
		Service: r.Service, ServiceID: r.ServiceID, TeamID: r.TeamID, CreatedBy: r.ReportedBy, Source: r.Source,
		IntegrationID: r.IntegrationID, AlertID: r.AlertID, GroupKey: group, Labels: r.Labels, Metadata: r.Metadata,
		Episode: 1, CreatedAt: b.now, OpenedAt: b.now,
	}
	b.created = append(b.created, inc)
	b.incidents[inc.ID] = inc
	b.open[group], b.last[group] = inc.ID, inc.ID
	b.touch(inc)
	b.episodes[inc.ID] = true
	b.note(inc, "created", "Reported by "+r.Source+".", map[string]any{"source": r.Source, "severity": r.Severity})
	return inc
}

func (b *board) addAlert(inc *Incident, r Report) *Alert {
	b.touch(inc)
	a := &Alert{
		IncidentID: inc.ID, IntegrationID: r.IntegrationID, Key: r.alertKey(), SenderKey: cut(r.Key, maxSenderKey),
		Status: AlertFiring, Severity: r.Severity, Title: r.Title, Labels: r.Labels, Annotations: r.Annotations, Links: r.Links,
		StartsAt: r.StartsAt, CreatedAt: b.now, LastAt: b.now, Count: 1,
	}
	inc.QuietAt = nil
	inc.AlertCount++
	inc.FiringCount++
	inc.Firing[a.Severity]++
	b.firing[a.Key] = a
	b.had[alertOf{inc.ID, a.Key}] = true
	b.touchAlert(a)
	return a
}

func (b *board) endAlert(a *Alert, at *time.Time) {
	inc := b.incidents[a.IncidentID]
	b.touch(inc)
	if at == nil {
		at = &b.now
	}
	a.Status, a.EndsAt, a.LastAt = AlertResolved, at, b.now
	inc.FiringCount = max(0, inc.FiringCount-1)
	inc.Firing[a.Severity]--
	delete(b.firing, a.Key)
	b.touchAlert(a)
}

// touch notes that the incident will be written. Its counts become its own first: the copy of before must keep the old ones.
func (b *board) touch(inc *Incident) {
	if b.touched[inc.ID] {
		return
	}
	b.touched[inc.ID] = true
	counts := map[Severity]int{}
	maps.Copy(counts, inc.Firing)
	inc.Firing = counts
}

func (b *board) touchAlert(a *Alert) {
	if !b.written[a] {
		b.written[a] = true
		b.alerts = append(b.alerts, a)
	}
}

func (b *board) note(inc *Incident, kind, text string, metadata map[string]any) {
	b.touch(inc)
	e := TimelineEvent{IncidentID: inc.ID, EventType: kind, Description: text, Metadata: metadata}
	if b.actor != nil && kind == "created" {
		e.UserID = person(*b.actor)
	}
	b.timeline = append(b.timeline, e)
}

// cut shortens a text to at most n characters, whole ones.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
