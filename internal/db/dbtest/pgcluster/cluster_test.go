package pgcluster_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tocsinhq/tocsin/internal/db/dbtest/pgcluster"
)

func TestEveryTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	first, second := connect(t, pgcluster.URL(t)), connect(t, pgcluster.URL(t))
	must(t, first, "CREATE TABLE here (id int)")
	must(t, second, "CREATE TABLE here (id int)")
}

func TestTheDatabaseIsDroppedWithItsTest(t *testing.T) {
	var address string
	t.Run("inner", func(t *testing.T) {
		address = pgcluster.URL(t)
		connect(t, address) // left open on purpose
	})
	_, err := pgx.Connect(t.Context(), address)
	if err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Fatalf("connecting to a dropped database: %v", err)
	}
}

func TestATemplateIsPreparedOnceAndCopiedForEachTest(t *testing.T) {
	var prepared atomic.Int32
	prepare := func(url string) error {
		prepared.Add(1)
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "CREATE TABLE seeded (id int PRIMARY KEY)")
		return errors.Join(err, conn.Close(ctx))
	}
	name := "once " + time.Now().String()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			conn, err := pgx.Connect(t.Context(), pgcluster.Template(t, name, prepare))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close(context.Background()) }()
			if _, err := conn.Exec(t.Context(), "INSERT INTO seeded VALUES (1)"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if prepared.Load() != 1 {
		t.Errorf("prepared %d times", prepared.Load())
	}
}

func TestCommittedRowsSurviveKillAndRestart(t *testing.T) {
	cluster := start(t)
	if err := cluster.Create("story"); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, cluster.URL("story"))
	must(t, conn, "CREATE TABLE kept (id int)")
	must(t, conn, "INSERT INTO kept VALUES (7)")
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Fatal("a killed server still answers")
	}
	for range 2 { // after the crash, and while it runs
		if err := cluster.Restart(); err != nil {
			t.Fatal(err)
		}
		var id int
		if err := connect(t, cluster.URL("story")).QueryRow(t.Context(), "SELECT id FROM kept").Scan(&id); err != nil || id != 7 {
			t.Fatalf("after the restart: %d, %v", id, err)
		}
	}
}

func TestADurableClusterSyncs(t *testing.T) {
	cluster, err := pgcluster.Start(pgcluster.Options{Durable: true, Settings: []string{"work_mem=5MB"}})
	if err != nil {
		t.Fatal(err)
	}
	stopAfter(t, cluster)
	conn := connect(t, cluster.URL("postgres"))
	for name, want := range map[string]string{"fsync": "on", "work_mem": "5MB"} {
		var got string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

// A test process that is killed leaves neither a server nor a file behind. The test runs itself as that process.
func TestAKilledProcessLeavesNothingBehind(t *testing.T) {
	if os.Getenv("PGCLUSTER_VICTIM") != "" {
		cluster := start(t)
		_, _ = os.Stdout.WriteString(cluster.URL("postgres") + "\n")
		select {} // until killed
	}
	victim := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	temp := t.TempDir()
	for dir := temp; strings.HasPrefix(dir, os.TempDir()+"/"); dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil { // the server's user has to reach its folder
			t.Fatal(err)
		}
	}
	victim.Env = append(os.Environ(), "PGCLUSTER_VICTIM=1", "TMPDIR="+temp)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(line[:n]))
	connect(t, address)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	eventually(t, "the server is gone", func() bool {
		_, err := pgx.Connect(t.Context(), address)
		return err != nil
	})
	eventually(t, "its folder is gone", func() bool {
		left, err := os.ReadDir(temp)
		return err == nil && len(left) == 0
	})
}

func start(t *testing.T) *pgcluster.Cluster {
	t.Helper()
	cluster, err := pgcluster.Start(pgcluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stopAfter(t, cluster)
	return cluster
}

func stopAfter(t *testing.T, cluster *pgcluster.Cluster) {
	t.Helper()
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func must(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}
