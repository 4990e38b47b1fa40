package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tocsinhq/tocsin/internal/db"
)

// wire is what travels between nodes.
type wire struct {
	Node   string `json:"node"`
	Notice Notice `json:"notice"`
}

const (
	channel     = "tocsin"
	retryFirst  = 100 * time.Millisecond
	retryLast   = 5 * time.Second
	sendTimeout = 5 * time.Second
	quietTime   = 5 * time.Second // without a notice, after which the connection has to prove that it lives
)

// Run carries notices between the nodes until ctx ends: it listens on a connection of its own, which must reach PostgreSQL
// itself and not a pooler, and sends what this node announces. It reconnects by itself; after each gap watchers are told to
// reload. On SQLite there are no other nodes and it only waits.
func (h *Hub) Run(ctx context.Context, url string, logger *slog.Logger) {
	if !h.far {
		<-ctx.Done()
		return
	}
	wait := retryFirst
	for ctx.Err() == nil {
		connected, err := h.carry(ctx, url)
		if ctx.Err() != nil {
			return
		}
		if connected {
			wait = retryFirst
		}
		logger.WarnContext(ctx, "notices between nodes are interrupted", "error", err, "again_in", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, retryLast)
	}
}

// carry listens and sends until a connection breaks. Two connections: one that waits cannot send.
func (h *Hub) carry(ctx context.Context, url string) (connected bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config, err := db.PostgresConfig(url)
	if err != nil {
		return false, err
	}
	listener, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer closeQuietly(ctx, listener)
	if _, err := listener.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	sender, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer closeQuietly(ctx, sender)
	h.deliver(Notice{Topic: TopicReload})
	sending := make(chan error, 1)
	go func() {
		sending <- h.send(ctx, sender)
		cancel() // A sender that fails ends the listening, so that both start anew.
	}()
	err = h.listen(ctx, listener)
	cancel()
	if sendErr := <-sending; sendErr != nil {
		err = sendErr
	}
	return true, err
}

func closeQuietly(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// listen hears notices until the connection breaks. When it has heard nothing for a while it asks whether anybody is there: a network that
// swallows everything sounds like a quiet night.
func (h *Hub) listen(ctx context.Context, conn *pgx.Conn) error {
	for {
		got, err := hear(ctx, conn)
		if err != nil {
			return err
		}
		if got == nil {
			continue
		}
		var w wire
		if err := json.Unmarshal([]byte(got.Payload), &w); err != nil {
			h.deliver(Notice{Topic: TopicReload}) // A newer node's words: something changed.
			continue
		}
		if w.Node != h.node {
			h.deliver(w.Notice)
		}
	}
}

// hear waits for a notice; none came when there is neither a notice nor an error.
func hear(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	quiet, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	got, err := conn.WaitForNotification(quiet)
	if err == nil || quiet.Err() == nil || ctx.Err() != nil {
		return got, err
	}
	ping, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return nil, conn.Ping(ping)
}

func (h *Hub) send(ctx context.Context, conn *pgx.Conn) error {
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			return nil
		}
		for _, n := range h.take() {
			payload, err := json.Marshal(wire{Node: h.node, Notice: n})
			if err != nil {
				return err
			}
			sendCtx, cancel := context.WithTimeout(ctx, sendTimeout)
			_, err = conn.Exec(sendCtx, "SELECT pg_notify($1, $2)", channel, string(payload))
			cancel()
			if err != nil {
				return err
			}
		}
	}
}
