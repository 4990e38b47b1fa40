package node

import (
	"net/http"
	"testing"
)

// Password is the password of everybody but the administrator.
const Password = "a good password 17"

type fields = map[string]any

type made struct {
	ID  int64  `json:"id"`
	Key string `json:"key"`
	URL string `json:"url"`
}

// Team makes a team.
func (c *Client) Team(t testing.TB, name string) int64 {
	t.Helper()
	return c.create(t, "/v1/teams", fields{"name": name}).ID
}

// Person makes somebody with a role in the team.
func (c *Client) Person(t testing.TB, email, name, role string, team int64) int64 {
	t.Helper()
	return c.create(t, "/v1/users", fields{"email": email, "full_name": name, "password": Password, "role": role, "team_id": team}).ID
}

// Reach gives whoever has signed in one more way to be reached.
func (c *Client) Reach(t testing.TB, channel, address string) {
	t.Helper()
	c.create(t, "/v1/contact-methods", fields{"channel": channel, "address": address})
}

// Service makes a service that the team owns.
func (c *Client) Service(t testing.TB, name string, team int64) {
	t.Helper()
	c.create(t, "/v1/services", fields{"name": name, "team_id": team})
}

// Step is one step of a policy.
type Step struct {
	Minutes float64
	Targets []string
}

// Policy makes a policy for every incident.
func (c *Client) Policy(t testing.TB, name string, steps ...Step) {
	t.Helper()
	var list []fields
	for _, s := range steps {
		list = append(list, fields{"delay_minutes": s.Minutes, "actions": []fields{{"type": "notify", "recipients": s.Targets}}})
	}
	c.create(t, "/v1/escalation/policies", fields{"name": name, "conditions": fields{}, "steps": list})
}

// Integration makes an integration and returns its key and the address that senders are given.
func (c *Client) Integration(t testing.TB, kind string) (key, url string) {
	t.Helper()
	m := c.create(t, "/v1/integrations", fields{"name": "test " + kind, "kind": kind})
	return m.Key, m.URL
}

func (c *Client) create(t testing.TB, path string, body fields) (m made) {
	t.Helper()
	c.Do(t, http.MethodPost, path, body, &m)
	return m
}
