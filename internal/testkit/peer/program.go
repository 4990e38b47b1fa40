package peer

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// orderlyLimit is how long a program may take to end in good order.
const orderlyLimit = time.Minute

// Program is a program that a test starts, ends as a crash would, and starts again.
type Program struct {
	command Command
	process *process
}

// Command is what to run.
type Command struct {
	Path  string
	Args  []string
	Env   []string // all of it; nil is the environment of the test
	Ready string   // the URL that answers 200 when the program is ready
}

// Run starts a program and returns when it is ready. It ends with the test.
func Run(t testing.TB, command Command) *Program {
	t.Helper()
	p := &Program{command: command}
	p.Start(t)
	t.Cleanup(func() { p.process.stop() })
	return p
}

// Start starts the program again and returns when it is ready.
func (p *Program) Start(t testing.TB) {
	t.Helper()
	p.process = startWith(t, p.command.Env, p.command.Ready, p.command.Path, p.command.Args...)
}

// Kill ends the program at once (SIGKILL) and waits until it is gone.
func (p *Program) Kill(t testing.TB) {
	t.Helper()
	p.Signal(t, syscall.SIGKILL)
	<-p.process.exited
}

// Stop asks the program to end (SIGTERM) and returns how long that took.
func (p *Program) Stop(t testing.TB) time.Duration {
	t.Helper()
	began := time.Now()
	p.Signal(t, syscall.SIGTERM)
	select {
	case <-p.process.exited:
	case <-time.After(orderlyLimit):
		t.Errorf("%s does not end within %s", p.command.Path, orderlyLimit)
	}
	return time.Since(began)
}

// Signal sends the program a signal.
func (p *Program) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	number, err := p.process.number()
	if err == nil {
		err = syscall.Kill(number, signal)
	}
	if err != nil {
		t.Errorf("send %v to %s: %v", signal, p.command.Path, err)
	}
}

// Output is what the program has printed since it was started last.
func (p *Program) Output() string {
	text, err := os.ReadFile(p.process.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
