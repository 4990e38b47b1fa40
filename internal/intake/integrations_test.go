package intake_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
)

// opens says whether a key is taken by a server.
func opens(t *testing.T, s *intake.Service, key string) bool {
	t.Helper()
	_, err := s.Receive(context.Background(), "plain", key, intake.Request{Body: []byte(`[{"Key":"k","Title":"k","Status":"firing"}]`)})
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		t.Fatal(err)
	}
	return err == nil
}

func TestOnlyAnIntegrationsKeyOpensIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		if !opens(t, h.Service, key) {
			t.Fatal("a new key does not work")
		}
		if !strings.HasPrefix(key, in.KeyPrefix) || len(in.KeyPrefix) > 10 || url.PathEscape(key) != key {
			t.Errorf("key %q, shown as %q", key, in.KeyPrefix)
		}
		wrong := []string{
			"", "x", "1-", "-", key + "x", key[:len(key)-1], "2" + key[1:], "999999-" + key[2:], strings.ToUpper(key), "1-\x00\xff",
			"0" + key, strings.Repeat("1", 30) + "-a", "1-" + strings.Repeat("a", 1<<20), in.KeyPrefix,
		}
		for _, wrong := range wrong {
			if opens(t, h.Service, wrong) {
				t.Errorf("the key %q works", wrong)
			}
		}
		err := h.db.Read(context.Background(), func(tx *db.Tx) error {
			stored, err := db.List(tx, db.Value[string], "SELECT key_hash FROM integrations")
			if len(stored) != 1 || strings.Contains(stored[0], key[2:]) {
				t.Errorf("stored: %q", stored)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestARotatedKeyLivesAnotherDayAndItsUseIsReported(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		in, first := h.integration(intake.NewIntegration{})
		rotated, second, err := h.Rotate(ctx, manager(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		if rotated.OldKeyUntil == nil || !rotated.OldKeyUntil.Equal(h.clock.Now().Add(24*time.Hour)) || rotated.KeyPrefix == in.KeyPrefix {
			t.Errorf("rotated: %+v", rotated)
		}
		if warnings := h.send(second, fires("new key")).Warnings; len(warnings) != 0 {
			t.Errorf("the new key warns: %v", warnings)
		}
		h.clock.Advance(23 * time.Hour)
		if warnings := h.send(first, fires("old key")).Warnings; len(warnings) != 1 || !strings.Contains(warnings[0], "2026-03-03T09:00:00Z") {
			t.Errorf("the old key's warnings: %v", warnings)
		}
		seen, err := h.Get(ctx, manager(), in.ID)
		if err != nil || seen.OldKeyUsedAt == nil || !seen.OldKeyUsedAt.Equal(h.clock.Now()) {
			t.Errorf("the use of the old key is shown as %v, %v", seen.OldKeyUsedAt, err)
		}
		h.clock.Advance(time.Hour)
		if opens(t, h.Service, first) || !opens(t, h.Service, second) {
			t.Error("after a day the old key works, or the new one does not")
		}
		if _, _, err := h.Rotate(ctx, manager(), in.ID); err != nil {
			t.Fatal(err)
		}
		if opens(t, h.Service, first) || !opens(t, h.Service, second) {
			t.Error("after another rotation the first key works, or the second does not")
		}
	})
}

func TestAnIntegrationThatIsOffOrDeletedTakesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		in, key := h.integration(intake.NewIntegration{})
		result := h.send(key, fires("db down"))
		off, on := false, true
		for _, active := range []*bool{&off, &on} {
			if _, err := h.Update(ctx, manager(), in.ID, intake.IntegrationPatch{IsActive: active}); err != nil {
				t.Fatal(err)
			}
			if opens(t, h.Service, key) != *active {
				t.Errorf("active is %v, the key says otherwise", *active)
			}
		}
		if err := h.Delete(ctx, manager(), in.ID); err != nil {
			t.Fatal(err)
		}
		if opens(t, h.Service, key) {
			t.Error("a deleted integration takes messages")
		}
		if _, err := h.Get(ctx, manager(), in.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted integration: %v", err)
		}
		if h.incident(result).Title != "db down" {
			t.Error("its incident went with it")
		}
		h.integration(intake.NewIntegration{}) // The name is free again.
	})
}

// Another node learns of a key by notice, at the next wrong look after a second, or when what it remembers is old.
func TestOtherNodesLearnOfKeys(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		farHub := live.New(h.db, "far")
		far := h.node(farHub)
		_, one := h.integration(intake.NewIntegration{Name: "one"})
		if !opens(t, far, one) {
			t.Fatal("the far node does not know the first key")
		}
		in, two := h.integration(intake.NewIntegration{Name: "two"})
		if opens(t, far, two) {
			t.Error("the far node looks at every wrong key")
		}
		h.clock.Advance(time.Second)
		if !opens(t, far, two) {
			t.Error("a second later the far node has not looked again")
		}
		if err := h.Delete(context.Background(), manager(), in.ID); err != nil {
			t.Fatal(err)
		}
		farHub.Announce(live.Notice{Org: dbtest.Org, Topic: live.TopicConfig})
		if opens(t, far, two) {
			t.Error("after the notice the deleted key works")
		}
	})
}

