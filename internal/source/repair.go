package source

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting when broken JSON is read; what is deeper is dropped.
const maxDepth = 100

// maxKeyAhead is how far a quote looks ahead for the next key when it is not clear whether it ends a text.
const maxKeyAhead = 120

// repairJSON reads what was meant to be JSON as far as it goes: text templates leave quotes and line breaks unescaped,
// values out, commas over and brackets open. It takes every text, ends, and never panics; several values in a row become
// an array. The result is nil when there is no object or array.
func repairJSON(text string) any {
	p := &repairer{text: text}
	var values []any
	for {
		p.seek("{[")
		if p.done() {
			break
		}
		values = append(values, p.value(0))
	}
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	return values
}

type repairer struct {
	text string
	pos  int
}

func (p *repairer) done() bool { return p.pos >= len(p.text) }

func (p *repairer) peek() byte {
	if p.done() {
		return 0
	}
	return p.text[p.pos]
}

// seek moves on to the next of the characters.
func (p *repairer) seek(characters string) {
	if at := strings.IndexAny(p.text[p.pos:], characters); at >= 0 {
		p.pos += at
		return
	}
	p.pos = len(p.text)
}

func (p *repairer) skipSpace() { p.pos = afterSpace(p.text, p.pos) }

func afterSpace(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// value reads any value. It moves on by at least one character unless it stands at the end or at , } or ].
func (p *repairer) value(depth int) any {
	p.skipSpace()
	if depth > maxDepth {
		p.pos = len(p.text)
		return nil
	}
	switch p.peek() {
	case '{':
		if end := strings.Index(p.text[p.pos:min(len(p.text), p.pos+maxKeyAhead)], "}}"); end > 0 && p.text[p.pos+1] == '{' {
			p.pos += end + 2 // A template's placeholder that nobody filled in.
			return nil
		}
		p.pos++
		return p.object(depth)
	case '[':
		p.pos++
		return p.array(depth)
	case '"', '\'':
		return p.quoted(false)
	}
	return bareValue(p.bare(",}]\n"))
}

func (p *repairer) object(depth int) map[string]any {
	object := map[string]any{}
	for {
		p.skipSpace()
		switch p.peek() {
		case ',':
			p.pos++
			continue
		case '}':
			p.pos++
			return object
		case ']': // The brace was forgotten; the bracket closes what is around.
			return object
		case '"', '\'', 0:
		case '{', '[', ':':
			p.pos++ // A key that is none: leave it out.
			continue
		}
		if p.done() {
			return object
		}
		key := p.key()
		p.skipSpace()
		if p.peek() != ':' {
			object[key] = nil
			continue
		}
		p.pos++
		object[key] = p.value(depth + 1)
	}
}

func (p *repairer) key() string {
	if quote := p.peek(); quote == '"' || quote == '\'' {
		return p.quoted(true)
	}
	start := p.pos
	key := p.bare(":,}]\n")
	if p.pos == start {
		p.pos++ // A stray NUL or the like.
	}
	return key
}

func (p *repairer) array(depth int) []any {
	array := []any{}
	for {
		p.skipSpace()
		switch {
		case p.done():
			return array
		case p.peek() == ',':
			p.pos++
		case p.peek() == ']':
			p.pos++
			return array
		case p.peek() == '}': // The bracket was forgotten.
			return array
		default:
			array = append(array, p.value(depth+1))
		}
	}
}

// bare reads an unquoted word up to one of the characters.
func (p *repairer) bare(until string) string {
	start := p.pos
	p.seek(until)
	return strings.TrimSpace(p.text[start:p.pos])
}

func bareValue(word string) any {
	switch word {
	case "", "null", "None", "undefined", "nil":
		return nil
	case "true", "True":
		return true
	case "false", "False":
		return false
	}
	if json.Valid([]byte(word)) { // Only a number is left: everything else that is valid stands in quotes or brackets.
		return json.Number(word)
	}
	return word
}

// quoted reads a text in quotes, in which quotes may stand unescaped: only one that is followed by what can follow a
// text (a colon after a key) ends it.
func (p *repairer) quoted(isKey bool) string {
	quote := p.text[p.pos]
	p.pos++
	var text strings.Builder
	for !p.done() {
		c := p.text[p.pos]
		switch {
		case c == '\\' && p.pos+1 < len(p.text):
			p.escape(&text)
			continue
		case c == quote && p.ends(quote, isKey):
			p.pos++
			return text.String()
		}
		text.WriteByte(c)
		p.pos++
	}
	return text.String()
}

// ends reports whether the quote at pos ends its text.
func (p *repairer) ends(quote byte, isKey bool) bool {
	next := afterSpace(p.text, p.pos+1)
	if next >= len(p.text) {
		return true
	}
	switch c := p.text[next]; {
	case isKey:
		return c == ':' || c == ',' || c == '}'
	case c == '}' || c == ']':
		return true
	case c != ',':
		return false
	}
	next = afterSpace(p.text, next+1)
	if next >= len(p.text) {
		return true
	}
	if p.text[next] == quote {
		return keyFollows(p.text[next+1:], quote)
	}
	return strings.IndexByte("{[}]-0123456789", p.text[next]) >= 0 || bareKey.MatchString(p.text[next:min(len(p.text), next+maxKeyAhead)])
}

// bareKey is a key without quotes.
var bareKey = regexp.MustCompile(`^\w+\s*:`)

// keyFollows reports whether text, after its opening quote, reads like a key or like the next text of an array.
func keyFollows(text string, quote byte) bool {
	text = text[:min(len(text), maxKeyAhead)]
	end := strings.IndexByte(text, quote)
	if end < 0 {
		return true // Cut off, or long: an array of long texts.
	}
	next := afterSpace(text, end+1)
	return next >= len(text) || strings.IndexByte(":,]}", text[next]) >= 0
}

var escapes = map[byte]byte{'"': '"', '\'': '\'', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape sequence; one that does not exist is kept as it stands.
func (p *repairer) escape(text *strings.Builder) {
	letter := p.text[p.pos+1]
	if plain, ok := escapes[letter]; ok {
		text.WriteByte(plain)
		p.pos += 2
		return
	}
	unit, ok := p.hexUnit(p.pos)
	if !ok {
		text.WriteString(p.text[p.pos : p.pos+2])
		p.pos += 2
		return
	}
	p.pos += 6
	if utf16.IsSurrogate(unit) {
		second, _ := p.hexUnit(p.pos)
		if unit = utf16.DecodeRune(unit, second); unit != utf8.RuneError {
			p.pos += 6
		}
	}
	text.WriteRune(unit)
}

// hexUnit reads the \uXXXX at an offset.
func (p *repairer) hexUnit(at int) (rune, bool) {
	if at+6 > len(p.text) || p.text[at] != '\\' || p.text[at+1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range []byte(p.text[at+2 : at+6]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || (c < 'A' && digit > 9) {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}
