package chaos_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// sink is a mail server that keeps a record of its own.
type sink struct {
	provider
	address string

	doors    sync.Mutex
	listener net.Listener
	inside   map[net.Conn]bool
}

func startSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{provider: provider{kind: "mail server"}, address: "127.0.0.1:0", inside: map[net.Conn]bool{}}
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.die)
	return s
}

// open has the server take connections, at the address it had before.
func (s *sink) open() error {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.doors.Lock()
	defer s.doors.Unlock()
	s.listener, s.address = listener, listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.receive(conn)
		}
	}()
	return nil
}

func (s *sink) receive(conn net.Conn) {
	s.doors.Lock()
	s.inside[conn] = true
	s.doors.Unlock()
	_ = s.serve(textproto.NewConn(conn)) // Senders die in the middle; that is what the test is about.
	s.doors.Lock()
	delete(s.inside, conn)
	s.doors.Unlock()
	conn.Close()
}

// die ends the server as a crash does.
func (s *sink) die() {
	s.doors.Lock()
	defer s.doors.Unlock()
	s.listener.Close()
	for conn := range s.inside {
		conn.Close()
	}
}

// sinkURL is the server's address, or that of what stands before it, as TOCSIN_SMTP_URL takes it.
func sinkURL(address string) string { return "smtp://" + address + "?from=tocsin@example.org&tls=none" }

var errGoodbye = errors.New("the client has said goodbye")

func (s *sink) serve(conn *textproto.Conn) error {
	if err := conn.PrintfLine("220 sink"); err != nil {
		return err
	}
	recipient := ""
	for {
		line, err := conn.ReadLine()
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(line, " ")
		answer := "250 ok"
		switch strings.ToUpper(verb) {
		case "EHLO":
			answer = "250 8BITMIME"
		case "RCPT":
			recipient = strings.Trim(rest[strings.IndexByte(rest, ':')+1:], "<>")
			if s.refuses() {
				answer = "451 not in the mood"
			}
		case "DATA":
			if err := conn.PrintfLine("354 go on"); err != nil {
				return err
			}
			if err := s.letter(conn, recipient); err != nil {
				return err
			}
			answer = "250 kept"
		case "QUIT":
			return errors.Join(errGoodbye, conn.PrintfLine("221 bye"))
		}
		if err := conn.PrintfLine("%s", answer); err != nil {
			return err
		}
	}
}

// letter reads and keeps one.
func (s *sink) letter(conn *textproto.Conn, recipient string) error {
	content, err := conn.ReadDotBytes()
	if err != nil {
		return err
	}
	letter, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return err
	}
	if !s.take(notificationOf(strings.Trim(letter.Header.Get("Message-ID"), "<>")), recipient) {
		_, err := io.Copy(io.Discard, conn.R) // until the sender has had enough
		return errors.Join(errGoodbye, err)
	}
	return nil
}

// named is the end of a Message-ID's first part: tocsin-1a2b3c4d5e-n17@example.org, or with -b and a hash behind it when the letter carries
// several.
var named = regexp.MustCompile(`-n(\d+)(-b[0-9a-f]+)?$`)

// notificationOf reads the notification from a letter's Message-ID. It is 0 when there is none.
func notificationOf(letter string) int64 {
	local, _, _ := strings.Cut(letter, "@")
	found := named.FindStringSubmatch(local)
	if found == nil {
		return 0
	}
	id, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0
	}
	return id
}
