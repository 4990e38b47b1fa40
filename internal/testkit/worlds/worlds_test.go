package worlds_test

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

func TestWhoeverMustBePagedIsPaged(t *testing.T) {
	made := withTemplate(t)
	dir, err := nursery()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	number, story := 0, ""
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("the night as it went, as short as it could be made:\n" + story)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan.Draw(rt, "plan")
		number++
		var err error
		synctest.Test(t, func(*testing.T) { story, err = livesThrough(made, dir, fmt.Sprint("world", number%4), p) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}
