// Package peer starts the real programs that stories and tests of the whole system talk to.
//
// It owns Mail (an SMTP server that keeps what it is sent), Alertmanager (Prometheus' own) and Browser (Chromium,
// driven page by page): finding or building them, starting them on free loopback ports, and ending them, also when the
// test process is killed. It knows nothing of the product: a test says where they send to.
//
// A peer that is not installed fails the test with the command that installs it.
package peer
