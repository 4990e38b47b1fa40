package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 10 * time.Second
	askLimit   = 10 * time.Second
	look       = 20 * time.Millisecond
)

// script runs its arguments as a program and ends it when the script's input ends, which it does when the test
// process ends, in whatever way. The watch is taken off once the program has ended, for its number may then be another's.
const script = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
echo $program >pid
(cat <&3 >/dev/null; kill -9 $program 2>/dev/null) &
watch=$!
wait $program
kill $watch 2>/dev/null
`

// process is one running peer.
type process struct {
	cmd    *exec.Cmd
	input  io.Closer
	dir    string
	log    string
	exited chan struct{}
}

// start runs the program and returns when the URL answers 200, or fails the test with the program's output.
func start(t testing.TB, ready, program string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, ready, program, args...)
}

// startWith is start with an environment; nil is that of the test.
func startWith(t testing.TB, env []string, ready, program string, args ...string) *process {
	t.Helper()
	p, err := launch(t.TempDir(), env, program, args...)
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	if err := p.await(ready); err != nil {
		p.stop()
		t.Fatalf("start %s: %v", program, err)
	}
	return p
}

func launch(dir string, env []string, program string, args ...string) (*process, error) {
	p := &process{dir: dir, log: filepath.Join(dir, "output.log"), exited: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", script, "sh", program}, args...)...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Env = dir, log, log, env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // how it ended stands in its output
		close(p.exited)
	}()
	return p, nil
}

// await polls the URL until it answers 200.
func (p *process) await(ready string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	answers := func() bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, ready, http.NoBody)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	for !answers() {
		select {
		case <-tick.C:
		case <-p.exited:
			return p.failed("it ended")
		case <-ctx.Done():
			return p.failed("it did not answer in time")
		}
	}
	return nil
}

func (p *process) failed(how string) error {
	out, err := os.ReadFile(p.log)
	return errors.Join(fmt.Errorf("%s:\n%s", how, out), err)
}

// stop ends the program and waits for it.
func (p *process) stop() {
	_ = p.input.Close() // the script ends the program; a second call finds it closed
	select {
	case <-p.exited:
	case <-time.After(stopLimit):
	}
}

// number is the program's process id, known once it answers.
func (p *process) number() (int, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, "pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// installed returns the path of a program of the system, or fails the test with how to get it.
func installed(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is not installed: run scripts/test-deps", program)
	}
	return path
}

var building sync.Mutex

// built returns the path of a program that tools/go.mod pins, built if it is not yet.
func built(t testing.TB, program string) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join("bin", "tools", program)
	if out, err := exec.Command("make", "-C", root, target).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", program, err, out)
	}
	return filepath.Join(root, target)
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "tools", "go.mod")); missing == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("not inside the module")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// Ports below those that systems give to outgoing connections: a program that is started again finds its port free.
const firstPort, lastPort = 20000, 32000

// FreeAddress returns a loopback address that nobody listens on just now.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}
