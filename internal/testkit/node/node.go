package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// The administrator whom every node sees to.
const (
	AdminEmail    = "root@tocsin.example"
	AdminPassword = "correct horse battery"
)

const secret = "the secret of a test of the whole, long enough for the rules"

// refuseLimit is how long a program may take to say that it does not start.
const refuseLimit = 30 * time.Second

// Node is one process of the server.
type Node struct {
	*peer.Program
	URL string
}

// Start runs a node on the database (a URL as TOCSIN_DB takes it) that sends mail by the SMTP URL, with more settings of the form
// NAME=value. It ends with the test; what it logged is shown when the test fails.
func Start(t testing.TB, database, smtp string, settings ...string) *Node {
	t.Helper()
	return StartAs(t, "", database, smtp, settings...)
}

// StartAs is Start with a program that calls itself so; "" is as it is built without a word about that.
func StartAs(t testing.TB, version, database, smtp string, settings ...string) *Node {
	t.Helper()
	program := built(t, version)
	address := peer.FreeAddress(t)
	n := &Node{URL: "http://" + address}
	n.Program = peer.Run(t, peer.Command{
		Path: program, Args: []string{"serve"}, Ready: n.URL + "/readyz",
		Env: append(environment(database, address, smtp), settings...),
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said last:\n%s", n.URL, tail(n.Output()))
		}
	})
	return n
}

// Refused runs a node of a version that is to end by itself at once, and returns its exit code and what it said.
func Refused(t testing.TB, version, database string) (code int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), refuseLimit)
	defer cancel()
	command := exec.CommandContext(ctx, built(t, version), "serve")
	command.Env = environment(database, "127.0.0.1:0", "smtp://127.0.0.1:1?from=a@example.org")
	out, err := command.CombinedOutput()
	if ctx.Err() != nil || err == nil {
		t.Errorf("it was not refused: %v\n%s", err, tail(string(out)))
	}
	return command.ProcessState.ExitCode(), string(out)
}

// environment is that of a node, without settings that somebody else has made.
func environment(database, address, smtp string) []string {
	return append(strangers(os.Environ()), "TOCSIN_DB="+database, "TOCSIN_LISTEN="+address, "TOCSIN_PUBLIC_URL=http://"+address,
		"TOCSIN_SECRET_KEY="+secret, "TOCSIN_SMTP_URL="+smtp, "TOCSIN_ADMIN_EMAIL="+AdminEmail, "TOCSIN_ADMIN_PASSWORD="+AdminPassword,
		"TOCSIN_RATE=1000000", "TOCSIN_AUTH_RATE=1000")
}

// strangers is the environment without settings of the server.
func strangers(env []string) (kept []string) {
	for _, line := range env {
		if !strings.HasPrefix(line, "TOCSIN_") {
			kept = append(kept, line)
		}
	}
	return kept
}

func tail(text string) string {
	const shown = 6000
	return text[max(0, len(text)-shown):]
}

var (
	building sync.Mutex
	programs = map[string]string{} // by version
)

// built is the program of a version, made once for the process.
func built(t testing.TB, version string) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	if programs[version] == "" {
		program, err := build(version)
		if err != nil {
			t.Fatal(err)
		}
		programs[version] = program
	}
	return programs[version]
}

// build makes the program in a folder of the package under test, so that packages do not take it from each other.
func build(version string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root := here
	for {
		if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
			break
		}
		if filepath.Dir(root) == root {
			return "", fmt.Errorf("%s is not inside the module", here)
		}
		root = filepath.Dir(root)
	}
	program := filepath.Join(root, "bin", "test", filepath.Base(here), "tocsin"+version)
	args := []string{"build", "-o", program}
	if version != "" {
		args = append(args, "-ldflags", "-X main.version="+version)
	}
	command := exec.Command("go", append(args, "./cmd/tocsin")...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
}
