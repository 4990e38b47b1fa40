package notify

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// facts is what a message is made from: read in the transaction that begins its attempt.
type facts struct {
	user     account.User
	incident *incident.Incident // nil for what is about no incident
	team     string             // the incident's team, "" for none
	attempt  int
	now      time.Time
}
