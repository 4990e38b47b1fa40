// Command tocsin is the server and the tools around it.
//
// Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a rule of the product.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Schedules need time zones where the system has none.

	"github.com/alecthomas/kong"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// version is set when a release is linked.
var version = "dev"

const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// commandLine is all flags and commands; the settings are the same for every command, so that one environment serves all.
type commandLine struct {
	app.Config `embed:"" group:"Settings:"`

	ConfigFile string `name:"config" env:"TOCSIN_CONFIG" placeholder:"FILE" help:"JSON file with settings."`

	Serve    serveCommand    `cmd:"" help:"Run the server."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to this version, or show where it stands."`
	User     userCommand     `cmd:"" help:"Manage people directly in the database."`
	Simulate simulateCommand `cmd:"" help:"Say who would be paged when, if nobody answered."`
	Show     configCommand   `cmd:"" name:"config" help:"Print the settings in force, secrets masked."`
	Version  versionCommand  `cmd:"" help:"Print the version."`

	file *app.File
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}))
}

// run is one invocation. The first signal asks for an orderly stop; the handler is then taken off, so that a second signal ends
// the process at once.
func run(args []string, term terminal) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return runWith(ctx, args, term)
}

// runWith is an invocation that ends in good order when ctx does.
func runWith(ctx context.Context, args []string, term terminal) int {
	cli, channels := &commandLine{}, app.NewChannelFlags()
	exit := -1
	parser, err := kong.New(cli, kong.Embed(channels.Grammar(), `group:"Channels:"`), kong.Name("tocsin"), kong.UsageOnError(), kong.Writers(term.out, term.err),
		kong.Description("Incident management, on-call and escalation in one program."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(term.err, "tocsin:", err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // Help has been printed.
		return exit
	}
	if err != nil {
		fmt.Fprintln(term.err, "tocsin:", err)
		return exitUsage
	}
	cli.Channels = channels.Values()
	cli.Problems = cli.file.Problems(parser.Model)
	command.BindTo(ctx, (*context.Context)(nil))
	return report(command.Run(cli.Config, term), term.err)
}

// BeforeResolve reads the configuration file before the settings are put together.
func (c *commandLine) BeforeResolve(command *kong.Context) error {
	c.file = &app.File{}
	for _, flag := range command.Flags() {
		if flag.Name != "config" {
			continue
		}
		if path, _ := command.FlagValue(flag).(string); path != "" {
			var err error
			if c.file, err = app.ReadFile(path); err != nil {
				return err
			}
		}
	}
	command.AddResolver(c.file)
	return nil
}

// errUsage marks an error as the caller's mistake on the command line or in the settings.
type errUsage struct{ error }

func (e errUsage) Unwrap() error { return e.error }

// checked is the settings, or every one of them that is wrong.
func checked(cfg app.Config) error {
	if err := cfg.Check(); err != nil {
		return errUsage{err}
	}
	return nil
}

// report tells the caller what went wrong and turns it into the exit code.
func report(err error, out io.Writer) int {
	if err == nil {
		return exitDone
	}
	refusal := fault.From(err)
	usage, isUsage := errors.AsType[errUsage](err)
	switch {
	case isUsage:
		fmt.Fprintln(out, "tocsin: the settings are not valid")
		for _, field := range fault.From(usage.error).Fields {
			fmt.Fprintf(out, "  --%s %s\n", field.Location, field.Message)
		}
		return exitUsage
	case refusal.Kind == fault.Internal:
		fmt.Fprintln(out, "tocsin:", err)
		return exitFailed
	case refusal.Kind == fault.Unavailable || refusal.Kind == fault.Timeout:
		fmt.Fprintln(out, "tocsin:", refusal)
		return exitFailed
	default:
		fmt.Fprintln(out, "tocsin:", refusal)
		return exitRefused
	}
}
