package worlds_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// few are the worlds of an ordinary run; TOCSIN_WORLDS says otherwise.
const few = "40"

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // A world is short and its garbage small.
	worlds := few
	if many := os.Getenv("TOCSIN_WORLDS"); many != "" {
		worlds = many
	}
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if !set {
		if err := flag.Set("rapid.checks", worlds); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
