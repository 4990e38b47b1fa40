package intake

import "github.com/tocsinhq/tocsin/internal/incident"

// accepted is the status code of a message that is stored.
const accepted = 202

// Accepted is the answer to senders without a dialect of their own.
type Accepted struct {
	Status    string             `json:"status"` // "accepted", or "unreadable" for a message that was kept only
	Incidents []AcceptedIncident `json:"incidents"`
	Warnings  []string           `json:"warnings"`
}

// AcceptedIncident is one incident that a message touched.
type AcceptedIncident struct {
	ID      int64            `json:"id"`
	Outcome incident.Outcome `json:"outcome"`
}

// DefaultAnswer is 202 with the incidents and the warnings; each incident stands once per outcome.
func DefaultAnswer(result Result) (status int, body any) {
	answer := Accepted{Status: "accepted", Incidents: []AcceptedIncident{}, Warnings: []string{}}
	if result.Unreadable {
		answer.Status = "unreadable"
	}
	answer.Warnings = append(answer.Warnings, result.Warnings...)
	seen := make(map[AcceptedIncident]bool, len(result.Outcomes))
	for _, receipt := range result.Outcomes {
		touched := AcceptedIncident{ID: receipt.IncidentID, Outcome: receipt.Outcome}
		if touched.ID == 0 || seen[touched] {
			continue
		}
		seen[touched] = true
		answer.Incidents = append(answer.Incidents, touched)
	}
	return accepted, answer
}
