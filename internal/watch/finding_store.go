package watch

import (
	"strings"

	"github.com/tocsinhq/tocsin/internal/db"
)

type orgCount struct {
	org   int64
	count int
}

// counts counts the rows of a check in each organisation that has some.
func (c Check) counts(tx *db.Tx) ([]orgCount, error) {
	return db.List(tx, func(row db.Scanner) (n orgCount, err error) { return n, row.Scan(&n.org, &n.count) },
		"SELECT id, n FROM (SELECT o.id, (SELECT count(*) FROM (SELECT 1 FROM "+c.rows+" LIMIT ?) found) AS n FROM organizations o) counted"+
			" WHERE n > 0 ORDER BY id", append(c.bind(tx), MaxCount)...)
}

// countIn counts the rows of a check in one organisation.
func (c Check) countIn(tx *db.Tx, org int64) (int, error) {
	n, _, err := db.One(tx, db.Value[int], "SELECT count(*) FROM (SELECT 1 FROM "+c.rowsOf()+" LIMIT ?) found",
		append(append([]any{org}, c.bind(tx)...), MaxCount)...)
	return n, err
}

// examples are some of the incidents concerned, and the channels.
func (c Check) examples(tx *db.Tx, org int64) (incidents []int64, channels []string, err error) {
	args := append(append([]any{org}, c.bind(tx)...), MaxCount)
	if incidents, err = db.List(tx, db.Value[int64], "SELECT DISTINCT id FROM (SELECT x."+c.incident+" AS id FROM "+c.rowsOf()+
		" LIMIT ?) found WHERE id IS NOT NULL ORDER BY id DESC LIMIT ?", append(args, maxExamples)...); err != nil || !c.channel {
		return incidents, nil, err
	}
	channels, err = db.List(tx, db.Value[string], "SELECT DISTINCT channel FROM (SELECT x.channel FROM "+c.rowsOf()+" LIMIT ?) found ORDER BY channel",
		args...)
	return incidents, channels, err
}

// rowsOf are the rows of one organisation, which is bound first.
func (c Check) rowsOf() string { return strings.Replace(c.rows, "o.id", "?", 1) }

func (c Check) bind(tx *db.Tx) []any {
	args := make([]any, 0, len(c.ages)+2) // room for the organisation and the bound
	for _, age := range c.ages {
		args = append(args, tx.Now().Add(age))
	}
	return args
}
