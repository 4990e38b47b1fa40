package pgcluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 10 * time.Second
	superuser  = "tocsin"
)

// Options choose how a cluster runs. The zero value suits tests.
type Options struct {
	// Durable keeps fsync and every other setting as the vendor ships them, for measuring.
	Durable bool
	// Settings are further lines of the form "name=value", as postgres -c takes them.
	Settings []string
}

// Cluster is one PostgreSQL server on a free loopback port with its data in a temporary folder.
type Cluster struct {
	programs string // folder of initdb and postgres
	dir      string
	port     int
	password string
	opts     Options
	guard    *guard

	mu     sync.Mutex
	server *exec.Cmd
	exited chan struct{}
}

// Start makes a new cluster and returns when it answers. The caller stops it; if the process dies first, a guard
// process does.
func Start(opts Options) (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "tocsin-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs, dir: dir, password: rand.Text(), opts: opts}
	if c.guard, err = watch(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.initialise(); err != nil {
		return nil, errors.Join(err, c.guard.release())
	}
	if err := c.startOnFreePort(); err != nil {
		return nil, errors.Join(err, c.guard.release())
	}
	return c, nil
}

// URL returns the address of a database of the cluster, whether it exists or not.
func (c *Cluster) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, c.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Create makes an empty database.
func (c *Cluster) Create(database string) error {
	return createDatabase(c.URL("postgres"), database, "template0")
}

// Kill ends the server at once, without a checkpoint and without waiting for its clients: as a crash does.
// What was committed is there after Restart.
func (c *Cluster) Kill() error { return c.end(syscall.SIGQUIT) }

// Restart starts the server again on the same port with the same data, after ending it in good order if it runs.
func (c *Cluster) Restart() error {
	if err := c.end(syscall.SIGINT); err != nil {
		return err
	}
	return c.run()
}

// Stop ends the server and removes its data.
func (c *Cluster) Stop() error {
	return errors.Join(c.end(syscall.SIGQUIT), c.guard.release())
}

func (c *Cluster) dataDir() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) initialise() error {
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(c.password), 0o600); err != nil {
		return err
	}
	if err := handOver(c.dir, secret); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(c.programs, "initdb"), "--pgdata", c.dataDir(), "--username", superuser,
		"--pwfile", secret, "--auth", "password", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	dropPrivileges(initdb)
	initdb.Dir = c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// startOnFreePort tries again when another process took the port between our look and the server's start.
func (c *Cluster) startOnFreePort() error {
	var err error
	for range 3 {
		if c.port, err = freePort(); err != nil {
			return err
		}
		if err = c.run(); err == nil {
			return nil
		}
	}
	return err
}

func (c *Cluster) settings() []string {
	settings := []string{
		"port=" + strconv.Itoa(c.port), "listen_addresses=127.0.0.1", "unix_socket_directories=",
		"max_connections=400", "timezone=UTC",
	}
	if !c.opts.Durable {
		// Commits still reach the operating system, so they survive Kill; only a power cut would lose them.
		settings = append(settings, "fsync=off", "full_page_writes=off", "checkpoint_timeout=1h")
	}
	return append(settings, c.opts.Settings...)
}

// run starts the server and waits until it answers.
func (c *Cluster) run() error {
	args := []string{"-D", c.dataDir()}
	for _, setting := range c.settings() {
		args = append(args, "-c", setting)
	}
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	server := exec.Command(filepath.Join(c.programs, "postgres"), args...)
	dropPrivileges(server)
	server.Dir, server.Stdout, server.Stderr = c.dir, log, log
	if err := server.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		// How it ended stands in its log.
		_ = server.Wait()
		close(exited)
	}()
	c.mu.Lock()
	c.server, c.exited = server, exited
	c.mu.Unlock()
	return c.await(exited)
}

func (c *Cluster) logFile() string { return filepath.Join(c.dir, "server.log") }

// await returns when the server takes connections, or with its log when it does not.
func (c *Cluster) await(exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-exited:
			return c.failed("ended")
		case <-ctx.Done():
			return errors.Join(c.failed("did not answer in time"), c.end(syscall.SIGKILL))
		case <-tick.C:
		}
	}
}

func (c *Cluster) failed(how string) error {
	log, err := os.ReadFile(c.logFile())
	return errors.Join(fmt.Errorf("postgres %s:\n%s", how, log), err)
}

// end sends the signal and waits until the server is gone. A server that does not heed it is killed.
func (c *Cluster) end(signal syscall.Signal) error {
	c.mu.Lock()
	server, exited := c.server, c.exited
	c.mu.Unlock()
	if server == nil {
		return nil
	}
	if err := server.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-exited:
		return nil
	case <-time.After(stopLimit):
	}
	if err := server.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-exited
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
