package source

import (
	"maps"

	"github.com/tocsinhq/tocsin/internal/intake"
)

var registered = map[string]intake.Source{}

// register adds a source; each file of this package calls it in its init.
func register(s intake.Source) {
	if _, taken := registered[s.Kind()]; taken {
		panic("source: two sources of kind " + s.Kind())
	}
	registered[s.Kind()] = s
}

// All is every source by its kind.
func All() map[string]intake.Source { return maps.Clone(registered) }
