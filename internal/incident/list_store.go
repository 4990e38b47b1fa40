package incident

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

const hour = time.Hour

// maxChoices is how many values of one kind a filter names, and maxQuery how long a search is, in characters: databases have
// their bounds, too.
const (
	maxChoices = 1000
	maxQuery   = 1000
)

// maxTotal is how far a list is counted exactly.
const maxTotal = 10_000

// sorting is one order that a list may have: what is compared, and how a row's value goes into a cursor and comes back.
type sorting struct {
	expression string
	key        func(Incident) any
	parse      func(raw json.RawMessage) (any, error)
	descending bool
}

const severityRank = `(CASE severity WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END)`

// attentionRank puts what waits for somebody first: by status, then by severity.
const attentionRank = `(CASE status WHEN 'open' THEN 30 WHEN 'acknowledged' THEN 20 WHEN 'snoozed' THEN 10 ELSE 0 END + ` + severityRank + `)`

// attention is attentionRank of an incident that was read.
func attention(i Incident) any {
	return map[Status]int{StatusOpen: 30, StatusAcknowledged: 20, StatusSnoozed: 10}[i.Status] + i.Severity.Rank()
}

var sortings = map[string]sorting{
	"created_at": {expression: "created_at", key: func(i Incident) any { return i.CreatedAt }, parse: parseTime},
	"updated_at": {expression: "updated_at", key: func(i Incident) any { return i.UpdatedAt }, parse: parseTime},
	"severity":   {expression: severityRank, key: func(i Incident) any { return i.Severity.Rank() }, parse: parseNumber},
	"attention":  {expression: attentionRank, key: attention, parse: parseNumber},
	"title":      {expression: "title", key: func(i Incident) any { return i.Title }, parse: parseText},
}

func parseTime(raw json.RawMessage) (any, error) {
	var t time.Time
	err := json.Unmarshal(raw, &t)
	return t, err
}

func parseNumber(raw json.RawMessage) (any, error) {
	var n int
	err := json.Unmarshal(raw, &n)
	return n, err
}

func parseText(raw json.RawMessage) (any, error) {
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// cursor is where a page ended: the sort value and the id of its last row.
type cursor struct {
	Sort string          `json:"s"`
	Key  json.RawMessage `json:"k"`
	ID   int64           `json:"i"`
}

// check fills in the defaults and refuses what cannot be listed. Fault: Invalid.
func (f *Filter) check() (sorting, error) {
	var bad fault.Checks
	checkPaging(&bad, &f.Skip, &f.Limit)
	for where, n := range map[string]int{
		"query.status": len(f.Statuses), "query.severity": len(f.Severities), "query.team_id": len(f.TeamIDs),
		"query.label": len(f.Labels), "query.id": len(f.IDs),
	} {
		if n > maxChoices {
			bad.Add(where, "must be at most %d", maxChoices)
		}
	}
	if utf8.RuneCountInString(f.Query) > maxQuery {
		bad.Add("query.q", "must be at most %d characters", maxQuery)
	}
	if f.Sort == "" {
		f.Sort = "-created_at"
	}
	order, known := sortings[strings.TrimPrefix(f.Sort, "-")]
	if !known {
		bad.Add("query.sort", "must be one of %s, with a minus in front for descending",
			strings.Join(slices.Sorted(maps.Keys(sortings)), ", "))
	}
	order.descending = strings.HasPrefix(f.Sort, "-")
	if _, _, err := f.position(order); known && err != nil {
		bad.Add("query.cursor", "is not a cursor of this list and sort")
	}
	return order, bad.Err()
}

// position reads the cursor: the sort value and id after which the page begins.
func (f *Filter) position(order sorting) (key any, id int64, err error) {
	if f.Cursor == "" {
		return nil, 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err != nil {
		return nil, 0, err
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, 0, err
	}
	if c.Sort != f.Sort {
		return nil, 0, fault.New(fault.Invalid, "cursor", "The cursor belongs to another sort.")
	}
	key, err = order.parse(c.Key)
	return key, c.ID, err
}

// where is the filter as conditions, narrowed to what the actor may see.
func (f *Filter) where(tx *db.Tx, actor account.Actor) *db.Where {
	w := &db.Where{}
	w.And("org_id = ?", actor.Org)
	w.And("deleted_at IS NULL")
	visible(w, actor, "")
	if len(f.IDs) > 0 {
		db.AndIn(w, "id", f.IDs)
	}
	if len(f.Statuses) > 0 {
		db.AndIn(w, "status", strs(f.Statuses))
	}
	if len(f.Severities) > 0 {
		db.AndIn(w, "severity", strs(f.Severities))
	}
	if f.Service != "" {
		w.And("lower(service) = lower(?)", f.Service)
	}
	if len(f.TeamIDs) > 0 {
		db.AndIn(w, "team_id", f.TeamIDs)
	}
	if f.AssignedTo != nil {
		w.And("id IN (SELECT incident_id FROM incident_assignments WHERE org_id = ? AND user_id = ?)", actor.Org, *f.AssignedTo)
	}
	if f.AcknowledgedBy != nil {
		w.And("acknowledged_by = ?", *f.AcknowledgedBy)
	}
	if f.Reporter != nil {
		w.And("created_by = ?", *f.Reporter)
	}
	if f.Source != "" {
		w.And("source = ?", f.Source)
	}
	f.whereRest(tx, w)
	return w
}

func (f *Filter) whereRest(tx *db.Tx, w *db.Where) {
	for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
		w.And(tx.Member("labels")+" = ?", name, f.Labels[name])
	}
	if f.Query != "" {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Query) + "%"
		number, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(f.Query), "#"), 10, 64)
		if err != nil {
			number = 0
		}
		// Whatever the database takes for a letter's small form, it does so on both sides.
		w.And(`(lower(title) LIKE lower(?) ESCAPE '\' OR lower(description) LIKE lower(?) ESCAPE '\'
			OR lower(service) LIKE lower(?) ESCAPE '\' OR id = ?)`, pattern, pattern, pattern, number)
	}
	if f.CreatedFrom != nil {
		w.And("created_at >= ?", *f.CreatedFrom)
	}
	if f.CreatedTo != nil {
		w.And("created_at < ?", *f.CreatedTo)
	}
	if f.ResolvedFrom != nil {
		w.And("resolved_at >= ?", *f.ResolvedFrom)
	}
	if f.Unescalated != nil && *f.Unescalated {
		w.And("unescalated")
	} else if f.Unescalated != nil {
		w.And("NOT unescalated")
	}
}

