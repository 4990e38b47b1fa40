package door_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func packed(t *testing.T, text string) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &buf
}

// echo answers with the length of the body, or the problem of reading it.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	_, _ = io.WriteString(w, strings.Repeat("x", len(body)))
}

// unsized hides a reader's length, so that the body is chunked.
func unsized(r io.Reader) io.Reader { return io.MultiReader(r) }

func TestBodyLimit(t *testing.T) {
	f := newFront(t, func(d *door.Deps) { d.BodyLimit = 1000 })
	bomb := packed(t, strings.Repeat("0", 1_000_000))
	cases := []struct {
		name   string
		body   io.Reader
		coding string
		status int
		length int
	}{
		{"fits exactly", strings.NewReader(strings.Repeat("x", 1000)), "", 200, 1000},
		{"chunked and fits exactly", unsized(strings.NewReader(strings.Repeat("x", 1000))), "", 200, 1000},
		{"one too many", strings.NewReader(strings.Repeat("x", 1001)), "", 413, 0},
		{"chunked and one too many", unsized(strings.NewReader(strings.Repeat("x", 1001))), "", 413, 0},
		{"gzip", packed(t, strings.Repeat("x", 1000)), "gzip", 200, 1000},
		{"gzip that unpacks to too much", packed(t, strings.Repeat("x", 1001)), "gzip", 413, 0},
		{"gzip that is too large packed", unsized(strings.NewReader(strings.Repeat("x", 1001))), "gzip", 400, 0},
		{"a bomb", bomb, "gzip", 413, 0},
		{"not gzip", strings.NewReader("plain"), "gzip", 400, 0},
		{"cut gzip", bytes.NewReader(packed(t, strings.Repeat("x", 900)).Bytes()[:12]), "gzip", 400, 0},
		{"identity", strings.NewReader("plain"), "identity", 200, 5},
		{"unknown coding", strings.NewReader("plain"), "br", 415, 0},
		{"coded twice", packed(t, "x"), "gzip, gzip", 415, 0},
		{"empty", http.NoBody, "", 200, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := request(http.MethodPost, "/v1/x", c.body)
			if c.coding != "" {
				r.Header.Set("Content-Encoding", c.coding)
			}
			w := serve(f.api(echo), r)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %.200s", w.Code, c.status, w.Body)
			}
			if c.status != http.StatusOK {
				problem(t, w)
			} else if w.Body.Len() != c.length {
				t.Errorf("read %d bytes, want %d", w.Body.Len(), c.length)
			}
		})
	}
}

func TestReadHeadKeepsWhatItCan(t *testing.T) {
	f := newFront(t, func(d *door.Deps) { d.BodyLimit = 10 })
	cut := packed(t, strings.Repeat("abcdefgh", 3)).Bytes()
	cases := []struct {
		name      string
		body      io.Reader
		coding    string
		want      string
		truncated bool
	}{
		{"whole", strings.NewReader("0123456789"), "", "0123456789", false},
		{"chunked", unsized(strings.NewReader("01234")), "", "01234", false},
		{"head", strings.NewReader("0123456789abc"), "", "0123456789", true},
		{"chunked head", unsized(strings.NewReader("0123456789abc")), "", "0123456789", true},
		{"empty", http.NoBody, "", "", false},
		{"not gzip", strings.NewReader("plain"), "gzip", "plain", false},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("012345678")), "", "012345678", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := request(http.MethodPost, "/v1/intake/generic/k", c.body)
			r.Header.Set("Content-Encoding", c.coding)
			serve(f.Lane(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, truncated, err := f.ReadHead(w, r)
				if err != nil || string(body) != c.want || truncated != c.truncated {
					t.Errorf("read %q, truncated %v, error %v; want %q, %v", body, truncated, err, c.want, c.truncated)
				}
				if rest, _ := io.ReadAll(r.Body); len(rest) != 0 {
					t.Errorf("%d bytes are left for the sender to choke on", len(rest))
				}
			})), r)
		})
	}
	wide := newFront(t, func(d *door.Deps) { d.BodyLimit = 100 })
	for name, c := range map[string]struct {
		body      []byte
		want      string
		truncated bool
	}{
		"gzip":       {cut, strings.Repeat("abcdefgh", 3), false},
		"cut gzip":   {cut[:len(cut)-8], strings.Repeat("abcdefgh", 3), true},
		"gzip of 1k": {packed(t, strings.Repeat("z", 1000)).Bytes(), strings.Repeat("z", 100), true},
	} {
		r := request(http.MethodPost, "/v1/intake/generic/k", bytes.NewReader(c.body), "Content-Encoding", "gzip")
		body, truncated, err := wide.ReadHead(nil, r)
		if err != nil || string(body) != c.want || truncated != c.truncated {
			t.Errorf("%s: read %q, truncated %v, error %v; want %q, %v", name, body, truncated, err, c.want, c.truncated)
		}
	}
}

func TestReadHeadTellsAConnectionThatBroke(t *testing.T) {
	f := newFront(t, nil)
	r := request(http.MethodPost, "/v1/intake/generic/k", iotest.ErrReader(errors.New("connection reset")))
	if _, _, err := f.ReadHead(nil, r); !fault.Is(err, fault.Malformed) {
		t.Errorf("error %v, want a malformed request", err)
	}
}
