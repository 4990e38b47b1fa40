package testkit

import (
	"net/http"
	"strconv"
)

// HasMethod gives the person another contact method.
func (p *Person) HasMethod(channel, address string) {
	p.h.T.Helper()
	p.Do(http.MethodPost, "/v1/contact-methods", map[string]any{"channel": channel, "address": address}).Must(http.StatusCreated)
}

func (p *Person) methods() (ids []int64) {
	p.h.T.Helper()
	var list []struct {
		ID int64 `json:"id"`
	}
	p.Do(http.MethodGet, "/v1/contact-methods", nil).Must().Into(&list)
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}

// IsReachedInOrder has the person's methods used for urgent pages in the order in which they were made, each after so many minutes.
func (p *Person) IsReachedInOrder(minutes ...float64) {
	p.h.T.Helper()
	var rules []any
	for n, id := range p.methods() {
		rules = append(rules, map[string]any{"delay_minutes": minutes[n], "contact_method_id": id})
	}
	p.Do(http.MethodPut, "/v1/notification-rules", map[string]any{"high": rules}).Must()
}

// SwitchesOffEverything leaves no way to reach the person.
func (p *Person) SwitchesOffEverything() {
	p.h.T.Helper()
	for _, id := range p.methods() {
		p.Do(http.MethodPut, "/v1/contact-methods/"+strconv.FormatInt(id, 10), map[string]any{"enabled": false}).Must()
	}
}
