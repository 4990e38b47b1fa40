package db

import (
	"encoding/base64"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// IDPage is where a page begins and ends in a list that goes down by id: what is skipped, how many at most, and the cursor that
// the page before returned.
type IDPage struct {
	Skip, Limit int // Limit 0 means 100
	Cursor      string
}

const (
	defaultLimit = 100
	maxLimit     = 1000
	// MaxTotal is where exact counting of a list ends.
	MaxTotal = 10_000
)

// Check fills in the limit, reads the cursor into the id that the page lies below (0: from the top), and names every wrong part.
// Fault: Invalid.
func (p *IDPage) Check() (below int64, err error) {
	var bad fault.Checks
	below = p.AddTo(&bad)
	return below, bad.Err()
}

// AddTo is Check for a list that has more to check.
func (p *IDPage) AddTo(bad *fault.Checks) (below int64) {
	if p.Limit == 0 {
		p.Limit = defaultLimit
	}
	if p.Limit < 1 || p.Limit > maxLimit {
		bad.Add("query.limit", "must be 1 to %d", maxLimit)
	}
	if p.Skip < 0 {
		bad.Add("query.skip", "must be 0 or more")
	}
	if p.Cursor == "" {
		return 0
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err == nil {
		below, err = strconv.ParseInt(string(raw), 10, 64)
	}
	if err != nil || below <= 0 {
		bad.Add("query.cursor", "is not a cursor of this list")
	}
	return below
}

// IDCursor is the cursor of the page after the one that ends with the id.
func IDCursor(id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(id, 10)))
}
