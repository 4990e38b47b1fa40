package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// landingPath is where the links in pages lead; the token follows.
const landingPath = "/a/"

// routeLanding: reading shows, posting acts, for mail scanners read every link. No sign-in is asked for; the link is the credential.
func (s *site) routeLanding() {
	s.routes.HandleFunc("GET "+landingPath+"{token}", s.anyone(s.landing))
	s.routes.HandleFunc("POST "+landingPath+"{token}", s.anyone(s.landingAct))
}

func (s *site) landing(v *visit) error {
	link, err := s.Notifications.ReadLink(v.ctx, v.r.PathValue("token"))
	if fault.Is(err, fault.NotFound) {
		return s.badLink(v, err)
	}
	if err != nil {
		return err
	}
	return v.showAs(landingStatus(link, false), view.LandingPage(landingOf(v, link)))
}

// landingAct does what the form says; a post without a form acknowledges, for that is what the buttons of push messages send. Who
// does not ask for a page gets a few words as JSON.
func (s *site) landingAct(v *visit) error {
	posted, err := v.form()
	if err != nil {
		return err
	}
	verb := posted.Get("verb")
	if verb == "" {
		verb = string(incident.Acknowledge)
	}
	// A page elsewhere that has the link, such as that of a push service, may know how it went.
	v.w.Header().Set("Access-Control-Allow-Origin", "*")
	link, err := s.Notifications.ActByLink(v.ctx, v.r.PathValue("token"), verb)
	page := strings.Contains(v.r.Header.Get("Accept"), "text/html")
	switch {
	case err != nil && !page:
		door.WriteProblem(v.w, v.r, err)
		return nil
	case fault.Is(err, fault.NotFound):
		return s.badLink(v, err)
	case err != nil:
		return err
	case page:
		return v.showAs(landingStatus(link, true), view.LandingPage(landingOf(v, link)))
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(landingStatus(link, true))
	// The status is out; an error now means that the client is gone.
	_ = json.NewEncoder(v.w).Encode(landingAnswer{Status: string(link.Incident.Status), Message: link.Note})
	return nil
}

// landingAnswer is what a program is told that acted by a link.
type landingAnswer struct {
	Status  string `json:"status"` // of the incident, "" when the link may not show it
	Message string `json:"message"`
}

// landingStatus is 200 when nothing is left to wish for. A program that posted to a link of former times must not believe that the
// incident is taken.
func landingStatus(link notify.LinkView, posted bool) int {
	switch link.Standing {
	case notify.LinkExpired:
		return http.StatusGone
	case notify.LinkRefused:
		return http.StatusForbidden
	case notify.LinkSuperseded:
		if posted {
			return http.StatusConflict
		}
	}
	return http.StatusOK
}

// landingTones are the colours of the sentence that says what has become of the incident.
var landingTones = map[notify.LinkStanding]string{
	notify.LinkTaken: string(incident.StatusAcknowledged), notify.LinkOver: string(incident.StatusResolved), notify.LinkSuperseded: "medium",
}

// landingText bounds the description: the page has to open on a bad connection.
const landingText = 1500

func landingOf(v *visit, link notify.LinkView) view.Landing {
	p := view.Landing{Shell: v.outside("This link"), SignIn: "/"}
	if link.Incident.ID == 0 {
		p.Bad = link.Note
		return p
	}
	i := link.Incident
	p.Shell = v.outside("#" + idText(i.ID) + " " + i.Title)
	if zone, err := time.LoadLocation(link.Zone); err == nil {
		p.Zone = zone
	}
	p.Recipient, p.Why, p.Title, p.Text, p.Severity, p.Status = link.Person, link.Why, i.Title, cutRunes(i.Description, landingText), string(i.Severity), string(i.Status)
	p.Service, p.Team, p.Since = i.Service, link.Team, i.OpenedAt
	p.Action, p.SignIn = v.r.URL.EscapedPath(), "/incidents/"+idText(i.ID)
	p.Done, p.DoneTone = link.Note, landingTones[link.Standing]
	p.CanAcknowledge, p.CanResolve = link.CanAcknowledge, link.CanResolve
	return p
}

// badLink is the page of a link that is none of ours.
func (s *site) badLink(v *visit, err error) error {
	door.Note(v.ctx, err)
	return v.showAs(http.StatusNotFound, view.LandingPage(view.Landing{Shell: v.outside("This link"), Bad: fault.From(err).Detail, SignIn: "/"}))
}
