package testkit

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is the key of an integration of the kind, which is made when there is none.
func (h *Harness) Key(kind string) string {
	h.T.Helper()
	if key := h.keys[kind]; key != "" {
		return key
	}
	var made struct {
		Key string `json:"key"`
	}
	h.admin.Do(http.MethodPost, "/v1/integrations", map[string]any{"name": "story " + kind, "kind": kind}).Must(http.StatusCreated).Into(&made)
	h.keys[kind] = made.Key
	return made.Key
}

// Send delivers a message to the integration of the kind and lets the nodes do what follows.
func (h *Harness) Send(kind string, body any) Answer {
	h.T.Helper()
	answer := h.Deliver(kind, body)
	h.Settle()
	return answer
}

// Deliver is Send without what follows: the nodes may be killed in between.
func (h *Harness) Deliver(kind string, body any) Answer {
	h.T.Helper()
	return h.request(http.MethodPost, "/v1/intake/"+kind+"/"+h.Key(kind), "", "application/json", encode(h.T, body))
}

// Alert fires an alert of the generic kind; more overrides the fields of its message. The title is its key.
func (h *Harness) Alert(title string, more ...map[string]any) *Incident {
	h.T.Helper()
	return h.incidentOf(h.Send("generic", alertBody(title, "firing", more)).Must())
}

// Recovers ends an alert that Alert has fired.
func (h *Harness) Recovers(title string, more ...map[string]any) {
	h.T.Helper()
	h.Send("generic", alertBody(title, "resolved", more)).Must()
}

func alertBody(title, status string, more []map[string]any) map[string]any {
	body := map[string]any{"title": title, "key": title, "status": status, "severity": "critical"}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return body
}

func (h *Harness) incidentOf(a Answer) *Incident {
	h.T.Helper()
	var said struct {
		Incidents []struct {
			ID int64 `json:"id"`
		} `json:"incidents"`
	}
	a.Into(&said)
	if len(said.Incidents) == 0 {
		h.T.Fatalf("no incident in %s", a.Body)
	}
	return &Incident{h: h, ID: said.Incidents[0].ID}
}

// Open are the incidents that are not resolved, newest first.
func (h *Harness) Open() (list []State) {
	h.T.Helper()
	h.freshAdmin().Do(http.MethodGet, "/v1/incidents?status=open,acknowledged,snoozed", nil).Must().Into(&list)
	return list
}

// Incident is the incident of that id.
func (h *Harness) Incident(id int64) *Incident { return &Incident{h: h, ID: id} }

// Path is the address of an object of the API and what is below it: Path("/v1/integrations", 7, "rotate").
func Path(collection string, id int64, rest ...string) string {
	return strings.Join(append([]string{collection, strconv.FormatInt(id, 10)}, rest...), "/")
}

// Incident is one incident of the story.
type Incident struct {
	h  *Harness
	ID int64
}

