package account

import (
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// MaxCount is how far lists are counted; a total of one more means "more than that".
const MaxCount = 10_000

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// page is one stretch of a list that is ordered by id, newest first.
type page struct {
	skip, limit int
	before      int64 // Only ids below this one; 0 is from the start.
}

// newPage checks the paging of a filter.
func newPage(c *fault.Checks, skip, limit int, cursor string) page {
	p := page{skip: skip, limit: limit}
	if skip < 0 {
		c.Add("query.skip", "must not be negative")
	}
	if limit == 0 {
		p.limit = defaultLimit
	} else {
		between(c, "query.limit", limit, 1, maxLimit)
	}
	if cursor != "" {
		id, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil || id <= 0 {
			c.Add("query.cursor", "must be a cursor from an earlier answer")
		}
		p.before = id
	}
	return p
}

// UserCursor is the cursor that goes on after the user.
func UserCursor(u User) string { return strconv.FormatInt(u.ID, 10) }

// TeamCursor is the cursor that goes on after the team.
func TeamCursor(t Team) string { return strconv.FormatInt(t.ID, 10) }

// likePattern is a LIKE pattern for texts that contain the part; '!' escapes.
func likePattern(part string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(part)) + "%"
}
