package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

func TestAnAlertOpensAnIncidentOnceAndItsEndResolvesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		in, key := h.integration(intake.NewIntegration{})
		first := h.send(key, fires("db down"))
		if first.Outcomes[0].Outcome != incident.OutcomeCreated {
			t.Errorf("the first firing: %+v", first)
		}
		if again := h.send(key, fires("db down")); again.Outcomes[0].Outcome != incident.OutcomeUnchanged ||
			again.Outcomes[0].IncidentID != first.Outcomes[0].IncidentID {
			t.Errorf("the repeat: %+v", again)
		}
		i := h.incident(first)
		if i.Source != "plain" || i.IntegrationID == nil || *i.IntegrationID != in.ID || i.Severity != incident.SeverityHigh {
			t.Errorf("the incident: %+v", i)
		}
		if end := h.send(key, ends("db down")); end.Outcomes[0].Outcome != incident.OutcomeResolved {
			t.Errorf("the end: %+v", end)
		}
		if again := h.send(key, ends("db down")); again.Outcomes[0].Outcome != incident.OutcomeNoMatch || len(h.unresolved()) != 0 {
			t.Errorf("the end again: %+v, open %v", again, h.unresolved())
		}
	})
}

func TestEqualKeysOfTwoIntegrationsNeverMeet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, prod := h.integration(intake.NewIntegration{Name: "prod"})
		_, staging := h.integration(intake.NewIntegration{Name: "staging"})
		h.send(prod, fires("db down"))
		h.send(staging, fires("db down"))
		if open := h.unresolved(); len(open) != 2 {
			t.Errorf("open: %v, want one for each", open)
		}
		h.send(staging, ends("db down"))
		if open := h.unresolved(); len(open) != 1 {
			t.Errorf("open: %v, want the one of prod", open)
		}
	})
}

func TestASignalFindsItsServiceAndTeam(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		checkout, err := h.catalog.Create(ctx, manager(), catalog.NewService{Name: "Checkout", Aliases: []string{"chk"}, TeamID: &h.shop})
		if err != nil {
			t.Fatal(err)
		}
		orphan, err := h.catalog.Create(ctx, manager(), catalog.NewService{Name: "Orphan"})
		if err != nil {
			t.Fatal(err)
		}
		_, bare := h.integration(intake.NewIntegration{Name: "bare"})
		_, withTeam := h.integration(intake.NewIntegration{Name: "with team", TeamID: &h.storage})
		_, withService := h.integration(intake.NewIntegration{Name: "with service", Service: "chk"})
		cases := map[string]struct {
			key, service, team string
			wantService        string
			wantID, wantTeam   int64
			warns              bool
		}{
			"nothing is known":                 {key: bare},
			"the catalogue knows the alias":    {key: bare, service: " CHK ", wantService: "Checkout", wantID: checkout.ID, wantTeam: h.shop},
			"an unknown service stays as sent": {key: bare, service: "Cart", wantService: "Cart"},
			"the sender's team by name":        {key: bare, service: "chk", team: "storage", wantService: "Checkout", wantID: checkout.ID, wantTeam: h.storage},
			"the sender's team by id":          {key: bare, team: fmt.Sprint(h.storage), wantTeam: h.storage},
			"an unknown team is a warning":     {key: bare, service: "chk", team: "nobody", wantService: "Checkout", wantID: checkout.ID, wantTeam: h.shop, warns: true},
			"the integration's team":           {key: withTeam, service: "Cart", wantService: "Cart", wantTeam: h.storage},
			"a service without a team":         {key: withTeam, service: "orphan", wantService: "Orphan", wantID: orphan.ID, wantTeam: h.storage},
			"the service's team comes first":   {key: withTeam, service: "chk", wantService: "Checkout", wantID: checkout.ID, wantTeam: h.shop},
			"the integration's service":        {key: withService, wantService: "Checkout", wantID: checkout.ID, wantTeam: h.shop},
			"another service than its own":     {key: withService, service: "Cart", wantService: "Cart", wantTeam: h.shop},
		}
		for name, c := range cases {
			s := fires(name)
			s.Service, s.Team = c.service, c.team
			result := h.send(c.key, s)
			i := h.incident(result)
			if i.Service != c.wantService || value(i.ServiceID) != c.wantID || value(i.TeamID) != c.wantTeam {
				t.Errorf("%s: service %q (%d), team %d", name, i.Service, value(i.ServiceID), value(i.TeamID))
			}
			if (len(result.Warnings) > 0) != c.warns {
				t.Errorf("%s: warnings %v", name, result.Warnings)
			}
		}
	})
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