func strs[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return texts
}

func countIncidents(tx *db.Tx, w *db.Where) (Total, error) {
	n, _, err := db.One(tx, db.Value[int], "SELECT count(*) FROM (SELECT 1 FROM incidents"+w.String()+" LIMIT ?) t",
		append(slices.Clone(w.Args()), maxTotal+1)...)
	return Total{N: min(n, maxTotal), Capped: n > maxTotal}, err
}

// listIncidents reads one page and the cursor of the next.
func listIncidents(tx *db.Tx, w *db.Where, order sorting, f Filter) ([]Incident, string, error) {
	direction, beyond := "ASC", ">"
	if order.descending {
		direction, beyond = "DESC", "<"
	}
	if f.Cursor != "" {
		key, id, err := f.position(order)
		if err != nil {
			return nil, "", err
		}
		w.And("("+order.expression+", id) "+beyond+" (?, ?)", key, id)
	}
	query := selectIncident + w.String() + " ORDER BY " + order.expression + " " + direction + ", id " + direction + " LIMIT ? OFFSET ?"
	list, err := db.List(tx, scanIncident, query, append(slices.Clone(w.Args()), f.Limit+1, f.Skip)...)
	if err != nil || len(list) <= f.Limit {
		return list, "", err
	}
	list = list[:f.Limit]
	last := list[len(list)-1]
	key, err := json.Marshal(order.key(last))
	if err != nil {
		return nil, "", err
	}
	next, err := json.Marshal(cursor{Sort: f.Sort, Key: key, ID: last.ID})
	return list, base64.RawURLEncoding.EncodeToString(next), err
}

func scanTimeline(row db.Scanner) (e TimelineEvent, err error) {
	err = row.Scan(&e.ID, &e.IncidentID, &e.EventType, &e.Description, &e.UserID, db.ScanJSON(&e.Metadata), db.ScanTime(&e.CreatedAt))
	return e, err
}

// timelineOf reads newest first; ids ascend with the order of what happened to one incident, for its lock orders it.
func timelineOf(tx *db.Tx, org, incidentID int64, skip, limit int) ([]TimelineEvent, error) {
	return db.List(tx, scanTimeline, `SELECT id, incident_id, event_type, description, user_id, metadata, created_at
		FROM timeline_events WHERE org_id = ? AND incident_id = ? ORDER BY id DESC LIMIT ? OFFSET ?`, org, incidentID, limit, skip)
}
