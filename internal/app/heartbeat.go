package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/work"
)

const (
	heartbeatEvery = time.Minute
	heartbeatAgain = 10 * time.Second // after a call that failed, and while there is no reason to call
	heartbeatFirst = time.Second      // until the auditor has looked for the first time
	heartbeatBound = 5 * time.Second
)

// heartbeat calls an address each minute while the auditor is content, so that a dead-man's switch outside notices silence. Every
// node calls: the auditor looks at what all of them achieve, and a node that cannot reach the address is made up for by the others.
// It runs beside the loops: nothing waits for it, and a stop cuts it off.
type heartbeat struct {
	url     string
	client  *http.Client // see channel.NewHTTPClient
	clock   clock.Clock
	logger  *slog.Logger
	picture func() watch.Picture
	now     func() time.Time // by which pictures are dated

	sent, failed atomic.Int64
	mu           sync.Mutex
	standing     heartbeatStanding
	called       time.Time // when the address last took a call
}

type heartbeatStanding string

const (
	heartbeatNone     heartbeatStanding = "" // It has not come to call.
	heartbeatTaken    heartbeatStanding = "taken"
	heartbeatFailing  heartbeatStanding = "failing"
	heartbeatWithheld heartbeatStanding = "withheld"
)

func (h *heartbeat) loop() *work.Loop {
	return work.NewLoop("heartbeat", heartbeatEvery, h.once, h.clock, h.logger)
}

// once is a work.Pass. A call that fails is told of here, not by the loop.
func (h *heartbeat) once(ctx context.Context) (next time.Time, more bool, err error) {
	begun := h.clock.Now()
	switch picture := h.picture(); {
	case picture.At.IsZero():
		return begun.Add(heartbeatFirst), false, nil // The node has just begun.
	case !picture.Content(h.now()):
		h.becomes(ctx, heartbeatWithheld, nil)
		return begun.Add(heartbeatAgain), false, nil
	}
	if err := h.call(ctx); err != nil {
		if ctx.Err() == nil {
			h.failed.Add(1)
			h.becomes(ctx, heartbeatFailing, err)
		}
		return begun.Add(heartbeatAgain), false, nil
	}
	h.sent.Add(1)
	h.becomes(ctx, heartbeatTaken, nil)
	return begun.Add(heartbeatEvery), false, nil
}

func (h *heartbeat) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, heartbeatBound)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, http.NoBody)
	if err != nil {
		return errors.New("the address is not a URL")
	}
	request.Header.Set("User-Agent", "Tocsin")
	response, err := h.client.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // Without the address: whoever knows it can keep the switch quiet.
		}
		return err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 4096) // So that the connection can be used again.
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}

// becomes keeps where it stands, and tells the log when that has changed.
func (h *heartbeat) becomes(ctx context.Context, standing heartbeatStanding, cause error) {
	h.mu.Lock()
	before := h.standing
	h.standing = standing
	if standing == heartbeatTaken {
		h.called = h.clock.Now()
	}
	h.mu.Unlock()
	if before == standing {
		return
	}
	switch standing {
	case heartbeatTaken:
		h.logger.InfoContext(ctx, "the heartbeat is heard")
	case heartbeatFailing:
		h.logger.WarnContext(ctx, "the heartbeat is not heard", "error", cause)
	case heartbeatWithheld:
		h.logger.WarnContext(ctx, "the heartbeat is withheld, for the auditor is not content")
	case heartbeatNone:
	}
}

// check is its part of /health.
func (h *heartbeat) check() component {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch h.standing {
	case heartbeatFailing:
		return component{Status: statusWarning, Detail: "The address does not take the heartbeat."}
	case heartbeatWithheld:
		return component{Status: statusWarning, Detail: "It is withheld until the auditor is content."}
	case heartbeatNone, heartbeatTaken:
	}
	return component{Status: statusOK}
}

// lastCalled is when the address last took a call, in seconds since 1970; 0 for never.
func (h *heartbeat) lastCalled() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.called.IsZero() {
		return 0
	}
	return float64(h.called.UnixMicro()) / 1e6
}
