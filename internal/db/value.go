package db

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Clean takes out what neither database keeps in a text: NUL characters and invalid UTF-8.
func Clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// bind prepares arguments: times in UTC cut to microseconds, texts clean.
func bind(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			args[i] = v.UTC().Truncate(time.Microsecond)
		case *time.Time:
			if v == nil {
				args[i] = nil
			} else {
				args[i] = v.UTC().Truncate(time.Microsecond)
			}
		case string:
			args[i] = Clean(v)
		}
	}
	return args
}

// JSON is an argument that is stored as JSON: JSONB or TEXT. A nil map or slice is stored as {} or [] by the caller's choice
// of value; a nil pointer as JSON null.
func JSON(v any) driver.Valuer { return jsonValue{v} }

type jsonValue struct{ v any }

func (j jsonValue) Value() (driver.Value, error) {
	data, err := json.Marshal(j.v)
	if err != nil {
		return nil, fmt.Errorf("marshal for the database: %w", err)
	}
	return string(stripNUL(data)), nil
}

// stripNUL takes \u0000 out of encoded JSON, which PostgreSQL refuses. An escaped backslash before it does not count.
func stripNUL(data []byte) []byte {
	nul := []byte(`\u0000`)
	if !bytes.Contains(data, nul) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		switch {
		case bytes.HasPrefix(data[i:], nul):
			i += len(nul)
		case data[i] == '\\' && i+1 < len(data):
			out = append(out, data[i], data[i+1])
			i += 2
		default:
			out = append(out, data[i])
			i++
		}
	}
	return out
}

// ScanJSON reads a JSON column into target, which is left alone when the column is NULL.
func ScanJSON(target any) any { return &jsonScanner{target} }

type jsonScanner struct{ target any }

func (j *jsonScanner) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), j.target)
	case []byte:
		return json.Unmarshal(v, j.target)
	default:
		return fmt.Errorf("scan JSON: unexpected %T", src)
	}
}

// ScanTime reads a time column; NULL becomes the zero time.
func ScanTime(target *time.Time) any { return &timeScanner{target} }

type timeScanner struct{ target *time.Time }

func (s *timeScanner) Scan(src any) error {
	t, err := toTime(src)
	if err != nil {
		return err
	}
	if t == nil {
		*s.target = time.Time{}
		return nil
	}
	*s.target = *t
	return nil
}

// ScanNullTime reads a time column; NULL becomes nil.
func ScanNullTime(target **time.Time) any { return &nullTimeScanner{target} }

type nullTimeScanner struct{ target **time.Time }

func (s *nullTimeScanner) Scan(src any) error {
	t, err := toTime(src)
	*s.target = t
	return err
}

// toTime takes what the drivers hand out: a time, or on SQLite the bare microseconds when an expression such as max() hides
// the column's type.
func toTime(src any) (*time.Time, error) {
	switch v := src.(type) {
	case nil:
		return nil, nil
	case time.Time:
		t := v.UTC()
		return &t, nil
	case int64:
		t := time.UnixMicro(v).UTC()
		return &t, nil
	default:
		return nil, fmt.Errorf("scan time: unexpected %T", src)
	}
}
