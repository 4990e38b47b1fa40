package channel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
)

const (
	maxConnections = 10               // to the mail server at a time
	maxLetters     = 50               // over one connection: servers end longer ones
	maxIdle        = 20 * time.Second // after which a connection is not trusted any more
)

// postOffice speaks to one SMTP server and keeps a few connections, for a storm of pages would otherwise pay a handshake for each.
type postOffice struct {
	settings smtpSettings
	clock    clock.Clock
	mu       sync.Mutex
	idle     []*courier // the longest unused first
}

// courier is one connection that has said hello, and login if there is one.
type courier struct {
	*smtp.Client
	conn      net.Conn // below TLS: closing it ends whatever is going on
	letters   int
	idleSince time.Time
}

// stage is where in the exchange something went wrong; it decides whether an answer means this letter or the whole server.
type stage string

const (
	atConnect   stage = "connecting"
	atSender    stage = "MAIL FROM"
	atRecipient stage = "RCPT TO"
	atContent   stage = "DATA"
	atEnd       stage = "end of DATA" // from here the server may have taken the letter, whatever we hear
)

func newPostOffice(settings smtpSettings, clk clock.Clock) *postOffice {
	return &postOffice{settings: settings, clock: clk}
}

// deliver hands over one letter: over a kept connection if there is one that still lives, else over a new one.
func (p *postOffice) deliver(ctx context.Context, letter *gomail.Msg) notify.Outcome {
	if kept := p.take(); kept != nil {
		outcome, alive := p.handOver(ctx, kept, letter)
		if alive || ctx.Err() != nil {
			return outcome
		}
	}
	fresh, err := p.connect(ctx)
	if err != nil {
		return p.failure(ctx, atConnect, err)
	}
	outcome, _ := p.handOver(ctx, fresh, letter)
	return outcome
}

// handOver sends a letter over c and keeps or closes c. It reports alive = false only when a kept connection turned out dead
// before the server could have taken the letter, so that sending it over another one cannot make a second copy.
func (p *postOffice) handOver(ctx context.Context, c *courier, letter *gomail.Msg) (outcome notify.Outcome, alive bool) {
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	answered, at, err := c.carry(letter)
	untouched := stop()
	if err == nil {
		if untouched {
			p.keep(c)
		} else {
			_ = c.Close()
		}
		id := strings.Trim(letter.GetMessageID(), "<>")
		return notify.Outcome{Result: notify.Sent, Ref: id, Detail: p.clean("250 " + answered)}, true
	}
	_ = c.Close()
	spoken, spoke := errors.AsType[*textproto.Error](err)
	dead := c.letters > 0 && at != atContent && at != atEnd && (!spoke || spoken.Code == 421) // 421: closing, say at once after idling
	return p.failure(ctx, at, err), !dead
}

// carry is one mail transaction (RFC 5321 §3.3). It returns the server's answer to the content, which is its promise to deliver.
func (c *courier) carry(letter *gomail.Msg) (answered string, at stage, err error) {
	sender, err := letter.GetSender(false)
	if err != nil {
		return "", atSender, err
	}
	recipients, err := letter.GetRecipients()
	if err != nil {
		return "", atRecipient, err
	}
	if err := c.Mail(sender); err != nil {
		return "", atSender, err
	}
	for _, recipient := range recipients {
		if err := c.Rcpt(recipient); err != nil {
			return "", atRecipient, err
		}
	}
	content, err := c.Data()
	if err != nil {
		return "", atContent, err
	}
	if _, err := letter.WriteTo(content); err != nil {
		return "", atContent, err
	}
	if err := content.Close(); err != nil {
		return "", atEnd, err
	}
	if closer, ok := content.(*smtp.DataCloser); ok {
		answered = closer.ServerResponse()
	}
	return answered, "", nil
}