func TestOnlyThoseWhoMayChangeIntegrations(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		member := lead(h.shop)
		member.Role = account.RoleUser
		if _, _, err := h.Create(ctx, lead(h.shop), intake.NewIntegration{Name: "a", Kind: "plain", TeamID: &h.storage}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a lead makes another team's: %v", err)
		}
		if _, _, err := h.Create(ctx, lead(h.shop), intake.NewIntegration{Name: "a", Kind: "plain"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a lead makes nobody's: %v", err)
		}
		ours, _ := h.integration(intake.NewIntegration{Name: "ours", TeamID: &h.shop})
		theirs, _ := h.integration(intake.NewIntegration{Name: "theirs", TeamID: &h.storage})
		nobodys, _ := h.integration(intake.NewIntegration{Name: "nobody's"})
		calls := map[string]func(actor account.Actor, id int64) error{
			"update": func(a account.Actor, id int64) error {
				_, err := h.Update(ctx, a, id, intake.IntegrationPatch{})
				return err
			},
			"rotate": func(a account.Actor, id int64) error { _, _, err := h.Rotate(ctx, a, id); return err },
			"test":   func(a account.Actor, id int64) error { _, err := h.SendTest(ctx, a, id); return err },
			"delete": func(a account.Actor, id int64) error { return h.Delete(ctx, a, id) },
		}
		for name, call := range calls {
			if err := call(member, ours.ID); !fault.Is(err, fault.Forbidden) {
				t.Errorf("a member's %s: %v", name, err)
			}
			for _, id := range []int64{theirs.ID, nobodys.ID, 12345} {
				if err := call(lead(h.shop), id); !fault.Is(err, fault.NotFound) {
					t.Errorf("a stranger's %s: %v", name, err)
				}
			}
		}
		if _, err := h.Messages(ctx, lead(h.shop), theirs.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads messages: %v", err)
		}
		if _, err := h.Update(ctx, lead(h.shop), ours.ID, intake.IntegrationPatch{TeamID: &h.storage}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a lead gives the integration away: %v", err)
		}
		if list, err := h.List(ctx, member); err != nil || len(list) != 1 || list[0].ID != ours.ID {
			t.Errorf("a member's list: %+v, %v", list, err)
		}
		if list, err := h.List(ctx, manager()); err != nil || len(list) != 3 {
			t.Errorf("a manager's list: %+v, %v", list, err)
		}
		stranger := manager()
		stranger.Org = 2
		if list, err := h.List(ctx, stranger); err != nil || len(list) != 0 {
			t.Errorf("another organisation's list: %+v, %v", list, err)
		}
		if err := h.Delete(ctx, lead(h.shop), ours.ID); err != nil {
			t.Errorf("a lead deletes the team's own: %v", err)
		}
	})
}

func TestBadIntegrationsNameEveryField(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		minutes := 1441
		_, _, err := h.Create(ctx, manager(), intake.NewIntegration{
			Name: "\n", Kind: "carrier pigeon", Service: strings.Repeat("s", 256), Severity: "banana", ReopenMinutes: &minutes,
			Severities: map[string]string{"a\x00": "high", "b": "banana"},
		})
		var got []string
		for _, f := range fault.From(err).Fields {
			got = append(got, f.Location)
		}
		want := []string{
			"body.name", "body.service", "body.severity", "body.reopen_minutes", `body.severities["a\x00"]`, `body.severities["b"]`,
			"body.kind",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("fields (-want +got):\n%s\n%v", diff, err)
		}
		nobody := int64(4711)
		if _, _, err := h.Create(ctx, manager(), intake.NewIntegration{Name: "a", Kind: "plain", TeamID: &nobody}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown team: %v", err)
		}
		h.integration(intake.NewIntegration{Name: "taken"})
		if _, _, err := h.Create(ctx, manager(), intake.NewIntegration{Name: "taken", Kind: "plain"}); !fault.Is(err, fault.Duplicate) {
			t.Errorf("a taken name: %v", err)
		}
	})
}

func TestAnIntegrationIsReadAsItWasSaved(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		minutes, name, severity, none := 45, "renamed", "info", int64(0)
		in, _ := h.integration(intake.NewIntegration{
			TeamID: &h.shop, Service: "Checkout", Severity: "critical", ReopenMinutes: &minutes,
			Severities: map[string]string{"Rot": "critical"},
		})
		got, err := h.Get(ctx, manager(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, got); diff != "" {
			t.Errorf("as made, as read (-made +read):\n%s", diff)
		}
		changed, err := h.Update(ctx, manager(), in.ID, intake.IntegrationPatch{
			Name: &name, Severity: &severity, TeamID: &none, Severities: &map[string]string{},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err = h.Get(ctx, manager(), in.ID); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(changed, got); diff != "" {
			t.Errorf("as changed, as read (-changed +read):\n%s", diff)
		}
		if got.Name != name || got.Severity != incident.SeverityInfo || got.TeamID != nil || got.Severities != nil ||
			got.ReopenWindow != 45*time.Minute {
			t.Errorf("after the change: %+v", got)
		}
	})
}

func TestATestAlertGoesTheWholeWay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		in, key := h.integration(intake.NewIntegration{TeamID: &h.shop, Service: "Checkout"})
		h.sendBody(key, "not json")
		result, err := h.SendTest(ctx, manager(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		i := h.incident(result)
		if i.Severity != incident.SeverityLow || value(i.TeamID) != h.shop || i.Service != "Checkout" {
			t.Errorf("the test's incident: %+v", i)
		}
		again, err := h.SendTest(ctx, manager(), in.ID)
		if err != nil || again.Outcomes[0].IncidentID != i.ID {
			t.Errorf("a second test: %+v, %v", again, err)
		}
		if open := h.unresolved(); len(open) != 2 {
			t.Errorf("open: %v; a test says nothing about whether the sender can be read", open)
		}
	})
}
