package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"
)

// mailbox is an SMTP server that takes every letter at once and notes when.
type mailbox struct {
	address  string
	listener net.Listener

	mu       sync.Mutex
	arrivals map[string]time.Time // by the mark in the letter, the first arrival
	changed  chan struct{}        // closed at the next arrival
}

// mark is what a letter is told by: the loads put one into each alert's title.
var mark = regexp.MustCompile(`mark-[a-z]+-\d+`)

func openMailbox() (*mailbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailbox{address: listener.Addr().String(), listener: listener, arrivals: map[string]time.Time{}, changed: make(chan struct{})}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go m.serve(conn)
		}
	}()
	return m, nil
}

func (m *mailbox) close() { _ = m.listener.Close() }

// serve speaks as much SMTP (RFC 5321) as a sender needs.
func (m *mailbox) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	read := bufio.NewReader(conn)
	say := func(text string) bool {
		_, err := fmt.Fprintf(conn, "%s\r\n", text)
		return err == nil
	}
	for ok := say("220 bench ready"); ok; {
		command, err := read.ReadString('\n')
		if err != nil {
			return
		}
		switch strings.ToUpper(strings.Fields(command + " ?")[0]) {
		case "QUIT":
			say("221 bye")
			return
		case "DATA":
			if !say("354 go on") {
				return
			}
			found, err := readLetter(read)
			if err != nil {
				return
			}
			m.arrived(found, time.Now())
			ok = say("250 taken")
		default:
			ok = say("250 fine")
		}
	}
}

// readLetter reads to the lone dot and returns the letter's mark.
func readLetter(read *bufio.Reader) (found string, err error) {
	for {
		text, err := read.ReadString('\n')
		if err != nil || text == ".\r\n" {
			return found, err
		}
		if found == "" {
			found = mark.FindString(text)
		}
	}
}

func (m *mailbox) arrived(found string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.arrivals[found]; !known {
		m.arrivals[found] = at
		close(m.changed)
		m.changed = make(chan struct{})
	}
}

// await returns when letters with all the marks have arrived.
func (m *mailbox) await(ctx context.Context, marks []string, bound time.Duration) ([]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for {
		m.mu.Lock()
		changed := m.changed
		var arrivals []time.Time
		missing := 0
		for _, mark := range marks {
			at, there := m.arrivals[mark]
			if !there {
				missing++
			}
			arrivals = append(arrivals, at)
		}
		m.mu.Unlock()
		if missing == 0 {
			return arrivals, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d letters did not come within %s", missing, len(marks), bound)
		}
	}
}
