package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/intake"
)

const (
	intakePath = "/v1/intake/{kind}/{key}"
	// intakeBound is how long a sender waits at most for its message to be on disk. Senders give up themselves; this keeps a
	// message from waiting for ever when they do not.
	intakeBound = 30 * time.Second
	// elasticKind is the dialect of /v1/alerts.
	elasticKind = "elastic"
)

// inLane reports whether a path is intake, which has its own lane: no limit, no schema, nothing refused but an unknown key.
func inLane(path string) bool {
	if strings.HasPrefix(path, "/v1/intake/") {
		return true
	}
	path = strings.TrimSuffix(path, "/")
	return path == "/v1/alerts" || path == "/v1/alerts/elastic"
}

// lane are intake's routes.
func (s *server) lane() http.Handler {
	routes := door.NewRoutes(door.WriteProblem)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodGet} {
		routes.HandleFunc(method+" "+intakePath, s.byPath)
	}
	routes.HandleFunc("POST /v1/alerts/elastic", s.elastic)
	routes.HandleFunc("POST /v1/alerts", s.elastic)
	return routes
}

// byPath takes a message whose key stands in the path. GET without a query is a sender that looks whether the address is
// there.
func (s *server) byPath(w http.ResponseWriter, r *http.Request) {
	kind, key := r.PathValue("kind"), r.PathValue("key")
	if r.Method == http.MethodHead || (r.Method == http.MethodGet && r.URL.RawQuery == "") {
		if err := s.Intake.Opens(r.Context(), key); err != nil {
			door.WriteProblem(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.receive(w, r, kind, func(ctx context.Context, message intake.Request) (intake.Result, error) {
		return s.Intake.Receive(ctx, kind, key, message)
	})
}

// elastic takes a message in the dialect of the first version's Elastic endpoint, by an integration's key or from somebody
// who is signed in.
func (s *server) elastic(w http.ResponseWriter, r *http.Request) {
	key, bearer := elasticCredential(r)
	s.receive(w, r, elasticKind, func(ctx context.Context, message intake.Request) (intake.Result, error) {
		if !bearer {
			return s.Intake.Receive(ctx, elasticKind, key, message)
		}
		actor, err := s.door.Actor(r)
		if err != nil {
			return intake.Result{}, err
		}
		return s.Intake.ReceiveAs(ctx, actor, elasticKind, message)
	})
}

// elasticCredential finds the integration's key: in X-API-Key, in ?key=, as ApiKey or Bearer token, or as the password of
// Basic. A bearer token of three parts is a signed-in person's; without any credential bearer is true as well.
func elasticCredential(r *http.Request) (key string, bearer bool) {
	if key = r.Header.Get("X-API-Key"); key != "" {
		return key, false
	}
	if key = r.URL.Query().Get("key"); key != "" {
		return key, false
	}
	if name, secret, ok := r.BasicAuth(); ok {
		if secret == "" {
			secret = name
		}
		return secret, false
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	switch {
	case token == "" && scheme != "" && !strings.EqualFold(scheme, "Bearer"):
		return scheme, false // The bare key.
	case token == "" || strings.EqualFold(scheme, "Bearer") && strings.Count(token, ".") == 2:
		return "", true
	}
	return token, false
}

// receive reads as much of a message as the door takes, hands it over, and answers in the sender's dialect.
func (s *server) receive(w http.ResponseWriter, r *http.Request, kind string, hand func(context.Context, intake.Request) (intake.Result, error)) {
	body, truncated, err := s.door.ReadHead(w, r)
	if err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	message := intake.Request{Header: r.Header, ContentType: r.Header.Get("Content-Type"), Body: body, Truncated: truncated}
	if r.URL.RawQuery != "" {
		// What cannot be read of a query is left out.
		message.Query = r.URL.Query()
	}
	ctx, cancel := context.WithTimeout(r.Context(), intakeBound)
	defer cancel()
	result, err := hand(ctx, message)
	if err != nil {
		door.WriteProblem(w, r, overloaded(err))
		return
	}
	status, answer := s.Intake.Answer(kind, result)
	text, err := json.Marshal(answer)
	if err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

var jsonType = []string{"application/json"}[:1:1]

// overloaded tells senders of a message that could not be stored in time what they understand: come again. Most do so after
// 503 only.
func overloaded(err error) error {
	if f := door.Err(err); f.Kind == fault.Timeout {
		return &fault.Error{Kind: fault.Unavailable, Code: f.Code, Detail: "The message could not be stored in time. Send it again.", Err: err}
	}
	return err
}

// intakeOperations describes the lane, which huma does not know.
func (s *server) intakeOperations() {
	text := &huma.Schema{Type: huma.TypeString}
	anything := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}}
	for _, o := range []operation{
		described(op(tagIntake, http.MethodPost, intakePath, "receive", "Deliver a message of a monitoring tool"), "Answered when all of it is on disk. "+
			"The answer is the dialect's own, else 202 with status, incidents [{id, outcome}] and warnings. What cannot be read is kept and shown; only an unknown key is refused."),
		described(op(tagIntake, http.MethodPut, intakePath, "receive-put", "Deliver a message by PUT"), "As POST."),
		described(op(tagIntake, http.MethodGet, intakePath, "receive-get", "Deliver a message in the query"), "As POST; without a query it only says whether the key opens (204)."),
		described(op(tagIntake, http.MethodPost, "/v1/alerts/elastic", "receive-elastic", "Deliver an alert of Elastic"),
			"By an integration's key (X-API-Key, Authorization or ?key=) or by somebody who is signed in. Unknown values become warnings in the message, never a refusal."),
		described(op(tagIntake, http.MethodPost, "/v1/alerts", "receive-alert", "Deliver an alert of Elastic, shorter"), "As /v1/alerts/elastic."),
	} {
		if strings.Contains(o.Path, "{") {
			o.Parameters = []*huma.Param{
				{Name: "kind", In: "path", Required: true, Schema: text, Description: "The dialect: alertmanager, elastic, generic …"},
				{Name: "key", In: "path", Required: true, Schema: text, Description: "The integration's key."},
			}
		} else {
			o.Parameters = []*huma.Param{{Name: "key", In: "query", Schema: text, Description: "The integration's key."}}
			o.Security = []map[string][]string{{integrationScheme: {}}, {bearerScheme: {}}, {}}
		}
		if o.Method != http.MethodGet {
			o.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{}}}}
		}
		o.Responses = map[string]*huma.Response{
			"200": {Description: "Taken", Content: anything}, "201": {Description: "Taken", Content: anything},
			"202": {Description: "Taken", Content: anything}, "204": {Description: "The key opens"},
		}
		for _, status := range []int{400, 401, 403, 503} {
			s.describeProblem(&o, status)
		}
		s.api.OpenAPI().AddOperation(&o)
	}
}
