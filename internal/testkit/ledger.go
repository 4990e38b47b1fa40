package testkit

import (
	"net/http"
	"strings"
	"time"
)

// Ledger is what an incident was owed, as the API tells it.
type Ledger struct {
	Balanced bool `json:"balanced"`
	Sums     struct {
		Steps, People, Notifications LedgerSum
	} `json:"sums"`
	Open        []LedgerItem `json:"open"`
	Unexplained []LedgerItem `json:"unexplained"`
}

// LedgerSum is one line of the sums.
type LedgerSum struct {
	Owed, Open, Unexplained int
	Outcomes                map[string]int
}

// LedgerItem is an obligation without an outcome.
type LedgerItem struct {
	EventID        *int64 `json:"event_id"`
	UserID         *int64 `json:"user_id"`
	NotificationID *int64 `json:"notification_id"`
	Text           string `json:"text"`
}

// Ledger is the incident's, as it stands now.
func (i *Incident) Ledger() (l Ledger) {
	i.h.T.Helper()
	i.h.freshAdmin().Do(http.MethodGet, i.Path("/ledger"), nil).Must(http.StatusOK).Into(&l)
	return l
}

// balances wants every incident to have got what it was owed: the end of every story. A story that leaves a node dead is left
// alone.
func (h *Harness) balances() {
	if h.T.Failed() {
		return
	}
	for _, n := range h.nodes {
		if n.dead {
			return
		}
	}
	h.Settle()
	for _, s := range h.all() {
		l := h.Incident(s.ID).Ledger()
		for _, item := range l.Unexplained {
			h.T.Errorf("at %s the ledger of %q does not balance: %s", h.Clock.Now().Format(time.TimeOnly), s.Title, strings.TrimSpace(item.Text))
		}
	}
}

// all are the incidents of the installation, as far as one page of the list shows them.
func (h *Harness) all() (list []State) {
	h.T.Helper()
	h.freshAdmin().Do(http.MethodGet, "/v1/incidents?limit=200", nil).Must(http.StatusOK).Into(&list)
	return list
}
