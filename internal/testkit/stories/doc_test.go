// Package stories_test tells what the product does in its own words, on real nodes and on both databases.
package stories_test

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit"
)

// crew is the team of most stories: Bob is on call, Lea leads, Max manages; checkout is their service.
type crew struct {
	*testkit.Harness
	bob, lea, max *testkit.Person
}

func newCrew(h *testkit.Harness) crew {
	h.Service("checkout", "payments")
	return crew{
		Harness: h, bob: h.Person("bob", "oncall_engineer", "payments"), lea: h.Person("lea", "team_lead", "payments"),
		max: h.Person("max", "manager", ""),
	}
}

// each tells a story of the crew on both databases.
func each(t *testing.T, story func(c crew), options ...testkit.Option) {
	t.Helper()
	testkit.Each(t, func(h *testkit.Harness) { story(newCrew(h)) }, options...)
}

// fields are what a message or a request says.
type fields = map[string]any

var checkout = fields{"service": "checkout"}
