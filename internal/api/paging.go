package api

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Paging is the part of a list's query that all lists share. skip and limit are the predecessor's; cursor goes on where a page
// ended, however deep.
type Paging struct {
	Skip   int    `query:"skip" default:"0" minimum:"0" doc:"How many to leave out."`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many to answer at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"X-Next-Cursor of the page before; skip is then not counted."`

	address url.URL
}

// Resolve keeps the address for the Link header.
func (p *Paging) Resolve(ctx huma.Context) []error {
	p.address = ctx.URL()
	return nil
}

// page is a list on the wire: a bare array, and what there is to know about the rest in headers.
type page[T any] struct {
	TotalCount  string `header:"X-Total-Count" doc:"How many there are in all, exact up to 10000."`
	TotalCapped string `header:"X-Total-Capped" doc:"true when there are more than X-Total-Count says."`
	NextCursor  string `header:"X-Next-Cursor" doc:"The cursor of the next page; absent on the last."`
	Link        string `header:"Link" doc:"The pages before and after this one (RFC 8288)."`
	Body        []T
}

// mostCounted is where exact counting ends.
const mostCounted = 10_000

// paged makes the answer of one page: total is how many there are in all, capped that there are more.
func paged[T any](p Paging, items []T, total int, capped bool, next string) *page[T] {
	out := &page[T]{TotalCount: strconv.Itoa(min(total, mostCounted)), NextCursor: next, Body: items}
	if capped || total > mostCounted {
		out.TotalCapped = "true"
	}
	var links []string
	if next != "" {
		links = append(links, p.link("next", "cursor", next))
	}
	if p.Cursor == "" && p.Skip > 0 {
		links = append(links, p.link("prev", "skip", strconv.Itoa(max(0, p.Skip-p.Limit))), p.link("first", "skip", "0"))
	}
	out.Link = strings.Join(links, ", ")
	return out
}

// link is this page's address with one parameter changed.
func (p Paging) link(rel, name, value string) string {
	query := p.address.Query()
	query.Del("skip")
	query.Del("cursor")
	query.Set(name, value)
	query.Set("limit", strconv.Itoa(p.Limit))
	return "<" + p.address.Path + "?" + query.Encode() + `>; rel="` + rel + `"`
}

// given is a query parameter that may be absent, as the rooms' filters take it.
func given[T comparable](value T) *T {
	var absent T
	if value == absent {
		return nil
	}
	return &value
}

// yesOrNo is a query parameter of "true", "false" or nothing.
func yesOrNo(text string) *bool {
	if text == "" {
		return nil
	}
	yes := text == "true"
	return &yes
}

// position is where a page begins in a list whose cursors are positions.
func (p Paging) position() (int, error) {
	if p.Cursor == "" {
		return p.Skip, nil
	}
	position, err := strconv.Atoi(p.Cursor)
	if err != nil || position < 0 {
		return 0, wrong("query.cursor", "is not a cursor of this list")
	}
	return position, nil
}

// cutPage is one page of a list that is whole in memory.
func cutPage[T any](p Paging, items []T) (*page[T], error) {
	from, err := p.position()
	if err != nil {
		return nil, err
	}
	from = min(from, len(items))
	to, next := min(from+p.Limit, len(items)), ""
	if to < len(items) {
		next = strconv.Itoa(to)
	}
	return paged(p, items[from:to], len(items), false, next), nil
}
