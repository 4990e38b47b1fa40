package app

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// lockFile takes the lock that makes `serve` the only server on a SQLite file. The kernel drops it with the process, however
// that ends, so a stale file never keeps anybody out. The file says who holds it. Fault: Conflict naming the holder.
func lockFile(path, holder string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "lock_unusable", "The lock file beside the database cannot be opened.")
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		defer f.Close()
		return nil, fault.New(fault.Conflict, "database_locked", "The database is served already by %s. "+
			"SQLite is for one server; use PostgreSQL for several.", holderOf(path))
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(err, fault.Internal, "lock_failed", "The lock beside the database cannot be taken."), f.Close())
	}
	if err := note(f, holder); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

func note(f *os.File, holder string) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write lock holder: %w", err)
	}
	_, err := f.WriteAt([]byte(holder+"\n"), 0)
	return err
}

func holderOf(path string) string {
	text, err := os.ReadFile(path)
	if holder := strings.TrimSpace(string(text)); err == nil && holder != "" {
		return holder
	}
	return "another process"
}
