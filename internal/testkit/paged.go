package testkit

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/notify"
)

// Pages are the pages that the person got by e-mail or push for what has the title, in order.
func (p *Person) Pages(title string) []Received { return p.got(notify.ActionPage, title) }

func (p *Person) got(action, title string) (list []Received) {
	p.h.T.Helper()
	for _, channel := range []*Recorder{p.h.Mail, p.h.Push} {
		for _, m := range channel.To(p.Email) {
			if m.Action == action && strings.Contains(m.Title, title) {
				list = append(list, m)
			}
		}
	}
	return list
}

// IsPaged wants the person to have been paged for what has the title, just now and so many times in all (1 unless said).
func (p *Person) IsPaged(title string, times ...int) {
	p.h.T.Helper()
	want := 1
	if len(times) > 0 {
		want = times[0]
	}
	pages := p.Pages(title)
	if len(pages) != want {
		p.h.T.Errorf("at %s %s has been paged %d times for %q, want %d", p.h.clock(), p.Name, len(pages), title, want)
		return
	}
	if last := pages[want-1].At; !last.Equal(p.h.Clock.Now()) {
		p.h.T.Errorf("%s was last paged for %q at %s, not now (%s)", p.Name, title, last.Format(time.TimeOnly), p.h.clock())
	}
}

// HasPages wants the person to have been paged so many times for what has the title, whenever that was.
func (p *Person) HasPages(title string, want int) {
	p.h.T.Helper()
	if n := len(p.Pages(title)); n != want {
		p.h.T.Errorf("at %s %s has been paged %d times for %q, want %d", p.h.clock(), p.Name, n, title, want)
	}
}

// IsTold wants the person to have got so many messages of the kind besides pages for what has the title: notify.ActionCommented, or
// notify.ActionNotices for several in one.
func (p *Person) IsTold(action, title string, want int) {
	p.h.T.Helper()
	if n := len(p.got(action, title)); n != want {
		p.h.T.Errorf("at %s %s was told %d times (%s) of %q, want %d", p.h.clock(), p.Name, n, action, title, want)
	}
}

// IsAsked wants the person to have been asked whether they are still on what has the title, just now and so many times in all.
func (p *Person) IsAsked(title string, times int) {
	p.h.T.Helper()
	asked := p.got(notify.ActionStillOnIt, title)
	if len(asked) != times || !asked[times-1].At.Equal(p.h.Clock.Now()) {
		p.h.T.Errorf("at %s %s was asked %d times about %q, want %d and just now", p.h.clock(), p.Name, len(asked), title, times)
	}
}

// OpensQuestion is the page behind the link of the last such question; opening it changes nothing.
func (p *Person) OpensQuestion(title string) string {
	p.h.T.Helper()
	path := strings.TrimPrefix(p.lastQuestion(title).AckURL, PublicURL)
	return string(p.h.request(http.MethodGet, path, "", "", nil).Must(http.StatusOK).Body)
}

// SaysStillOnIt opens the link of the person's last such question and says yes.
func (p *Person) SaysStillOnIt(title string) Answer {
	p.h.T.Helper()
	return p.h.press(p.lastQuestion(title), url.Values{"verb": {notify.VerbStillOnIt}})
}

func (p *Person) lastQuestion(title string) Received {
	p.h.T.Helper()
	asked := p.got(notify.ActionStillOnIt, title)
	if len(asked) == 0 {
		p.h.T.Fatalf("%s was not asked about %q", p.Name, title)
	}
	return asked[len(asked)-1]
}

// press opens the link of a message, as a browser does, and presses its button.
func (h *Harness) press(m Received, form url.Values) Answer {
	h.T.Helper()
	path := strings.TrimPrefix(m.AckURL, PublicURL)
	h.request(http.MethodGet, path, "", "", nil).Must(http.StatusOK)
	answer := h.request(http.MethodPost, path, "", "application/x-www-form-urlencoded", []byte(form.Encode()))
	h.Settle()
	return answer
}

// IsToldResolved wants the person to be told that it is over, once and at once.
func (p *Person) IsToldResolved(title string) {
	p.h.T.Helper()
	p.h.Settle()
	p.IsTold(notify.ActionResolved, title, 1)
}

// NobodyIsPaged wants no page to be sent while the time passes.
func (h *Harness) NobodyIsPaged(during time.Duration) {
	h.T.Helper()
	before := h.pages()
	h.After(during)
	if after := h.pages(); len(after) != len(before) {
		h.T.Errorf("pages were sent within %s, want none beside %q: %q", during, before, after)
	}
}

func (h *Harness) pages() (list []string) {
	for _, channel := range []*Recorder{h.Mail, h.Push} {
		for _, m := range channel.All() {
			if m.Action == notify.ActionPage {
				list = append(list, m.To+": "+m.Title)
			}
		}
	}
	return list
}

func (h *Harness) clock() string { return h.Clock.Now().Format(time.DateTime) }

// AcknowledgesByLink follows the link of the person's last page for what has the title and presses its button.
func (p *Person) AcknowledgesByLink(title string) Answer {
	p.h.T.Helper()
	pages := p.Pages(title)
	if len(pages) == 0 {
		p.h.T.Fatalf("%s has no page for %q", p.Name, title)
	}
	return p.h.press(pages[len(pages)-1], url.Values{"verb": {"acknowledge"}})
}

// Bundles are the messages that told the person of several incidents, in order.
func (p *Person) Bundles() (list []Received) {
	p.h.T.Helper()
	for _, m := range p.got(notify.ActionPage, "") {
		if len(m.Bundle) > 0 {
			list = append(list, m)
		}
	}
	return list
}

// ticked are the boxes of a list that are ticked when it opens.
var ticked = regexp.MustCompile(`name="incident" value="(\d+)" checked`)

// AcknowledgesList opens the list behind the link of a message, as a browser does, and presses its button as it is.
func (p *Person) AcknowledgesList(m Received) Answer {
	p.h.T.Helper()
	path := strings.TrimPrefix(m.AckURL, PublicURL)
	page := p.h.request(http.MethodGet, path, "", "", nil).Must(http.StatusOK)
	form := url.Values{"verb": {"acknowledge"}}
	for _, box := range ticked.FindAllSubmatch(page.Body, -1) {
		form.Add("incident", string(box[1]))
	}
	answer := p.h.request(http.MethodPost, path, "", "application/x-www-form-urlencoded", []byte(form.Encode()))
	p.h.Settle()
	return answer
}
