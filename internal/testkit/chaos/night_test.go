package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/node"
)

const (
	signalsPerSecond = 20
	firings          = 2 // of one alert: its sender repeats it once
)

var teams = []string{"payments", "search", "storefront", "platform", "identity", "shipping"}

// steps are those of the one policy. The last pages the engineer and the lead, whom the team consists of.
var steps = []node.Step{{Minutes: 0, Targets: []string{"oncall_engineer"}}, {Minutes: 0.05, Targets: []string{"team_lead"}}, {Minutes: 0.1, Targets: []string{"team"}}}

// night is what goes on outside: senders and people, who go to another node when theirs is away.
type night struct {
	t       *testing.T
	senders *node.Client
	people  []*node.Client // the engineers
	admin   *node.Client
	key     string

	scripts  sync.WaitGroup
	turns    atomic.Int64
	mu       sync.Mutex
	accepted map[string]int // messages answered 2xx, by the key of their alert
	unheard  map[string]int // further messages that fire, whose answer the sender did not hear
	over     map[string]bool
	acts     []act
}

// act is what a person did and was told is done.
type act struct {
	incident int64
	verb     string
}

// newNight makes the people and their policy. Leads are paged by webhook as well as by mail.
func newNight(t *testing.T, s *scene) *night {
	t.Helper()
	var nodes []*node.Node
	for _, p := range s.posts {
		nodes = append(nodes, p.Node)
	}
	n := &night{t: t, senders: node.NewClient(nodes...), accepted: map[string]int{}, unheard: map[string]int{}, over: map[string]bool{}}
	n.admin = n.senders.SignIn(t, node.AdminEmail, node.AdminPassword)
	for _, name := range teams {
		team := n.admin.Team(t, name)
		n.admin.Service(t, name+" service", team)
		engineer, lead := "engineer@"+name+".example", "lead@"+name+".example"
		n.admin.Person(t, engineer, "Engineer of "+name, "oncall_engineer", team)
		n.admin.Person(t, lead, "Lead of "+name, "team_lead", team)
		n.people = append(n.people, n.senders.SignIn(t, engineer, node.Password))
		n.senders.SignIn(t, lead, node.Password).Reach(t, "webhook", s.hook.url())
	}
	n.admin.Policy(t, "Everything", steps...)
	n.key, _ = n.admin.Integration(t, "generic")
	return n
}

// goOn has so many signals come in a second until ctx ends, and returns when what they began is through.
func (n *night) goOn(ctx context.Context, signals int) {
	tick := time.NewTicker(time.Second * firings / time.Duration(signals))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			n.scripts.Go(func() { n.alert(i) })
		case <-ctx.Done():
			n.scripts.Wait()
			return
		}
	}
}

// alert is one from its beginning: most fire until the end of the night, some are taken by somebody, some pass.
func (n *night) alert(i int) {
	key, began := fmt.Sprintf("alert-%05d", i), time.Now()
	var incident int64
	for range firings {
		incident = n.send(i, key, "firing", began)
		wait(200*time.Millisecond, time.Second)
	}
	if incident == 0 {
		return // It has failed, and the test with it.
	}
	switch i % 10 {
	case 0, 1, 2:
		wait(0, 6*time.Second)
		n.act(i, incident, "acknowledge", nil)
	case 3:
		wait(0, 6*time.Second)
		n.act(i, incident, "resolve", nil)
	case 4:
		wait(time.Second, 5*time.Second)
		n.send(i, key, "resolved", began)
	case 5:
		wait(0, 4*time.Second)
		n.act(i, incident, "snooze", map[string]any{"hours": 0.002})
	}
}

// send delivers a message until some node says 2xx, and returns the incident it belongs to.
func (n *night) send(i int, key, status string, began time.Time) int64 {
	body := map[string]any{
		"key": key, "title": "trouble " + key, "severity": "critical", "service": teams[i%len(teams)] + " service", "status": status,
		"starts_at": began.UTC().Format(time.RFC3339Nano),
	}
	answer, err := n.senders.Try(n.t.Context(), int(n.turns.Add(1)), http.MethodPost, "/v1/intake/generic/"+n.key, body)
	if err != nil || !answer.Good() {
		n.t.Errorf("%s of %s was answered %d %s, %v", status, key, answer.Code, answer.Body, err)
		return 0
	}
	var said struct {
		Incidents []struct{ ID int64 }
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil || (status == "firing" && len(said.Incidents) != 1) {
		n.t.Errorf("%s of %s was answered %d %s", status, key, answer.Code, answer.Body)
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if status == "firing" {
		n.accepted[key]++
		n.unheard[key] += answer.Unheard
	} else {
		n.over[key] = true
		return 0 // Repeated, because the first answer was not heard, it names none.
	}
	return said.Incidents[0].ID
}

// act has the engineer do something about the incident.
func (n *night) act(i int, incident int64, verb string, body any) {
	path := fmt.Sprintf("/v1/incidents/%d/%s", incident, verb)
	answer, err := n.people[i%len(n.people)].Try(n.t.Context(), int(n.turns.Add(1)), http.MethodPost, path, body)
	if verb == "snooze" && answer.Code == http.StatusUnprocessableEntity {
		return // The few seconds were over before it could be done.
	}
	if err != nil || !answer.Good() {
		n.t.Errorf("%s was answered %d %s, %v", path, answer.Code, answer.Body, err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.acts = append(n.acts, act{incident, verb})
}

// wait lets a time between the two pass, as people and senders do.
func wait(least, most time.Duration) {
	<-time.After(least + rand.N(most-least))
}
