package channel

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

func init() { register("log", openLog) }

// logChannel writes what would have been sent to the server's log. It reaches nobody, except in a demo, where it is what the
// visitor reads.
type logChannel struct {
	logger *slog.Logger
	demo   bool
}

var _ notify.Channel = logChannel{}

func openLog(setup Setup) (notify.Channel, error) {
	return logChannel{logger: setup.Logger, demo: setup.Demo}, nil
}

func (logChannel) Kind() string { return "log" }

func (logChannel) Describe() notify.Info {
	return notify.Info{
		Title: "Server log", AddressLabel: "Name", AddressHint: "what to write before the message",
		LastResort: true, Timeout: time.Second, Parallel: 100,
	}
}

func (c logChannel) Reaches() bool { return c.demo }

func (logChannel) CheckAddress(address string) (string, error) {
	address = oneLine(address)
	if address == "" {
		return "", errors.New("is empty")
	}
	if len(address) > 255 {
		return "", errors.New("is longer than 255 characters")
	}
	return address, nil
}

func (c logChannel) Send(ctx context.Context, m notify.Message) notify.Outcome {
	if err := ctx.Err(); err != nil {
		return notify.Outcome{Result: notify.Retry, Detail: trouble(ctx, err)}
	}
	c.logger.LogAttrs(ctx, slog.LevelInfo, "this would have been sent",
		slog.String("action", m.Action), slog.String("to", m.Recipient), slog.String("title", m.Title),
		slog.String("text", strings.TrimSpace(m.Text)), slog.String("acknowledge_url", m.AckURL))
	return notify.Outcome{Result: notify.Sent, Detail: "written to the server's log"}
}
