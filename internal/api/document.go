package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// document serves the OpenAPI document, which is complete once every resource is registered.
func (s *server) document() {
	text := sync.OnceValues(s.documentText)
	s.routes.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		body, err := text()
		if err != nil {
			// A document that cannot be written fails the tests long before anybody asks for it.
			panic(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
}

func (s *server) documentText() ([]byte, error) {
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	sent := map[string]bool{}
	requestSchemas(doc, doc["paths"], false, sent)
	schemas, _ := at(doc, "components", "schemas").(map[string]any)
	for name, schema := range schemas {
		allowNull(schema)
		if !sent[name] {
			leaveOpen(schema)
		}
	}
	return json.MarshalIndent(doc, "", "  ")
}

const schemaPrefix = "#/components/schemas/"

// requestSchemas collects the names of all schemas that requests refer to, however deep.
func requestSchemas(doc map[string]any, node any, inRequest bool, found map[string]bool) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok && inRequest {
			name := strings.TrimPrefix(ref, schemaPrefix)
			if !found[name] {
				found[name] = true
				requestSchemas(doc, at(doc, "components", "schemas", name), true, found)
			}
		}
		for key, value := range n {
			requestSchemas(doc, value, inRequest || key == "requestBody", found)
		}
	case []any:
		for _, value := range n {
			requestSchemas(doc, value, inRequest, found)
		}
	}
}

// allowNull adds null to the possible values of what may be null: without it JSON Schema would refuse null again.
func allowNull(node any) {
	switch n := node.(type) {
	case map[string]any:
		kinds, _ := n["type"].([]any)
		if values, ok := n["enum"].([]any); ok && slices.Contains(kinds, any("null")) {
			n["enum"] = append(values, nil)
		}
		for _, value := range n {
			allowNull(value)
		}
	case []any:
		for _, value := range n {
			allowNull(value)
		}
	}
}

// leaveOpen lets answers grow: a client made from this document must not refuse a member that a later version adds.
func leaveOpen(node any) {
	schema, ok := node.(map[string]any)
	if ok && schema["additionalProperties"] == false {
		delete(schema, "additionalProperties")
	}
}

func at(node any, path ...string) any {
	for _, name := range path {
		members, _ := node.(map[string]any)
		node = members[name]
	}
	return node
}
