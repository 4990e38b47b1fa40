package testkit

import (
	"strings"
)

// OwnIncidents are those that Tocsin has opened of itself, newest first.
func (h *Harness) OwnIncidents() (list []State) {
	h.T.Helper()
	for _, s := range h.all() {
		if s.Source == "tocsin" {
			list = append(list, s)
		}
	}
	return list
}

// OwnIncident is the newest of Tocsin's own whose title has the words.
func (h *Harness) OwnIncident(title string) *Incident {
	h.T.Helper()
	for _, s := range h.OwnIncidents() {
		if strings.Contains(s.Title, title) {
			return h.Incident(s.ID)
		}
	}
	h.T.Fatalf("Tocsin has not said of itself: %q", title)
	return nil
}

// IsAlsoReachedBy gives the person a second way to be reached, on which messages go to the same address as by e-mail.
func (p *Person) IsAlsoReachedBy(channel string) {
	p.h.T.Helper()
	p.HasMethod(channel, p.Email)
}
