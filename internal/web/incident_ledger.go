package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// outcomeWords say how obligations ended.
var outcomeWords = map[watch.Outcome]string{
	watch.OutcomeDelivered: "delivered", watch.OutcomeSent: "sent", watch.OutcomeCancelled: "no longer wanted", watch.OutcomeFailed: "could not be sent",
	watch.OutcomeAlreadyPaged: "paged a moment before", watch.OutcomeUnreachable: "not reached", watch.OutcomeNobody: "nobody found",
	watch.OutcomeSkipped: "skipped", watch.OutcomeDone: "with nothing to send", watch.OutcomeOver: "of runs that have ended",
}

// ledgerOf is the ledger in plain words.
func ledgerOf(l watch.Ledger, name func(*int64) *view.Person) view.Ledger {
	shown := view.Ledger{Balanced: l.Balance.Balanced(), Capped: l.Capped, Sums: []view.Pair{
		{Name: "Steps", Value: sumWords(l.Balance.Steps)},
		{Name: "People", Value: sumWords(l.Balance.People)},
		{Name: "Messages", Value: sumWords(l.Balance.Messages)},
	}}
	runs, subject := runNames(l), subjects(l, name)
	told := func(items []watch.Item) (list []view.Pair) {
		for _, i := range items {
			pair := view.Pair{Name: subject[watch.Item{EventID: i.EventID, UserID: i.UserID, NotificationID: i.NotificationID}], Value: i.Text}
			if i.EventID == 0 && i.NotificationID == 0 {
				pair.Name = runs[i.RunID]
			}
			if pair.Name == "" {
				pair.Name = "The ledger"
			}
			list = append(list, pair)
		}
		return list
	}
	shown.Open, shown.Wrong = told(l.Balance.Open), told(l.Balance.Unexplained)
	return shown
}

func sumWords(s watch.Sums) string {
	if s.Owed == 0 {
		return "none"
	}
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
		parts = append(parts, strconv.Itoa(s.Outcomes[outcome])+" "+outcomeWords[outcome])
	}
	if s.Open > 0 {
		parts = append(parts, strconv.Itoa(s.Open)+" on the way")
	}
	if s.Unexplained > 0 {
		parts = append(parts, strconv.Itoa(s.Unexplained)+" unexplained")
	}
	return strconv.Itoa(s.Owed) + ": " + strings.Join(parts, ", ")
}

// runNames are what the policies at work are called, by run; the steps that they took say it.
func runNames(l watch.Ledger) map[int64]string {
	names := map[int64]string{}
	for _, r := range l.Runs {
		if names[r.ID] = "The next step"; r.IsFallback() {
			names[r.ID] = escalation.FallbackName
		}
	}
	for _, s := range l.Steps {
		names[s.RunID] = policyName(s)
	}
	return names
}

// subjects say whose each obligation is.
func subjects(l watch.Ledger, name func(*int64) *view.Person) map[watch.Item]string {
	found := map[watch.Item]string{}
	for _, s := range l.Steps {
		step := policyName(s) + ", step " + strconv.Itoa(s.Step+1)
		found[watch.Item{EventID: s.ID}] = step
		for _, m := range s.Posts {
			found[watch.Item{EventID: s.ID, NotificationID: m.ID}] = step + ": " + view.ChannelLook(m.Channel).Word
		}
		for _, p := range s.People {
			found[watch.Item{EventID: s.ID, UserID: p.ID}] = step + ": " + p.Name
			for _, m := range p.Messages {
				found[watch.Item{EventID: s.ID, UserID: p.ID, NotificationID: m.ID}] = step + ": " + p.Name + " by " + channelWord(m.Channel)
			}
		}
	}
	for _, m := range l.Others {
		who := "A post"
		if m.UserID != 0 {
			who = name(&m.UserID).Name
		}
		found[watch.Item{UserID: m.UserID, NotificationID: m.ID}] = who + " by " + channelWord(m.Channel)
	}
	return found
}

// channelWord is a channel in the middle of a sentence.
func channelWord(channel string) string {
	if channel == "email" {
		return "e-mail"
	}
	return view.ChannelLook(channel).Word
}
