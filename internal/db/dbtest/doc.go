// Package dbtest opens a migrated database of either kind for a room's tests.
//
// It owns the choice of where (a temporary file, a fresh database on a throw-away cluster) and the clock that the database
// follows; it owns no data beyond what the migrations put there.
package dbtest
