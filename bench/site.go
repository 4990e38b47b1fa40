package main

import (
	"fmt"
	"path/filepath"

	"github.com/tocsinhq/tocsin/internal/db"
)

// site is an installation under measurement: one server on one database of its own, the mail server its pages go to, and
// beside it an equal database that only the bare limits are written to.
type site struct {
	engine string
	url    string
	server *server
	mail   *mailbox
	admin  *client
	key    string // of the integration that the loads use
	bare   *bare
	own    *bare // on the server's own database; see beside
	list   int64 // the policy of steps that tell nobody; see checklist
	people []person
}

// open starts a server on a fresh database and gives it what the loads need.
func (b *bench) open(engine string) (s *site, err error) {
	s = &site{engine: engine}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.mail, err = openMailbox(); err != nil {
		return s, err
	}
	if s.bare, err = b.openBare(engine, s.mail.address); err != nil {
		return s, err
	}
	if s.url, err = b.database(engine, "tocsin"); err != nil {
		return s, err
	}
	if s.server, err = b.start(s.url, s.mail.address); err != nil {
		return s, err
	}
	s.admin, s.key, err = b.furnish(s.server)
	return s, err
}

func (s *site) close() {
	if s.server != nil {
		s.server.stop()
	}
	for _, w := range []*bare{s.bare, s.own} {
		if w != nil {
			_ = w.db.Close()
		}
	}
	if s.mail != nil {
		s.mail.close()
	}
}

// database is the address of a fresh database.
func (b *bench) database(engine, name string) (string, error) {
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(b.dir, name+".db"), nil
	}
	return b.cluster.URL(name), b.cluster.Create(name)
}

// furnish signs in and makes what the loads need: an integration, and one policy whose first step is an hour away, so that each
// incident gets its run while nothing but intake is at work.
func (b *bench) furnish(s *server) (*client, string, error) {
	admin, err := signIn(b.ctx, s.address, adminEmail, adminPassword)
	if err != nil {
		return nil, "", err
	}
	policy := policyOf("loads", 60, "admins")
	policy["conditions"] = map[string]any{"source": "generic", "labels": map[string]any{"paged": "later"}}
	policy["exclusive"] = true
	if err := admin.post("/v1/escalation/policies", policy, nil); err != nil {
		return nil, "", err
	}
	alertmanager := policyOf("webhooks", 60, "admins")
	alertmanager["conditions"] = map[string]any{"source": "alertmanager"}
	alertmanager["exclusive"] = true
	if err := admin.post("/v1/escalation/policies", alertmanager, nil); err != nil {
		return nil, "", err
	}
	key, err := admin.integration("loads", "generic")
	return admin, key, err
}

// policyOf is a policy of one step.
func policyOf(name string, delay float64, recipients ...string) map[string]any {
	return map[string]any{"name": name, "conditions": map[string]any{}, "steps": []any{map[string]any{
		"delay_minutes": delay, "actions": []any{map[string]any{"type": "notify", "recipients": recipients}},
	}}}
}

// openBare makes a database as the server's, with one alert in it whose rows are the pattern of what the limit writes.
func (b *bench) openBare(engine, mail string) (*bare, error) {
	url, err := b.database(engine, "bare")
	if err != nil {
		return nil, err
	}
	s, err := b.start(url, mail)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	_, key, err := b.furnish(s)
	if err != nil {
		return nil, err
	}
	line, err := dial(s.address)
	if err != nil {
		return nil, err
	}
	defer line.close()
	if status, err := line.post(genericPath(key), alertBody(nil, "pattern", 0)); err != nil || status/100 != 2 {
		return nil, fmt.Errorf("the pattern was answered %d, %w", status, err)
	}
	s.stop()
	d, err := db.Open(b.ctx, db.Options{URL: url})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(b.ctx); err != nil {
		return nil, err
	}
	return readPattern(b.ctx, d)
}
