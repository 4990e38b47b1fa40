package door

import (
	"log/slog"
	"net/http"
	"strings"
)

// finish writes the one line per request and reports it to metrics. The line has neither query nor secret path parts.
func (d *Door) finish(x *exchange, r *http.Request, ordinary slog.Level) {
	status := x.status
	if status == 0 {
		status = http.StatusOK
	}
	took := d.clock.Now().Sub(x.start)
	if d.observe != nil {
		d.observe(Seen{Method: r.Method, Route: x.route, Status: status, Took: took})
	}
	level := ordinary
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case status >= http.StatusBadRequest:
		level = slog.LevelInfo
	}
	if !d.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", x.id), slog.String("method", r.Method), slog.String("path", shownPath(r.URL.Path, x.route)),
		slog.Int("status", status), slog.Int64("bytes", x.bytes), slog.Duration("took", took), slog.String("address", x.address),
	}
	if x.actor.UserID != 0 {
		attrs = append(attrs, slog.Int64("user_id", x.actor.UserID))
	}
	if x.err != nil {
		attrs = append(attrs, slog.String("error", x.err.Error()))
	}
	d.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// secretParts are the path parameters that are credentials or name a person's account.
var secretParts = []string{"{key}", "{token}", "{email}"}

// shownPath is the path as it may stand in a log: a route with a secret part is shown as its pattern, and of a path that
// matched nothing only the first parts are kept, for the rest may be a mistyped intake URL.
func shownPath(path, route string) string {
	for _, part := range secretParts {
		if strings.Contains(route, part) {
			return route[strings.IndexByte(route, '/'):]
		}
	}
	if route != "" {
		return path
	}
	const kept = 3
	cut := 0
	for range kept + 1 {
		next := strings.IndexByte(path[cut:], '/')
		if next < 0 {
			return path
		}
		cut += next + 1
	}
	return path[:cut] + "…"
}