// State is an incident as the API tells it.
type State struct {
	ID             int64      `json:"id"`
	Source         string     `json:"source"`
	Title          string     `json:"title"`
	Status         string     `json:"status"`
	Severity       string     `json:"severity"`
	AlertCount     int        `json:"alert_count"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	ResolvedAt     *time.Time `json:"resolved_at"`
	Timeline       []struct {
		EventType   string         `json:"event_type"`
		Description string         `json:"description"`
		Metadata    map[string]any `json:"metadata"`
		CreatedAt   time.Time      `json:"created_at"`
	} `json:"timeline_events"`
}

// Path is the address of the incident in the API, and of what is below it.
func (i *Incident) Path(rest ...string) string {
	return "/v1/incidents/" + strconv.FormatInt(i.ID, 10) + strings.Join(rest, "")
}

// State reads the incident.
func (i *Incident) State() (s State) {
	i.h.T.Helper()
	i.h.freshAdmin().Do(http.MethodGet, i.Path(), nil).Must().Into(&s)
	return s
}

// Is wants the incident to have the status.
func (i *Incident) Is(status string) {
	i.h.T.Helper()
	if s := i.State(); s.Status != status {
		i.h.T.Errorf("incident %d (%s) is %s, want %s", i.ID, s.Title, s.Status, status)
	}
}

// Tells wants the timeline to tell these things in this order, oldest first; other lines may stand between them.
func (i *Incident) Tells(texts ...string) {
	i.h.T.Helper()
	s := i.State()
	next := 0
	var all []string
	for _, v := range slices.Backward(s.Timeline) { // newest first, as the API lists it
		line := v.Description
		all = append(all, line)
		if next < len(texts) && strings.Contains(line, texts[next]) {
			next++
		}
	}
	if next < len(texts) {
		i.h.T.Errorf("the timeline does not tell %q in its place:\n%s", texts[next], strings.Join(all, "\n"))
	}
}

// Events are the steps that were taken, newest first.
func (i *Incident) Events() (events []StepTaken) {
	i.h.T.Helper()
	i.h.freshAdmin().Do(http.MethodGet, "/v1/escalation/incidents/"+strconv.FormatInt(i.ID, 10)+"/escalation-events", nil).Must().Into(&events)
	return events
}

// StepTaken is an escalation event as the API tells it.
type StepTaken struct {
	ID          int64           `json:"id"`
	Step        int             `json:"step"`
	Round       int             `json:"round"`
	Status      string          `json:"status"`
	TriggeredAt time.Time       `json:"triggered_at"`
	Metadata    json.RawMessage `json:"metadata"`
}

// Notifications are those of the incident, newest first.
func (i *Incident) Notifications() (list []Sent) {
	i.h.T.Helper()
	i.h.freshAdmin().Do(http.MethodGet, "/v1/notifications/incidents/"+strconv.FormatInt(i.ID, 10)+"/notifications", nil).Must().Into(&list)
	return list
}

// Sent is a notification as the API tells it.
type Sent struct {
	ID             int64  `json:"id"`
	UserID         int64  `json:"user_id"`
	Channel        string `json:"channel"`
	ActionType     string `json:"action_type"`
	Status         string `json:"status"`
	Reason         string `json:"reason"`
	Attempts       int    `json:"attempts"`
	Tries          []Try  `json:"tries"`
	MaybeDuplicate bool   `json:"maybe_duplicate"`
}

// Try is one attempt to send a notification.
type Try struct {
	Node   string `json:"node"`
	Result string `json:"result"`
}

// freshAdmin is the administrator with a token that is still good.
func (h *Harness) freshAdmin() *Person {
	h.admin.SignsInAgain()
	return h.admin
}

// Acknowledges takes the incident, by the API.
func (p *Person) Acknowledges(i *Incident) {
	p.h.T.Helper()
	p.acts(i, "/acknowledge", nil)
}

// Resolves ends the incident, by the API.
func (p *Person) Resolves(i *Incident) {
	p.h.T.Helper()
	p.acts(i, "/resolve", nil)
}

// Snoozes puts the incident to sleep, by the API.
func (p *Person) Snoozes(i *Incident, d time.Duration) {
	p.h.T.Helper()
	p.acts(i, "/snooze", map[string]any{"until": p.h.Clock.Now().Add(d)})
}

// Reopens opens the incident again, by the API.
func (p *Person) Reopens(i *Incident) {
	p.h.T.Helper()
	p.acts(i, "/reopen", nil)
}

// Escalates asks for the next step of the incident.
func (p *Person) Escalates(i *Incident) {
	p.h.T.Helper()
	p.acts(i, "/escalate", nil)
}

// Assigns has another person work on the incident.
func (p *Person) Assigns(i *Incident, other *Person) {
	p.h.T.Helper()
	p.acts(i, "/assign", map[string]any{"user_id": other.ID})
}

// Comments writes under an incident.
func (p *Person) Comments(i *Incident, text string) {
	p.h.T.Helper()
	p.acts(i, "/comments", map[string]any{"content": text})
}

func (p *Person) acts(i *Incident, verb string, body any) {
	p.h.T.Helper()
	p.SignsInAgain()
	p.Do(http.MethodPost, i.Path(verb), body).Must()
	p.h.Settle()
}
