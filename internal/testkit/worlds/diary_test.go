package worlds_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// diary is the night in plain words.
type diary struct {
	mu    sync.Mutex
	start time.Time
	lines []string
	loud  bool // also what the node logs
}

func (d *diary) write(at time.Time, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	since := at.Sub(d.start)
	stamp := fmt.Sprintf("%02d:%02d:%02d", int(since.Hours()), int(since.Minutes())%60, int(since.Seconds())%60)
	d.lines = append(d.lines, stamp+"  "+fmt.Sprintf(format, args...))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "\n")
}

// logger takes the errors of the node into the diary.
func (d *diary) logger() *slog.Logger {
	if !d.loud {
		return discard
	}
	return slog.New(slog.NewTextHandler(diaryLog{d}, &slog.HandlerOptions{Level: slog.LevelError}))
}

type diaryLog struct{ *diary }

func (d diaryLog) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, "              log: "+strings.TrimSpace(string(p)))
	return len(p), nil
}
