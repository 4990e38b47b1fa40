package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	adminEmail    = "bench@example.org"
	adminPassword = "a long enough password 9"
	readyBound    = 20 * time.Second
	stopBound     = 30 * time.Second
)

// server is one running process of the binary.
type server struct {
	address string
	cmd     *exec.Cmd
	log     bytes.Buffer
	exited  chan struct{}
	ready   time.Duration // from the start of the process until /readyz said yes
}

// start runs the binary on the database and returns when it is ready. Limits by client are out of the way: the load comes
// from one address.
func (b *bench) start(database, mail string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), exited: make(chan struct{})}
	// Not bound to the run's context: a run that is interrupted stops the server in good order.
	s.cmd = exec.CommandContext(context.WithoutCancel(b.ctx), b.binary, "serve")
	s.cmd.Dir = b.dir
	s.cmd.Env = append(os.Environ(),
		"TOCSIN_DB="+database, "TOCSIN_LISTEN="+s.address, "TOCSIN_PUBLIC_URL=http://"+s.address,
		"TOCSIN_SECRET_KEY=the bench needs no secret worth keeping", "TOCSIN_ADMIN_EMAIL="+adminEmail,
		"TOCSIN_ADMIN_PASSWORD="+adminPassword, "TOCSIN_SMTP_URL=smtp://"+mail+"?from=tocsin@example.org&tls=none",
		"TOCSIN_RATE=1000000", "TOCSIN_AUTH_RATE=1000000", "TOCSIN_LOG_LEVEL=warn")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.awaitReady(b.ctx, begun); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) awaitReady(ctx context.Context, begun time.Time) error {
	client := &http.Client{Timeout: time.Second}
	for time.Since(begun) < readyBound {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				s.ready = time.Since(begun)
				return nil
			}
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server ended at its start:\n%s", s.log.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return errors.New("the server did not become ready")
}

// stop ends the server in good order, or by force when it does not.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(stopBound):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

// resident is the memory that the process holds, in bytes.
func (s *server) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("the process does not say how much memory it holds")
}

// clockTick is the unit in which Linux counts a process's time.
const clockTick = 10 * time.Millisecond

// worked is the processor's time that the process has taken so far.
func (s *server) worked() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte(") ")) // The name before it may hold anything.
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0, errors.New("the process does not say how long it has worked")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, failed := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err, failed)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}
