package channel

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer is an SMTP server that does as it is told, also what no good server would.
type mailServer struct {
	listener net.Listener
	tls      *tls.Config
	implicit bool // TLS from the first byte
	starttls bool // offered

	mu      sync.Mutex
	replies map[string]string // by verb ("CONNECT", "MAIL", …, "END" after the content): said instead of the usual
	hangAt  string            // never answers this verb
	closeAt string            // hangs up instead of answering this verb

	letters   []string
	logins    []string
	protected []bool // of each letter, whether it came over TLS
	accepted  int    // connections
	conns     []net.Conn
}

func newMailServer(t *testing.T, change func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{replies: map[string]string{}}
	if change != nil {
		change(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = listener
	t.Cleanup(func() {
		_ = listener.Close()
		s.hangUp()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.accepted++
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			go s.serve(conn)
		}
	}()
	return s
}

// tell changes what is said to a verb.
func (s *mailServer) tell(verb, reply string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[verb] = reply
}

func (s *mailServer) told(verb string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replies[verb]
}

// hangUp ends every connection.
func (s *mailServer) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}

func (s *mailServer) url(rest string) string { return "smtp://" + s.listener.Addr().String() + rest }

func (s *mailServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.letters...)
}

func (s *mailServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// session is one connection; reply says the usual unless told otherwise, and reports whether to go on.
type session struct {
	*mailServer
	conn    net.Conn
	in      *bufio.Reader
	secured bool
}

func (s *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	if s.implicit {
		conn = tls.Server(conn, s.tls)
	}
	session := &session{mailServer: s, conn: conn, in: bufio.NewReader(conn), secured: s.implicit}
	if !session.reply("CONNECT", "220 double ready") {
		return
	}
	for {
		line, err := session.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !session.obey(strings.ToUpper(verb), rest) {
			return
		}
	}
}

func (s *session) reply(verb, usual string) bool {
	s.mu.Lock()
	told, ok := s.replies[verb]
	closes, hangs := s.closeAt == verb, s.hangAt == verb
	s.mu.Unlock()
	if closes {
		return false
	}
	if hangs {
		_, _ = s.in.ReadByte() // until the client gives up
		return false
	}
	text := usual
	if ok {
		text = told
	}
	_, err := fmt.Fprintf(s.conn, "%s\r\n", text)
	return err == nil
}

func (s *session) obey(verb, rest string) bool {
	switch verb {
	case "EHLO":
		offers := []string{"250-double"}
		if s.starttls && !s.secured {
			offers = append(offers, "250-STARTTLS")
		}
		if auth := s.told("AUTH-OFFER"); auth != "" {
			offers = append(offers, "250-AUTH "+auth)
		}
		return s.reply(verb, strings.Join(append(offers, "250 8BITMIME"), "\r\n"))
	case "STARTTLS":
		if !s.reply(verb, "220 go on") {
			return false
		}
		s.conn = tls.Server(s.conn, s.tls)
		s.in, s.secured = bufio.NewReader(s.conn), true
		return true
	case "AUTH":
		return s.login(rest)
	case "DATA":
		return s.content()
	case "QUIT":
		_ = s.reply(verb, "221 bye")
		return false
	}
	return s.reply(verb, "250 ok")
}

// login knows PLAIN with the answer in the same line.
func (s *session) login(rest string) bool {
	_, encoded, _ := strings.Cut(rest, " ")
	plain, _ := base64.StdEncoding.DecodeString(encoded)
	s.mu.Lock()
	s.logins = append(s.logins, strings.ReplaceAll(string(plain), "\x00", "/"))
	s.mu.Unlock()
	return s.reply("AUTH", "235 welcome")
}

func (s *session) content() bool {
	if !s.reply("DATA", "354 go on") {
		return false
	}
	if told := s.told("DATA"); told != "" && told[0] != '3' {
		return true
	}
	var letter strings.Builder
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		letter.WriteString(line)
	}
	if told := s.told("END"); told == "" || told[0] == '2' {
		s.mu.Lock()
		s.letters = append(s.letters, letter.String())
		s.protected = append(s.protected, s.secured)
		s.mu.Unlock()
	}
	return s.reply("END", "250 2.0.0 Ok: queued as 4F1B")
}

// certificate makes a certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pool
}
