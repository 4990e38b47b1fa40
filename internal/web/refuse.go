package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// refuse answers with an error: the way to the sign-in for who is not signed in, a sentence at the foot for a script, else a page.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problem := door.ProblemOf(r.Context(), err)
	v := &visit{w: w, r: r, ctx: r.Context(), now: s.Clock.Now()}
	if problem.Status == http.StatusUnauthorized {
		s.sendToSignIn(v)
		return
	}
	for name, value := range problem.Headers() {
		w.Header().Set(name, value)
	}
	if v.byScript() {
		setToast(w, problem.Detail)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(problem.Status)
		_, _ = w.Write([]byte(problem.Detail))
		return
	}
	p := view.Door{Heading: headings[problem.Status], Lede: problem.Detail, Back: "/", RequestID: problem.RequestID}
	if p.Heading == "" {
		p.Heading = problem.Title
	}
	p.Shell = v.outside(p.Heading)
	// Whether somebody is signed in only decides the frame, so a failure to find out is no second error.
	if actor, err := s.Door.Actor(r); err == nil {
		v.actor = actor
		p.Shell, p.Back = v.shell(p.Heading, ""), "/incidents"
		p.Live = ""
		_ = v.showAs(problem.Status, view.RefusalPage(p))
		return
	}
	_ = v.showAs(problem.Status, view.DoorPage(p))
}

var headings = map[int]string{
	http.StatusForbidden:             "Not yours to do",
	http.StatusNotFound:              "Not found",
	http.StatusConflict:              "Not possible now",
	http.StatusRequestEntityTooLarge: "Too much at once",
	http.StatusUnprocessableEntity:   "That does not fit",
	http.StatusBadRequest:            "That could not be read",
	http.StatusTooManyRequests:       "Slow down",
	http.StatusInternalServerError:   "Something went wrong on our side",
	http.StatusServiceUnavailable:    "Back in a moment",
	http.StatusGatewayTimeout:        "That took too long",
}

// sendToSignIn remembers where the person wanted to go. A post is not repeated after the sign-in, so its way back is the page.
func (s *site) sendToSignIn(v *visit) {
	next := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		next = "/"
	}
	if v.byScript() {
		// The browser is sent as a whole: a sign-in page inside a part of another would be of no use.
		v.w.Header().Set("HX-Redirect", "/login.html")
		v.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(v.w, v.r, "/login.html?next="+url.QueryEscape(next), http.StatusSeeOther)
}

// mended reports whether an error is one that the person can put right in the form, so that the form is shown again.
func mended(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Malformed, fault.Duplicate, fault.Conflict, fault.Stale, fault.RateLimited:
		return true
	default:
		return false
	}
}

// faults puts an error's messages by the names of the form's inputs: "body.steps[0].delay_minutes" is "steps.0.delay_minutes". What
// belongs to no field is the rest.
func faults(err error) (byField map[string]string, rest string) {
	f := fault.From(err)
	byField = map[string]string{}
	for _, field := range f.Fields {
		name := field.Location
		for _, prefix := range []string{"body.", "query.", "path."} {
			name = strings.TrimPrefix(name, prefix)
		}
		name = strings.NewReplacer("[", ".", "]", "").Replace(name)
		byField[name] = strings.TrimSpace(byField[name] + " " + sentence(field.Message))
	}
	if len(byField) == 0 {
		rest = f.Detail
	}
	return byField, rest
}

// gathered puts the messages about parts of an input, "labels.env", by the input's name.
func gathered(byField map[string]string, name string) map[string]string {
	for _, part := range slices.Sorted(maps.Keys(byField)) {
		if strings.HasPrefix(part, name+".") {
			byField[name] = strings.TrimSpace(byField[name] + " " + byField[part])
			delete(byField, part)
		}
	}
	return byField
}

// sentence makes "must not be empty" one of its own.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// refill draws a form again after an error that can be mended.
func refill(f view.Form, typed url.Values, err error) view.Form {
	byField, rest := faults(err)
	return f.Typed(typed).Marked(byField, rest)
}

// setToast has the page say a sentence. The header is ASCII, so everything else is escaped as JSON allows.
func setToast(w http.ResponseWriter, text string) {
	// A map of strings always has a JSON form.
	body, _ := json.Marshal(map[string]map[string]string{"tocsin:toast": {"text": text}})
	var ascii strings.Builder
	for _, r := range string(body) {
		switch {
		case r < 0x80:
			ascii.WriteRune(r)
		case r <= 0xffff:
			ascii.WriteString(`\u` + hex4(r))
		default:
			r -= 0x10000
			ascii.WriteString(`\u` + hex4(0xd800+r>>10) + `\u` + hex4(0xdc00+r&0x3ff))
		}
	}
	w.Header().Set("HX-Trigger", ascii.String())
}

func hex4(r rune) string {
	digits := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", 4-len(digits)) + digits
}

// mayIn is the refusal of what a page does not even show a form for.
func mayIn(a account.Actor, p account.Permission, team *int64, what string) error {
	if a.CanIn(p, team) {
		return nil
	}
	return account.Forbid(what)
}
