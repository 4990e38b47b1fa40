package node

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// The administrator whom every node sees to.
const (
	AdminEmail    = "root@tocsin.example"
	AdminPassword = "correct horse battery"
)

const secret = "the secret of a test of the whole, long enough for the rules"

// Node is one process of the server.
type Node struct {
	*peer.Program
	URL string
}

// Start runs a node on the database (a URL as TOCSIN_DB takes it) that sends mail by the SMTP URL, with more settings of the form
// NAME=value. It ends with the test; what it logged is shown when the test fails.
func Start(t testing.TB, database, smtp string, settings ...string) *Node {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	address := peer.FreeAddress(t)
	n := &Node{URL: "http://" + address}
	n.Program = peer.Run(t, peer.Command{
		Path: program, Args: []string{"serve"}, Ready: n.URL + "/readyz",
		Env: append(append(strangers(os.Environ()), "TOCSIN_DB="+database, "TOCSIN_LISTEN="+address, "TOCSIN_PUBLIC_URL="+n.URL,
			"TOCSIN_SECRET_KEY="+secret, "TOCSIN_SMTP_URL="+smtp, "TOCSIN_ADMIN_EMAIL="+AdminEmail, "TOCSIN_ADMIN_PASSWORD="+AdminPassword,
			"TOCSIN_RATE=1000000", "TOCSIN_AUTH_RATE=1000"), settings...),
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said last:\n%s", n.URL, tail(n.Output()))
		}
	})
	return n
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

// build makes the program, once for the process, in a folder of the package under test, so that packages do not take it from each other.
var build = sync.OnceValues(func() (string, error) {
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
	program := filepath.Join(root, "bin", "test", filepath.Base(here), "tocsin")
	command := exec.Command("go", "build", "-o", program, "./cmd/tocsin")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
})
