package pgcluster

import (
	"io"
	"os/exec"
	"syscall"
)

// script waits for the end of its input, which comes when this process ends, in whatever way. Then it ends
// the server that still runs in the folder and removes the folder.
const script = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
rm -rf "$1"
`

// guard is the process that outlives us to clean up.
type guard struct {
	cmd   *exec.Cmd
	input io.Closer
}

// watch starts a guard over the folder. It has its own session, so that an interrupt at the terminal passes it by.
func watch(dir string) (*guard, error) {
	cmd := exec.Command("/bin/sh", "-c", script, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &guard{cmd: cmd, input: input}, nil
}

// release tells the guard to clean up now, and waits for it.
func (g *guard) release() error {
	if err := g.input.Close(); err != nil {
		return err
	}
	return g.cmd.Wait()
}
