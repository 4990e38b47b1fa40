package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// maxAnswer is how much of an answer's body is read, in bytes: a server that repeats the message it took is read to the end.
const maxAnswer = 64 << 10

// NewHTTPClient makes a client for an address that whoever runs the server has set: it may lie in their own network, but not where clouds
// answer with a machine's credentials, and redirects are not followed.
func NewHTTPClient(timeout time.Duration) *http.Client { return newHTTPClient(timeout, metadata) }

// newHTTPClient makes a client that follows no redirect (the guard has seen only the first address, and a body with links
// in it goes to nobody else) and refuses to dial what refused names.
func newHTTPClient(timeout time.Duration, refused func(netip.Addr) bool) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: guard(refused)}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:           dialer.DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          64,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       30 * time.Second,
			TLSHandshakeTimeout:   timeout,
			ResponseHeaderTimeout: timeout,
		},
	}
}

// answer is what an HTTP provider said.
type answer struct {
	status int
	header http.Header
	body   string
	broken bool // The body broke off.
}

// detail is the answer in one line.
func (a answer) detail() string {
	line := strings.TrimSpace(fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)))
	switch {
	case a.status >= 300 && a.status <= 399:
		line += ": redirects are not followed"
	case a.body != "" && !a.isPage():
		line += ": " + cut(oneLine(a.body), 200)
	}
	return line
}

// isPage reports whether a page for people answered: that of an error, of a login, of a hotel's network. What calls itself HTML is
// not always one, since many frameworks call a plain "ok" so; the body decides.
func (a answer) isPage() bool {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind == "application/xhtml+xml" || strings.HasPrefix(http.DetectContentType([]byte(a.body)), "text/html")
}

// doubtful is the outcome of a 2xx that is no believable yes.
func (a answer) doubtful(why string) notify.Outcome {
	return notify.Outcome{Result: notify.Retry, Detail: answer{status: a.status}.detail() + ", but " + why}
}

// after is how long the answer asks to be left alone, 0 when it does not say (RFC 9110 §10.2.3).
func (a answer) after(now time.Time) time.Duration {
	value := a.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func (a answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// unsure reports whether the message may have been taken all the same: a gateway answers for a server that it lost.
func (a answer) unsure() bool {
	return a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout
}

// exchange sends one request, which carries ctx. Without an answer it returns the outcome to report instead.
func exchange(ctx context.Context, client *http.Client, req *http.Request) (answer, *notify.Outcome) {
	var written atomic.Bool // Once it is, the provider may have the message whatever we hear.
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { written.Store(info.Err == nil) },
	}))
	resp, err := client.Do(req)
	if err != nil {
		result := notify.Retry
		if errors.Is(err, errInternal) {
			result = notify.Permanent
		}
		return answer{}, &notify.Outcome{Result: result, Detail: trouble(ctx, err), Unsure: written.Load()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return answer{status: resp.StatusCode, header: resp.Header, body: string(body), broken: err != nil}, nil
}

// checkURL reads an address that is a URL and returns it in its normal form.
func checkURL(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("names no host")
	case len(address) > 2000:
		return nil, errors.New("is longer than 2000 characters")
	}
	if err := checkHost(u.Hostname()); err != nil {
		return nil, err
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, errors.New("names a port that does not exist")
		}
	}
	u.Host, u.Fragment = strings.ToLower(u.Host), ""
	return u, nil
}

// hostOf is the host and port of an address that checkURL has accepted.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
