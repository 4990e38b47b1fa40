package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestStopLetsRequestsFinishAndEndsStreams(t *testing.T) {
	entered, leave, streamEnded := make(chan struct{}), make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/work", func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "finished")
	})
	streaming := make(chan struct{})
	mux.HandleFunc("/stream", func(_ http.ResponseWriter, r *http.Request) {
		close(streaming)
		<-r.Context().Done()
		close(streamEnded)
	})
	s := serve(t, mux)
	base := "http://" + s.address()
	answers := make(chan string, 1)
	go func() {
		answers <- get(t, base+"/work")
	}()
	go get(t, base+"/stream")
	<-entered
	<-streaming
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop(t.Context()) }()
	<-streamEnded
	close(leave)
	if answer := <-answers; answer != "finished" {
		t.Errorf("the request under way got %q", answer)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestStopIsBounded(t *testing.T) {
	entered := make(chan struct{})
	hung := make(chan struct{})
	defer close(hung)
	s := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-hung
	}))
	go get(t, "http://"+s.address())
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.stop(ctx); err == nil {
		t.Error("a request that hangs was not reported")
	}
}

func TestTakenAddressIsRefused(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	s := serve(t, http.NotFoundHandler())
	if _, err := listen(t.Context(), s.address(), quiet); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	if err := s.stop(t.Context()); err != nil {
		t.Error(err)
	}
	again, err := listen(t.Context(), s.address(), quiet)
	if err != nil {
		t.Fatalf("an address given up is still held: %v", err)
	}
	if err := again.release(); err != nil {
		t.Error(err)
	}
}

func serve(t *testing.T, handler http.Handler) *server {
	t.Helper()
	s, err := listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t.Context(), handler)
	return s
}

// get fetches a page; an answer that is cut off is empty.
func get(t *testing.T, address string) string {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return ""
	}
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}
