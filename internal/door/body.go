package door

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// limitBody refuses bodies over the limit and unpacks gzip, the unpacked size counting too.
func (d *Door) limitBody(next http.Handler, refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > d.bodyLimit {
			refuse(w, r, tooLarge(d.bodyLimit))
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := io.ReadCloser(&limitedBody{from: d.timedBody(w, r), left: d.bodyLimit, limit: d.bodyLimit})
		switch coding := contentCoding(r); coding {
		case "":
		case "gzip":
			body = &limitedBody{from: &unpacked{packed: body}, left: d.bodyLimit, limit: d.bodyLimit}
			r = r.WithContext(r.Context())
			r.Header = r.Header.Clone()
			r.Header.Del("Content-Encoding")
			r.ContentLength = -1
		default:
			w.Header().Set("Accept-Encoding", "gzip")
			NewProblem(r.Context(), http.StatusUnsupportedMediaType, "unknown_encoding",
				"The body's Content-Encoding is not known here; send it plain or with gzip.").Write(w)
			return
		}
		r.Body = body
		next.ServeHTTP(w, r)
	})
}

// timedBody is the request's body that must arrive within the deadline. The deadline is taken off the connection at the end of
// the body: net/http goes on reading to see the client leave, and would take a late deadline for that.
func (d *Door) timedBody(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	connection := http.NewResponseController(w)
	if connection.SetReadDeadline(socketDeadline(d.deadline)) != nil {
		return r.Body
	}
	return &timedBody{ReadCloser: r.Body, connection: connection}
}

type timedBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		_ = b.connection.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fault.Wrap(err, fault.Malformed, "slow_body", "The body did not arrive in time.")
	}
	return n, err
}

func contentCoding(r *http.Request) string {
	coding := strings.ToLower(strings.TrimSpace(strings.Join(r.Header["Content-Encoding"], ",")))
	switch coding {
	case "identity":
		return ""
	case "x-gzip":
		return "gzip"
	}
	return coding
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "body_too_large", "The body is too large: at most %d bytes are taken.", limit)
}

// limitedBody fails with TooLarge once more than limit bytes have been read.
type limitedBody struct {
	from  io.ReadCloser
	left  int64
	limit int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, tooLarge(b.limit)
	}
	// One byte more than is left tells a body that fits exactly from one that does not.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, tooLarge(b.limit)
	}
	return n, err
}

func (b *limitedBody) Close() error { return b.from.Close() }

// unpacked is a gzip body; what is not gzip is Malformed.
type unpacked struct {
	packed io.ReadCloser
	reader *gzip.Reader
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.reader == nil {
		reader, err := gzip.NewReader(u.packed)
		if err != nil {
			return 0, notGzip(err)
		}
		u.reader = reader
	}
	n, err := u.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, notGzip(err)
	}
	return n, err
}

func (u *unpacked) Close() error { return u.packed.Close() }

func notGzip(err error) error {
	if _, typed := errors.AsType[*fault.Error](err); typed {
		return err
	}
	return fault.Wrap(err, fault.Malformed, "bad_gzip", "The body says that it is gzip, but it cannot be unpacked.")
}

// drained bounds what is read and thrown away behind a head that was kept: a sender that is cut off in the middle of its
// body may never read the answer.
const drained = 16 << 20

// ReadHead reads a body whole, or its first bytes when it is longer than the door's limit: intake keeps what it can rather
// than refuse. gzip is unpacked; of a body that cannot be unpacked the bytes are kept as they came. The error is the
// connection's: nothing readable arrived.
func (d *Door) ReadHead(w http.ResponseWriter, r *http.Request) (body []byte, truncated bool, err error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, false, nil
	}
	from := d.timedBody(w, r)
	body, truncated, err = readUpTo(from, d.bodyLimit, r.ContentLength)
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Malformed, "unreadable_body", "The body could not be read to its end.")
	}
	if truncated {
		_, _ = io.CopyN(io.Discard, from, drained)
	}
	if contentCoding(r) != "gzip" {
		return body, truncated, nil
	}
	if plain, cut, ok := unpackHead(body, d.bodyLimit); ok {
		return plain, truncated || cut, nil
	}
	return body, truncated, nil
}

func readUpTo(from io.Reader, limit, expected int64) (body []byte, truncated bool, err error) {
	if expected < 0 || expected > limit {
		expected = 512
	}
	// One byte beyond what is expected lets the reader see the end without growing.
	body = make([]byte, 0, expected+1)
	limited := io.LimitReader(from, limit+1)
	for {
		n, err := limited.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return body[:limit], true, nil
		case errors.Is(err, io.EOF):
			return body, false, nil
		case err != nil:
			return nil, false, fmt.Errorf("read the body: %w", err)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

// unpackHead unpacks as much as it can; ok is false when not even a first byte comes out.
func unpackHead(packed []byte, limit int64) (plain []byte, truncated, ok bool) {
	reader, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		return nil, false, false
	}
	plain, err = io.ReadAll(io.LimitReader(reader, limit+1))
	if int64(len(plain)) > limit {
		return plain[:limit], true, true
	}
	return plain, err != nil, err == nil || len(plain) > 0
}
