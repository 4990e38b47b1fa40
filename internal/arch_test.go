package internal_test

import (
	"slices"
	"strings"
	"testing"
)

// floors is the house plan of docs/ARCHITECTURE.md: a room may import rooms on lower floors only. A package
// below a room's folder belongs to that room. A room that is not listed here fails the test.
var floors = map[string]int{
	"client": 0, // speaks HTTP to a server, so it shares nothing with the rooms

	"internal/clock": 0, "internal/fault": 0,
	"internal/db": 1, "internal/work": 1, "internal/live": 1,
	"internal/audit":   2,
	"internal/account": 3,
	"internal/oncall":  4, "internal/catalog": 4, "internal/incident": 4,
	"internal/notify":     5,
	"internal/escalation": 6, "internal/intake": 6, "internal/insight": 6,
	"internal/channel": 7, "internal/source": 7, "internal/watch": 7,
	"internal/door": 8,
	"internal/api":  9, "internal/web": 9,
	"internal/app":     10,
	"internal/testkit": 11,

	"cmd":   12,
	"bench": 12,
}

// neighbours are the imports allowed on one floor, each with its reason.
var neighbours = map[[2]string]string{
	{"internal/live", "internal/db"}:          "LISTEN needs a connection of its own to the same database",
	{"internal/incident", "internal/catalog"}: "an incident finds the owner team of its service",
	{"internal/incident", "internal/oncall"}:  "an incident asks whom to assign",
}

// apart are rooms that must not meet although the floors would allow it, each with its reason.
var apart = map[[2]string]string{
	{"internal/door", "internal/db"}:   "doors ask services, which open the transaction and check permission",
	{"internal/api", "internal/db"}:    "doors ask services, which open the transaction and check permission",
	{"internal/web", "internal/db"}:    "doors ask services, which open the transaction and check permission",
	{"internal/source", "internal/db"}: "a source only parses",
	{"internal/testkit", "client"}:     "stories use the doors as they are on the wire",
}

// testSupport may be imported by tests, the test kit and the bench, never by the product.
var testSupport = []string{"internal/db/dbtest", "internal/testkit"}

// maxAppImports keeps the wiring readable: more rooms than this in one place is a second place.
const maxAppImports = 22

func TestImportsGoDownTheFloors(t *testing.T) {
	for _, pkg := range goList(t) {
		from := room(pkg.path)
		if from == "" {
			t.Errorf("%s is in no room of the floor table: add it with its floor", pkg.path)
			continue
		}
		for _, imported := range pkg.imports {
			if why := refuse(from, room(imported)); why != "" {
				t.Errorf("%s imports %s: %s", pkg.path, imported, why)
			}
			if isTestSupport(imported) && !isTestSupport(pkg.path) && from != "bench" {
				t.Errorf("%s imports %s: test support stays out of the product", pkg.path, imported)
			}
		}
		for _, imported := range pkg.testImports {
			if isTestSupport(imported) || imported == pkg.path {
				continue
			}
			if why := refuse(from, room(imported)); why != "" {
				t.Errorf("tests of %s import %s: %s", pkg.path, imported, why)
			}
		}
	}
}

func TestAppKnowsFewRooms(t *testing.T) {
	for _, pkg := range goList(t) {
		if pkg.path == "internal/app" && len(pkg.imports) > maxAppImports {
			t.Errorf("internal/app imports %d rooms, the budget is %d", len(pkg.imports), maxAppImports)
		}
	}
}

func TestFloorRulesRefuseWhatTheyShould(t *testing.T) {
	refused := [][2]string{
		{"internal/escalation", "internal/app"},
		{"internal/notify", "internal/escalation"},
		{"internal/escalation", "internal/intake"},
		{"internal/catalog", "internal/incident"},
		{"internal/api", "internal/db"},
		{"internal/web", "internal/api"},
		{"client", "internal/fault"},
	}
	for _, pair := range refused {
		if refuse(pair[0], pair[1]) == "" {
			t.Errorf("%s may import %s", pair[0], pair[1])
		}
	}
	allowed := [][2]string{
		{"internal/incident", "internal/catalog"},
		{"internal/channel", "internal/channel"},
		{"internal/app", "internal/web"},
		{"internal/notify", "internal/db"},
	}
	for _, pair := range allowed {
		if why := refuse(pair[0], pair[1]); why != "" {
			t.Errorf("%s may not import %s: %s", pair[0], pair[1], why)
		}
	}
	if room("internal/helpers") != "" || room("internal/channel/slack") != "internal/channel" {
		t.Error("rooms are not told apart by their folders")
	}
}

// refuse says why the room from may not import the room to, or nothing.
func refuse(from, to string) string {
	if from == to {
		return ""
	}
	if why, ok := apart[[2]string{from, to}]; ok {
		return why
	}
	if to == "" {
		return "it is in no room of the floor table"
	}
	if _, ok := neighbours[[2]string{from, to}]; ok {
		return ""
	}
	switch {
	case floors[to] == floors[from]:
		return "they are neighbours on one floor"
	case floors[to] > floors[from]:
		return "imports only go down"
	}
	return ""
}

// room returns the entry of the floor table that the package belongs to, or nothing.
func room(pkg string) string {
	for path := pkg; path != ""; {
		if _, ok := floors[path]; ok {
			return path
		}
		cut := strings.LastIndexByte(path, '/')
		if cut < 0 {
			return ""
		}
		path = path[:cut]
	}
	return ""
}

func isTestSupport(pkg string) bool {
	return slices.ContainsFunc(testSupport, func(support string) bool {
		return pkg == support || strings.HasPrefix(pkg, support+"/")
	})
}
