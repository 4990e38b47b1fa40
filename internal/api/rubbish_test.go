package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/account"
)

// furnished is a house with one of everything, so that paths lead somewhere. ids are the path parameters that do.
func furnished(t *testing.T) (h *house, ids map[string]string) {
	h = newHouse(t)
	return h, h.oneOfEach(h.admin)
}

// oneOfEach makes one of everything and returns the path parameters of each resource, by the path up to the parameter.
func (h *house) oneOfEach(by *person) map[string]string {
	team := by.post("/v1/teams", m{"name": "Payments"}).is(201).id()
	other := by.post("/v1/users", m{"email": path("made-by-%d@example.org", by.id), "password": password, "team_id": team}).is(201).id()
	incident := by.post("/v1/incidents", m{"title": "disk full", "team_id": team}).is(201).id()
	by.post(path("/v1/incidents/%d/assign", incident), m{"user_id": other}).is(200)
	by.post(path("/v1/incidents/%d/comments", incident), m{"content": "secret plans"}).is(200)
	service := by.post("/v1/services", m{"name": "database"}).is(201).id()
	policy := by.post("/v1/escalation/policies", m{"name": "secret plans", "steps": []m{{"actions": []m{{"type": "notify", "target": "admins"}}}}}).is(201).id()
	integration := into[IntegrationWithKey](by.post("/v1/integrations", m{"name": "secret plans", "kind": "generic"}).is(201))
	method := by.post("/v1/contact-methods", m{"channel": "webhook", "address": "https://hooks.example/x", "label": "secret plans"}).is(201).id()
	by.session()
	session := into[[]Session](by.get("/v1/auth/sessions").is(200))[0].ID
	return map[string]string{
		"/v1/auth/sessions/{": fmt.Sprint(session), "/v1/sessions/{": fmt.Sprint(session),
		"/v1/users/{": fmt.Sprint(other), "/v1/teams/{": fmt.Sprint(team), "/v1/incidents/{": fmt.Sprint(incident),
		"/v1/escalation/policies/{": fmt.Sprint(policy), "/v1/escalation/incidents/{": fmt.Sprint(incident),
		"/v1/integrations/{": fmt.Sprint(integration.ID), "{kind}": "generic", "{key}": integration.Key,
		"/v1/services/{": fmt.Sprint(service), "/v1/contact-methods/{": fmt.Sprint(method), "{user_id}": fmt.Sprint(other), "{channel}": "email",
	}
}

// fill puts parameters into an operation's path: those of the resources, 1 for any other.
func fill(template string, ids map[string]string) string {
	return parameter.ReplaceAllStringFunc(template, func(name string) string {
		if id := ids[name]; id != "" {
			return id
		}
		if id := ids[template[:strings.Index(template, "{")+1]]; id != "" {
			return id
		}
		return "1"
	})
}

var (
	long = strings.Repeat("x", 70_000)
	// junk is what may stand in a path or query instead of a value.
	junk = []string{
		"", "-1", "0", "abc", "1e9", "NaN", "Inf", "9223372036854775807", "9223372036854775808", "\x00", "a\x00b", "\xff", "ünï", "' OR 1=1 --",
		"<script>", "%", "true", "null", "[]", "{}", "../..", strings.Repeat("9", 400), "2026-13-45T00:00:00Z", "a=b", ",,,",
	}
	// junkValues are JSON that may stand for any member of a body.
	junkValues = []string{
		`null`, `true`, `-1`, `0`, `1.5`, `1e999`, `9223372036854775807`, `9223372036854775808`, `""`, `"abc"`, `"a\u0000b"`, "\"\xff\"", `"\ud800"`,
		`[]`, `[null]`, `[{}]`, `[[[]]]`, `{}`, `{"a":1,"a":2}`, `{"":null}`, `"` + long + `"`, `[` + strings.Repeat(`1,`, 3000) + `1]`,
	}
	// junkBodies are whole bodies.
	junkBodies = []string{
		``, ` `, `{`, `}`, `null`, `true`, `7`, `"x"`, `[]`, `[{}]`, `{}`, `{} {}`, `{"a":1,"a":2}`, "\xff\xfe", "{\"a\":\"\xff\"}", `{"\u0000":1}`, "\x00",
		strings.Repeat("[", 100_000), `{"x":` + strings.Repeat(`{"x":`, 9000) + `1` + strings.Repeat(`}`, 9001), `{"a":"` + strings.Repeat("x", 2<<20) + `"}`,
	}
)

// TestRubbishIsRefused walks every operation of the document with rubbish in every place. Whatever comes back is one of the
// operation's own answers (every call checks that), never a 500; and what was refused has changed nothing.
func TestRubbishIsRefused(t *testing.T) {
	h, ids := furnished(t)
	for _, o := range h.operationsInOrder() {
		t.Run(o.OperationID, func(t *testing.T) {
			h.t = t
			before := h.everything()
			taken := h.throwRubbish(o, ids)
			// Signing out is one of the operations, and asking for recovery links counts as failing to sign in.
			h.clk.Advance(time.Minute)
			h.admin.signIn()
			if after := h.everything(); taken == 0 && o.Method != http.MethodGet && after != before {
				t.Errorf("everything was refused, but something has changed:\n%s\n%s", before, after)
			}
		})
	}
}

// operationsInOrder puts what deletes last, so that there is something to throw rubbish at.
func (h *house) operationsInOrder() []*huma.Operation {
	list := h.operations()
	slices.SortFunc(list, func(a, b *huma.Operation) int {
		rank := func(o *huma.Operation) string {
			last := "0"
			if o.Method == http.MethodDelete || strings.Contains(o.OperationID, "logout") || strings.Contains(o.OperationID, "session") {
				last = "1"
			}
			return last + o.Path + o.Method
		}
		return strings.Compare(rank(a), rank(b))
	})
	return list
}

