// Package pgcluster runs throw-away PostgreSQL clusters for tests, stories and the bench.
//
// It owns finding the server's programs, starting them as a user that is not root, and removing every trace at
// the end, however the test process ends. It does not know the product's schema: dbtest fills the databases.
//
//	URL(t)            an empty database of its own, dropped with the test
//	Template(t, …)    the same, cloned from a database prepared once
//	Start(Options)    a cluster of one's own, to restart and to kill
//
// All tests of one process share one cluster. All processes share one when TOCSIN_TEST_POSTGRES names it, which the
// command in the folder `with` does for `make test`.
package pgcluster
