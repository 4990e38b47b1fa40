package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed css js vendor icons.svg favicon.svg
var files embed.FS

// The order inside a sheet is the order of the files here; which rule wins is decided by the layers that tokens.css names first.
var sheets = map[string][]string{
	"app.css":     {"tokens", "reset", "base", "layout", "controls", "chips", "parts", "inbox", "incident", "objects", "policy", "utilities"},
	"landing.css": {"tokens", "reset", "base", "controls", "chips", "landing", "utilities"},
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

var cssNoise = regexp.MustCompile(`(?s)/\*.*?\*/|\n\s*`)

type bundle struct {
	hash  string
	bytes map[string][]byte
}

var load = sync.OnceValue(func() bundle {
	b := bundle{bytes: map[string][]byte{}}
	// The files are part of the binary: a name that is missing is a mistake of the build, found by the first test.
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	must(fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || contentTypes[path.Ext(name)] == "" || strings.HasPrefix(name, "css/") {
			return err
		}
		b.bytes[name], err = files.ReadFile(name)
		return err
	}))
	for sheet, parts := range sheets {
		var all []byte
		for _, part := range parts {
			text, err := files.ReadFile("css/" + part + ".css")
			must(err)
			all = append(all, text...)
		}
		b.bytes[sheet] = cssNoise.ReplaceAll(all, nil)
	}
	b.hash = digest(b.bytes)
	return b
})

// URL is the address of a file by its name in this folder ("app.css", "landing.css", "js/app.js", "icons.svg").
func URL(name string) string {
	return "/static/" + load().hash + "/" + name
}

// Handler answers GET /static/{hash}/{name...}. A page drawn by another version of the server may ask under its own hash: it gets what this
// one has, but must not keep it.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := load()
		body, ok := b.bytes[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentTypes[path.Ext(r.PathValue("name"))])
		h.Set("X-Content-Type-Options", "nosniff")
		if r.PathValue("hash") == b.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		_, _ = w.Write(body)
	})
}

func digest(all map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sum.Write([]byte(name))
		sum.Write([]byte{0})
		sum.Write(all[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
