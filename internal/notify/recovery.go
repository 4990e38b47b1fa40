package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// actionRecovery is the mail with which a forgotten password is set anew. It is no notification: nothing of it is kept, for it
// holds a credential.
const actionRecovery = "recovery"

// recoveryAtOnce bounds how many recovery mails are under way: strangers may ask for them.
const recoveryAtOnce = 32

// recoveryPauses are the times between tries; a person who waits for the mail asks again after that.
var recoveryPauses = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second}

// recoveries are the recovery mails that are under way.
type recoveries struct {
	mu     sync.Mutex
	closed bool
	stops  map[int]context.CancelFunc
	next   int
	done   sync.WaitGroup
}

// begin counts a mail in; end must be called when it is over. ok is false when there are too many, or no more are to be sent.
func (r *recoveries) begin(ctx context.Context) (own context.Context, end func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.stops) >= recoveryAtOnce {
		return nil, nil, false
	}
	if r.stops == nil {
		r.stops = map[int]context.CancelFunc{}
	}
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	id := r.next
	r.next++
	r.stops[id] = stop
	r.done.Add(1)
	return own, func() {
		r.mu.Lock()
		delete(r.stops, id)
		r.mu.Unlock()
		stop()
		r.done.Done()
	}, true
}

// RecoversPasswords reports whether recovery mails can be sent at all: a mail server is configured.
func (s *Service) RecoversPasswords() bool {
	ch := s.Channels["email"]
	return ch != nil && ch.Reaches()
}

// PasswordRecovery sends the person the link with which a forgotten password is set anew. It returns at once and sends later, by
// e-mail only; how that ends is told by the log, without the token. It implements account.Mailer.
func (s *Service) PasswordRecovery(ctx context.Context, u account.User, token string, validFor time.Duration) error {
	if !s.RecoversPasswords() {
		s.Logger.WarnContext(ctx, "no mail server is configured, so no password can be recovered", "org", u.OrgID, "user", u.ID)
		return nil
	}
	own, end, ok := s.recovering.begin(ctx)
	if !ok {
		s.Logger.WarnContext(ctx, "too many recovery mails are under way; one was not sent", "org", u.OrgID, "user", u.ID)
		return nil
	}
	m := s.recoveryMail(u, token, validFor)
	go func() {
		defer end()
		s.sendRecovery(own, s.Channels["email"], m, u, token)
	}()
	return nil
}

// CloseRecovery ends the recovery mails that are under way and takes no more. Fault: Timeout when ctx ends first.
func (s *Service) CloseRecovery(ctx context.Context) error {
	r := &s.recovering
	r.mu.Lock()
	r.closed = true
	for _, stop := range r.stops {
		stop()
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		r.done.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Timeout, "recovery_mail", "A recovery mail did not end in time.")
	}
}

func (s *Service) recoveryMail(u account.User, token string, validFor time.Duration) Message {
	sum := sha256.Sum256([]byte(token)) // It names the mail without giving the token away.
	l := letter{
		Action: actionRecovery, Name: line(u.Name(), nameInMessage), AckURL: s.PublicURL + "/reset-password?token=" + url.QueryEscape(token),
		Said: fmt.Sprintf("This link sets one; it works once, within %d minutes:", int(validFor/time.Minute)),
	}
	m := Message{
		Org: u.OrgID, Action: actionRecovery, To: u.Email, Recipient: l.Name, Urgency: "low", At: s.DB.Now(),
		IdempotencyKey: fmt.Sprintf("tocsin-%s-r%s", s.installation(), hex.EncodeToString(sum[:8])),
	}
	l.Subject = l.subject()
	m.Title, m.Short = l.Subject, l.short()
	m.Text, m.HTML = s.words(builtin, l)
	return m
}

func (s *Service) sendRecovery(ctx context.Context, ch Channel, m Message, u account.User, token string) {
	logger := s.Logger.With("org", u.OrgID, "user", u.ID)
	for m.Attempt = 1; ; m.Attempt++ {
		outcome := s.trySend(ctx, ch, m)
		detail := strings.ReplaceAll(outcome.Detail, token, "…")
		switch {
		case outcome.Accepted():
			logger.InfoContext(ctx, "a recovery mail was sent", "answer", detail)
			return
		case outcome.Result == Permanent || m.Attempt > len(recoveryPauses) || ctx.Err() != nil:
			logger.WarnContext(ctx, "a recovery mail could not be sent", "tries", m.Attempt, "answer", detail)
			return
		}
		timer := s.Clock.NewTimer(recoveryPauses[m.Attempt-1])
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// trySend hands a message to a channel. One that panics has failed.
func (s *Service) trySend(ctx context.Context, ch Channel, m Message) (outcome Outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			s.Logger.ErrorContext(ctx, "a channel panicked", "channel", ch.Kind(), "cause", fmt.Sprint(cause))
			outcome = Outcome{Result: Retry, Detail: "the channel failed"}
		}
	}()
	if err := ctx.Err(); err != nil {
		return Outcome{Result: Retry, Detail: "stopped before it was sent"}
	}
	return ch.Send(ctx, m)
}
