package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
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
	s.routes.HandleFunc("POST "+landingPath+"{token}/seen", s.anyone(s.landingSeen))
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

// landingAct does what the form says, and whoever acts has seen what it is about; a post without a form does what the link is for,
// for that is what the buttons of push messages send. Who
// does not ask for a page gets a few words as JSON.
func (s *site) landingAct(v *visit) error {
	posted, err := v.form()
	if err != nil {
		return err
	}
	act := notify.LinkAct{Verb: posted.Get("verb"), ByChoice: posted.Has("verb"), Chosen: chosen(posted["incident"])}
	// A page elsewhere that has the link, such as that of a push service, may know how it went.
	v.w.Header().Set("Access-Control-Allow-Origin", "*")
	link, err := s.Notifications.ActByLink(v.ctx, v.r.PathValue("token"), act)
	if err == nil {
		defer s.noteSeen(v, func(ctx context.Context) error { return s.Notifications.SeenByLink(ctx, v.r.PathValue("token")) })
	}
	blind := len(link.Listed) == 0 || !act.ByChoice // It did not choose from what it saw.
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
		return v.showAs(landingStatus(link, blind), view.LandingPage(landingOf(v, link)))
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(landingStatus(link, blind))
	// The status is out; an error now means that the client is gone.
	_ = json.NewEncoder(v.w).Encode(landingAnswer{Status: landingWord(link), Message: link.Note})
	return nil
}

// chosen are the ids that were ticked; what is none is left out, as what is not listed is.
func chosen(values []string) (ids []int64) {
	for _, value := range values {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// landingWord is the status of the incident, or of a list: open as long as one of it waits.
func landingWord(link notify.LinkView) string {
	switch {
	case len(link.Listed) == 0:
		return string(link.Incident.Status)
	case link.Standing == notify.LinkWaits:
		return string(incident.StatusOpen)
	}
	return string(incident.StatusAcknowledged)
}

// landingAnswer is what a program is told that acted by a link.
type landingAnswer struct {
	Status  string `json:"status"` // of the incident, "" when the link may not show it
	Message string `json:"message"`
}

// landingStatus is 200 when nothing is left to wish for. blind says that it was posted to without a choice from a list: a program must
// not believe that all is taken when the link is of former times, or lists critical incidents, which have to be ticked by hand.
func landingStatus(link notify.LinkView, blind bool) int {
	switch link.Standing {
	case notify.LinkExpired:
		return http.StatusGone
	case notify.LinkRefused:
		return http.StatusForbidden
	case notify.LinkSuperseded:
		if blind {
			return http.StatusConflict
		}
	case notify.LinkWaits:
		if blind && len(link.Listed) > 0 {
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
	if len(link.Listed) > 0 {
		return landingListOf(v, link, p)
	}
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
	p.Action, p.Seen, p.SignIn = landingAddress(v), landingAddress(v)+"/seen", "/incidents/"+idText(i.ID)
	p.Done, p.DoneTone = link.Note, landingTones[link.Standing]
	p.CanAcknowledge, p.CanResolve, p.CanConfirm = link.CanAcknowledge, link.CanResolve, link.CanConfirm
	return p
}

func landingAddress(v *visit) string { return landingPath + url.PathEscape(v.r.PathValue("token")) }

// landingListOf is the page of a message that told of several incidents.
func landingListOf(v *visit, link notify.LinkView, p view.Landing) view.Landing {
	p.Shell = v.outside(strconv.Itoa(len(link.Listed)) + " incidents")
	if zone, err := time.LoadLocation(link.Zone); err == nil {
		p.Zone = zone
	}
	p.Action, p.Seen, p.SignIn = landingAddress(v), landingAddress(v)+"/seen", "/incidents"
	p.Done, p.DoneTone, p.CanAcknowledge = link.Note, string(incident.StatusAcknowledged), link.CanAcknowledge
	for _, l := range link.Listed {
		i := l.Incident
		p.List = append(p.List, view.LandingItem{
			ID: idText(i.ID), Title: "#" + idText(i.ID) + " " + i.Title, Severity: string(i.Severity), Status: string(i.Status), Service: i.Service,
			Why: l.Why, Since: i.OpenedAt, Done: l.Note, CanAcknowledge: l.CanAcknowledge,
			Ticked: l.Standing == notify.LinkWaits && i.Severity != incident.SeverityCritical,
		})
	}
	return p
}

// badLink is the page of a link that is none of ours.
func (s *site) badLink(v *visit, err error) error {
	door.Note(v.ctx, err)
	return v.showAs(http.StatusNotFound, view.LandingPage(view.Landing{Shell: v.outside("This link"), Bad: fault.From(err).Detail, SignIn: "/"}))
}
