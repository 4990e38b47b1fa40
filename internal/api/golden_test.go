package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// script writes down requests and answers in order; the golden file is what clients see.
type script struct {
	h    *house
	text strings.Builder
}

// shown are the headers that belong to the contract.
var shown = []string{"X-Total-Count", "X-Total-Capped", "X-Next-Cursor", "Link", "Retry-After", "WWW-Authenticate", "Allow"}

// secret matches what differs from run to run.
var secret = regexp.MustCompile(`"(signing_secret|access_token|refresh_token|request_id|key|key_prefix|url|setup)": "(?:[^"\\]|\\.)*"`)

// do calls and writes down. The answer is returned for what follows.
func (s *script) do(title string, by *person, method, path string, body any) replied {
	s.h.t.Helper()
	got := by.call(method, path, body)
	fmt.Fprintf(&s.text, "## %s\n%s %s\n", title, method, path)
	if body != nil {
		s.text.WriteString(indented(s.h.t, body) + "\n")
	}
	fmt.Fprintf(&s.text, "\n%d %s\n", got.status, http.StatusText(got.status))
	for _, name := range shown {
		if value := got.header.Get(name); value != "" {
			fmt.Fprintf(&s.text, "%s: %s\n", name, value)
		}
	}
	s.text.WriteString(indented(s.h.t, json.RawMessage(got.body)) + "\n\n")
	return got
}

// is compares the whole script with its golden file.
func (s *script) is(name string) {
	s.h.t.Helper()
	golden(s.h.t, name+".txt", secret.ReplaceAll([]byte(s.text.String()), []byte(`"$1": "…"`)))
}

func indented(t *testing.T, value any) string {
	t.Helper()
	text, ok := value.(string)
	if ok {
		return text
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// m is a JSON object of a request.
type m = map[string]any
