package channel

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const (
	maxHeaders     = 20
	maxHeaderName  = 100
	maxHeaderValue = 2000
)

var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // RFC 9110 §5.6.2
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e\x{80}-\x{10ffff}]*$`)
)

// ownHeaders are set by the transport, or say what the signature is about.
var ownHeaders = []string{
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Upgrade", "Expect",
	"Accept-Encoding", "Content-Encoding", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
}

// CheckHeaders takes headers that cannot change how the request is framed, or where it goes. The error does not repeat a value.
func (*webhook) CheckHeaders(headers map[string]string) error {
	if len(headers) > maxHeaders {
		return fmt.Errorf("are more than %d", maxHeaders)
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case len(name) > maxHeaderName || !headerName.MatchString(name):
			return fmt.Errorf("have the name %q, which is none", cut(name, maxHeaderName))
		case slices.Contains(ownHeaders, canonical) || strings.HasPrefix(canonical, "Proxy-"):
			return fmt.Errorf("have %s, which is the server's own to set", canonical)
		case seen[canonical]:
			return fmt.Errorf("have %s twice", canonical)
		case len(headers[name]) > maxHeaderValue || !headerValue.MatchString(headers[name]):
			return fmt.Errorf("have a value of %s with control characters or more than %d characters", canonical, maxHeaderValue)
		}
		seen[canonical] = true
	}
	return nil
}

// withoutValues takes out of an answer what it repeats of the headers, which may be secrets.
func withoutValues(answer string, headers map[string]string) string {
	const tooShortForASecret = 4
	for _, value := range headers {
		for _, word := range append([]string{value}, strings.Fields(value)...) {
			if len(word) > tooShortForASecret {
				answer = strings.ReplaceAll(answer, word, "…")
			}
		}
	}
	return answer
}
