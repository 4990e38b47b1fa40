package api

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// orNull is an object that may be null on the wire.
type orNull[T any] struct{ Value *T }

// MarshalJSON is the object's own form, or null.
func (n orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.Value) }

// UnmarshalJSON reads the same.
func (n *orNull[T]) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &n.Value) }

// Schema says that null is possible, which huma cannot say of objects by itself.
func (n orNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null", Enum: []any{nil}}}}
}

// patch is a member of a partial update that may be absent, null or a value.
type patch[T any] struct {
	Given bool // Present, perhaps as null.
	Value *T
}

// UnmarshalJSON is called only for a member that is present.
func (p *patch[T]) UnmarshalJSON(data []byte) error {
	p.Given = true
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	return json.Unmarshal(data, &p.Value)
}

// Schema is the value's, or null.
func (p patch[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return s
}

// zeroForNull is how the rooms take a reference that is to be cleared: nil leaves it, 0 clears it.
func zeroForNull(p patch[int64]) *int64 {
	switch {
	case !p.Given:
		return nil
	case p.Value == nil:
		return new(int64)
	}
	return p.Value
}

// list turns what a room returns into wire form; the answer is never null.
func list[From, To any](items []From, convert func(From) To) []To {
	out := make([]To, len(items))
	for i, item := range items {
		out[i] = convert(item)
	}
	return out
}

// answer is a JSON body.
type answer[T any] struct{ Body T }

func reply[T any](body T) *answer[T] { return &answer[T]{Body: body} }

// replyOr is the body unless there is an error.
func replyOr[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return reply(body), nil
}

// orNone keeps null out of what is an array on the wire.
func orNone[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
