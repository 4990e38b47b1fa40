package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/tocsinhq/tocsin/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// MigrationStatus is one step of the schema and whether this database has it.
type MigrationStatus struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to this program's version and sees that the default organisation exists. On PostgreSQL a
// table lock lets one node do it while the others wait. Fault: Conflict when the schema is newer than this program can use.
func (d *DB) Migrate(ctx context.Context) error {
	err := d.withMigrations(ctx, func(steps *goose.Provider) error {
		// Looking first spares a start on an existing database the lock.
		if pending, err := steps.HasPending(ctx); err != nil || !pending {
			return err
		}
		if _, err := steps.Up(ctx); err != nil {
			// Another process may have taken the same step in between; then nothing is left to do.
			if pending, pendingErr := steps.HasPending(ctx); pendingErr != nil || pending {
				return fmt.Errorf("migrate: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.loadUniques(ctx); err != nil {
		return d.translate(ctx, err)
	}
	return d.seed(ctx)
}

// Pending reports whether the schema lacks steps of this program. Fault: Conflict as for Migrate.
func (d *DB) Pending(ctx context.Context) (pending bool, err error) {
	err = d.withMigrations(ctx, func(steps *goose.Provider) error {
		pending, err = steps.HasPending(ctx)
		return err
	})
	if err == nil && !pending {
		err = d.translate(ctx, d.loadUniques(ctx))
	}
	return pending, err
}

// MigrationStatus lists every step.
func (d *DB) MigrationStatus(ctx context.Context) (list []MigrationStatus, err error) {
	err = d.withMigrations(ctx, func(steps *goose.Provider) error {
		states, err := steps.Status(ctx)
		for _, s := range states {
			list = append(list, MigrationStatus{Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

// withMigrations runs fn with the steps of this program, on a pool of its own: SQLite's writer is taken.
func (d *DB) withMigrations(ctx context.Context, fn func(*goose.Provider) error) error {
	pool, dialect, options := d.writer, goose.DialectPostgres, []goose.ProviderOption(nil)
	if d.pg {
		locker, err := lock.NewPostgresTableLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithLocker(locker))
	} else {
		var err error
		if pool, err = sql.Open("sqlite", sqliteDSN(strings.TrimPrefix(d.url, "sqlite:"), "foreign_keys(1)")); err != nil {
			return err
		}
		defer func() { _ = pool.Close() }()
		dialect = goose.DialectSQLite3
	}
	files, err := fs.Sub(renderedFS{migrationFiles, d.pg}, "migrations")
	if err != nil {
		return err
	}
	steps, err := goose.NewProvider(dialect, pool, files, options...)
	if err != nil {
		return err
	}
	if err := d.checkMinVersion(ctx, pool, steps); err != nil {
		return err
	}
	return d.translate(ctx, fn(steps))
}

// checkMinVersion refuses a schema whose min_version is beyond the newest step that this program knows.
func (d *DB) checkMinVersion(ctx context.Context, pool *sql.DB, steps *goose.Provider) error {
	var minVersion int64
	err := pool.QueryRowContext(ctx, "SELECT min_version FROM schema_info WHERE id = 1").Scan(&minVersion)
	if err != nil {
		if unavailable(err) || ctx.Err() != nil {
			return d.translate(ctx, err)
		}
		return nil // An empty database: the table is not there yet.
	}
	sources := steps.ListSources()
	if newest := sources[len(sources)-1].Version; minVersion > newest {
		return fault.New(fault.Conflict, "schema_too_new",
			"The database needs a program that knows schema version %d or later; this one knows %d. Upgrade this node.", minVersion, newest)
	}
	return nil
}

// seed makes the default organisation, the one that a fresh installation has.
func (d *DB) seed(ctx context.Context) error {
	return d.Write(ctx, func(tx *Tx) error {
		_, found, err := One(tx, Value[int64], "SELECT id FROM organizations WHERE slug = ?", "default")
		if err != nil || found {
			return err
		}
		id, err := tx.NextID("organizations")
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO organizations (id, name, slug, settings, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			id, "Default organisation", "default", JSON(struct{}{}), tx.Now())
		return err
	})
}

// SchemaFingerprint names this program's set of migrations, so that a copy made by another set is not mistaken for it.
func SchemaFingerprint() string {
	sum := sha256.New()
	entries, _ := fs.ReadDir(migrationFiles, "migrations") // Embedded: it is there.
	for _, entry := range entries {
		content, _ := fs.ReadFile(migrationFiles, "migrations/"+entry.Name())
		_, _ = sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// renderedFS shows the migrations with the words of one engine filled in, so that both engines share every step.
type renderedFS struct {
	fs.FS
	pg bool
}

func (r renderedFS) ReadFile(name string) ([]byte, error) {
	raw, err := fs.ReadFile(r.FS, name)
	if err != nil {
		return nil, err
	}
	parsed, err := template.New(name).Funcs(migrationWords(r.pg)).Parse(string(raw))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, nil); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (r renderedFS) Open(name string) (fs.File, error) {
	info, err := fs.Stat(r.FS, name)
	if err != nil || info.IsDir() {
		return r.FS.Open(name)
	}
	content, err := r.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &renderedFile{Reader: bytes.NewReader(content), info: info}, nil
}

type renderedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f *renderedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *renderedFile) Close() error { return nil }

// migrationWords are the words of a migration that differ between the engines.
func migrationWords(pg bool) template.FuncMap {
	pick := func(postgres, sqlite string) func() string {
		return func() string {
			if pg {
				return postgres
			}
			return sqlite
		}
	}
	return template.FuncMap{
		"id":        pick("BIGINT NOT NULL", "INTEGER PRIMARY KEY"),
		"primary":   pick("PRIMARY KEY", ""),
		"key":       pick("PRIMARY KEY (org_id, id)", "UNIQUE (org_id, id)"),
		"ts":        pick("TIMESTAMPTZ", "TIMESTAMP"),
		"json":      pick("JSONB", "TEXT"),
		"bytes":     pick("BYTEA", "BLOB"),
		"sequences": pick("", "CREATE TABLE sequences (name VARCHAR(100) NOT NULL PRIMARY KEY, value BIGINT NOT NULL);"),
		"sequence": func(table string) string {
			if pg {
				return "CREATE SEQUENCE " + table + "_id_seq;"
			}
			return "INSERT INTO sequences (name, value) VALUES ('" + table + "', 0);"
		},
	}
}
