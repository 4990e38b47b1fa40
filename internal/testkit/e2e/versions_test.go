package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// An upgrade, node after node: for a while the old and the new version work on one database, which the new one has taken further. As long
// as that leaves what the old one knows, both serve; once it does not, the old one refuses to start, and says why.
func TestTwoVersionsWorkSideBySideAsLongAsTheSchemaAllowsIt(t *testing.T) {
	t.Parallel()
	const older, newer = "1.0.0", "1.1.0-rc.1"
	database, mail := dbtest.PostgresURL(t), peer.StartMail(t)
	smtp := mail.URL("tocsin@example.org") + "&tls=none"
	first := node.StartAs(t, older, database, smtp, "TOCSIN_NODE=first")
	schema := openSchema(t, database)
	// What the newer version would bring: a step that the older does not know, which adds and takes nothing away.
	schema.changes(
		"ALTER TABLE nodes ADD COLUMN mood VARCHAR(20)",
		"CREATE TABLE moods (org_id BIGINT NOT NULL, name VARCHAR(20) NOT NULL)",
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, TRUE)",
	)
	second := node.StartAs(t, newer, database, smtp, "TOCSIN_NODE=second")
	first.Stop(t)
	first.Start(t) // Also a new start of the older one is welcome.

	s := &stage{t: t, node: first, mail: mail, admin: node.NewClient(first).SignIn(t, node.AdminEmail, node.AdminPassword)}
	s.admin.Person(t, engineer, "Bob", "oncall_engineer", s.admin.Team(t, "Payments"))
	s.admin.Policy(t, "All", node.Step{Minutes: 0, Targets: []string{engineer}})
	for _, n := range []*node.Node{first, second} {
		client := node.NewClient(n).SignIn(t, node.AdminEmail, node.AdminPassword)
		title := "taken by " + n.URL
		client.Do(t, http.MethodPost, "/v1/incidents", map[string]any{"title": title, "severity": "critical"}, nil)
		s.paged(engineer, title)
		s.versions(client, map[string]string{"first": older, "second": newer})
	}
	browser := peer.StartBrowser(t).NewPage(t)
	s.signInWith(browser, node.AdminEmail, node.AdminPassword)
	browser.Open(t, first.URL+"/system")
	browser.WaitText(t, soon, "#system", older)
	browser.WaitText(t, soon, "#system", newer)

	// The next version takes away what the older needs.
	schema.changes("UPDATE schema_info SET min_version = 9001")
	code, said := node.Refused(t, older, database)
	if code != 3 || !strings.Contains(said, "needs a program that knows schema version 9001 or later") || !strings.Contains(said, "Upgrade this node") {
		t.Errorf("the older version ends with %d and says:\n%s", code, said)
	}
}

// versions wants the nodes on the list, each with its version.
func (s *stage) versions(client *node.Client, want map[string]string) {
	s.t.Helper()
	var system struct {
		Nodes []struct {
			Name, Version string
			Gone          bool
		}
	}
	client.Do(s.t, http.MethodGet, "/v1/system", nil, &system)
	for _, n := range system.Nodes {
		if n.Gone || want[n.Name] != n.Version {
			s.t.Errorf("node %+v, want version %q", n, want[n.Name])
		}
	}
	if len(system.Nodes) != len(want) {
		s.t.Errorf("%d nodes, want %d", len(system.Nodes), len(want))
	}
}

// schema is the database of a stage, to be changed behind the server's back.
type schema struct {
	t *testing.T
	d *db.DB
}

func openSchema(t *testing.T, database string) schema {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database, Clock: clock.System, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return schema{t, d}
}

func (s schema) changes(statements ...string) {
	s.t.Helper()
	err := s.d.Write(s.t.Context(), func(tx *db.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
