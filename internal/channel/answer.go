package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDetail is how much of a provider's answer is kept, in bytes.
const maxDetail = 500

// oneLine makes a provider's words fit for a row: no control characters, valid UTF-8, at most maxDetail bytes.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return cut(strings.Join(strings.Fields(text), " "), maxDetail)
}

// cut shortens text to at most limit bytes, on the border of a character, and shows that it did.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// trouble says in a sentence why no answer came. It never repeats the URL, which may hold a secret.
func trouble(ctx context.Context, err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	cert, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	dns, badName := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "stopped before an answer came"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), ctx.Err() != nil:
		return "no answer in time"
	case badCert:
		return oneLine("the server's certificate is not valid: " + cert.Err.Error())
	case badName && dns.IsNotFound:
		return oneLine("no such host: " + dns.Name)
	}
	return oneLine(err.Error())
}
