package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// secret gives the text all keys are derived from: the configured one or, on SQLite, the one in the file beside the data, which
// is made on first start. Faults: Invalid when PostgreSQL has none configured, Internal when the file cannot be used.
func secret(cfg Config) (string, error) {
	if cfg.SecretKey != "" {
		return cfg.SecretKey, nil
	}
	path := cfg.sqlitePath()
	if path == "" {
		return "", fault.New(fault.Invalid, "secret_required", "TOCSIN_SECRET_KEY is required on PostgreSQL, the same on every node.")
	}
	path += ".key"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecret(path)
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "secret_unreadable", "The secret key beside the database cannot be read.")
	}
	key := strings.TrimSpace(string(text))
	if len(key) < 32 {
		return "", fault.New(fault.Internal, "secret_damaged", "The secret key in %s is damaged: restore it from a backup.", path)
	}
	return key, nil
}

// makeSecret writes a new key beside its final name and links it there, so that a crash leaves a whole key or none, and of two
// processes that start together both end up with the same one.
func makeSecret(path string) (string, error) {
	key := make([]byte, 32)
	rand.Read(key)
	text := base64.RawURLEncoding.EncodeToString(key)
	err := writeNew(path, text+"\n")
	if errors.Is(err, fs.ErrExist) {
		written, err := os.ReadFile(path)
		return strings.TrimSpace(string(written)), err
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "secret_unwritable", "The secret key cannot be written beside the database.")
	}
	return text, nil
}

func writeNew(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // CreateTemp makes it 0600.
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
