package incident

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a board that lives on from batch to batch, with what an onlooker who knows no rule but the design's expects of it.
type world struct {
	*board
	fires map[string]bool  // keys whose last word was that they fire
	home  map[string]int64 // the incident of a key that fires
	// touchedByHand are incidents that a person may have opened without anything firing, at the severity that they had.
	touchedByHand map[int64]bool
}

func (w *world) reports(t *rapid.T) {
	key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "key")
	r := Report{
		Source: "test", Key: key, Title: key, ReopenWindow: 10 * time.Minute,
		Status:   rapid.SampledFrom([]AlertStatus{AlertFiring, AlertFiring, AlertResolved}).Draw(t, "status"),
		GroupKey: rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "group"),
		Severity: rapid.SampledFrom([]Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityInfo}).Draw(t, "severity"),
	}
	at := func(what string) *time.Time {
		if rapid.IntRange(0, 3).Draw(t, what+" is known") == 0 {
			return nil
		}
		moment := w.now.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, what+" minutes ago")) * time.Minute)
		return &moment
	}
	r.StartsAt = at("start")
	if r.Status == AlertResolved {
		r.EndsAt = at("end")
	}
	known := w.firing[r.alertKey()]
	late := r.Status == AlertResolved && known != nil && stale(known, r)
	receipt := w.fold(r)
	inc := w.incidents[receipt.IncidentID]
	if r.Status == AlertResolved {
		if receipt.Outcome == OutcomeNoMatch == w.fires[key] {
			t.Fatalf("%s ends: %s, and it fires: %v", key, receipt.Outcome, w.fires[key])
		}
		w.fires[key] = w.fires[key] && late
		return
	}
	if was := w.incidents[w.home[key]]; w.fires[key] && was.ID != inc.ID && was.Status != StatusResolved {
		t.Fatalf("%s fires in incident %d and went to %d", key, was.ID, inc.ID)
	}
	repeat := known != nil && !begunAnew(known, r)
	if silent := inc.Status == StatusResolved; silent && (!repeat || inc.ResolvedHow != ResolvedByUser) {
		t.Fatalf("%s fires and incident %d stays resolved by its %s", key, inc.ID, inc.ResolvedHow)
	}
	w.fires[key], w.home[key] = true, inc.ID
}

// acts has a person do something to an incident, as Apply does it.
func (w *world) acts(t *rapid.T) {
	if len(w.created) == 0 {
		t.Skip("nothing to act on")
	}
	inc := rapid.SampledFrom(w.created).Draw(t, "incident")
	command := drawCommand(t, w.now)
	command.Actor = ann
	if command.Verb == Reopen && inc.Status == StatusResolved && w.open[inc.GroupKey] != 0 {
		return // 409
	}
	if rapid.Bool().Draw(t, "an edit") {
		severity := rapid.SampledFrom([]Severity{SeverityCritical, SeverityLow}).Draw(t, "to")
		*inc, _ = edit(*inc, Edit{Severity: &severity})
		return
	}
	next, _, err := decide(*inc, command, w.now)
	if err != nil {
		return
	}
	*inc, w.touchedByHand[inc.ID] = next, true
	if inc.Status != StatusResolved {
		w.open[inc.GroupKey], w.last[inc.GroupKey] = inc.ID, inc.ID
	} else if w.open[inc.GroupKey] == inc.ID {
		delete(w.open, inc.GroupKey)
	}
}

// wrong says what on the board contradicts itself or the onlooker, "" when nothing does.
func (w *world) wrong() string {
	rows, firing := map[int64]int{}, map[int64]map[Severity]int{}
	for _, a := range w.alerts {
		rows[a.IncidentID]++
		if a.Status == AlertFiring {
			if firing[a.IncidentID] == nil {
				firing[a.IncidentID] = map[Severity]int{}
			}
			firing[a.IncidentID][a.Severity]++
		}
	}
	for key, fires := range w.fires {
		if (w.firing[Report{Key: key}.alertKey()] != nil) != fires {
			return fmt.Sprintf("%s fires: %v", key, fires)
		}
	}
	open := map[string]int64{}
	for _, inc := range w.created {
		if text := inconsistent(*inc); text != "" {
			return text
		}
		total, worst := 0, Severity("")
		for severity, n := range firing[inc.ID] {
			if inc.Firing[severity] != n {
				return fmt.Sprintf("incident %d counts %d firing as %s, there are %d", inc.ID, inc.Firing[severity], severity, n)
			}
			if total += n; severity.Rank() > worst.Rank() {
				worst = severity
			}
		}
		switch {
		case inc.AlertCount != rows[inc.ID] || inc.FiringCount != total:
			return fmt.Sprintf("incident %d counts %d of %d, there are %d of %d", inc.ID, inc.FiringCount, inc.AlertCount, total, rows[inc.ID])
		case inc.ResolvedHow == ResolvedBySource && total > 0:
			return fmt.Sprintf("incident %d is resolved by its source while %d fire", inc.ID, total)
		case inc.Status != StatusResolved && inc.PersonSeverity == "" && inc.Severity.Rank() < worst.Rank():
			return fmt.Sprintf("incident %d is only %s, the worst that fires is %s", inc.ID, inc.Severity, worst)
		case inc.Status != StatusResolved && total > 0 && inc.PersonSeverity == "" && inc.Severity != worst && !w.touchedByHand[inc.ID]:
			return fmt.Sprintf("incident %d is %s, the worst that fires is %s", inc.ID, inc.Severity, worst)
		case inc.Status == StatusResolved:
			continue
		case open[inc.GroupKey] != 0:
			return fmt.Sprintf("incidents %d and %d of one group are open", open[inc.GroupKey], inc.ID)
		case w.open[inc.GroupKey] != inc.ID:
			return fmt.Sprintf("incident %d is open, and the board does not know", inc.ID)
		}
		open[inc.GroupKey] = inc.ID
	}
	return ""
}

func TestWhateverIsReportedTheBoardIsConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{board: emptyBoard(1, midnight), fires: map[string]bool{}, home: map[string]int64{}, touchedByHand: map[int64]bool{}}
		t.Repeat(map[string]func(*rapid.T){
			"a report": w.reports,
			"more of":  w.reports,
			"a person": w.acts,
			"time passes": func(t *rapid.T) {
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
			},
			"": func(t *rapid.T) {
				if text := w.wrong(); text != "" {
					t.Fatal(text)
				}
			},
		})
	})
}
