package work_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestALoopSaysHowFarItIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var how atomic.Int32 // 0 well, 1 fails, 2 hangs, 3 has more to do than is done
		gate := make(chan struct{})
		loop := run(t, time.Second, func(context.Context) (time.Time, bool, error) {
			switch how.Load() {
			case 1:
				return time.Time{}, false, errors.New("the database is away")
			case 2:
				<-gate
			case 3:
				time.Sleep(time.Second)
				return time.Time{}, true, nil
			}
			return time.Time{}, false, nil
		})
		is := func(when string, least, most time.Duration) {
			t.Helper()
			if b := loop.Behind(); b < least || b > most {
				t.Errorf("%s it is behind by %s, want %s to %s", when, b, least, most)
			}
			if how.Load() == 3 { // Busy is not stuck.
				least, most = 0, 0
			}
			if s := loop.Stuck(); s < least || s > most {
				t.Errorf("%s it is stuck for %s, want %s to %s", when, s, least, most)
			}
		}
		time.Sleep(time.Minute)
		is("while all is well", 0, 0)
		for kind, name := range map[int32]string{1: "while it fails", 2: "while a pass hangs", 3: "while there is too much to do"} {
			how.Store(kind)
			time.Sleep(time.Minute)
			is(name, 57*time.Second, time.Minute)
			how.Store(0)
			if kind == 2 {
				gate <- struct{}{}
			}
			time.Sleep(10 * time.Second)
			is("after that", 0, 0)
		}
		loop.Halt()
		time.Sleep(time.Minute)
		is("when it has ended", 0, 0)
	})
}
