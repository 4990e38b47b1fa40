package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// signInPaths and what begins with recoveryPrefix cost a hash of a password or guess one, without /v1 and /auth.
var signInPaths = map[string]bool{"/login/access-token": true, "/signup": true, "/reset-password": true}

// Login is the sign-in form (OAuth2 password flow) or its JSON twin.
type Login struct {
	Username string   `json:"username" maxLength:"320" example:"ann@example.org" doc:"The e-mail address."`
	Password string   `json:"password" maxLength:"1000" format:"password"`
	_        struct{} `json:"-" additionalProperties:"true"`
}

// Tokens answers a sign-in.
type Tokens struct {
	AccessToken  string `json:"access_token" doc:"Goes into Authorization: Bearer."`
	TokenType    string `json:"token_type" enum:"bearer"`
	ExpiresIn    int    `json:"expires_in" example:"1800" doc:"Seconds for which the access token is good."`
	RefreshToken string `json:"refresh_token" doc:"Good once, for the next pair of tokens."`
}

func wireTokens(t account.Tokens) Tokens {
	return Tokens{
		AccessToken: t.AccessToken, TokenType: "bearer", ExpiresIn: int(t.ExpiresIn.Seconds()), RefreshToken: t.RefreshToken,
	}
}

// RefreshToken carries a refresh token.
type RefreshToken struct {
	RefreshToken string `json:"refresh_token" minLength:"1" maxLength:"1000"`
}

// MaybeRefreshToken may carry one.
type MaybeRefreshToken struct {
	RefreshToken string `json:"refresh_token,omitempty" maxLength:"1000" doc:"Ends this token and those made from it too."`
}

// Message is a sentence for the caller.
type Message struct {
	Message string `json:"message" example:"Signed out"`
	Detail  string `json:"detail,omitempty" doc:"What was done instead, where the message is the contract's and says less."`
}

func say(text string) *answer[Message] { return reply(Message{Message: text}) }

// twice registers an operation at its path and at the shorter one without /auth.
func twice(o operation, register func(operation)) {
	register(o)
	o.Path = strings.Replace(o.Path, "/v1/auth/", "/v1/", 1)
	o.OperationID += "-short"
	o.Deprecated = true
	register(o)
}

func (s *server) auth() {
	twice(op(tagAuth, http.MethodPost, "/v1/auth/login/access-token", "login", "Sign in"), s.loginOperation)
	twice(op(tagAuth, http.MethodPost, "/v1/auth/login/test-token", "test-token", "Say who the token belongs to"), func(o operation) {
		register(s, o, s.me)
	})
	twice(creates(op(tagAuth, http.MethodPost, "/v1/auth/signup", "signup", "Sign up")), func(o operation) {
		registerOpen(s, described(o, "role, team_id, is_superuser and is_active count only when an administrator asks."), s.signup)
	})
	twice(op(tagAuth, http.MethodPost, "/v1/auth/token/refresh", "refresh-token", "Trade a refresh token for new tokens"), func(o operation) {
		add(s, described(answers(o, http.StatusUnauthorized, http.StatusForbidden), "A refresh token is good once. Used twice, it and all tokens made from it end."), s.refresh)
	})
	twice(op(tagAuth, http.MethodPost, "/v1/auth/logout", "logout", "Sign out"), func(o operation) {
		register(s, described(o, "Ends the access token that is shown, its refresh token, and the one in the body."), s.logout)
	})
}

func (s *server) refresh(ctx context.Context, in *struct{ Body RefreshToken }) (*answer[Tokens], error) {
	tokens, err := s.Accounts.Refresh(ctx, in.Body.RefreshToken)
	return replyOr(wireTokens(tokens), err)
}

func (s *server) logout(ctx context.Context, actor account.Actor, in *struct{ Body *MaybeRefreshToken }) (*answer[Message], error) {
	token := ""
	if in.Body != nil {
		token = in.Body.RefreshToken
	}
	if err := s.Accounts.Logout(ctx, actor, token); err != nil {
		return nil, err
	}
	return say("Signed out"), nil
}

// loginOperation is a plain handler, for it takes a form as well as JSON: were forms a format of the whole API, pages of
// other sites could post them to every operation.
func (s *server) loginOperation(o operation) {
	s.routes.HandleFunc(o.Method+" "+o.Path, s.login)
	registry := s.api.OpenAPI().Components.Schemas
	login := registry.Schema(reflect.TypeFor[Login](), true, "")
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/x-www-form-urlencoded": {Schema: login}, "application/json": {Schema: login},
	}}
	o.Responses = map[string]*huma.Response{"200": {
		Description: "OK",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: registry.Schema(reflect.TypeFor[Tokens](), true, "")}},
	}}
	for _, status := range []int{400, 403, 413, 415, 422, 429, 503} {
		s.describeProblem(&o, status)
	}
	s.api.OpenAPI().AddOperation(&o)
}

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	form, err := readLogin(r)
	if err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	tokens, err := s.Accounts.Login(r.Context(), account.LoginRequest{
		Email: form.Username, Password: form.Password, Address: door.AddressFrom(r.Context()), UserAgent: r.UserAgent(),
	})
	if err != nil {
		door.WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(wireTokens(tokens))
}

// readLogin reads JSON or a form; what is called neither must be a form.
func readLogin(r *http.Request) (login Login, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Login{}, readable(err)
	}
	if mayBeJSON(r.Header.Get("Content-Type")) {
		if err := jsonFormat.Unmarshal(body, &login); err != nil {
			return Login{}, wrong("body", "must be an object with username and password as strings")
		}
		return login, login.check()
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Login{}, fault.Wrap(err, fault.Malformed, "bad_form", "The form cannot be read.")
	}
	login = Login{Username: form.Get("username"), Password: form.Get("password")}
	return login, login.check()
}

func (l Login) check() error {
	var c fault.Checks
	for name, value := range map[string]string{"body.username": l.Username, "body.password": l.Password} {
		switch {
		case value == "":
			c.Add(name, "is required")
		case utf8.RuneCountInString(value) > 1000:
			c.Add(name, "must be at most 1000 characters")
		default:
			checkText(&c, name, value)
		}
	}
	return c.Err()
}

// wrong is one Invalid field.
func wrong(location, message string) error {
	var c fault.Checks
	c.Add(location, "%s", message)
	return c.Err()
}

// describeProblem adds an error answer to an operation that huma does not register.
func (s *server) describeProblem(o *operation, status int) {
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	if o.Responses == nil {
		o.Responses = map[string]*huma.Response{}
	}
	o.Responses[statusKey(status)] = &huma.Response{
		Description: http.StatusText(status), Content: map[string]*huma.MediaType{door.ProblemType: {Schema: schema}},
	}
}
