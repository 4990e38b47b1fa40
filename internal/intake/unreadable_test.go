package intake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func TestWhatCannotBeReadIsKeptAndOneIncidentSaysSo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{TeamID: &h.storage})
		first := h.sendBody(key, "no\x00t \xff json")
		i := h.incident(first)
		if !first.Unreadable || i.Severity != incident.SeverityLow || value(i.TeamID) != h.storage || !strings.Contains(i.Title, "prod") ||
			!strings.Contains(i.Description, "The body is not JSON.") {
			t.Errorf("the incident: %+v", i)
		}
		for _, body := range []string{"", "panic", "wrong", "[]", "not json either"} {
			result := h.sendBody(key, body)
			if !result.Unreadable || result.Outcomes[0].IncidentID != i.ID {
				t.Errorf("%q: %+v", body, result)
			}
			if text := fmt.Sprint(result); strings.Contains(text, "secret") || strings.Contains(text, "mistake") {
				t.Errorf("%q tells what is inside: %s", body, text)
			}
		}
		shown, err := h.Get(context.Background(), manager(), in.ID)
		if err != nil || shown.Error != "The body is not JSON." {
			t.Errorf("the integration says %q, %v", shown.Error, err)
		}
		kept := h.messages(in)
		if len(kept) != 6 || string(kept[5].Body) != "no\x00t \xff json" || kept[5].Readable || kept[5].Error != "The body is not JSON." ||
			kept[5].Outcome.Status != "unreadable" || kept[5].Outcome.Incidents[0].ID != i.ID {
			t.Errorf("kept: %+v", kept)
		}
		h.send(key, fires("db down"))
		if open := h.unresolved(); len(open) != 1 || open[0] != "db down" {
			t.Errorf("open after a readable message: %v", open)
		}
		if shown, err = h.Get(context.Background(), manager(), in.ID); err != nil || shown.Error != "" {
			t.Errorf("the integration still says %q, %v", shown.Error, err)
		}
	})
}

func TestOneSendersNonsenseIsNotAnothers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, prod := h.integration(intake.NewIntegration{Name: "prod"})
		_, staging := h.integration(intake.NewIntegration{Name: "staging"})
		h.sendBody(prod, "nonsense")
		h.sendBody(staging, "nonsense")
		h.send(staging, ends("nothing"))
		if open := h.unresolved(); len(open) != 1 || !strings.Contains(open[0], "prod") {
			t.Errorf("open: %v, want that of prod", open)
		}
	})
}

func TestOfAnOversizedMessageTheHeadIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		head := strings.Repeat("x", 1<<20)
		result, err := h.Receive(context.Background(), "plain", key, intake.Request{Body: []byte(head), Truncated: true, ContentType: "text/x"})
		if err != nil || !result.Unreadable || len(result.Warnings) != 1 {
			t.Fatalf("%+v, %v", result, err)
		}
		if h.incident(result).Status != incident.StatusOpen {
			t.Error("no incident is open")
		}
		kept := h.messages(in)
		if len(kept) != 1 || len(kept[0].Body) != 1<<20 || !kept[0].Truncated || kept[0].ContentType != "text/x" {
			t.Errorf("kept %d messages", len(kept))
		}
	})
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	err := h.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		n, _, err = db.One(tx, db.Value[int], query, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestTheLastMessagesAndAllThatFailedAreKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		const failed = "SELECT count(*) FROM inbound_messages WHERE NOT readable"
		const readable = "SELECT count(*) FROM inbound_messages WHERE readable"
		for n := range 250 {
			if n%50 == 3 {
				h.sendBody(key, "nonsense")
			}
			h.clock.Advance(100 * time.Millisecond)
			h.send(key, fires(fmt.Sprint("alert ", n)))
			if kept := h.count(readable); kept > 120 {
				t.Fatalf("%d readable messages are kept", kept)
			}
		}
		list := h.messages(in)
		if len(list) != 20 || h.count(failed) != 5 || h.count(readable) < 20 {
			t.Errorf("%d shown, %d failed and %d readable kept", len(list), h.count(failed), h.count(readable))
		}
		if !strings.Contains(string(list[0].Body), "alert 249") || !strings.Contains(string(list[19].Body), "alert 230") {
			t.Errorf("shown from %s to %s", list[0].Body, list[19].Body)
		}
		// A server that has just started trims what others left.
		h.Service = h.node(h.hub)
		h.send(key, fires("after a restart"))
		if kept := h.count(readable); kept != 20 {
			t.Errorf("after a restart %d readable messages are kept", kept)
		}
	})
}

func TestInAStormSomeMessagesASecondAreKeptAndAllThatFailed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		for n := range 30 {
			h.send(key, fires(fmt.Sprint("alert ", n)))
		}
		h.sendBody(key, "nonsense")
		if n := h.count("SELECT count(*) FROM inbound_messages"); n != 21 {
			t.Errorf("%d messages of one second are kept", n)
		}
		h.clock.Advance(time.Second)
		h.send(key, fires("a second later"))
		if list := h.messages(in); !strings.Contains(string(list[0].Body), "a second later") {
			t.Errorf("the newest shown is %s", list[0].Body)
		}
	})
}

func TestTheLastEventIsShownWithoutBeingWrittenEachTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		last := func() time.Duration {
			shown, err := h.Get(context.Background(), manager(), in.ID)
			if err != nil || shown.LastEventAt == nil {
				t.Fatalf("the last event is %v, %v", shown.LastEventAt, err)
			}
			return shown.LastEventAt.Sub(dbtest.Start)
		}
		h.send(key, fires("a"))
		h.clock.Advance(9 * time.Second)
		h.send(key, fires("b"))
		if last() != 0 {
			t.Errorf("written again after %s", last())
		}
		h.clock.Advance(time.Second)
		h.send(key, fires("c"))
		if last() != 10*time.Second {
			t.Errorf("after ten seconds it shows %s", last())
		}
	})
}
