package api

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// checkJSON looks for what encoding/json lets pass and nobody means: a name given twice, text that is not UTF-8, NUL, and
// numbers beyond a float64. It returns one Invalid fault naming every place ("body.labels.host"), Malformed for what is no
// JSON at all, nil when all is well.
func checkJSON(body []byte) error {
	if !json.Valid(body) {
		return notJSON(body)
	}
	w := walker{text: body}
	w.value("body")
	return w.found.Err()
}

func notJSON(body []byte) error {
	var into any
	err := json.Unmarshal(body, &into)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fault.New(fault.Malformed, "bad_json", "The body is not JSON: byte %d is unexpected, or the end comes too early.", syntax.Offset)
	}
	return fault.New(fault.Malformed, "bad_json", "The body is not JSON.")
}

// walker goes over text that is known to be valid JSON, at most as deep as encoding/json allows.
type walker struct {
	text  []byte
	at    int
	found fault.Checks
	count int
}

// mostFound keeps the answer to a body full of rubbish short.
const mostFound = 50

func (w *walker) add(path, message string) {
	if w.count++; w.count <= mostFound {
		w.found.Add(path, "%s", message)
	}
}

func (w *walker) value(path string) {
	w.space()
	switch c := w.text[w.at]; {
	case c == '{':
		w.object(path)
	case c == '[':
		w.array(path)
	case c == '"':
		w.str(path)
	case c == '-' || '0' <= c && c <= '9':
		w.number(path)
	default: // true, false, null
		for w.at < len(w.text) && 'a' <= w.text[w.at] && w.text[w.at] <= 'z' {
			w.at++
		}
	}
}

func (w *walker) object(path string) {
	seen := map[string]bool{}
	w.at++
	for w.space(); w.text[w.at] != '}'; w.space() {
		if w.text[w.at] == ',' {
			w.at++
			w.space()
		}
		start := w.at
		w.str(path)
		var name string
		// The text is a valid JSON string.
		_ = json.Unmarshal(w.text[start:w.at], &name)
		at := path + "." + shortName(name)
		if seen[name] {
			w.add(at, "is given twice")
		}
		seen[name] = true
		w.space()
		w.at++ // the colon
		w.value(at)
	}
	w.at++
}

// shortName keeps an answer that names a made-up field short.
func shortName(name string) string {
	const most = 100
	if len(name) <= most {
		return name
	}
	return string([]rune(name)[:min(most, utf8.RuneCountInString(name))]) + "…"
}

func (w *walker) array(path string) {
	w.at++
	index := 0
	for w.space(); w.text[w.at] != ']'; w.space() {
		if w.text[w.at] == ',' {
			w.at++
		}
		w.value(path + "[" + strconv.Itoa(index) + "]")
		index++
	}
	w.at++
}

func (w *walker) str(path string) {
	start := w.at
	nul := false
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			nul = nul || string(w.text[w.at+1:min(w.at+6, len(w.text))]) == "u0000"
			w.at++
		}
	}
	w.at++
	if !utf8.Valid(w.text[start:w.at]) {
		w.add(path, "must be valid UTF-8")
	}
	if nul {
		w.add(path, "must not contain NUL")
	}
}

func (w *walker) number(path string) {
	start := w.at
	for w.at < len(w.text) && isNumeral(w.text[w.at]) {
		w.at++
	}
	if n, _ := strconv.ParseFloat(string(w.text[start:w.at]), 64); math.IsInf(n, 0) {
		w.add(path, "is a number out of range")
	}
}

func isNumeral(c byte) bool {
	return '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

func (w *walker) space() {
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return
		}
	}
}
