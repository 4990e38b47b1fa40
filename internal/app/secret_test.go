package app

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestSecretIsMadeOnceBesideTheData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	cfg := Config{DB: "sqlite:" + path}
	keys := make([]string, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() { keys[i], _ = secret(cfg) })
	}
	group.Wait()
	for _, key := range keys {
		if key != keys[0] || len(key) < 32 {
			t.Fatalf("processes that start together hold different keys: %q", keys)
		}
	}
	info, err := os.Stat(path + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file is %v, %v", info, err)
	}
	left, err := filepath.Glob(path + ".key.*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestConfiguredSecretGoesFirst(t *testing.T) {
	cfg := Config{DB: "sqlite:" + filepath.Join(t.TempDir(), "t.db"), SecretKey: strings.Repeat("s", 32)}
	if key, err := secret(cfg); err != nil || key != cfg.SecretKey {
		t.Errorf("got %q, %v", key, err)
	}
	if _, err := os.Stat(cfg.sqlitePath() + ".key"); err == nil {
		t.Error("a key file was made that nobody asked for")
	}
}

func TestDamagedSecretIsRefusedNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	if err := os.WriteFile(path+".key", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret(Config{DB: "sqlite:" + path}); fault.From(err).Code != "secret_damaged" {
		t.Errorf("got %v", err)
	}
}

func TestSecondServerIsToldWhoHoldsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db.lock")
	release, err := lockFile(path, "node-1 (process 42)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(path, "node-2"); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "node-1 (process 42)") {
		t.Errorf("got %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := lockFile(path, "node-2")
	if err != nil {
		t.Fatalf("a released lock keeps others out: %v", err)
	}
	if holder := holderOf(path); holder != "node-2" {
		t.Errorf("holder is %q", holder)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}
