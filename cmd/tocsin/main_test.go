package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invoke runs the program in a folder of its own and returns its exit code and what it printed.
func invoke(t *testing.T, input string, args ...string) (code int, out, errors string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(args, terminal{strings.NewReader(input), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte(`{"colour": "red"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		args  []string
		code  int
		says  string
		input string
	}{
		{"help", []string{"--help"}, exitDone, "serve", ""},
		{"version", []string{"version"}, exitDone, "tocsin dev", ""},
		{"config", []string{"config", "--secret-key=" + strings.Repeat("x", 32)}, exitDone, "TOCSIN_SECRET_KEY=********", ""},
		{"config as JSON", []string{"config", "--json"}, exitDone, `"value": "sqlite:tocsin.db"`, ""},
		{"config that is wrong is shown and named", []string{"config", "--listen=x"}, exitUsage, "--listen must be", ""},
		{"file with an unknown setting", []string{"config", "--config=" + file}, exitUsage, "--colour is not a setting", ""},
		{"file that is not there", []string{"config", "--config=none.json"}, exitUsage, "none.json", ""},
		{"unknown command", []string{"bogus"}, exitUsage, "bogus", ""},
		{"unknown flag", []string{"serve", "--bogus"}, exitUsage, "bogus", ""},
		{"no command", nil, exitUsage, "serve", ""},
		{"steps before migrating", []string{"migrate", "status"}, exitFailed, "run tocsin migrate", ""},
		{"serve that may not migrate", []string{"serve", "--no-migrate", "--listen=127.0.0.1:0"}, exitRefused, "needs migrations", ""},
		{"migrate", []string{"migrate"}, exitDone, "steps taken", ""},
		{"migrate again", []string{"migrate"}, exitDone, "0 steps taken", ""},
		{"steps after migrating", []string{"migrate", "status", "--json"}, exitDone, `"taken":true`, ""},
		{"a person", []string{"user", "create", "--email=ann@tocsin.example", "--role=manager", "--password-stdin"}, exitDone, "with id 1 and role manager", "correct horse battery\n"},
		{"the same person", []string{"user", "create", "--email=ann@tocsin.example", "--password-stdin"}, exitRefused, "already", "correct horse battery\n"},
		{"a person who is all wrong", []string{"user", "create", "--email=ann", "--role=king", "--team=none", "--password-stdin"}, exitRefused, "role", "x"},
		{"a person without a password", []string{"user", "create", "--email=eve@tocsin.example", "--password-stdin"}, exitRefused, "No password", ""},
		{"a password on the command line", []string{"user", "create", "--email=eve@tocsin.example", "--password=secret"}, exitUsage, "password", ""},
		{"database that is away", []string{"migrate", "--db=sqlite:/nowhere/x.db"}, exitFailed, "does not exist", ""},
	}
	for _, c := range cases {
		code, out, errors := invoke(t, c.input, c.args...)
		if code != c.code || !strings.Contains(out+errors, c.says) {
			t.Errorf("%s: exit %d, want %d, and %q in:\n%s%s", c.name, code, c.code, c.says, out, errors)
		}
	}
}

// bell rings when a word has been written.
type bell struct {
	bytes.Buffer
	word string
	ring func()
}

func (b *bell) Write(p []byte) (int, error) {
	n, err := b.Buffer.Write(p)
	if strings.Contains(b.String(), b.word) {
		b.ring()
	}
	return n, err
}

func TestServePrintsTheLinkThatMakesTheFirstAdministrator(t *testing.T) {
	t.Chdir(t.TempDir())
	serve := func(args ...string) string {
		ctx, stop := context.WithCancel(t.Context())
		stderr := &bell{word: "serving", ring: stop}
		var stdout bytes.Buffer
		if code := runWith(ctx, append([]string{"serve", "--listen=127.0.0.1:0"}, args...), terminal{nil, &stdout, stderr}); code != exitDone {
			t.Errorf("exit %d\n%s", code, stderr.String())
		}
		return stdout.String()
	}
	if out := serve("--public-url=https://tocsin.example"); !strings.Contains(out, "https://tocsin.example/setup/1-") {
		t.Errorf("an empty database prints %q", out)
	}
	if out := serve("--admin-email=ann@tocsin.example", "--admin-password=correct horse battery"); out != "" {
		t.Errorf("with an administrator it prints %q", out)
	}
	if out := serve(); out != "" {
		t.Errorf("a database that is set up prints %q", out)
	}
}

func TestServeStopsInGoodOrderAndLeavesNothingLocked(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		stderr := &bell{word: "serving", ring: stop}
		code := runWith(ctx, []string{"serve", "--listen=127.0.0.1:0"}, terminal{strings.NewReader(""), io.Discard, stderr})
		if code != exitDone || !strings.Contains(stderr.String(), "stopping") {
			t.Errorf("exit %d\n%s", code, stderr.String())
		}
	}
}
