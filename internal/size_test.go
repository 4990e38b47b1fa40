package internal_test

import (
	"go/ast"
	"testing"
)

// The size budget. A file over maxFileLines holds two ideas, unless it stands in longFiles with its reason.
const (
	maxFileLines  = 350
	hardFileLines = 500
	maxFuncLines  = 80
	// A test function may carry a table of cases.
	maxTestFuncLines = 120
)

// longFiles may have up to hardFileLines lines, each for the reason given. Keep this list short.
var longFiles = map[string]string{}

func TestFilesHoldOneIdea(t *testing.T) {
	for _, file := range sourceFiles(t) {
		reason := longFiles[file.path]
		switch {
		case file.lines > hardFileLines:
			t.Errorf("%s has %d lines, no file may have more than %d", file.path, file.lines, hardFileLines)
		case file.lines > maxFileLines && reason == "":
			t.Errorf("%s has %d lines, over %d it is two ideas", file.path, file.lines, maxFileLines)
		case file.lines <= maxFileLines && reason != "":
			t.Errorf("%s has only %d lines: take it off the list of long files", file.path, file.lines)
		}
	}
}

func TestFunctionsFitAScreen(t *testing.T) {
	for _, file := range sourceFiles(t) {
		limit := maxFuncLines
		if file.isTest() {
			limit = maxTestFuncLines
		}
		for _, decl := range file.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := file.line(fn.End()) - file.line(fn.Pos()) + 1; lines > limit {
				t.Errorf("%s: %s has %d lines, the limit is %d", file.path, fn.Name.Name, lines, limit)
			}
		}
	}
}

// Every package opens with a nameplate that says what it owns and what it does not.
func TestEveryPackageHasANameplate(t *testing.T) {
	nameplates := map[string]bool{}
	for _, file := range sourceFiles(t) {
		if file.isTest() {
			continue
		}
		plated := file.ast.Doc != nil && (file.name() == "doc.go" || file.ast.Name.Name == "main")
		nameplates[file.pkg()] = nameplates[file.pkg()] || plated
	}
	for pkg, plated := range nameplates {
		if !plated {
			t.Errorf("%s has no doc.go with a package comment", pkg)
		}
	}
}
