package notify

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

var _ account.Mailer = (*Service)(nil)

const recoveryToken = "ey.secret/token+x"

// postbox is a mail server: each message waits in arrived until its answer is given.
type postbox struct {
	off     bool
	arrived chan Message
	answers chan Outcome
}

func (*postbox) Kind() string                          { return "email" }
func (*postbox) Describe() Info                        { return Info{Timeout: time.Second} }
func (p *postbox) Reaches() bool                       { return !p.off }
func (*postbox) CheckAddress(a string) (string, error) { return a, nil }

func (p *postbox) Send(ctx context.Context, m Message) Outcome {
	p.arrived <- m
	select {
	case o := <-p.answers:
		if o.Detail == "panic" {
			panic("no")
		}
		return o
	case <-ctx.Done():
		return Outcome{Result: Retry, Detail: "stopped"}
	}
}

type lockedLog struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func (l *lockedLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.String()
}

func recoveryRoom(t *testing.T) (*Service, *postbox, *clock.Fake, *lockedLog) {
	t.Helper()
	d, clk := dbtest.SQLite(t)
	box, log := &postbox{arrived: make(chan Message), answers: make(chan Outcome)}, &lockedLog{}
	s := New(Deps{
		DB: d, Clock: clk, Logger: slog.New(slog.NewTextHandler(log, nil)), Channels: map[string]Channel{"email": box},
		Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)), PublicURL: "https://tocsin.example",
	})
	t.Cleanup(func() {
		if err := s.CloseRecovery(context.Background()); err != nil {
			t.Error(err)
		}
		if strings.Contains(log.text(), "secret") {
			t.Errorf("the token is in the log: %s", log.text())
		}
	})
	return s, box, clk, log
}

func (s *Service) recoverAnn(t *testing.T) {
	t.Helper()
	ann := account.User{ID: 3, OrgID: 1, Email: "ann@example.com", FullName: "Ann"}
	// The request is over as soon as it is answered; the mail goes on.
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.PasswordRecovery(ctx, ann, recoveryToken, time.Hour); err != nil {
		t.Fatal(err)
	}
	cancel()
}

func TestARecoveryMailHoldsTheLinkAndGoesOutLater(t *testing.T) {
	s, box, _, _ := recoveryRoom(t)
	s.recoverAnn(t)
	m := <-box.arrived
	link := "https://tocsin.example/reset-password?token=ey.secret%2Ftoken%2Bx"
	if m.To != "ann@example.com" || m.Recipient != "Ann" || !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, `href="`+link) || !strings.Contains(m.Text, "60 minutes") {
		t.Errorf("the mail is %+v", m)
	}
	if strings.Contains(m.IdempotencyKey, "secret") || !strings.HasPrefix(m.IdempotencyKey, "tocsin-") || m.Title == "" || m.AckURL != "" {
		t.Errorf("the mail is named %q, titled %q, with the link %q", m.IdempotencyKey, m.Title, m.AckURL)
	}
	box.answers <- Outcome{Result: Sent, Detail: "250 ok " + recoveryToken}
}

func TestARecoveryMailIsTriedAFewTimes(t *testing.T) {
	s, box, clk, log := recoveryRoom(t)
	s.recoverAnn(t)
	first := <-box.arrived
	box.answers <- Outcome{Result: Retry, Detail: "451 later"}
	for n, o := range []Outcome{{Result: Retry, Detail: "panic"}, {Result: Retry, Detail: "451 later"}, {Result: Retry, Detail: "451 later"}} {
		m := soon(t, box, clk)
		if m.Attempt != n+2 || m.IdempotencyKey != first.IdempotencyKey || m.Text != first.Text {
			t.Errorf("try %d is %+v", n+2, m)
		}
		box.answers <- o
	}
	s.recovering.done.Wait()
	if !strings.Contains(log.text(), "could not be sent") {
		t.Errorf("the log says %s", log.text())
	}
}

// soon moves the clock until the next try comes.
func soon(t *testing.T, box *postbox, clk *clock.Fake) Message {
	t.Helper()
	for {
		select {
		case m := <-box.arrived:
			return m
		case <-t.Context().Done():
			t.Fatal("no further try came")
		default:
			clk.Advance(time.Second)
		}
	}
}

func TestARecoveryMailThatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	s, box, _, log := recoveryRoom(t)
	s.recoverAnn(t)
	<-box.arrived
	box.answers <- Outcome{Result: Permanent, Detail: "550 no such user"}
	s.recovering.done.Wait()
	if !strings.Contains(log.text(), "550 no such user") || !strings.Contains(log.text(), "tries=1") {
		t.Errorf("the log says %s", log.text())
	}
}

func TestOnlySoManyRecoveryMailsAreUnderWay(t *testing.T) {
	s, box, _, log := recoveryRoom(t)
	for range recoveryAtOnce + 5 {
		s.recoverAnn(t)
	}
	for range recoveryAtOnce {
		<-box.arrived
	}
	if n := strings.Count(log.text(), "too many recovery mails"); n != 5 {
		t.Errorf("%d were turned away, want 5", n)
	}
	for range recoveryAtOnce {
		box.answers <- Outcome{Result: Sent}
	}
	s.recovering.done.Wait()
	s.recoverAnn(t)
	<-box.arrived
}

func TestStoppingEndsRecoveryMailsThatAreUnderWay(t *testing.T) {
	s, box, _, log := recoveryRoom(t)
	s.recoverAnn(t)
	<-box.arrived
	if err := s.CloseRecovery(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.recoverAnn(t)
	select {
	case m := <-box.arrived:
		t.Errorf("after the end came %+v", m)
	default:
	}
	if !strings.Contains(log.text(), "could not be sent") {
		t.Errorf("the log says %s", log.text())
	}
}

func TestWithoutAMailServerNoPasswordIsRecovered(t *testing.T) {
	s, box, _, log := recoveryRoom(t)
	box.off = true
	s.recoverAnn(t)
	if !strings.Contains(log.text(), "no mail server is configured") {
		t.Errorf("the log says %s", log.text())
	}
}
