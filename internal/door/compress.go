package door

import (
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// smallest is the body size from which packing pays: what fits one packet is sent as it is.
const smallest = 1200

var packers = sync.Pool{New: func() any {
	// The level is valid, so there is no error.
	packer, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return packer
}}

// compress packs answers for clients that take gzip, except for small ones, streams, and what is packed already.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || !takesGzip(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		packed := &packedWriter{ResponseWriter: w}
		// Not deferred: after a panic the half-written answer must not be completed.
		next.ServeHTTP(packed, r)
		packed.close()
	})
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3).
func takesGzip(h http.Header) bool {
	anything := false
	for part := range strings.SplitSeq(strings.Join(h["Accept-Encoding"], ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		wanted := true
		if q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			wanted = err == nil && weight > 0
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			anything = wanted
		}
	}
	return anything
}

// packedWriter holds back the first bytes until it is clear whether packing pays.
type packedWriter struct {
	http.ResponseWriter
	status  int
	held    []byte
	decided bool
	packer  *gzip.Writer // nil: goes out plain
}

func (p *packedWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *packedWriter) WriteHeader(status int) {
	switch {
	case status < http.StatusOK:
		p.ResponseWriter.WriteHeader(status)
	case p.status == 0:
		p.status = status
	}
}

func (p *packedWriter) Write(data []byte) (int, error) {
	if !p.decided {
		if len(p.held)+len(data) < smallest {
			p.held = append(p.held, data...)
			return len(data), nil
		}
		if err := p.decide(true); err != nil {
			return 0, err
		}
	}
	if p.packer != nil {
		return p.packer.Write(data)
	}
	return p.ResponseWriter.Write(data)
}

// FlushError sends what is held: a stream goes out plain, at once.
func (p *packedWriter) FlushError() error {
	if !p.decided {
		if err := p.decide(false); err != nil {
			return err
		}
	}
	if p.packer != nil {
		if err := p.packer.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Flush is FlushError for those who ask for an http.Flusher.
func (p *packedWriter) Flush() { _ = p.FlushError() }

// decide settles how the answer goes out and sends its header and what was held.
func (p *packedWriter) decide(large bool) error {
	p.decided = true
	if p.status == 0 {
		p.status = http.StatusOK
	}
	h := p.Header()
	if h.Get("Content-Type") == "" && len(p.held) > 0 {
		h.Set("Content-Type", http.DetectContentType(p.held))
	}
	packable := p.packable(h)
	if packable {
		h.Add("Vary", "Accept-Encoding")
	}
	if large && packable {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
			h.Set("ETag", "W/"+tag)
		}
		p.packer = packers.Get().(*gzip.Writer)
		p.packer.Reset(p.ResponseWriter)
	}
	p.ResponseWriter.WriteHeader(p.status)
	held := p.held
	p.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := p.Write(held)
	return err
}

func (p *packedWriter) packable(h http.Header) bool {
	if p.status == http.StatusNoContent || p.status == http.StatusNotModified || p.status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind == "text/event-stream" {
		return false
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml") ||
		strings.HasSuffix(kind, "javascript") || kind == "application/yaml"
}

func (p *packedWriter) close() {
	if !p.decided && (p.status != 0 || len(p.held) > 0) {
		_ = p.decide(false)
	}
	if p.packer != nil {
		_ = p.packer.Close()
		p.packer.Reset(io.Discard)
		packers.Put(p.packer)
		p.packer = nil
	}
}
