package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tocsinhq/tocsin/internal/intake"
)

func TestAlmostJSONIsReadAsItWasMeant(t *testing.T) {
	cases := map[string]string{
		`{"a": "he said "no", then left", "b": 1}`:     `{"a":"he said \"no\", then left","b":1}`,
		`{"a": "x "y", "z" w", "b": 1}`:                `{"a":"x \"y\", \"z\" w","b":1}`,
		"{\"a\": \"two\nlines\tand a tab\"}":           `{"a":"two\nlines\tand a tab"}`,
		`{"payload": "{"n": 1}", "b": 2}`:              `{"b":2,"payload":"{\"n\": 1}"}`,
		`{"value": , "b": 2,}`:                         `{"b":2,"value":null}`,
		`{"a": {{context.x}}, "b": 2}`:                 `{"a":null,"b":2}`,
		`{'a': 'single', b: bare word, "c": None}`:     `{"a":"single","b":"bare word","c":null}`,
		`{"a": True, "b": False, "c": 1.5, "d": -x}`:   `{"a":true,"b":false,"c":1.5,"d":"-x"}`,
		`{"a": [1, "two", {"b": 3`:                     `{"a":[1,"two",{"b":3}]}`,
		`{"a": {"b": [1, 2}, "c": 3}`:                  `{"a":{"b":[1,2]},"c":3}`,
		`{"a": 1]} {"b": 2}`:                           `[{"a":1},{"b":2}]`,
		`{"a": "\u00e4\ud83d\ude00\ud83d \q \"in\"" }`: `{"a":"ä😀� \\q \"in\""}`,
		`{"a": "cut off in the mid`:                    `{"a":"cut off in the mid"}`,
		`{"a"`:                                         `{"a":null}`,
		`{`:                                            `{}`,
		`no object at all`:                             `null`,
		`{:, "a": 1, {"b": 2}}`:                        `{"a":1,"b":2}`,
	}
	for broken, want := range cases {
		got, err := json.Marshal(repairJSON(broken))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", broken, diff)
		}
	}
}

// What is JSON after all must not suffer from the repair of its neighbour.
func TestValidJSONSurvivesRepair(t *testing.T) {
	texts := rapid.StringMatching(`[a-z \\"{}\[\]:,é\n]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{
			"text":   "text " + letters(texts.Draw(t, "text")),
			"number": json.Number("12.5"),
			"list":   []any{json.Number("1"), true, nil, map[string]any{"deep": "x"}},
			"escape": "a\\b\té",
		}
		body, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(value["text"].(string), `"{}[]:,`) {
			return // Ambiguous: what the repair is for.
		}
		if diff := cmp.Diff(any(value), repairJSON(string(body))); diff != "" {
			t.Fatalf("%s (-sent +read):\n%s", body, diff)
		}
	})
}

func TestHugeNonsenseIsReadToItsEnd(t *testing.T) {
	for _, part := range []string{`"`, `{"a":`, `[`, `{`, `,"`, `\u`, `{"a":"b`, `":`, ` `, `{"a":1}`, `'}`, `{"a":["`, `"a" ,`} {
		body := `{"alerts":[{` + strings.Repeat(part, (1<<20)/len(part))
		for kind, source := range All() {
			signals, err := source.Parse(intake.Request{Body: []byte(body), Truncated: true})
			if err == nil && len(signals) == 0 {
				t.Errorf("%s lost a megabyte of %s", kind, part)
			}
		}
	}
}
