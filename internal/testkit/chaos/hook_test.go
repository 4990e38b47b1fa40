package chaos_test

import (
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"testing"
)

// hook is the receiver of webhooks that some people have, with a record of its own.
type hook struct {
	provider
	address string

	doors  sync.Mutex
	server *http.Server
}

func startHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{provider: provider{kind: "receiver of webhooks"}, address: "127.0.0.1:0"}
	if err := h.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.die)
	return h
}

// url is where a person's webhooks go.
func (h *hook) url() string { return "http://" + h.address + "/pages" }

// open has the receiver take requests, at the address it had before.
func (h *hook) open() error {
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		return err
	}
	h.doors.Lock()
	defer h.doors.Unlock()
	h.address = listener.Addr().String()
	h.server = &http.Server{Handler: http.HandlerFunc(h.receive)} //nolint:gosec // Its clients are ours.
	go func(server *http.Server) { _ = server.Serve(listener) }(h.server)
	return nil
}

// die ends the receiver as a crash does.
func (h *hook) die() {
	h.doors.Lock()
	defer h.doors.Unlock()
	_ = h.server.Close()
}

func (h *hook) receive(w http.ResponseWriter, r *http.Request) {
	if h.refuses() {
		http.Error(w, "not in the mood", http.StatusServiceUnavailable)
		return
	}
	var message struct {
		Data struct {
			NotificationID int64 `json:"notification_id"`
			Recipient      string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !h.take(message.Data.NotificationID, message.Data.Recipient) {
		<-r.Context().Done() // until the sender has had enough
	}
}
