package reference

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

//go:embed swagger.html redoc.html swagger.js redoc.js
//go:embed vendor/swagger-ui-5.35.0/swagger-ui-bundle.js vendor/swagger-ui-5.35.0/swagger-ui.css
//go:embed vendor/redoc-2.5.4/redoc.standalone.js
var files embed.FS

// The pages' policies: the viewers set styles in place, and ReDoc searches in a worker that it makes of a blob. The logo that
// ReDoc would fetch from its maker's host is refused.
const (
	policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
		"worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// The viewers' addresses carry their version, so what was fetched once stays good.
	forGood = "public, max-age=31536000, immutable"
)

// Mux takes the routes; door.Routes is one.
type Mux interface {
	HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request))
}

// Mount hangs /docs (Swagger UI) and /redoc (ReDoc) beside the document at /v1/openapi.json.
func Mount(mux Mux) {
	mux.HandleFunc("GET /docs", page("swagger.html"))
	mux.HandleFunc("GET /redoc", page("redoc.html"))
	mux.HandleFunc("GET /docs/{file}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, r.PathValue("file"), "no-cache")
	})
	mux.HandleFunc("GET /docs/vendor/{path...}", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, "vendor/"+r.PathValue("path"), forGood)
	})
}

func page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		serve(w, r, name, "no-cache")
	}
}

func serve(w http.ResponseWriter, r *http.Request, name, caching string) {
	if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
		door.WriteProblem(w, r, fault.New(fault.NotFound, "no_such_address", "There is nothing at this address."))
		return
	}
	w.Header().Set("Cache-Control", caching)
	http.ServeFileFS(w, r, files, name)
}
