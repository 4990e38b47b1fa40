package worlds_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// An ordinary run goes through the same nights each time, so that it says the same of the same program. With TOCSIN_WORLDS, or by
// rapid's own flags, they are drawn anew.
const (
	worlds = "1000"
	few    = "40" // with -short
	seed   = "1"
)

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // A world is short and its garbage small.
	settings := map[string]string{"rapid.checks": worlds, "rapid.seed": seed}
	if testing.Short() {
		settings["rapid.checks"] = few
	}
	if many := os.Getenv("TOCSIN_WORLDS"); many != "" {
		settings = map[string]string{"rapid.checks": many}
	}
	flag.Visit(func(f *flag.Flag) { delete(settings, f.Name) })
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
