package incident

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// witness is a follower that remembers what it was told in transactions that were committed.
type witness struct {
	mu     sync.Mutex
	told   []Change
	refuse func(Change) error // nil: nothing is refused
}

func (w *witness) Follow(tx *db.Tx, _ int64, batch []Change) error {
	for _, c := range batch {
		if w.refuse != nil {
			if err := w.refuse(c); err != nil {
				return err
			}
		}
	}
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, batch...)
	})
	return nil
}

// house is the room on a fresh database, with people, teams and services.
type house struct {
	*Service
	t        *testing.T
	clk      *clock.Fake
	accounts *account.Service
	services *catalog.Catalog
	witness  *witness
	root     account.Actor
	onDuty   map[int64][]int64 // by team
}

// eachHouse runs a story on both databases.
func eachHouse(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) { story(t, newHouse(t, d, clk)) })
}

func newHouse(t *testing.T, d *db.DB, clk *clock.Fake) *house {
	logger, hub := slog.New(slog.DiscardHandler), live.New(d, "test")
	h := &house{
		t: t, clk: clk, witness: &witness{}, root: account.System(dbtest.Org, "test"), onDuty: map[int64][]int64{},
		accounts: account.New(account.Deps{
			DB: d, Clock: clk, Hub: hub, Logger: logger, HashCost: bcrypt.MinCost, Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)),
		}),
		services: catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: hub, Logger: logger}),
	}
	h.Service = New(Deps{
		DB: d, Clock: clk, Hub: hub, Logger: logger, People: h.accounts, ServiceOwner: h.services.Owner,
		OnDuty: func(_ *db.Tx, _, team int64) ([]int64, error) { return h.onDuty[team], nil },
	})
	h.AddFollower(h.witness)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	h.must(h.DB.Write(h.t.Context(), fn))
}

// person is a new user of a role who belongs to the teams.
func (h *house) person(name string, role account.Role, teams ...int64) account.Actor {
	h.t.Helper()
	u, err := h.accounts.CreateUser(h.t.Context(), h.root, account.NewUser{
		Email: name + "@example.com", FullName: name, Password: "testpass123", Role: role,
	})
	h.must(err)
	actor := account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: u.ID, Name: name, Role: role, Teams: map[int64]account.Role{}}
	for _, team := range teams {
		_, err := h.accounts.PutMember(h.t.Context(), h.root, team, u.ID, nil)
		h.must(err)
		actor.Teams[team] = ""
	}
	return actor
}

func (h *house) team(name string) int64 {
	h.t.Helper()
	team, err := h.accounts.CreateTeam(h.t.Context(), h.root, account.NewTeam{Name: name})
	h.must(err)
	return team.ID
}

// reported is an incident that somebody reports.
func (h *house) reported(by account.Actor, n NewIncident) Incident {
	h.t.Helper()
	inc, err := h.Create(h.t.Context(), by, n)
	h.must(err)
	return inc
}

// fires is a firing alert as its sender reports it now; changes make it another.
func (h *house) fires(key string, changes ...func(*Report)) Report {
	start := h.clk.Now()
	r := Report{
		Source: "alertmanager", Key: key, Status: AlertFiring, Title: key + " is down", Severity: SeverityHigh, StartsAt: &start,
		ReopenWindow: 10 * time.Minute,
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

// ends is the end of an alert as its sender reports it now.
func (h *house) ends(key string, changes ...func(*Report)) Report {
	end := h.clk.Now()
	return h.fires(key, append([]func(*Report){func(r *Report) { r.Status, r.EndsAt, r.StartsAt = AlertResolved, &end, nil }}, changes...)...)
}

func in(group string) func(*Report)          { return func(r *Report) { r.GroupKey = group } }
func severe(s Severity) func(*Report)        { return func(r *Report) { r.Severity = s } }
func since(at time.Time) func(*Report)       { return func(r *Report) { r.StartsAt = &at } }
func until(at time.Time) func(*Report)       { return func(r *Report) { r.EndsAt = &at } }
func sinceNobodyKnowsWhen(r *Report)         { r.StartsAt = nil }
func ofTeam(id int64) func(*Report)          { return func(r *Report) { r.TeamID = &id } }
func (h *house) after(d time.Duration)       { h.clk.Advance(d) }
func outcomes(receipts []Receipt) (s string) { return strings.Join(words(receipts), " ") }

func words(receipts []Receipt) (list []string) {
	for _, r := range receipts {
		list = append(list, string(r.Outcome))
	}
	return list
}

// receives takes a batch of reports.
func (h *house) receives(reports ...Report) (receipts []Receipt) {
	h.t.Helper()
	h.write(func(tx *db.Tx) (err error) {
		receipts, err = h.Receive(tx, dbtest.Org, append([]Report{}, reports...))
		return err
	})
	return receipts
}

// expects takes one report and says what has to come of it.
func (h *house) expects(r Report, want Outcome) Incident {
	h.t.Helper()
	receipt := h.receives(r)[0]
	if receipt.Outcome != want {
		h.t.Fatalf("%s %s: %s, want %s", r.Key, r.Status, receipt.Outcome, want)
	}
	if receipt.IncidentID == 0 {
		return Incident{}
	}
	return h.now(receipt.IncidentID)
}

// now is the incident as it stands.
func (h *house) now(id int64) Incident {
	h.t.Helper()
	d, err := h.Get(h.t.Context(), h.root, id)
	h.must(err)
	return d.Incident
}

// line tells an incident in short: "open, high, episode 1, firing 2 of 3".
func line(i Incident) string {
	return fmt.Sprintf("%s, %s, episode %d, firing %d of %d", i.Status, i.Severity, i.Episode, i.FiringCount, i.AlertCount)
}

func (h *house) stands(id int64, want string) {
	h.t.Helper()
	if got := line(h.now(id)); got != want {
		h.t.Fatalf("incident %d: %s, want %s", id, got, want)
	}
}

// told is what the follower has heard since it was last asked, by incident: the verb of each change and what it amounts to.
func (h *house) told() string {
	h.witness.mu.Lock()
	defer h.witness.mu.Unlock()
	var list []string
	slices.SortStableFunc(h.witness.told, func(a, b Change) int { return cmp.Compare(a.After.ID, b.After.ID) })
	for _, c := range h.witness.told {
		list = append(list, tell(c))
	}
	h.witness.told = nil
	return strings.Join(list, "; ")
}

func tell(c Change) string {
	text := string(c.Verb)
	for _, what := range []struct {
		holds bool
		word  string
	}{
		{c.Created(), "created"},
		{c.NewEpisode, "new episode"},
		{c.Acknowledged(), "acknowledged"},
		{c.Resolved(), "resolved"},
		{c.Snoozed(), "snoozed"},
		{c.Returned(), "returned"},
		{c.Rerouted, "rerouted"},
		{c.Comment != "", "comment"},
		{c.AlertsAdded > 0, fmt.Sprintf("%d more alerts", c.AlertsAdded)},
		{len(c.Assigned) > 0, fmt.Sprintf("assigned %v", c.Assigned)},
	} {
		if what.holds {
			text += ", " + what.word
		}
	}
	return text
}

func (h *house) hears(want string) {
	h.t.Helper()
	if got := h.told(); got != want {
		h.t.Fatalf("the follower heard %q, want %q", got, want)
	}
}

// refused wants an error of a kind.
func (h *house) refused(err error, want fault.Kind) {
	h.t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		h.t.Fatalf("%v (%v), want %v", err, got, want)
	}
}
