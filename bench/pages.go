package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
)

const pageLength = 100

// measurePages measures pages and lists on a database with many incidents.
func (b *bench) measurePages(s *site) error {
	if err := b.fill(s); err != nil {
		return err
	}
	if err := s.admin.enter(adminEmail, adminPassword); err != nil {
		return err
	}
	newest, header, err := s.admin.get("/v1/incidents?limit=1")
	if err != nil {
		return err
	}
	var incidents []struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal(newest, &incidents); err != nil || len(incidents) == 0 {
		return fmt.Errorf("no incident in %s: %w", newest, err)
	}
	deep, page, err := walk(s.admin, header)
	if err != nil {
		return err
	}
	for _, read := range []struct{ what, path, goal string }{
		{"list, first page", fmt.Sprintf("/v1/incidents?limit=%d", pageLength), "p95 < 20 ms"},
		{fmt.Sprintf("list, page %d by cursor", page), fmt.Sprintf("/v1/incidents?limit=%d&cursor=%s", pageLength, url.QueryEscape(deep)), "p95 < 20 ms, flat"},
		{"list, one severity and status", fmt.Sprintf("/v1/incidents?limit=%d&severity=high&status=open", pageLength), "p95 < 20 ms"},
		{"inbox", "/incidents", "p95 < 30 ms"},
		{"incident page", fmt.Sprintf("/incidents/%d", incidents[0].ID), "p95 < 30 ms"},
	} {
		if err := b.readRow(s, read.what, read.path, read.goal); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) readRow(s *site, what, path, goal string) error {
	read, err := repeat(b.effort.reads, func() error {
		_, _, err := s.admin.get(path)
		return err
	})
	if err != nil {
		return err
	}
	bare, err := b.bareList(s)
	if err != nil {
		return err
	}
	b.table.add(row{
		what: what, engine: s.engine, figure: fmt.Sprintf("p50 %s, p95 %s", span(read.percentile(50)), span(read.percentile(95))),
		limit: fmt.Sprintf("%d incidents by SQL alone p95 %s", pageLength, span(bare.percentile(95))),
		ratio: times(float64(read.percentile(95)) / float64(bare.percentile(95))), goal: goal,
	})
	return nil
}

// fill adds incidents until there are as many as the measure wants.
func (b *bench) fill(s *site) error {
	d, err := db.Open(b.ctx, db.Options{URL: s.url})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	count, err := incidentCount(b, d)
	for ; err == nil && count < b.effort.incidents; count += 500 {
		bodies := make([]json.RawMessage, 500)
		for i := range bodies {
			bodies[i] = alertBody(nil, "unique", serial.Add(1))
		}
		err = s.admin.post(genericPath(s.key), bodies, nil)
	}
	if err == nil {
		count, err = incidentCount(b, d)
		b.table.add(row{what: "incidents in the database when pages are read", engine: s.engine, figure: fmt.Sprint(count)})
	}
	return err
}

func incidentCount(b *bench, d *db.DB) (count int, err error) {
	err = d.Read(b.ctx, func(tx *db.Tx) error {
		count, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM incidents")
		return err
	})
	return count, err
}

// walk goes to the last full page by cursor, as a client would that reads everything, and returns its cursor and number.
func walk(c *client, header http.Header) (cursor string, page int, err error) {
	seen := 1
	for next := header.Get("X-Next-Cursor"); next != ""; {
		cursor, page = next, seen/pageLength
		body, header, err := c.get("/v1/incidents?limit=1000&cursor=" + url.QueryEscape(next))
		if err != nil {
			return "", 0, err
		}
		var list []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			return "", 0, err
		}
		if next = header.Get("X-Next-Cursor"); len(list) < 1000 {
			break
		}
		seen += len(list)
	}
	return cursor, page, nil
}

// bareList times the statement of a list's page alone, by the same layer that the server reads with.
func (b *bench) bareList(s *site) (outcome, error) {
	d, err := db.Open(b.ctx, db.Options{URL: s.url})
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = d.Close() }()
	columns := s.bare.pattern["incidents"].columns
	statement := "SELECT " + strings.Join(columns, ", ") +
		" FROM incidents WHERE org_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ?"
	return repeat(b.effort.reads, func() error {
		return d.Read(b.ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(statement, 1, pageLength)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			values, targets := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				targets[i] = &values[i]
			}
			for rows.Next() {
				if err := rows.Scan(targets...); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
}

// repeat times a call n times, after one that does not count.
func repeat(n int, call func() error) (o outcome, err error) {
	if err := call(); err != nil {
		return o, err
	}
	for range n {
		begun := time.Now()
		if err := call(); err != nil {
			return o, err
		}
		o.times = append(o.times, time.Since(begun))
	}
	slices.Sort(o.times)
	return o, nil
}
