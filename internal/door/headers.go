package door

import (
	"maps"
	"net/http"
	"strings"
)

// The policies that hold unless a page sets its own.
const (
	apiPolicy  = "default-src 'none'; frame-ancestors 'none'"
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// The header sets are shared between requests: their slices are never appended to, for Set and Add replace or copy a full
// slice.
var (
	apiHeaders = map[string][]string{
		"X-Content-Type-Options":       one("nosniff"),
		"X-Frame-Options":              one("DENY"),
		"Referrer-Policy":              one("no-referrer"),
		"Content-Security-Policy":      one(apiPolicy),
		"Cross-Origin-Resource-Policy": one("same-origin"),
		"Cache-Control":                one("no-store"),
	}
	pageHeaders = map[string][]string{
		"X-Content-Type-Options":       one("nosniff"),
		"X-Frame-Options":              one("DENY"),
		"Referrer-Policy":              one("same-origin"),
		"Content-Security-Policy":      one(pagePolicy),
		"Cross-Origin-Resource-Policy": one("same-origin"),
		"Cross-Origin-Opener-Policy":   one("same-origin"),
		"Permissions-Policy":           one("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
		"Cache-Control":                one("no-store"),
	}
	stayOnTLS = one("max-age=31536000")
)

// one is a header's only value; its capacity is full, so that appending to it copies.
func one(value string) []string { return []string{value}[:1:1] }

func (d *Door) secureHeaders(set map[string][]string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, set)
		if d.secure {
			h["Strict-Transport-Security"] = stayOnTLS
		}
		next.ServeHTTP(w, r)
	})
}

// What a page of another origin may send and read, when its origin is configured. Credentials are never allowed: /v1 takes
// no cookies.
const (
	corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id"
	corsExposed = "ETag, Link, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Next-Cursor, X-Request-Id, " +
		"X-Total-Capped, X-Total-Count"
)

func (d *Door) cors(next http.Handler) http.Handler {
	if len(d.origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		origin := strings.TrimSuffix(r.Header.Get("Origin"), "/")
		if origin == "" || !d.origins[origin] {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", corsExposed)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsHeaders)
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
