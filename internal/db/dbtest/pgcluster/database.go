package pgcluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Environment names a running server that all test processes use: the URL of any of its databases, for a role that
// may create others.
const Environment = "TOCSIN_TEST_POSTGRES"

const statementLimit = time.Minute

// server is the PostgreSQL that this process's tests use: the URL of its maintenance database and, when the process
// started it, its cluster. Holding the cluster keeps it from being collected: with it would go the pipe to its guard,
// which takes that for the end of the process and ends the server under the running tests.
type server struct {
	admin   string
	cluster *Cluster
}

// shared is made once. A cluster that was started for it ends with the process, by its guard.
var shared = sync.OnceValues(func() (server, error) {
	if given := os.Getenv(Environment); given != "" {
		return server{admin: given}, nil
	}
	c, err := Start(Options{})
	if err != nil {
		return server{}, err
	}
	return server{admin: c.URL("postgres"), cluster: c}, nil
})

// URL returns the address of an empty database for this test, dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return clone(t, "template0")
}

// Template returns the address of a database for this test with all that prepare put into it. The first caller with
// a name prepares, in this or any other process; everybody gets an own copy. The name has to change when what prepare
// does changes; prepare closes its connections before it returns.
func Template(t testing.TB, name string, prepare func(url string) error) string {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	template := "template_" + hex.EncodeToString(sum[:8])
	if err := prepareOnce(maintenance(t), template, prepare); err != nil {
		t.Fatalf("prepare the template %s: %v", name, err)
	}
	return clone(t, template)
}

func maintenance(t testing.TB) string {
	t.Helper()
	postgres, err := shared()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	return postgres.admin
}

func clone(t testing.TB, template string) string {
	t.Helper()
	admin := maintenance(t)
	database := readable(t.Name()) + "_" + strings.ToLower(rand.Text()[:10])
	if err := createDatabase(admin, database, template); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		// FORCE: a test that leaves a connection open must not keep the others' cluster busy.
		if err := execute(admin, "DROP DATABASE IF EXISTS "+quoted(database)+" WITH (FORCE)"); err != nil {
			t.Logf("drop the database: %v", err)
		}
	})
	address, err := withDatabase(admin, database)
	if err != nil {
		t.Fatalf("the address of the test server: %v", err)
	}
	return address
}

// prepareOnce fills the template under a lock that all processes share. The mark IS_TEMPLATE is set last, so a
// template without it was left behind by a process that died and is made anew.
func prepareOnce(admin, template string, prepare func(url string) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // the lock goes with the connection
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", template); err != nil {
		return err
	}
	var ready bool
	err = conn.QueryRow(ctx, "SELECT datistemplate FROM pg_database WHERE datname = $1", template).Scan(&ready)
	if ready || (err != nil && !errors.Is(err, pgx.ErrNoRows)) {
		return err
	}
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quoted(template) + " WITH (FORCE)",
		"CREATE DATABASE " + quoted(template) + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	address, err := withDatabase(admin, template)
	if err != nil {
		return err
	}
	if err := prepare(address); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quoted(template)+" IS_TEMPLATE true")
	return err
}

func createDatabase(admin, database, template string) error {
	return execute(admin, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", quoted(database), quoted(template)))
}

func execute(admin, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func withDatabase(admin, database string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + database
	return u.String(), nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// readable makes a database name of a test's name, so that the server's log says which test it was.
func readable(test string) string {
	const longest = 40
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, test)
	return name[:min(len(name), longest)]
}
