package db_test

import (
	"path/filepath"
	"testing"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// at runs test on both engines with a database whose schema is that of an older version.
func at(t *testing.T, version int64, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	for engine, url := range map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "tocsin.db") },
		"postgres": pgcluster.URL,
	} {
		t.Run(engine, func(t *testing.T) {
			d, err := db.Open(t.Context(), db.Options{URL: url(t), Clock: clock.NewFake(dbtest.Start)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			if err := d.MigrateTo(t.Context(), version); err != nil {
				t.Fatal(err)
			}
			test(t, d)
		})
	}
}

const insertNotification = `INSERT INTO notifications (org_id, id, user_id, episode, title, message, channel, recipient, urgency, action_type,
	status, reason, wanted_until, page_key, dedup_key, provider, first_due_at, attempts, cancel_requested, maybe_duplicate, provider_ref,
	error, metadata, created_at)
	VALUES (?, ?, ?, 0, 't', 'm', 'email', 'ann@example.org', 'low', 'test', 'sent', '', '', ?, ?, '', ?, 1, ?, ?, '', '', '{}', ?)`

// What was sent before stays as it was, with its attempts; and afterwards a notification may have no person, but still no stranger.
func TestNotificationsOfAnOlderServerOutliveTheStepToPosts(t *testing.T) {
	at(t, 4, func(t *testing.T, d *db.DB) {
		notification := func(tx *db.Tx, id int64, user any, key string) error {
			now := tx.Now()
			_, err := tx.Exec(insertNotification, 1, id, user, key, key, now, false, false, now)
			return err
		}
		write(t, d, func(tx *db.Tx) error {
			now := tx.Now()
			_, err := tx.Exec(`INSERT INTO users (org_id, id, email, full_name, phone_number, role, is_active, is_superuser, timezone,
				token_version, created_at, updated_at) VALUES (1, 7, 'ann@example.org', 'Ann', '', 'user', ?, ?, 'UTC', 0, ?, ?)`, true, false, now, now)
			if err != nil {
				return err
			}
			if err := notification(tx, 1, 7, "a"); err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO notification_attempts (org_id, id, notification_id, number, node, started_at, result, detail, provider_ref)
				VALUES (1, 1, 1, 1, 'one', ?, 'sent', '250', '')`, now)
			return err
		})
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return notification(tx, 2, nil, "b") }); err == nil {
			t.Fatal("before the step a notification could be without a person")
		}
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if count(t, d, "notifications") != 1 || count(t, d, "notification_attempts") != 1 {
			t.Error("a notification or its attempt is gone")
		}
		write(t, d, func(tx *db.Tx) error { return notification(tx, 2, nil, "b") })
		for name, wrong := range map[string]func(tx *db.Tx) error{
			"a stranger": func(tx *db.Tx) error { return notification(tx, 3, 8, "c") },
			"a repeat":   func(tx *db.Tx) error { return notification(tx, 3, nil, "b") },
			"an attempt at nothing": func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO notification_attempts (org_id, id, notification_id, number, node, started_at, result, detail, provider_ref)
					VALUES (1, 2, 99, 1, 'one', ?, 'sent', '250', '')`, tx.Now())
				return err
			},
		} {
			if err := d.Write(t.Context(), wrong); err == nil || fault.Is(err, fault.Unavailable) {
				t.Errorf("%s was taken: %v", name, err)
			}
		}
	})
}
