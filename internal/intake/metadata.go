package intake

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

// What is kept of a signal's metadata.
const (
	maxMetadataBytes  = 64 << 10
	maxMetadataValues = 1_000
	maxMetadataDepth  = 12
	maxMetadataText   = 10_000
)

// metadata copies what a sender added, within bounds, with a warning when something was left out. Keys are taken in order,
// so that equal messages keep equal parts.
func (c cleaner) metadata(sent map[string]any) map[string]any {
	if len(sent) == 0 {
		return map[string]any{}
	}
	b := budget{bytes: maxMetadataBytes, values: maxMetadataValues}
	kept := b.object(sent, 0)
	if b.cut {
		c.m.warn("The metadata is too large or too deep; a part of it was left out.")
	}
	return kept
}

// budget is what may still be kept.
type budget struct {
	bytes, values int
	cut           bool
}

// spend takes one value of a size out of the budget and reports whether it was left.
func (b *budget) spend(size int) bool {
	if b.values <= 0 || b.bytes < size {
		b.cut = true
		return false
	}
	b.values--
	b.bytes -= size
	return true
}

func (b *budget) object(sent map[string]any, depth int) map[string]any {
	kept := make(map[string]any, min(len(sent), maxMetadataValues))
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		name := db.Clean(key)
		if !b.spend(len(name)) {
			break
		}
		if value, ok := b.value(sent[key], depth+1); ok {
			kept[name] = value
		}
	}
	return kept
}

func (b *budget) value(sent any, depth int) (kept any, ok bool) {
	if depth > maxMetadataDepth {
		b.cut = true
		return nil, false
	}
	switch v := sent.(type) {
	case string:
		text := cut(db.Clean(v), maxMetadataText)
		b.cut = b.cut || len(text) < len(db.Clean(v))
		return text, b.spend(len(text))
	case json.Number:
		return number(v), b.spend(len(v))
	case map[string]any:
		return b.object(v, depth), true
	case []any:
		list := make([]any, 0, min(len(v), maxMetadataValues))
		for _, item := range v {
			value, ok := b.value(item, depth+1)
			if !ok && b.values <= 0 {
				break
			}
			if ok {
				list = append(list, value)
			}
		}
		return list, true
	default: // nil and booleans; whatever else a source puts there is its own.
		return v, b.spend(8)
	}
}

// maxNumber is how long a number may be to stay one.
const maxNumber = 40

// number keeps a number that every database and reader can hold; others are kept as text: PostgreSQL refuses 1e999999.
func number(n json.Number) any {
	f, err := n.Float64()
	size := math.Abs(f)
	fits := (size > 1e-300 && size < 1e300) || (f == 0 && !strings.ContainsAny(string(n), "eE"))
	if err != nil || len(n) > maxNumber || !fits {
		return string(n)
	}
	return n
}