// failure turns an error into an outcome. Final is only what the server says with 5xx about the recipient or the content; a
// refused login or sender is our configuration, which somebody may mend while the page is still wanted.
func (p *postOffice) failure(ctx context.Context, at stage, err error) notify.Outcome {
	spoken, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return notify.Outcome{Result: notify.Retry, Detail: p.clean(trouble(ctx, err)), Unsure: at == atEnd}
	}
	outcome := notify.Outcome{Result: notify.Retry, Detail: p.clean(fmt.Sprintf("%d %s (%s)", spoken.Code, spoken.Msg, at))}
	if spoken.Code >= 500 && (at == atRecipient || at == atContent || at == atEnd) {
		outcome.Result = notify.Permanent
	}
	return outcome
}

// clean makes a server's words fit to be kept: one line, and never the password, should a server repeat it.
func (p *postOffice) clean(text string) string {
	if p.settings.pass != "" {
		text = strings.ReplaceAll(text, p.settings.pass, "…")
	}
	return oneLine(text)
}

// connect opens a connection, says hello, starts TLS and logs in.
func (p *postOffice) connect(ctx context.Context) (*courier, error) {
	s, c := &p.settings, &courier{}
	client, err := gomail.NewClient(s.host, gomail.WithPort(s.port), gomail.WithTimeout(emailTimeout),
		gomail.WithTLSConfig(s.tlsConfig()), gomail.WithTLSPolicy(map[tlsMode]gomail.TLSPolicy{
			tlsStartTLS: gomail.TLSMandatory, tlsOpportunistic: gomail.TLSOpportunistic,
			tlsNone: gomail.NoTLS, tlsImplicit: gomail.NoTLS, // implicit TLS is there already, from dial
		}[s.mode]), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return p.dial(ctx, c, network, address)
		}))
	if err != nil {
		return nil, err
	}
	// What follows the dialling does not look at the context, so the connection itself ends with it.
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if c.conn != nil {
			_ = c.conn.Close()
		}
	})
	defer stop()
	c.Client, err = client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		err = s.login(c.Client)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if c.conn != nil {
			_ = c.conn.Close()
		}
		return nil, err
	}
	return c, nil
}

func (p *postOffice) dial(ctx context.Context, c *courier, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	c.conn = raw
	p.mu.Unlock()
	if p.settings.mode != tlsImplicit {
		return raw, nil
	}
	secured := tls.Client(raw, p.settings.tlsConfig())
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secured, nil
}

// login proves who we are with the best way that the server offers (RFC 4954), if a user is set.
func (s *smtpSettings) login(client *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	_, err := client.GetTLSConnectionState()
	plain := err != nil // the configuration allows it, else we would not have come here
	ways := map[string]smtp.Auth{
		"SCRAM-SHA-256": smtp.ScramSHA256Auth(s.user, s.pass),
		"PLAIN":         smtp.PlainAuth("", s.user, s.pass, s.host, plain),
		"LOGIN":         smtp.LoginAuth(s.user, s.pass, s.host, plain),
		"CRAM-MD5":      smtp.CRAMMD5Auth(s.user, s.pass),
	}
	for _, way := range []string{"SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"} {
		if containsWord(offered, way) {
			return client.Auth(ways[way])
		}
	}
	return errors.New("the mail server offers no way to log in that we know: " + cmp.Or(offered, "none at all"))
}

func containsWord(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// take returns the connection used last, if it is still fresh, and ends those that are not.
func (p *postOffice) take() *courier {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	for len(p.idle) > 0 && now.Sub(p.idle[0].idleSince) > maxIdle {
		_ = p.idle[0].conn.Close()
		p.idle = p.idle[1:]
	}
	if len(p.idle) == 0 {
		return nil
	}
	last := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	// A deadline of its own: the one set while connecting may be near.
	_ = last.UpdateDeadline(emailTimeout)
	return last
}

func (p *postOffice) keep(c *courier) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.letters++
	if c.letters >= maxLetters || len(p.idle) >= maxConnections {
		_ = c.conn.Close()
		return
	}
	c.idleSince = p.clock.Now()
	p.idle = append(p.idle, c)
}

// close ends the kept connections.
func (p *postOffice) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		_ = c.conn.Close()
	}
	p.idle = nil
}
