// Package node runs the program itself, as those who install it do: built once for a test process, started on a free port with settings
// from the environment, killed, stopped and started again, and asked over HTTP.
//
// It owns the processes and a small client of the API that turns to another node when one is away, as senders and people do. What goes in
// and what must come out is for the tests of the whole in packages e2e and chaos.
package node
