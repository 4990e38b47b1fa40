package api

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/door"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDocumentIsGolden(t *testing.T) {
	h := newHouse(t)
	golden(t, "openapi.json", h.nobody().get("/v1/openapi.json").is(http.StatusOK).body)
}

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == string(got) {
		return
	}
	wanted, gotten := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range gotten {
		if i >= len(wanted) || wanted[i] != gotten[i] {
			t.Fatalf("%s differs from line %d on; run the test with -update and look at the difference.\ngot:  %s\nwant: %s",
				path, i+1, gotten[i], strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], ""))
		}
	}
	t.Fatalf("%s has more than what came", path)
}

func TestEveryOperationIsDescribed(t *testing.T) {
	seen := map[string]string{}
	known := map[string]bool{}
	for _, tag := range tags {
		known[tag.Name] = true
	}
	for _, o := range newHouse(t).operations() {
		where := o.Method + " " + o.Path
		if o.OperationID == "" || o.Summary == "" || len(o.Tags) != 1 || !known[o.Tags[0]] {
			t.Errorf("%s has id %q, summary %q, tags %q", where, o.OperationID, o.Summary, o.Tags)
		}
		if seen[o.OperationID] != "" {
			t.Errorf("%s and %s share the id %s", where, seen[o.OperationID], o.OperationID)
		}
		seen[o.OperationID] = where
		if o.Responses["422"] == nil && len(o.Parameters) > 0 && !inLane(o.Path) {
			t.Errorf("%s takes parameters but cannot refuse them", where)
		}
	}
}

// operations are all that the OpenAPI document lists.
func (h *house) operations() []*huma.Operation {
	var list []*huma.Operation
	for path, item := range h.server.api.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete, "PATCH": item.Patch, "HEAD": item.Head,
		} {
			if o != nil {
				o.Method, o.Path = method, path
				list = append(list, o)
			}
		}
	}
	return list
}

// checkDocumented holds every answer of every test against the OpenAPI document.
func (h *house) checkDocumented(r *http.Request, got replied) {
	h.t.Helper()
	if got.status == http.StatusNotFound && got.problem().Code == "no_such_address" || got.status == http.StatusMethodNotAllowed {
		return
	}
	if got.status >= http.StatusInternalServerError && got.status != http.StatusServiceUnavailable {
		h.t.Errorf("%s answers %d: %s\nlog: %s", got.what, got.status, got.body, h.log)
	}
	if got.status >= http.StatusBadRequest {
		h.checkProblem(got)
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if o := h.operation(method, path); o != nil {
		h.checkAnswer(o, got)
	} else if path != "/v1/openapi.json" {
		h.t.Errorf("%s is not in the OpenAPI document", got.what)
	}
}

// operation is the one that serves the path; where two could ("/v1/users/me"), the one with fewer parameters.
func (h *house) operation(method, path string) (best *huma.Operation) {
	for _, o := range h.operations() {
		if o.Method == method && template(o.Path).MatchString(path) &&
			(best == nil || strings.Count(o.Path, "{") < strings.Count(best.Path, "{")) {
			best = o
		}
	}
	return best
}

func (h *house) checkAnswer(o *huma.Operation, got replied) {
	h.t.Helper()
	response := o.Responses[statusKey(got.status)]
	if response == nil {
		h.t.Errorf("%s answers %d, which its operation does not list: %s", got.what, got.status, got.body)
		return
	}
	for kind, media := range response.Content {
		if !strings.HasPrefix(got.header.Get("Content-Type"), kind) {
			continue
		}
		var body any
		if err := json.Unmarshal(got.body, &body); err != nil {
			h.t.Errorf("%s answers what is no JSON: %q", got.what, got.body)
			return
		}
		var found huma.ValidateResult
		huma.Validate(h.server.api.OpenAPI().Components.Schemas, media.Schema, huma.NewPathBuffer([]byte("body"), 0), huma.ModeReadFromServer, body, &found)
		for _, err := range found.Errors {
			h.t.Errorf("%s answers against its schema: %v", got.what, err)
		}
		return
	}
	if len(response.Content) > 0 {
		h.t.Errorf("%s answers with Content-Type %q, which its operation does not list", got.what, got.header.Get("Content-Type"))
	}
}

func (h *house) checkProblem(got replied) {
	h.t.Helper()
	p := got.problem()
	if got.header.Get("Content-Type") != door.ProblemType || p.Status != got.status || p.Code == "" || p.Detail == "" || p.Title == "" ||
		p.RequestID == "" || p.RequestID != got.header.Get(door.RequestIDHeader) {
		h.t.Errorf("%s answers an incomplete problem: %s", got.what, got.body)
	}
	if got.status == http.StatusUnprocessableEntity && len(p.Errors) == 0 {
		h.t.Errorf("%s does not name what is wrong: %s", got.what, got.body)
	}
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// template matches the paths of an operation.
func template(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + parameter.ReplaceAllString(path, "[^/]*") + "$")
}
