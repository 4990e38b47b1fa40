package channel

import (
	"crypto/tls"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// tlsMode says how the connection to the mail server is protected.
type tlsMode string

const (
	tlsImplicit      tlsMode = "tls"      // from the first byte (RFC 8314)
	tlsStartTLS      tlsMode = "starttls" // required, with a valid certificate (RFC 3207)
	tlsNone          tlsMode = "none"
	tlsOpportunistic tlsMode = "" // STARTTLS if offered, whoever the server is (RFC 7435)
)

// smtpSettings is what TOCSIN_SMTP_URL says.
type smtpSettings struct {
	host       string
	port       int
	user, pass string
	from       mail.Address
	mode       tlsMode
	roots      *tls.Config // the base of every TLS connection; nil is the system's
}

// parseSMTPURL reads smtp://user:password@host:port?from=…&tls=…. Without tls, a login is sent only over STARTTLS with a valid
// certificate (or to this machine itself), and mail without login uses STARTTLS when it is offered. The error never repeats the URL.
func parseSMTPURL(text string) (smtpSettings, error) {
	u, err := url.Parse(text)
	if err != nil {
		return smtpSettings{}, errors.New("smtp_url is not a URL (a password's special characters are written as %XX)")
	}
	query := u.Query()
	s := smtpSettings{host: u.Hostname(), user: u.User.Username(), mode: tlsMode(query.Get("tls"))}
	s.pass, _ = u.User.Password()
	switch {
	case u.Scheme == "smtps":
		s.mode = tlsImplicit
	case u.Scheme != "smtp":
		return s, errors.New("smtp_url must begin with smtp:// or smtps://")
	}
	if s.host == "" {
		return s, errors.New("smtp_url names no host")
	}
	for name := range query {
		if name != "from" && name != "tls" {
			return s, errors.New("smtp_url knows from and tls, not " + strconv.Quote(name))
		}
	}
	if !slices.Contains([]tlsMode{tlsImplicit, tlsStartTLS, tlsNone, tlsOpportunistic}, s.mode) {
		return s, errors.New("smtp_url's tls must be starttls, tls or none")
	}
	if s.mode == tlsOpportunistic && s.user != "" && !s.local() {
		s.mode = tlsStartTLS
	}
	if err := s.setPort(u.Port()); err != nil {
		return s, err
	}
	return s, s.setFrom(query.Get("from"))
}

func (s *smtpSettings) setPort(text string) error {
	if text == "" {
		s.port = map[tlsMode]int{tlsImplicit: 465, tlsStartTLS: 587, tlsNone: 25, tlsOpportunistic: 25}[s.mode]
		return nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return errors.New("smtp_url's port must be between 1 and 65535")
	}
	s.port = port
	return nil
}

// setFrom takes the sender, "Tocsin <pages@example.org>" or a bare address; a login that is an address will do.
func (s *smtpSettings) setFrom(text string) error {
	if text == "" && strings.Contains(s.user, "@") {
		text = s.user
	}
	if text == "" {
		return errors.New("smtp_url must say whom mail is from: …?from=pages@example.org")
	}
	from, err := mail.ParseAddress(text)
	if err != nil {
		return errors.New("smtp_url's from is not an e-mail address")
	}
	s.from = *from
	if s.from.Name == "" {
		s.from.Name = "Tocsin"
	}
	return nil
}

// local reports whether the server is on this machine, where nobody listens in.
func (s *smtpSettings) local() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (s *smtpSettings) tlsConfig() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.roots != nil {
		config = s.roots.Clone()
	}
	config.ServerName = s.host
	// Opportunistic: better than plain text, which is what would be used otherwise.
	config.InsecureSkipVerify = s.mode == tlsOpportunistic
	return config
}
