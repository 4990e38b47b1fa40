package source

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a message under testdata; the ending says how it was sent.
func sample(t testing.TB, path string) intake.Request {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := intake.Request{Body: body, Query: url.Values{}}
	switch filepath.Ext(path) {
	case ".json":
		r.ContentType = "application/json"
	case ".form":
		r.ContentType = "application/x-www-form-urlencoded"
	case ".multipart":
		r.ContentType = "multipart/form-data; boundary=xyz"
	case ".query":
		r.Query, err = url.ParseQuery(strings.TrimPrefix(string(body), "?"))
		r.Body = nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Truncated = strings.HasPrefix(filepath.Base(path), "cut-off")
	return r
}

// samples are the messages kept for a kind.
func samples(t testing.TB, kind string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", kind, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var inputs []string
	for _, path := range paths {
		if filepath.Ext(path) != ".golden" {
			inputs = append(inputs, path)
		}
	}
	if len(inputs) < 5 {
		t.Fatalf("%s has %d samples under testdata, a source needs at least 5", kind, len(inputs))
	}
	return inputs
}

func TestEachSampleGivesTheSignalsKept(t *testing.T) {
	for kind, source := range All() {
		for _, path := range samples(t, kind) {
			t.Run(path, func(t *testing.T) {
				signals, err := source.Parse(sample(t, path))
				got, marshalErr := json.MarshalIndent(signals, "", "  ")
				if marshalErr != nil {
					t.Fatal(marshalErr)
				}
				if err != nil {
					got = fmt.Appendf(nil, "error: %v", err)
				}
				got = append(got, '\n')
				golden := strings.TrimSuffix(path, filepath.Ext(path)) + ".golden"
				if *update {
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("signals differ (-kept +now):\n%s", diff)
				}
			})
		}
	}
}

// check is what holds for every source and every message.
func check(t *testing.T, source intake.Source, r intake.Request) {
	t.Helper()
	signals, err := source.Parse(r)
	if err != nil {
		if err.Error() == "" {
			t.Error("an error without a sentence")
		}
		return
	}
	if len(signals) == 0 || len(signals) > maxSignals {
		t.Fatalf("%d signals without an error", len(signals))
	}
	for _, s := range signals {
		if s.Key == "" || s.Title == "" {
			t.Errorf("a signal needs a key and a title: %+v", s)
		}
		if s.Status != incident.AlertFiring && s.Status != incident.AlertResolved {
			t.Errorf("a signal neither fires nor is resolved: %q", s.Status)
		}
	}
	again, err := source.Parse(r)
	if diff := cmp.Diff(signals, again); err != nil || diff != "" {
		t.Errorf("the same message parsed again differs: %v\n%s", err, diff)
	}
}

func TestEverySourceTakesTheSamplesOfAllOthers(t *testing.T) {
	for kind, source := range All() {
		for other := range All() {
			for _, path := range samples(t, other) {
				t.Run(kind+"/"+path, func(t *testing.T) { check(t, source, sample(t, path)) })
			}
		}
	}
}

func TestEverySourceSaysHowToSetItUp(t *testing.T) {
	const address = "https://tocsin.example.com/v1/intake/x/1-abc"
	for kind, source := range All() {
		if source.Kind() != kind || kind != strings.ToLower(kind) {
			t.Errorf("kind %q is registered as %q", source.Kind(), kind)
		}
		if !strings.Contains(source.Setup(address), address) {
			t.Errorf("%s: the set-up text does not name the address", kind)
		}
	}
}

func TestAnswersOfDialectsAreAcknowledgements(t *testing.T) {
	results := []intake.Result{
		{},
		{Unreadable: true, Warnings: []string{"The message is empty."}},
		{Outcomes: []incident.Receipt{{Outcome: incident.OutcomeNoMatch}}},
		{Outcomes: []incident.Receipt{{IncidentID: 4, Outcome: incident.OutcomeCreated}}},
	}
	for kind, source := range All() {
		answerer, ok := source.(intake.Answerer)
		if !ok {
			continue
		}
		for _, result := range results {
			status, body := answerer.Answer(result)
			if _, err := json.Marshal(body); err != nil || status < 200 || status > 299 {
				t.Errorf("%s answers %d with %v: %v", kind, status, body, err)
			}
		}
	}
}

func fuzz(f *testing.F, kind string) {
	source := All()[kind]
	for other := range All() {
		for _, path := range samples(f, other) {
			r := sample(f, path)
			f.Add(r.ContentType, r.Query.Encode(), r.Body, r.Truncated)
		}
	}
	f.Fuzz(func(t *testing.T, contentType, query string, body []byte, truncated bool) {
		values, err := url.ParseQuery(query)
		if err != nil {
			values = nil
		}
		check(t, source, intake.Request{Query: values, ContentType: contentType, Body: body, Truncated: truncated})
	})
}

func FuzzAlertmanager(f *testing.F) { fuzz(f, "alertmanager") }

func FuzzElastic(f *testing.F) { fuzz(f, "elastic") }

func FuzzGeneric(f *testing.F) { fuzz(f, "generic") }
