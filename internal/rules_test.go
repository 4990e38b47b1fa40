package internal_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// importRule keeps a foreign package to a few rooms and, in others, to files of certain names.
type importRule struct {
	prefix string   // the import path and everything below it
	rooms  []string // where any file may import it
	file   func(name string) bool
	why    string
}

var importRules = []importRule{
	{
		prefix: "database/sql", rooms: []string{"internal/db", "bench"},
		file: isStore, why: "SQL lives in db and in files named store.go or *_store.go",
	},
	{
		prefix: "github.com/jackc/pgx", rooms: []string{"internal/db", "internal/live", "bench"},
		why: "only db knows the drivers; live holds the LISTEN connection",
	},
	{prefix: "modernc.org/sqlite", rooms: []string{"internal/db", "bench"}, why: "only db knows the drivers"},
	{prefix: "github.com/pressly/goose", rooms: []string{"internal/db"}, why: "only db migrates"},
	{
		prefix: "net/http",
		rooms: []string{
			"internal/door", "internal/api", "internal/web", "internal/app", "internal/channel", "client",
			"cmd", "bench", "internal/testkit",
		},
		file: isOutwardPort, why: "HTTP lives in the doors, the channels and files named for an outward port",
	},
	{
		prefix: "github.com/danielgtaylor/huma", rooms: []string{"internal/api", "internal/testkit"},
		why: "only the REST door knows its framework",
	},
	{prefix: "github.com/a-h/templ", rooms: []string{"internal/web"}, why: "only the web door renders pages"},
	{
		prefix: "github.com/chromedp", rooms: []string{"internal/testkit"},
		why: "only the test kit drives a browser",
	},
}

func isStore(name string) bool { return name == "store.go" || strings.HasSuffix(name, "_store.go") }

func isOutwardPort(name string) bool { return name == "oidc.go" }

func (r importRule) covers(path string) bool {
	return path == r.prefix || strings.HasPrefix(path, r.prefix+"/")
}

func (r importRule) allows(room, file string) bool {
	return slices.Contains(r.rooms, room) || (r.file != nil && r.file(file))
}

func TestForeignPackagesStayInTheirRooms(t *testing.T) {
	for _, file := range sourceFiles(t) {
		if file.isTest() {
			continue
		}
		for _, spec := range file.ast.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range importRules {
				if rule.covers(path) && !rule.allows(room(file.pkg()), file.name()) {
					t.Errorf("%s imports %s: %s", file.path, path, rule.why)
				}
			}
		}
	}
}

// statement matches the opening of an SQL statement as it is written here: keywords in capitals.
var statement = regexp.MustCompile(`^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s*(\(.*\)\s*)?AS\s)`)

// stateful are the rooms that speak SQL in any file: live has its LISTEN and NOTIFY.
var stateful = []string{"internal/db", "internal/live", "bench"}

// A statement in a service is a rule that nobody finds again: it belongs beside the table's other statements.
func TestStatementsStandInStores(t *testing.T) {
	for _, file := range sourceFiles(t) {
		if file.isTest() || isStore(file.name()) || slices.Contains(stateful, room(file.pkg())) {
			continue
		}
		ast.Inspect(file.ast, func(node ast.Node) bool {
			lit, ok := node.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err == nil && statement.MatchString(text) {
				t.Errorf("%s:%d holds an SQL statement; it belongs in a store.go", file.path, file.line(lit.Pos()))
			}
			return true
		})
	}
}

// The server holds one organisation's rows apart from another's by (org_id, id); `SELECT *` would hide which columns a
// store reads, and break it when a node of the next version adds one.
func TestNoStatementSelectsEverything(t *testing.T) {
	star := regexp.MustCompile(`(?i)\bselect\s+(\w+\.)?\*`)
	for _, file := range sourceFiles(t) {
		if file.isTest() || room(file.pkg()) == "bench" { // The bench copies rows whole, whatever columns they have.
			continue
		}
		ast.Inspect(file.ast, func(node ast.Node) bool {
			if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING && star.MatchString(lit.Value) {
				t.Errorf("%s:%d selects every column; name them", file.path, file.line(lit.Pos()))
			}
			return true
		})
	}
}

// A test that sleeps in real time is slow when it passes and flaky when it fails. Inside a synctest bubble sleeping
// only moves the bubble's time.
func TestTestsSleepOnlyInBubbles(t *testing.T) {
	for _, file := range sourceFiles(t) {
		if !file.isTest() || slices.ContainsFunc(file.ast.Imports, func(spec *ast.ImportSpec) bool {
			return spec.Path.Value == `"testing/synctest"`
		}) {
			continue
		}
		ast.Inspect(file.ast, func(node ast.Node) bool {
			call, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && call.Sel.Name == "Sleep" {
				t.Errorf("%s:%d sleeps; wait for what is to happen", file.path, file.line(call.Pos()))
			}
			return true
		})
	}
}

func TestImportRulesRefuseWhatTheyShould(t *testing.T) {
	refused := []struct{ path, room, file string }{
		{"database/sql", "internal/incident", "service.go"},
		{"net/http", "internal/source", "elastic.go"},
		{"net/http/httptest", "internal/account", "service.go"},
		{"github.com/jackc/pgx/v5", "internal/incident", "store.go"},
	}
	for _, c := range refused {
		if !slices.ContainsFunc(importRules, func(r importRule) bool { return r.covers(c.path) && !r.allows(c.room, c.file) }) {
			t.Errorf("%s/%s may import %s", c.room, c.file, c.path)
		}
	}
	if !importRules[0].allows("internal/incident", "alert_store.go") || importRules[0].covers("database/sqlite") {
		t.Error("a store may not import database/sql")
	}
	for _, text := range []string{"SELECT id FROM x", "\n\t\tUPDATE runs SET a = ?", "WITH due AS (SELECT 1)"} {
		if !statement.MatchString(text) {
			t.Errorf("%q is not seen as a statement", text)
		}
	}
	for _, text := range []string{"Select a team", "UPDATE failed", "with respect AS you like"} {
		if statement.MatchString(text) {
			t.Errorf("%q is seen as a statement", text)
		}
	}
}
