package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// visit is one request by one person.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	actor account.Actor // without an organisation when nobody is signed in
	now   time.Time
}

type handler func(v *visit) error

// person wraps a handler for who is signed in.
func (s *site) person(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		actor, err := s.Door.Actor(r)
		if err == nil {
			err = h(&visit{w: w, r: r, ctx: r.Context(), actor: actor, now: s.Clock.Now()})
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	}
}

// anyone wraps a handler that needs no sign-in.
func (s *site) anyone(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(&visit{w: w, r: r, ctx: r.Context(), now: s.Clock.Now()}); err != nil {
			s.refuse(w, r, err)
		}
	}
}

// show writes a page.
func (v *visit) show(c templ.Component) error { return v.showAs(http.StatusOK, c) }

// again writes a form that was not accepted, with what was typed and what was wrong.
func (v *visit) again(c templ.Component) error { return v.showAs(http.StatusUnprocessableEntity, c) }

func (v *visit) showAs(status int, c templ.Component) error {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	// The status is out; an error now means that the browser is gone.
	_ = c.Render(v.ctx, v.w)
	return nil
}

// toast says a sentence at the foot of a page that is not loaded anew.
func (v *visit) toast(text string) { setToast(v.w, text) }

// go303 sends the browser on after a form, with the code of a sentence that the next page shows.
func (v *visit) go303(path, done string) error {
	if done != "" {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "done=" + url.QueryEscape(done)
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// byScript reports whether htmx asked, so that a part of a page is the answer.
func (v *visit) byScript() bool { return v.r.Header.Get("HX-Request") == "true" }

// id is the number in the path; what is no number is nothing that exists.
func (v *visit) id(what string) (int64, error) { return v.pathID("id", what) }

func (v *visit) pathID(name, what string) (int64, error) {
	id, err := strconv.ParseInt(v.r.PathValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.NotFoundf(what)
	}
	return id, nil
}

// form reads what was posted.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		if f := fault.From(err); f.Kind != fault.Internal {
			return nil, f
		}
		return nil, fault.Wrap(err, fault.Malformed, "bad_form", "The form could not be read.")
	}
	return v.r.PostForm, nil
}

// query is one value of the address.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// local keeps a way back inside this site.
func local(path, otherwise string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return otherwise
	}
	return path
}

// done are the sentences that a page shows after a form sent the browser to it.
var done = map[string]string{
	"saved":          "Saved.",
	"created":        "Created.",
	"deleted":        "Deleted.",
	"restored":       "Restored: it stands as the newest version.",
	"acknowledged":   "Acknowledged. Nobody is paged again for it.",
	"resolved":       "Resolved.",
	"escalated":      "Escalated: the next step was taken.",
	"no_escalation":  "It is resolved, so nothing was done.",
	"code_sent":      "A code is on its way to that address. Type it below to be reached there.",
	"method_added":   "Added. Send yourself a test page to see that it works.",
	"verified":       "Verified: you are reached there from now on.",
	"test_sent":      "A test page is on its way. It stands in your notifications with what came of it.",
	"test_alert":     "A test alert was sent through this integration.",
	"key_made":       "The new key was made and shown already; nothing was done again.",
	"password":       "The password was changed. Your other sessions have ended.",
	"password_reset": "The new password is set. Sign in with it.",
	"signed_out":     "You are signed out.",
	"added":          "Added.",
	"removed":        "Removed.",
	"ended_others":   "You are signed in nowhere else.",
	"ended":          "That session has ended.",
	"deactivated":    "Deactivated: this person can no longer sign in and is no longer paged.",
	"comment":        "Your comment stands on the timeline.",
	"some_refused":   "Done, except for what is not possible in its present state or not yours to do.",
}

// shell is what every page of a signed-in person has around it.
func (v *visit) shell(title, place string) view.Shell {
	sh := v.outside(title)
	sh.Place = place
	sh.Live = "/live"
	if v.actor.Timezone != "" {
		if zone, err := time.LoadLocation(v.actor.Timezone); err == nil {
			sh.Zone, sh.ZoneName = zone, v.actor.Timezone
		}
	}
	sh.Me = &view.Viewer{ID: v.actor.UserID, Name: v.actor.Name, Role: view.Humanize(string(v.actor.Role)), Places: placesFor(v.actor)}
	return sh
}

// absolute is a time in full, in the viewer's zone.
func (v *visit) absolute(t time.Time) string { return v.shell("", "").Absolute(t) }

// outside is the frame of a page for who is not signed in.
func (v *visit) outside(title string) view.Shell {
	sh := view.Shell{PageTitle: title, Now: v.now, Theme: themeOf(v.r)}
	if sentence := done[v.query("done")]; sentence != "" {
		sh.Notes = append(sh.Notes, view.Note{Tone: "good", Text: sentence})
	}
	return sh
}

// themeOf is the theme that the script keeps in a cookie.
func themeOf(r *http.Request) string {
	cookie, err := r.Cookie("tocsin_theme")
	if err != nil || (cookie.Value != "light" && cookie.Value != "dark") {
		return ""
	}
	return cookie.Value
}

// placesFor is the rail: what somebody may not open is not offered.
func placesFor(a account.Actor) []view.Place {
	places := []view.Place{
		{URL: "/incidents", Icon: "inbox", Word: "Incidents", Phone: true},
		{URL: "/escalations", Icon: "trending-up", Word: "Escalations", Phone: true},
		{URL: "/notifications", Icon: "bell", Word: "Notifications", Phone: true},
	}
	var setUp []view.Place
	if readsPolicies(a) {
		setUp = append(setUp, view.Place{URL: "/policies", Icon: "route", Word: "Policies"})
	}
	setUp = append(setUp, view.Place{URL: "/services", Icon: "boxes", Word: "Services"})
	if managesObjects(a) {
		setUp = append(setUp, view.Place{URL: "/integrations", Icon: "plug", Word: "Integrations"})
	}
	if writesTemplates(a) {
		setUp = append(setUp, view.Place{URL: templatesPath, Icon: "message-square", Word: "Message texts"})
	}
	setUp[0].Group = "Set up"
	people := []view.Place{{URL: "/teams", Icon: "users", Word: "Teams", Group: "People"}}
	if a.Can(account.ReadAdmin) {
		people = append(people, view.Place{URL: "/users", Icon: "contact", Word: "Users"},
			view.Place{URL: settingsPath, Icon: "sliders-horizontal", Word: "Settings", Group: "Organisation"})
	}
	if a.Can(account.Admin) {
		people = append(people, view.Place{URL: systemPath, Icon: "monitor", Word: "System"})
	}
	return append(append(places, setUp...), people...)
}

// managesObjects reports whether the actor has policies, services or integrations to look after, in any team.
func managesObjects(a account.Actor) bool {
	if a.Can(account.ManageAllObjects) {
		return true
	}
	for team := range a.Teams {
		if a.CanIn(account.ManageTeamObjects, &team) {
			return true
		}
	}
	return false
}