func TestASeverityNobodyKnowsBecomesTheIntegrationsOwn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, strict := h.integration(intake.NewIntegration{Name: "strict"})
		_, mild := h.integration(intake.NewIntegration{
			Name: "mild", Severity: "Low", Severities: map[string]string{"Sev-Zero": "critical", "warning": "info"},
		})
		cases := []struct {
			key, sent string
			want      incident.Severity
			warns     bool
		}{
			{strict, "", incident.SeverityHigh, false},
			{strict, "CRITICAL ", incident.SeverityCritical, false},
			{strict, "warning", incident.SeverityMedium, false},
			{strict, "banana", incident.SeverityHigh, true},
			{mild, "", incident.SeverityLow, false},
			{mild, "sev-zero", incident.SeverityCritical, false},
			{mild, "Warning", incident.SeverityInfo, false},
			{mild, "banana", incident.SeverityLow, true},
		}
		for n, c := range cases {
			s := fires(fmt.Sprint("alert ", n))
			s.Severity = c.sent
			result := h.send(c.key, s)
			i := h.incident(result)
			if i.Severity != c.want || (len(result.Warnings) > 0) != c.warns {
				t.Errorf("%q: %s, warnings %v", c.sent, i.Severity, result.Warnings)
			}
			if original := i.Metadata["original_severity"]; c.warns && original != c.sent {
				t.Errorf("%q is kept as %v", c.sent, original)
			}
		}
	})
}

func TestOverlongTextsAreCutWithAWarningAndNeverRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		labels, metadata := map[string]string{}, map[string]any{}
		for n := range 150 {
			labels[fmt.Sprintf("label %03d", n)] = strings.Repeat("v", 3000)
			metadata[fmt.Sprintf("field %03d", n)] = map[string]any{"deep": strings.Repeat("m", 3000)}
		}
		labels["a\x00"], metadata["huge"] = "a\x00b\xff", json.Number("1e999999")
		long := fires(strings.Repeat("k", 100_000))
		long.Title = strings.Repeat("ä", 300) + "\x00\xff"
		long.Service, long.AlertID, long.Team = strings.Repeat("s", 400), strings.Repeat("i", 400), strings.Repeat("t", 400)
		long.Labels, long.Annotations, long.Metadata = labels, labels, metadata
		long.Links = []incident.Link{{Text: "x", URL: "javascript:alert(1)"}, {Text: "y", URL: "https://ok.example.com"}}
		result := h.send(key, long)
		i := h.incident(result)
		if i.Title != strings.Repeat("ä", 255) || !strings.HasPrefix(i.Description, strings.Repeat("ä", 300)) {
			t.Errorf("title %q, description %q", i.Title, i.Description)
		}
		if len(i.Service) != 255 || len(i.AlertID) != 255 || len(i.Labels) != 100 || len(i.Labels["label 001"]) != 2000 {
			t.Errorf("service %d, alert id %d, labels %d", len(i.Service), len(i.AlertID), len(i.Labels))
		}
		if size, _ := json.Marshal(i.Metadata); len(size) > 70_000 || len(size) < 50_000 {
			t.Errorf("the metadata has %d bytes", len(size))
		}
		for _, want := range []string{"The title is longer", "The service is longer", "labels; the first 100", "The team", "The metadata"} {
			if !strings.Contains(strings.Join(result.Warnings, "\n"), want) {
				t.Errorf("no warning says %q: %q", want, result.Warnings)
			}
		}
		if len(result.Warnings) > 21 {
			t.Errorf("%d warnings", len(result.Warnings))
		}
		h.send(key, ends(long.Key)) // The whole key counts, not its beginning.
		if open := h.unresolved(); len(open) != 0 {
			t.Errorf("open: %v", open)
		}
	})
}

