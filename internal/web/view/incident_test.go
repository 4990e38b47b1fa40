package view

import (
	"testing"
	"time"
)

func TestTimesInSentencesAreTakenApart(t *testing.T) {
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	for sentence, want := range map[string][]piece{
		"":                     {{}},
		"Ann resolved it.":     {{text: "Ann resolved it."}},
		"2026-03-29T01:30:00Z": {{}, {at: at}, {}},
		"Ann snoozed it until 2026-03-29T03:30:00+02:00 by e-mail.": {{text: "Ann snoozed it until "}, {at: at}, {text: " by e-mail."}},
		"From 2026-03-29T01:30:00Z to 2026-03-29T01:30:00.000Z":     {{text: "From "}, {at: at}, {text: " to "}, {at: at}, {}},
		"It is 2026-99-99T01:30:00Z, they say.":                     {{text: "It is 2026-99-99T01:30:00Z, they say."}},
	} {
		got := pieces(sentence)
		if len(got) != len(want) {
			t.Errorf("%q has %d pieces, want %d: %+v", sentence, len(got), len(want), got)
			continue
		}
		for i := range got {
			if got[i].text != want[i].text || !got[i].at.Equal(want[i].at) {
				t.Errorf("%q: piece %d is %+v, want %+v", sentence, i, got[i], want[i])
			}
		}
	}
}
