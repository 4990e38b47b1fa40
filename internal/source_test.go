package internal_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/tocsinhq/tocsin/"

// listed is what `go list` says about one package, with paths relative to the module and only the module's imports.
type listed struct {
	path        string
	imports     []string
	testImports []string
}

// listOnce asks the go command once for all tests of this package.
var listOnce = sync.OnceValues(func() ([]listed, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var pkgs []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs, nil
		} else if err != nil {
			return nil, err
		}
		pkgs = append(pkgs, listed{
			path:        strings.TrimPrefix(p.ImportPath, module),
			imports:     ours(p.Imports),
			testImports: ours(slices.Concat(p.TestImports, p.XTestImports)),
		})
	}
})

// goList returns the packages of the module that have product code; this one has only tests.
func goList(t *testing.T) []listed {
	t.Helper()
	pkgs, err := listOnce()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return slices.DeleteFunc(slices.Clone(pkgs), func(p listed) bool { return p.path == "internal" })
}

func ours(imports []string) []string {
	var own []string
	for _, path := range imports {
		if rel, ok := strings.CutPrefix(path, module); ok {
			own = append(own, rel)
		}
	}
	return own
}

// sourceFile is one parsed Go file written by hand.
type sourceFile struct {
	path  string // relative to the module, with slashes
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func (f sourceFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// pkg is the folder of the file, relative to the module.
func (f sourceFile) pkg() string { return filepath.ToSlash(filepath.Dir(f.path)) }

func (f sourceFile) name() string { return filepath.Base(f.path) }

func (f sourceFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// parseOnce reads every hand-written Go file of the module once for all tests of this package.
var parseOnce = sync.OnceValues(func() ([]sourceFile, error) {
	var files []sourceFile
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipFolder(rel)
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_templ.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if ast.IsGenerated(parsed) {
			return nil
		}
		files = append(files, sourceFile{
			path: filepath.ToSlash(rel), lines: strings.Count(string(text), "\n"), fset: fset, ast: parsed,
		})
		return nil
	})
	return files, err
})

// skipFolder keeps the walk out of what is not this module's own code.
func skipFolder(rel string) error {
	base := filepath.Base(rel)
	if rel == "." {
		return nil
	}
	if rel == "bin" || rel == "tools" || base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") {
		return filepath.SkipDir
	}
	return nil
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	files, err := parseOnce()
	if err != nil {
		t.Fatalf("read the source: %v", err)
	}
	if len(files) == 0 {
		t.Fatal("found no source files")
	}
	return files
}
