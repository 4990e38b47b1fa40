package chaos_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/node"
)

// readers is how many ledgers are read at a time.
const readers = 4

// balance is I6: by the ledger of every incident, as the program itself tells it, whatever was owed has an outcome, and the outcomes make up
// what was owed.
func (v *verdict) balance(admin *node.Client) {
	var sums testkit.Ledger
	var mu sync.Mutex
	var group sync.WaitGroup
	ids := slices.Sorted(maps.Keys(v.l.incidents))
	for reader := range readers {
		group.Go(func() {
			for i := reader; i < len(ids); i += readers {
				var l testkit.Ledger
				admin.Do(v.t, http.MethodGet, fmt.Sprintf("/v1/incidents/%d/ledger", ids[i]), nil, &l)
				for _, item := range l.Unexplained {
					v.t.Errorf("I6: incident %d: %s", ids[i], item.Text)
				}
				mu.Lock()
				sums.Sums.Steps = plus(sums.Sums.Steps, l.Sums.Steps)
				sums.Sums.People = plus(sums.Sums.People, l.Sums.People)
				sums.Sums.Notifications = plus(sums.Sums.Notifications, l.Sums.Notifications)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, line := range []struct {
		kind string
		sum  testkit.LedgerSum
	}{{"steps", sums.Sums.Steps}, {"people", sums.Sums.People}, {"notifications", sums.Sums.Notifications}} {
		v.t.Logf("%d %s owed = %s", line.sum.Owed, line.kind, outcomes(line.sum))
	}
	if open := sums.Sums.Notifications.Open; open != 0 {
		v.t.Errorf("I6: %d notifications have no outcome", open)
	}
}

func plus(a, b testkit.LedgerSum) testkit.LedgerSum {
	sum := testkit.LedgerSum{Owed: a.Owed + b.Owed, Open: a.Open + b.Open, Unexplained: a.Unexplained + b.Unexplained, Outcomes: map[string]int{}}
	for _, of := range []map[string]int{a.Outcomes, b.Outcomes} {
		for outcome, n := range of {
			sum.Outcomes[outcome] += n
		}
	}
	return sum
}

func outcomes(s testkit.LedgerSum) string {
	words := []string{fmt.Sprintf("%d open", s.Open), fmt.Sprintf("%d unexplained", s.Unexplained)}
	for _, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
		words = append(words, fmt.Sprintf("%d %s", s.Outcomes[outcome], outcome))
	}
	return strings.Join(words, " + ")
}
