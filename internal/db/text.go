package db

import (
	"strconv"
	"strings"
)

// numberPlaceholders turns each ? outside of quotes into $1, $2 ….
func numberPlaceholders(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n, quote := 0, byte(0)
	for i := range len(query) {
		c := query[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// In is a list of n placeholders in brackets: (?, ?, ?).
func In(n int) string {
	if n <= 0 {
		return "(NULL)"
	}
	return "(" + strings.Repeat("?, ", n-1) + "?)"
}

// InList is a bracketed list of placeholders with its arguments. It is padded with the last value to a power of two, so that
// a program has few distinct texts and the database can keep them prepared. An empty list matches nothing.
func InList[T any](values []T) (text string, args []any) {
	if len(values) == 0 {
		return "(NULL)", nil
	}
	size := 1
	for size < len(values) {
		size *= 2
	}
	args = make([]any, size)
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return In(size), args
}

// Where collects the conditions of a query and their arguments. The zero value holds no condition.
type Where struct {
	conditions []string
	args       []any
}

// And adds a condition.
func (w *Where) And(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// AndIn adds "column IN (values)"; no values match nothing.
func AndIn[T any](w *Where, column string, values []T) {
	text, args := InList(values)
	w.And(column+" IN "+text, args...)
}

// String is " WHERE a AND b", or nothing.
func (w *Where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// Args are the arguments of the conditions in order.
func (w *Where) Args() []any { return w.args }

const (
	maxInsertRows = 256
	maxInsertArgs = 30000 // SQLite takes 32 766, PostgreSQL 65 535.
)

// Insert writes rows in as few statements as possible: multi-row VALUES, in chunks that are powers of two so that their
// texts are few and stay prepared. suffix is put after the values ("ON CONFLICT DO NOTHING").
func (tx *Tx) Insert(table string, columns []string, rows [][]any, suffix string) error {
	for len(rows) > 0 {
		size := chunkSize(len(rows), len(columns))
		args := make([]any, 0, size*len(columns))
		for _, row := range rows[:size] {
			args = append(args, row...)
		}
		if _, err := tx.Exec(insertText(table, columns, size, suffix), args...); err != nil {
			return err
		}
		rows = rows[size:]
	}
	return nil
}

func chunkSize(rows, columns int) int {
	limit := min(rows, maxInsertRows, max(1, maxInsertArgs/columns))
	size := 1
	for size*2 <= limit {
		size *= 2
	}
	return size
}

func insertText(table string, columns []string, rows int, suffix string) string {
	group := In(len(columns))
	var b strings.Builder
	b.Grow(64 + rows*(len(group)+2) + len(suffix))
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(group)
	}
	if suffix != "" {
		b.WriteString(" " + suffix)
	}
	return b.String()
}
