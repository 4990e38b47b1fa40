package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// table is what the run prints: a head that names the machine, and one line a figure.
type table struct {
	head []string
	rows []row
}

// row is one figure beside the limit that was measured in the same run.
type row struct {
	what, engine string
	figure       string
	limit        string
	ratio        string
	goal         string
}

func (t *table) add(r row) { t.rows = append(t.rows, r) }

func (t *table) write(w io.Writer) {
	for _, line := range t.head {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "| what | database | figure | measured beside it | ratio | goal |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.what, r.engine, r.figure, r.limit, r.ratio, r.goal)
	}
}

// describe notes what was measured, where and when.
func (b *bench) describe() error {
	version, err := exec.CommandContext(b.ctx, b.binary, "version").Output()
	if err != nil {
		return fmt.Errorf("%s does not run; `make build` builds it: %w", b.binary, err)
	}
	b.table.head = []string{
		fmt.Sprintf("%s, %s, %d cores shared with the load and the databases, Linux %s, %s, load %s before.",
			time.Now().UTC().Format("2006-01-02 15:04 MST"), processor(), runtime.NumCPU(), firstLine("/proc/sys/kernel/osrelease"),
			runtime.Version(), strings.Join(strings.Fields(firstLine("/proc/loadavg"))[:1], "")),
		"Measured: " + strings.TrimSpace(string(version)) + ".",
	}
	return nil
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // Without it the machine has no name.
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return cmp.Or(strings.TrimSpace(line), "unknown")
}

// perSecond writes a rate.
func perSecond(rate float64) string {
	if rate >= 1000 {
		return fmt.Sprintf("%.1f k/s", rate/1000)
	}
	return fmt.Sprintf("%.0f/s", rate)
}

// span writes a duration with as many digits as mean something.
func span(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 1:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

func times(ratio float64) string { return fmt.Sprintf("%.2f", ratio) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
