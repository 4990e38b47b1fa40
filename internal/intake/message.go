package intake

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// InboundMessage is a message as it came, and what was made of it.
type InboundMessage struct {
	ID          int64
	ContentType string
	Body        []byte
	Truncated   bool // Body is the head of a longer one
	Readable    bool
	Outcome     Accepted // what the sender was told, in the plain dialect
	Error       string   // why it could not be read
	ReceivedAt  time.Time
}

// origin is where a message comes from, with what is assumed when it does not say it.
type origin struct {
	org         int64
	kind        string
	integration *Integration // nil: a signed-in person's client
	reportedBy  *int64       // the person
}

// message is one request on its way through intake.
type message struct {
	from       origin
	request    Request
	oldKey     bool
	own        bool // It is the server's own: it says nothing about the sender.
	signals    []Signal
	unreadable string // why it cannot be read; "" when it can
	reports    []incident.Report
	receipts   []incident.Receipt // one per report, once committed
	warnings   []string
	more       int // warnings beyond maxWarnings
}

// maxWarnings bounds what is said about one message.
const maxWarnings = 20

func (s *Service) newMessage(from origin, r Request) *message {
	if from.integration != nil {
		from.org = from.integration.OrgID
	}
	return &message{from: from, request: r}
}

// warn notes something that was not as it should be, once.
func (m *message) warn(text string) {
	switch {
	case slices.Contains(m.warnings, text):
	case len(m.warnings) == maxWarnings:
		m.more++
	default:
		m.warnings = append(m.warnings, text)
	}
}

// result is what became of a committed message.
func (m *message) result() Result {
	result := Result{Outcomes: m.receipts, Warnings: m.warnings, Unreadable: m.unreadable != ""}
	if m.more > 0 {
		result.Warnings = append(slices.Clone(result.Warnings), fmt.Sprintf("And %d more warnings.", m.more))
	}
	return result
}

// kept is what is written down about a committed message.
func (m *message) kept() Accepted {
	_, body := DefaultAnswer(m.result())
	accepted := body.(Accepted)
	accepted.Incidents = accepted.Incidents[:min(len(accepted.Incidents), maxKeptIncidents)]
	return accepted
}

// maxKeptIncidents bounds the incidents that are listed for one message.
const maxKeptIncidents = 200
