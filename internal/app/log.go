package app

import (
	"io"
	"log/slog"
)

// NewLogger writes structured lines to out as the configuration wants them: text for people, JSON for collectors.
func NewLogger(cfg Config, out io.Writer) *slog.Logger {
	level, err := parseLevel(cfg.LogLevel)
	if err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