// throwRubbish returns how often rubbish was no rubbish after all.
func (h *house) throwRubbish(o *huma.Operation, ids map[string]string) (taken int) {
	throw := func(path, body string, headers ...string) {
		var content any
		if body != "" {
			content = body
		}
		if h.admin.call(o.Method, path, content, headers...).status < 400 {
			taken++
		}
	}
	good := fill(o.Path, ids)
	for _, value := range junk {
		if strings.Contains(o.Path, "{") {
			throw(parameter.ReplaceAllString(o.Path, strings.ReplaceAll(url.PathEscape(value), "$", "$$")), "")
		}
		for _, p := range o.Parameters {
			if p.In == "query" {
				throw(good+"?"+p.Name+"="+url.QueryEscape(value), "")
			}
		}
	}
	throw(good+"?%zz", "")
	throw(good+"?a;b=%00", "")
	if o.RequestBody == nil {
		return taken
	}
	for _, body := range junkBodies {
		throw(good, body)
	}
	members := h.membersOf(o)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		for _, value := range junkValues {
			throw(good, withMember(members, name, value))
		}
	}
	throw(good, `{}`, "Content-Type", "text/plain")
	throw(good, `{}`, "Content-Type", "application/x-www-form-urlencoded")
	throw(good, `{}`, "Content-Type", ";;;")
	throw(good, `{}`, "Content-Encoding", "gzip")
	throw(good, `{}`, "Content-Encoding", "br")
	throw(good, `{"`+strings.Repeat("k", 5000)+`":1}`)
	return taken
}

// membersOf are the members of an operation's body, each with a value of its type.
func (h *house) membersOf(o *huma.Operation) map[string]string {
	out := map[string]string{}
	for _, media := range o.RequestBody.Content {
		s := media.Schema
		for s != nil && s.Ref != "" {
			s = h.server.api.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
		}
		if s == nil {
			continue
		}
		for name, member := range s.Properties {
			out[name] = plausible(member)
		}
	}
	return out
}

func plausible(s *huma.Schema) string {
	switch {
	case len(s.Enum) > 0:
		text, _ := json.Marshal(s.Enum[0])
		return string(text)
	case s.Type == huma.TypeInteger || s.Type == huma.TypeNumber:
		return "1"
	case s.Type == huma.TypeBoolean:
		return "true"
	case s.Type == huma.TypeArray:
		return "[]"
	case s.Type == huma.TypeString && s.Format == "email":
		return `"plausible@example.org"`
	case s.Type == huma.TypeString:
		return `"plausible words"`
	}
	return "{}"
}

func withMember(members map[string]string, changed, value string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v := members[name]
		if name == changed {
			v = value
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// everything is what all lists of the API show to the administrator.
func (h *house) everything() string {
	h.t.Helper()
	var all strings.Builder
	for _, o := range h.operationsInOrder() {
		if o.Method == http.MethodGet && !strings.Contains(o.Path, "{") && !strings.Contains(o.Path, "sessions") {
			all.Write(h.admin.get(o.Path).body)
		}
	}
	return all.String()
}

// TestOneOrganisationSeesNothingOfAnother walks every operation with the ids of another organisation.
func TestOneOrganisationSeesNothingOfAnother(t *testing.T) {
	h := newHouse(t)
	stranger := h.personOf(h.other, "stranger", account.RoleAdmin, 0)
	// Ids of both are apart, so that none is met by chance.
	for range 3 {
		h.admin.post("/v1/teams", m{"name": path("ours %d", h.clk.Now().Nanosecond())}).is(201)
		h.clk.Advance(1000)
	}
	theirs := h.oneOfEach(stranger)
	before := stranger.get(fill("/v1/incidents/{id}", theirs)).is(200).body
	for _, o := range h.operationsInOrder() {
		// In the lane the key says whose it is, an address for recovery is anybody's, and below /me all is one's own.
		if !strings.Contains(o.Path, "{") || inLane(o.Path) || strings.Contains(o.Path, "{email}") || strings.Contains(o.Path, "/me/") {
			continue
		}
		var body any
		if o.RequestBody != nil {
			members := h.membersOf(o)
			if _, ok := members["user_id"]; ok {
				members["user_id"] = theirs["{user_id}"]
			}
			body = withMember(members, "", "")
		}
		got := h.admin.call(o.Method, fill(o.Path, theirs), body)
		if got.status != http.StatusNotFound && got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s with another organisation's ids answers %d: %s", got.what, got.status, got.body)
		}
	}
	for name, body := range map[string]any{
		"/v1/incidents": m{"title": "x", "team_id": number(theirs["/v1/teams/{"])},
		"/v1/users":     m{"email": "x@example.org", "password": password, "team_id": number(theirs["/v1/teams/{"])},
		"/v1/services":  m{"name": "x", "team_id": number(theirs["/v1/teams/{"])},
	} {
		if got := h.admin.post(name, body); got.wrong() != "body.team_id" {
			t.Errorf("POST %s for another organisation's team answers %s", name, got.body)
		}
	}
	if ours := h.everything(); strings.Contains(ours, "stranger") || strings.Contains(ours, "disk full") || strings.Contains(ours, "secret plans") {
		t.Errorf("the lists show what is another's: %s", ours)
	}
	if after := stranger.get(fill("/v1/incidents/{id}", theirs)).is(200).body; string(after) != string(before) {
		t.Errorf("the other organisation's incident has changed:\n%s\n%s", before, after)
	}
}

func number(text string) json.Number { return json.Number(text) }
