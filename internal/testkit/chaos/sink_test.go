package chaos_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sink is a mail server that keeps a record of its own. It is not always in a good mood: it refuses some letters for now, and takes its
// time over its answer for others, which is when the death of a sender makes a second copy.
type sink struct {
	address string
	moody   atomic.Bool

	mu       sync.Mutex
	receipts []receipt
	refused  int
}

// receipt is one letter that the sink took, noted before its answer.
type receipt struct {
	letter string // its Message-ID
	to     string
	at     time.Time
}

func startSink(t *testing.T) *sink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &sink{address: listener.Addr().String()}
	s.moody.Store(true)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = s.serve(textproto.NewConn(conn)) // Senders die in the middle; that is what the test is about.
			}()
		}
	}()
	return s
}

// url is the sink's address as TOCSIN_SMTP_URL takes it.
func (s *sink) url() string { return "smtp://" + s.address + "?from=tocsin@example.org&tls=none" }

// record is what the sink has taken.
func (s *sink) record() (receipts []receipt, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]receipt(nil), s.receipts...), s.refused
}

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
			if s.moody.Load() && rand.IntN(100) < 3 {
				s.mu.Lock()
				s.refused++
				s.mu.Unlock()
				answer = "451 not in the mood"
			}
		case "DATA":
			if err := conn.PrintfLine("354 go on"); err != nil {
				return err
			}
			if err := s.take(conn, recipient); err != nil {
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

// take reads and keeps a letter, and now and then lets its sender wait.
func (s *sink) take(conn *textproto.Conn, recipient string) error {
	content, err := conn.ReadDotBytes()
	if err != nil {
		return err
	}
	letter, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.receipts = append(s.receipts, receipt{strings.Trim(letter.Header.Get("Message-ID"), "<>"), recipient, time.Now()})
	s.mu.Unlock()
	if s.moody.Load() && rand.IntN(100) < 20 {
		<-time.After(time.Duration(50+rand.IntN(400)) * time.Millisecond)
	}
	return nil
}
