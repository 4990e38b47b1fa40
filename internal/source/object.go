package source

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// object finds values in a message by the names that senders use. Names compare by their letters and digits alone, so
// "alertName", "alert_name" and "alert.name" are one; a dotted path also descends into objects.
type object struct {
	raw    map[string]any
	byName map[string]string // the name as compared → the key as sent
	used   map[string]bool   // keys as sent whose value was given out whole
}

func newObject(raw map[string]any) *object {
	o := &object{raw: raw, byName: make(map[string]string, len(raw)), used: map[string]bool{}}
	for key := range raw {
		name := letters(key)
		if first, taken := o.byName[name]; !taken || key < first { // Twins are told apart the same way each time.
			o.byName[name] = key
		}
	}
	return o
}

// letters is a name without case and punctuation.
func letters(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. @", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// names are the paths under which senders put one thing, the surest first.
type names []path

// path is a name, or several with dots between: it is compared as a whole, and as a way into objects.
type path struct {
	whole string
	steps []step // the ways to split it, the longest first key first
}

type step struct {
	key  string
	rest path
}

// named prepares paths to be compared.
func named(texts ...string) names {
	list := make(names, len(texts))
	for i, text := range texts {
		list[i] = newPath(text)
	}
	return list
}

func newPath(text string) path {
	p := path{whole: letters(text)}
	for cut := strings.LastIndexByte(text, '.'); cut > 0; cut = strings.LastIndexByte(text[:cut], '.') {
		p.steps = append(p.steps, step{key: letters(text[:cut]), rest: newPath(text[cut+1:])})
	}
	return p
}

// value is what stands at the first of the paths that holds something, or nil.
func (o *object) value(list names) any {
	for i := range list {
		if value := o.at(&list[i]); value != nil && value != "" {
			o.use(&list[i])
			return value
		}
	}
	return nil
}

// text is the first of the paths that holds a text, a number or a boolean, or "". Objects with a name stand for it.
func (o *object) text(list names) string {
	for i := range list {
		if text := scalar(o.at(&list[i])); text != "" {
			o.use(&list[i])
			return text
		}
	}
	return ""
}

// use notes that rest need not repeat what stands at a path. An object in which it was found stays, unless it holds
// nothing else.
func (o *object) use(p *path) {
	if key, ok := o.byName[p.whole]; ok {
		o.used[key] = true
		return
	}
	for _, step := range p.steps {
		key := o.byName[step.key]
		if inner, isObject := o.raw[key].(map[string]any); isObject && len(inner) == 1 {
			o.used[key] = true
			return
		}
	}
}

// at is what stands at a path.
func (o *object) at(p *path) any {
	if key, ok := o.byName[p.whole]; ok {
		return o.raw[key]
	}
	for i := range p.steps {
		key, ok := o.byName[p.steps[i].key]
		if !ok {
			continue
		}
		if inner, isObject := o.raw[key].(map[string]any); isObject {
			return newObject(inner).at(&p.steps[i].rest)
		}
	}
	return nil
}

// rest is what was not given out; a nested "metadata" is laid open.
func (o *object) rest() map[string]any {
	rest := map[string]any{}
	for key, value := range o.raw {
		if !o.used[key] && value != nil && value != "" {
			rest[key] = value
		}
	}
	if inner, ok := o.raw["metadata"].(map[string]any); ok {
		delete(rest, "metadata")
		maps.Copy(rest, inner)
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}

// scalar is a text, number or boolean as trimmed text, and the name of an object that has one; else "".
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		if name, ok := v["name"].(string); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

var pairNames, pairValues = named("key", "name", "tag"), named("value")

// labelsOf reads labels: an object, a list of texts or of {key, value}, or one text with commas; "a:b" and "a=b" are
// name and value, anything else is a name alone.
func labelsOf(value any) map[string]string {
	labels := map[string]string{}
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			labels[name] = labelText(item)
		}
	case []any:
		for _, item := range v {
			if pair, ok := item.(map[string]any); ok {
				o := newObject(pair)
				addLabel(labels, o.text(pairNames), o.text(pairValues))
				continue
			}
			name, text := splitLabel(scalar(item))
			addLabel(labels, name, text)
		}
	case string:
		for item := range strings.SplitSeq(v, ",") {
			name, text := splitLabel(strings.TrimSpace(item))
			addLabel(labels, name, text)
		}
	}
	if len(labels) == 0 {
		return nil
	}
	return labels
}

func addLabel(labels map[string]string, name, text string) {
	if name != "" {
		labels[name] = text
	}
}

func splitLabel(item string) (name, text string) {
	if at := strings.IndexAny(item, ":="); at > 0 {
		return item[:at], item[at+1:]
	}
	return item, ""
}

// labelText is a label's value as text; lists and objects are written as JSON.
func labelText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	if text := scalar(value); text != "" || value == nil {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil { // Cannot happen with what a decoder made.
		return ""
	}
	return string(text)
}
