package door

import (
	"net/http"
	"strings"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// Routes is http.ServeMux with our manners: "/x/" is served as "/x" without a redirect, and what matches nothing is answered
// by refuse, with 405 and Allow when only the method is wrong.
type Routes struct {
	mux    *http.ServeMux
	refuse Refuse
}

// NewRoutes makes an empty route table. Patterns are those of http.ServeMux without a slash at the end; the root page is
// "GET /{$}".
func NewRoutes(refuse Refuse) *Routes {
	routes := &Routes{mux: http.NewServeMux(), refuse: refuse}
	routes.mux.HandleFunc(nothing, routes.miss)
	return routes
}

// nothing is the pattern that matches when no other does.
const nothing = "/"

// Handle adds a route.
func (t *Routes) Handle(pattern string, handler http.Handler) { t.mux.Handle(pattern, handler) }

// HandleFunc adds a route.
func (t *Routes) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	t.mux.HandleFunc(pattern, handler)
}

// ServeHTTP finds the route and remembers it for the log.
func (t *Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if !clean(path) {
		t.refuse(w, r, errNoSuchAddress)
		return
	}
	if len(path) > 1 && strings.HasSuffix(path, "/") {
		r = r.WithContext(r.Context())
		url := *r.URL
		url.Path = path[:len(path)-1]
		url.RawPath = strings.TrimSuffix(url.RawPath, "/")
		r.URL = &url
	}
	t.mux.ServeHTTP(w, r)
	if x := exchangeFrom(r.Context()); x != nil && r.Pattern != nothing {
		x.route = r.Pattern
	}
}

// clean reports whether http.ServeMux would take the path as it is rather than redirect to a tidier one.
func clean(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.Contains(path, "//") &&
		!strings.Contains(path+"/", "/./") && !strings.Contains(path+"/", "/../")
}

// methods are asked for when a path is known but not with the method used.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (t *Routes) miss(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range methods {
		other := *r
		other.Method = method
		if _, pattern := t.mux.Handler(&other); pattern != nothing {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		t.refuse(w, r, errNoSuchAddress)
		return
	}
	p := NewProblem(r.Context(), http.StatusMethodNotAllowed, "method_not_allowed",
		"This address takes "+strings.Join(allowed, ", ")+", not "+shownMethod(r.Method)+".")
	p.allow = strings.Join(allowed, ", ")
	p.Write(w)
}

// shownMethod keeps a made-up method out of the answer.
func shownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return method
	}
	return "that method"
}

var errNoSuchAddress = fault.New(fault.NotFound, "no_such_address", "There is nothing at this address.")
