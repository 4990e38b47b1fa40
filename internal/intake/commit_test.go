package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

var errPoison = errors.New("poison inside")

// poison refuses reports whose title says so.
func poison(reports []incident.Report) error {
	if slices.ContainsFunc(reports, func(r incident.Report) bool { return r.Title == "poison" }) {
		return errPoison
	}
	return nil
}

// together sends messages so that they meet in one batch: the first ones hold every batch that may be under way.
func (h *house) together(key string, messages ...[]intake.Signal) []intake.Result {
	h.t.Helper()
	hold, begun := make(chan struct{}), make(chan struct{}, 100)
	fail := h.port.fail
	var mu sync.Mutex
	var sizes []int
	h.port.fail = func(reports []incident.Report) error {
		if reports[0].Title == "holder" {
			begun <- struct{}{}
			<-hold
			return nil
		}
		mu.Lock()
		sizes = append(sizes, len(reports))
		mu.Unlock()
		if fail != nil {
			return fail(reports)
		}
		return nil
	}
	holders := 1
	if h.db.Postgres() {
		holders = 3
	}
	var wg sync.WaitGroup
	for n := range holders {
		s := fires(fmt.Sprint("holder ", n))
		s.Title = "holder"
		wg.Go(func() { h.send(key, s) })
		<-begun
	}
	results := make([]intake.Result, len(messages))
	queued := make(chan struct{})
	intake.OnQueued(h.Service, func() { queued <- struct{}{} })
	for n, signals := range messages {
		wg.Go(func() { results[n] = h.send(key, signals...) })
		<-queued
	}
	intake.NothingQueued(h.Service)
	close(hold)
	wg.Wait()
	if len(messages) > 1 && !slices.ContainsFunc(sizes, func(n int) bool { return n > 1 }) {
		h.t.Errorf("no two messages met in a batch: %v", sizes)
	}
	h.port.fail = nil
	return results
}

func TestABadMessageCostsItsNeighboursNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		h.port.fail = poison
		bad := fires("bad")
		bad.Title = "poison"
		results := h.together(key, []intake.Signal{fires("a")}, []intake.Signal{bad}, []intake.Signal{fires("b")})
		for n, want := range []string{"a", "Messages of prod cannot be read", "b"} {
			if i := h.incident(results[n]); i.Title != want {
				t.Errorf("message %d opened %q, want %q", n, i.Title, want)
			}
		}
		if !results[1].Unreadable || strings.Contains(fmt.Sprint(results[1]), "poison inside") {
			t.Errorf("the bad message's answer: %+v", results[1])
		}
		failed := slices.DeleteFunc(h.messages(in), func(m intake.InboundMessage) bool { return m.Readable })
		if len(failed) != 1 || !strings.Contains(string(failed[0].Body), "poison") {
			t.Errorf("kept as failed: %+v", failed)
		}
	})
}

func TestOfAMessageWithOneBadSignalTheOthersAreStored(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		h.port.fail = poison
		bad := fires("bad")
		bad.Title = "poison"
		result := h.send(key, fires("a"), bad, fires("b"))
		var titles []string
		for _, receipt := range result.Outcomes {
			titles = append(titles, h.incident(intake.Result{Outcomes: []incident.Receipt{receipt}}).Title)
		}
		if got := fmt.Sprint(titles); got != "[a b Messages of prod cannot be read]" || !result.Unreadable {
			t.Errorf("stored %s, %+v", got, result)
		}
	})
}

func TestWhenTheDatabaseIsAwayTheSenderIsToldToComeBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		away := fault.New(fault.Unavailable, "database_unavailable", "The database does not answer.")
		away.RetryAfter = 5 * time.Second
		h.port.fail = func([]incident.Report) error { return away }
		_, err := h.Receive(context.Background(), "plain", key, intake.Request{Body: []byte(`[{"Key":"a","Title":"a","Status":"firing"}]`)})
		if f := fault.From(err); f.Kind != fault.Unavailable || f.RetryAfter != 5*time.Second {
			t.Errorf("the answer: %v", err)
		}
		if kept := h.count("SELECT count(*) FROM inbound_messages"); kept != 0 || len(h.unresolved()) != 0 {
			t.Errorf("%d messages and %v were written although the sender will come back", kept, h.unresolved())
		}
		h.port.fail = nil
		if result := h.send(key, fires("a")); result.Outcomes[0].Outcome != incident.OutcomeCreated {
			t.Errorf("after it is back: %+v", result)
		}
	})
}

