// Command bench measures the real server: it starts the built binary on a fresh SQLite file and on a fresh PostgreSQL cluster,
// drives it over HTTP on loopback and prints one table. README.md says how to read it.
//
// It owns the load, the mail server that the pages go to, and the limits that the figures are held against. It asserts nothing:
// whether a figure is good is for its reader.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
)

// bench is one run.
type bench struct {
	ctx      context.Context
	binary   string
	dir      string // what the run writes, removed at its end
	cluster  *pgcluster.Cluster
	only     *regexp.Regexp
	effort   effort
	table    table
	progress io.Writer
}

// effort is how much is done for a figure.
type effort struct {
	span      time.Duration // of one load
	rounds    int           // of each load with its limit; the middle one counts
	pages     int           // alerts whose mails are timed
	incidents int           // that stand in the database when pages are read
	reads     int           // of each page
	starts    int
	spread    int           // timers whose lateness counts
	spreadBy  time.Duration // how long they take to fall due
	drained   int           // steps due in one second
	waiting   int           // timers that are far away while the server idles
	idle      time.Duration // how long it is watched
	answers   int           // incidents acknowledged
}

var (
	full = effort{
		span: 3 * time.Second, rounds: 3, pages: 200, incidents: 100_000, reads: 200, starts: 7,
		spread: 100_000, spreadBy: time.Minute, drained: 20_000, waiting: 1_000_000, idle: time.Minute, answers: 100,
	}
	quick = effort{
		span: 700 * time.Millisecond, rounds: 1, pages: 60, incidents: 10_000, reads: 50, starts: 3,
		spread: 10_000, spreadBy: 6 * time.Second, drained: 10_000, waiting: 100_000, idle: 20 * time.Second, answers: 20,
	}
)

// section is a group of rows measured on one database.
type section struct {
	name    string
	measure func(b *bench, s *site) error
}

// sections in the order in which they are measured: what needs a filled database comes after the loads,
// and what fills it most comes last.
var sections = []section{
	{"intake", (*bench).measureIntake},
	{"webhook", (*bench).measureWebhook},
	{"mail", (*bench).measurePaging},
	{"passwords", (*bench).measureFlood},
	{"acknowledge", (*bench).measureAcknowledge},
	{"steps", (*bench).measureSteps},
	{"pages", (*bench).measurePages},
	{"node", (*bench).measureNode},
	{"nodes", (*bench).measureNodes},
	{"timers", (*bench).measureTimers},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	hasty := flags.Bool("quick", false, "a look in a few minutes: shorter loads, one round each")
	binary := flags.String("binary", "bin/tocsin", "the program to measure")
	only := flags.String("only", "", "measure only the sections whose name, as in postgres/intake, matches this expression")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	program, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tocsin-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{ctx: ctx, binary: program, dir: dir, only: wanted, effort: full, progress: progress}
	if *hasty {
		b.effort = quick
	}
	if err := b.describe(); err != nil {
		return err
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		if err := b.measure(engine); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	b.table.write(out)
	return nil
}

// measure runs the wanted sections on one fresh database.
func (b *bench) measure(engine string) error {
	var chosen []section
	for _, s := range sections {
		if b.only.MatchString(engine+"/"+s.name) && (s.name != "nodes" || engine == "postgres") {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	if engine == "postgres" {
		cluster, err := pgcluster.Start(pgcluster.Options{Durable: true})
		if err != nil {
			return err
		}
		b.cluster = cluster
		defer func() { _ = cluster.Stop() }()
	}
	s, err := b.open(engine)
	if err != nil {
		return err
	}
	defer s.close()
	for _, part := range chosen {
		begun := time.Now()
		if err := part.measure(b, s); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(b.progress, "%s/%s: %.1f s\n", engine, part.name, time.Since(begun).Seconds())
	}
	return nil
}