func TestStrangeNumbersAndDepthsAreKeptAsTextOrLeftOut(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{})
		deep := any("bottom")
		for range 50 {
			deep = []any{map[string]any{"in": deep}}
		}
		s := fires("numbers")
		s.Metadata = map[string]any{
			"tiny": json.Number("1e-99999"), "long": json.Number(strings.Repeat("9", 60)), "plain": json.Number("0.05"),
			"zero": json.Number("0"), "deep": deep, "nothing": nil, "yes": true, "list": []any{json.Number("1"), "x\x00"},
		}
		result := h.send(key, s)
		got := h.incident(result).Metadata
		delete(got, "deep")
		want := map[string]any{
			"tiny": "1e-99999", "long": strings.Repeat("9", 60), "plain": 0.05, "zero": 0.0, "nothing": nil, "yes": true,
			"list": []any{1.0, "x"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		if len(result.Warnings) != 1 {
			t.Errorf("warnings %v, want one about the depth", result.Warnings)
		}
	})
}

func TestTheDialectOfTheURLReadsTheMessage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, key := h.integration(intake.NewIntegration{Kind: "plain"})
		for kind, source := range map[string]string{"other": "other", "nonsense": "plain"} {
			body := intake.Request{Body: []byte(`[{"Key":"` + kind + `","Title":"a","Status":"firing"}]`)}
			result, err := h.Receive(context.Background(), kind, key, body)
			if err != nil || len(result.Warnings) != 1 {
				t.Fatalf("%s: %+v, %v", kind, result, err)
			}
			if i := h.incident(result); i.Source != source {
				t.Errorf("%s was read as %s", kind, i.Source)
			}
		}
		if status, words := h.Answer("other", intake.Result{}); status != 299 || words != "own words" {
			t.Errorf("the dialect's answer: %d %v", status, words)
		}
		status, words := h.Answer("plain", intake.Result{Outcomes: []incident.Receipt{
			{IncidentID: 4, Outcome: incident.OutcomeCreated}, {IncidentID: 4, Outcome: incident.OutcomeCreated}, {},
		}})
		want := intake.Accepted{
			Status: "accepted", Incidents: []intake.AcceptedIncident{{ID: 4, Outcome: incident.OutcomeCreated}}, Warnings: []string{},
		}
		if diff := cmp.Diff(any(want), words); status != 202 || diff != "" {
			t.Errorf("the plain answer: %d (-want +got):\n%s", status, diff)
		}
		if !strings.Contains(h.Setup("plain", "https://here"), "https://here") || h.Setup("nonsense", "x") != "" {
			t.Error("the set-up text")
		}
	})
}

func TestASignedInPersonsClientReportsInTheirName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		u, err := h.accounts.CreateUser(ctx, manager(), account.NewUser{Email: "ann@example.com", Password: "a long enough secret"})
		if err != nil {
			t.Fatal(err)
		}
		ann := account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: u.ID, Role: account.RoleUser}
		body := intake.Request{Body: []byte(`[{"Key":"a","Title":"door open","Status":"firing"}]`)}
		result, err := h.ReceiveAs(ctx, ann, "plain", body)
		if err != nil {
			t.Fatal(err)
		}
		if i := h.incident(result); value(i.CreatedBy) != u.ID || i.IntegrationID != nil {
			t.Errorf("the incident: %+v", i)
		}
		if _, err := h.ReceiveAs(ctx, ann, "plain", intake.Request{Body: []byte("not json")}); !fault.Is(err, fault.Malformed) {
			t.Errorf("an unreadable body: %v", err)
		}
		if _, err := h.ReceiveAs(ctx, ann, "nonsense", body); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown kind: %v", err)
		}
		if _, err := h.ReceiveAs(ctx, account.Actor{Org: dbtest.Org}, "plain", body); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestTheReopenWindowIsTheIntegrations(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		never := 0
		_, usual := h.integration(intake.NewIntegration{Name: "usual"})
		_, fresh := h.integration(intake.NewIntegration{Name: "fresh", ReopenMinutes: &never})
		for key, want := range map[string]incident.Outcome{usual: incident.OutcomeReopened, fresh: incident.OutcomeCreated} {
			h.send(key, fires("db down"))
			h.send(key, ends("db down"))
			h.clock.Advance(5 * time.Minute)
			later := fires("db down")
			started := h.clock.Now()
			later.StartsAt = &started
			if got := h.send(key, later).Outcomes[0].Outcome; got != want {
				t.Errorf("it fires again after five minutes: %s, want %s", got, want)
			}
		}
	})
}
