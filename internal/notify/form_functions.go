package notify

import (
	"context"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

// meter counts what one filling of a form costs.
type meter struct {
	ctx   context.Context
	steps int
}

func (m *meter) step() (bool, error) {
	if m.steps++; m.steps > maxSteps {
		return false, errTooMuch
	}
	return false, m.alive()
}

func (m *meter) alive() error {
	if m.ctx.Err() != nil {
		return errTooMuch
	}
	return nil
}

// text bounds what a function makes.
func (m *meter) text(made string) (string, error) {
	if len(made) > maxValue {
		return "", errBigValue
	}
	return made, m.alive()
}

// functions are what a form may call, besides the comparisons and the index, slice, len, and, or and not of Go's templates. Those that
// make text take the place of Go's own, so that none makes more than fits.
func (m *meter) functions() map[string]any {
	one := func(fn func(string) string) func(any) (string, error) {
		return func(v any) (string, error) { return m.text(fn(fmt.Sprint(v))) }
	}
	all := func(fn func(...any) string) func(...any) (string, error) {
		return func(args ...any) (string, error) {
			if sizeOf(args) > maxValue {
				return "", errBigValue
			}
			return m.text(fn(args...))
		}
	}
	return map[string]any{
		stepFunction: m.step,
		"upper":      one(strings.ToUpper),
		"lower":      one(strings.ToLower),
		"trim":       one(strings.TrimSpace),
		"truncate":   func(most int, v any) (string, error) { return m.text(shorten(fmt.Sprint(v), most)) },
		"default":    defaultTo,
		"contains":   func(part, v string) bool { return strings.Contains(v, part) },
		"replace":    m.replace,
		"label":      labelOf,
		"json":       m.json,
		"print":      all(fmt.Sprint),
		"println":    all(fmt.Sprintln),
		"printf":     m.printf,
		"html":       all(htmltemplate.HTMLEscaper),
		"js":         all(texttemplate.JSEscaper),
		"urlquery":   all(texttemplate.URLQueryEscaper),
		"call":       func() (string, error) { return "", fmt.Errorf("there is nothing to call") },
	}
}

// sizeOf is about how long arguments are as text.
func sizeOf(args []any) (size int) {
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			size += len(v)
		case htmltemplate.HTML:
			size += len(v)
		default:
			size += 16
		}
	}
	return size
}

func (m *meter) printf(format string, args ...any) (string, error) {
	if wideVerb.MatchString(format) {
		return "", errNoSpaces
	}
	if sizeOf(args)+len(format) > maxValue {
		return "", errBigValue
	}
	return m.text(fmt.Sprintf(format, args...))
}

func (m *meter) replace(old, by string, v any) (string, error) {
	text := fmt.Sprint(v)
	if strings.Count(text, old)*len(by)+len(text) > maxValue {
		return "", errBigValue
	}
	return m.text(strings.ReplaceAll(text, old, by))
}

// json is a value as JSON, a string with its quotes; names with values become an object.
func (m *meter) json(v any) (string, error) {
	if pairs, ok := v.([]labelled); ok {
		object := make(map[string]string, len(pairs))
		for _, p := range pairs {
			object[p.Name] = p.Value
		}
		v = object
	}
	made, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return m.text(string(made))
}

// labelOf is the value of a label, "" when there is none.
func labelOf(name string, labels []labelled) string {
	for _, l := range labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

func defaultTo(otherwise, v any) any {
	if truth, ok := texttemplate.IsTrue(v); ok && truth {
		return v
	}
	return otherwise
}
