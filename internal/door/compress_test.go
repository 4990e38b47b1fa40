package door_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAnswersArePackedWhenItPays(t *testing.T) {
	long := strings.Repeat(`{"title":"disk full"}`, 200)
	cases := []struct {
		name, accept, kind, body string
		prepare                  func(w http.ResponseWriter)
		packed                   bool
	}{
		{"long json", "gzip, deflate", "application/json", long, nil, true},
		{"long problem", "gzip", "application/problem+json", long, nil, true},
		{"html", "br;q=1.0, gzip;q=0.8", "text/html; charset=utf-8", long, nil, true},
		{"anything accepted", "*", "application/json", long, nil, true},
		{"short", "gzip", "application/json", "{}", nil, false},
		{"not accepted", "", "application/json", long, nil, false},
		{"refused", "gzip;q=0, *", "application/json", long, nil, false},
		{"an image", "gzip", "image/png", long, nil, false},
		{"a stream", "gzip", "text/event-stream", long, nil, false},
		{"packed already", "gzip", "application/json", long, func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "zstd") }, false},
		{"a part", "gzip", "text/css", long, func(w http.ResponseWriter) { w.WriteHeader(http.StatusPartialContent) }, false},
	}
	f := newFront(t, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := serve(f.api(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.Header().Set("ETag", `"7"`)
				if c.prepare != nil {
					c.prepare(w)
				}
				// In pieces, as encoders write.
				for piece := range strings.SplitSeq(c.body, "}") {
					_, _ = io.WriteString(w, piece+"}")
				}
			}), get("/v1/x", "Accept-Encoding", c.accept))
			got := io.Reader(w.Body)
			if packed := w.Header().Get("Content-Encoding") == "gzip"; packed != c.packed {
				t.Fatalf("packed: %v, want %v", packed, c.packed)
			}
			if c.packed {
				if w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("ETag") != `W/"7"` {
					t.Errorf("headers %v", w.Header())
				}
				reader, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				got = reader
			}
			body, err := io.ReadAll(got)
			if err != nil || string(body) != c.body+"}" {
				t.Errorf("body %.60q… (%d bytes), error %v, want %d bytes", body, len(body), err, len(c.body)+1)
			}
		})
	}
}

func TestHeldBytesGoOutOnFlush(t *testing.T) {
	f := newFront(t, nil)
	serve(f.api(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": hi\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
	}), get("/v1/x", "Accept-Encoding", "gzip"))
	w := serve(f.api(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), get("/v1/x", "Accept-Encoding", "gzip"))
	if w.Code != http.StatusNoContent {
		t.Errorf("status %d, want 204", w.Code)
	}
}
