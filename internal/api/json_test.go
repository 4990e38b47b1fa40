package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestCheckJSON(t *testing.T) {
	cases := []struct {
		name, body string
		want       []fault.Field
	}{
		{"plain", `{"a": [1, -2.5e3, true, false, null, "x\"y"], "b": {"c": {}}, "d": []}`, nil},
		{"a scalar", ` 7 `, nil},
		{"the same name in two objects", `{"a": {"x": 1}, "b": {"x": 1}}`, nil},
		{"an escaped backslash before u0000", `{"a": "\\u0000"}`, nil},
		{"a name twice", `{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}`, []fault.Field{{Location: "body.b.c", Message: "is given twice"}, {Location: "body.a", Message: "is given twice"}}},
		{"the same name written otherwise", `{"a": 1, "\u0061": 2}`, []fault.Field{{Location: "body.a", Message: "is given twice"}}},
		{"NUL", `{"a": ["x", "a\u0000b"]}`, []fault.Field{{Location: "body.a[1]", Message: "must not contain NUL"}}},
		{"NUL in a name", `{"a\u0000": 1}`, []fault.Field{{Location: "body", Message: "must not contain NUL"}}},
		{"not UTF-8", "{\"a\": \"\xff\"}", []fault.Field{{Location: "body.a", Message: "must be valid UTF-8"}}},
		{"too large a number", `{"a": {"b": 1e999}}`, []fault.Field{{Location: "body.a.b", Message: "is a number out of range"}}},
		{"too small a number is nought", `{"a": 1e-999}`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := checkJSON([]byte(c.body))
			if c.want == nil {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if diff := cmp.Diff(c.want, fault.From(err).Fields); diff != "" || !fault.Is(err, fault.Invalid) {
				t.Errorf("kind %v, fields (-want +got):\n%s", fault.KindOf(err), diff)
			}
		})
	}
	for _, body := range []string{"", "{", `{"a": }`, `{"a": 1} x`, `{'a': 1}`, strings.Repeat("[", 20_000), "\xff", "nul"} {
		if err := checkJSON([]byte(body)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%.20q is judged %v, want malformed", body, err)
		}
	}
}

func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, "\u0000", {"b": null}], "a": 1e999}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		err := checkJSON(body)
		if valid := json.Valid(body); valid == fault.Is(err, fault.Malformed) {
			t.Errorf("%q is valid JSON: %v, but judged %v", body, valid, err)
		}
	})
}
