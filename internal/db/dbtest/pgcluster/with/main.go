// Command with starts one PostgreSQL cluster, runs the command given as its arguments with TOCSIN_TEST_POSTGRES set to
// it, and stops the cluster when the command ends:
//
//	go run ./internal/db/dbtest/pgcluster/with go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(code)
}

// run returns the exit code of the command.
func run(args []string) (int, error) {
	if len(args) == 0 {
		return 2, errors.New("name the command to run")
	}
	// An interrupt at the terminal reaches the command as well; we stay to stop the cluster after it.
	signal.Ignore(os.Interrupt)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, os.Environ()
	if os.Getenv(pgcluster.Environment) == "" {
		cluster, err := pgcluster.Start(pgcluster.Options{})
		if err != nil {
			return 1, err
		}
		defer func() {
			if err := cluster.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "with:", err)
			}
		}()
		cmd.Env = append(cmd.Env, pgcluster.Environment+"="+cluster.URL("postgres"))
	}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
