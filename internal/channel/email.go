package channel

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func init() {
	register("email", openEmail, Setting{
		Name:   "smtp_url",
		Help:   "the mail server: smtp://user:password@host:port?from=pages@example.org&tls=starttls|tls|none, or smtps://…",
		Secret: true,
	})
}

const emailTimeout = 15 * time.Second

// email sends through one SMTP server.
type email struct {
	post    *postOffice // nil when no mail server is configured
	timeout time.Duration
}

var (
	_ notify.Channel  = (*email)(nil)
	_ notify.Provided = (*email)(nil)
)

func openEmail(setup Setup) (notify.Channel, error) {
	text := setup.Values["smtp_url"]
	if text == "" {
		return &email{}, nil
	}
	settings, err := parseSMTPURL(text)
	if err != nil {
		return nil, err
	}
	return &email{post: newPostOffice(settings, setup.Clock), timeout: emailTimeout}, nil
}

func (*email) Kind() string { return "email" }

func (*email) Describe() notify.Info {
	return notify.Info{
		Title: "E-mail", AddressLabel: "Address", AddressHint: "name@example.org", Proof: true, HTML: true,
		Timeout: emailTimeout, Parallel: maxConnections,
	}
}

func (c *email) Reaches() bool { return c.post != nil }

// CheckAddress refuses, besides what can be nowhere, the domains that only this machine could know: most are a slip of the hand.
func (*email) CheckAddress(address string) (string, error) {
	address, err := normalAddress(address)
	if err != nil {
		return "", err
	}
	domain := address[strings.LastIndexByte(address, '@')+1:]
	if isLocal(domain) || !strings.Contains(domain, ".") && !strings.HasPrefix(domain, "[") {
		return "", errors.New("has a domain that the internet does not know")
	}
	return address, nil
}

// normalAddress takes a bare address (RFC 5322 addr-spec) and lower-cases its domain.
func normalAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address || oneLine(address) != address {
		return "", errors.New("is not an e-mail address")
	}
	if len(address) > 320 {
		return "", errors.New("is longer than 320 characters")
	}
	at := strings.LastIndexByte(address, '@')
	local, domain := address[:at+1], strings.ToLower(address[at+1:])
	if !strings.HasPrefix(domain, "[") {
		if err := checkHost(domain); err != nil {
			return "", err
		}
	}
	return local + domain, nil
}

// Provider is the mail server: all mail stands or falls with it.
func (c *email) Provider(string) string {
	if c.post == nil {
		return ""
	}
	return c.post.settings.host
}

// Close ends the connections that are kept open.
func (c *email) Close() error {
	if c.post != nil {
		c.post.close()
	}
	return nil
}

func (c *email) Send(ctx context.Context, m notify.Message) notify.Outcome {
	if c.post == nil {
		return notify.Outcome{Result: notify.Retry, Detail: "no mail server is configured (TOCSIN_SMTP_URL)"}
	}
	letter, err := c.post.settings.letter(m)
	if err != nil {
		return notify.Outcome{Result: notify.Permanent, Detail: oneLine(err.Error())}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.post.deliver(ctx, letter)
}

// letter is m as a MIME message with a text and an HTML part. Its Message-ID is the same for every attempt, so that a mailbox
// can drop the second copy, and all letters of an incident refer to one ancestor that was never sent, which is how mail
// programs gather them in one thread (RFC 5256, the REFERENCES algorithm).
func (s smtpSettings) letter(m notify.Message) (*gomail.Msg, error) {
	to, err := normalAddress(m.To)
	if err != nil {
		return nil, fmt.Errorf("the address %w", err)
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(&s.from)
	letter.ToMailAddress(&mail.Address{Name: oneLine(m.Recipient), Address: to})
	domain := s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	letter.SetMessageIDWithValue(m.IdempotencyKey + "@" + domain)
	letter.SetDateWithValue(m.At)
	letter.Subject(oneLine(m.Title))
	if m.Thread != "" {
		ancestor := "<" + m.Thread + "@" + domain + ">"
		letter.SetGenHeader(gomail.HeaderInReplyTo, ancestor)
		letter.SetGenHeader(gomail.HeaderReferences, ancestor)
	}
	if m.Urgency == "high" {
		letter.SetImportance(gomail.ImportanceHigh)
	}
	// Mail robots must not answer (RFC 3834).
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetGenHeader("X-Auto-Response-Suppress", "All")
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}
