package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	// A client has this long to send its head; bodies and answers have the doors' own limits, for streams stay open.
	headerBound = 10 * time.Second
	idleBound   = 2 * time.Minute
	maxHeader   = 64 << 10
)

// server is the HTTP listener of a node. Its requests live under a context that ends when the stop begins to press, so that
// event streams let go and the browsers behind them turn to another node.
type server struct {
	listener net.Listener
	http     *http.Server
	failed   chan error
	end      context.CancelFunc
}

// listen takes the address; who connects waits until serve. Fault: Unavailable when the address cannot be had.
func listen(ctx context.Context, address string, logger *slog.Logger) (*server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "listen", "The address "+address+" cannot be listened on")
	}
	return &server{listener: listener, failed: make(chan error, 1), end: func() {}, http: &http.Server{
		ReadHeaderTimeout: headerBound, IdleTimeout: idleBound, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}}, nil
}

func (s *server) address() string { return s.listener.Addr().String() }

// release gives the address up; after stop it is given up already.
func (s *server) release() error {
	if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// serve begins to answer. When ctx ends, every connection is cut.
func (s *server) serve(ctx context.Context, handler http.Handler) {
	base, end := context.WithCancel(ctx)
	s.end = end
	s.http.Handler = handler
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	context.AfterFunc(ctx, func() { _ = s.http.Close() })
	go func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
}

// streamGrace is how long ordinary requests may go on before the streams, which never end by themselves, are told to.
const streamGrace = 200 * time.Millisecond

// stop takes no new connection, lets requests finish and ends streams. What is still running at the bound is cut off.
func (s *server) stop(ctx context.Context) error {
	grace, cancel := context.WithTimeout(ctx, streamGrace)
	defer cancel()
	defer context.AfterFunc(grace, s.end)()
	defer s.end()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return s.release() // Shutdown knows the listener only once Serve has begun.
}