func TestWhenNothingCanBeKeptTheSenderHearsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		h.port.fail = func([]incident.Report) error { return errPoison }
		_, err := h.Receive(context.Background(), "plain", key, intake.Request{Body: []byte(`[{"Key":"a","Title":"a","Status":"firing"}]`)})
		if !fault.Is(err, fault.Internal) {
			t.Errorf("the answer: %v", err)
		}
		ann := account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: 1, Role: account.RoleUser}
		if _, err := h.ReceiveAs(context.Background(), ann, "plain", intake.Request{Body: []byte(`[{"Key":"a"}]`)}); !fault.Is(err, fault.Internal) {
			t.Errorf("a person's answer: %v", err)
		}
	})
}

// A team that went away after it was looked up must not cost the alert.
func TestARouteThatIsGoneIsLookedUpAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		team := h.team("Short-lived")
		if _, err := h.catalog.Create(context.Background(), manager(), catalog.NewService{Name: "Checkout", TeamID: &team}); err != nil {
			t.Fatal(err)
		}
		_, key := h.integration(intake.NewIntegration{TeamID: &h.shop})
		s := fires("a")
		s.Service = "checkout"
		h.send(key, s)
		h.send(key, ends("a"))
		// Behind everybody's back, so that no notice tells of it.
		err := h.db.Write(context.Background(), func(tx *db.Tx) error {
			for _, statement := range []string{
				"UPDATE incidents SET team_id = NULL", "UPDATE services SET team_id = NULL", "DELETE FROM teams WHERE name = 'Short-lived'",
			} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		again := fires("b")
		again.Service = "checkout"
		result := h.send(key, again)
		if i := h.incident(result); result.Unreadable || value(i.TeamID) != h.shop || i.Service != "Checkout" {
			t.Errorf("team %d, service %q, %+v", value(i.TeamID), i.Service, result)
		}
	})
}

func TestOfOneBatchOnlyTheLastReadableMessagesAreWritten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		var messages [][]intake.Signal
		for n := range 40 {
			messages = append(messages, []intake.Signal{fires(fmt.Sprint("alert ", n))})
		}
		h.together(key, messages...)
		if open := h.unresolved(); len(open) < 40 {
			t.Errorf("%d incidents, want one for each message", len(open))
		}
		if kept := h.count("SELECT count(*) FROM inbound_messages"); kept < 20 || kept > 23 {
			t.Errorf("%d messages were written", kept)
		}
	})
}

// However senders meet, each key has one incident and each request an answer, and nothing keeps running.
func TestAStormOfEqualAndDifferentAlerts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		h := newHouse(t, d, clk)
		_, key := h.integration(intake.NewIntegration{})
		h.send(key, fires("warm"))
		before := goleak.IgnoreCurrent()
		created := make(chan int64, 1000)
		var wg sync.WaitGroup
		for n := range 300 {
			wg.Go(func() {
				result := h.send(key, fires(fmt.Sprint("own ", n)), fires(fmt.Sprint("shared ", n%5)))
				for _, receipt := range result.Outcomes {
					if receipt.IncidentID == 0 {
						t.Errorf("message %d: %+v", n, result)
					}
					if receipt.Outcome == incident.OutcomeCreated {
						created <- receipt.IncidentID
					}
				}
			})
		}
		wg.Wait()
		close(created)
		if got := len(h.unresolved()); len(created) != 305 || got != 306 {
			t.Errorf("%d were created and %d are open, want 305 and 306", len(created), got)
		}
		if !h.db.Postgres() {
			goleak.VerifyNone(t, before)
		}
	})
}
