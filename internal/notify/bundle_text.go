package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// listedInBundle is how many incidents a bundled message lists; the page behind its link lists all.
const listedInBundle = 25

// messageOf makes the message of a flight; note is what is to be noted of its words.
func (s *Service) messageOf(ctx context.Context, f *flight) (m Message, note string) {
	if len(f.load) == 1 {
		return s.compose(ctx, f.load[0].n, f.load[0].facts)
	}
	m, b := s.composeBundle(f)
	if f.words != nil {
		note = s.inOwnWords(ctx, *f.words, &m, b)
	}
	return m, note
}

// bundle is what the words of a bundled message are filled with.
type bundle struct {
	Subject  string
	Name     string // of the recipient
	Pages    bool   // They ask for an answer.
	Count    int    // of incidents
	Items    []bundled
	More     int // how many are not listed
	Critical int
	AckURL   string // the page that lists all
}

// bundled is one notification of a bundled message.
type bundled struct {
	letter
	Title string // what it is about, in one line
}

// composeBundle makes the one message of several notifications. Its key names them: a message with others in it is another one.
func (s *Service) composeBundle(f *flight) (Message, bundle) {
	n := f.carrier()
	first := f.load[0].facts
	m := Message{
		NotificationID: n.ID, Org: n.OrgID, Action: ActionPage, To: n.Recipient, Recipient: line(first.user.Name(), nameInMessage),
		Urgency: string(incident.UrgencyLow), IdempotencyKey: s.bundleKey(f), Attempt: n.Attempts, At: f.at, IncidentURL: s.PublicURL + "/incidents",
	}
	b := bundle{Name: m.Recipient, Pages: n.WantedUntil != WantedForAnHour}
	if b.Pages {
		m.AckURL, m.AckWord = s.linkForBundle(f.load), buttons[ActionPage]
		m.IncidentURL, b.AckURL = m.AckURL, m.AckURL
	} else {
		m.Action = ActionNotices
	}
	var worst incident.Severity
	seen := map[int64]bool{}
	for _, p := range f.load {
		if p.n.Urgency == string(incident.UrgencyHigh) {
			m.Urgency = p.n.Urgency
		}
		if seen[*p.n.IncidentID] && b.Pages {
			continue // Two pages for one incident are one line.
		}
		seen[*p.n.IncidentID] = true
		item := s.bundledOf(p)
		b.Items = append(b.Items, item)
		m.Bundle = append(m.Bundle, Bundled{NotificationID: p.n.ID, IncidentID: *p.n.IncidentID, Title: item.Title, URL: item.IncidentURL})
		if inc := p.facts.incident; inc != nil {
			if inc.Severity.Rank() > worst.Rank() {
				worst = inc.Severity
			}
			if inc.Severity == incident.SeverityCritical {
				b.Critical++
			}
		}
	}
	m.Severity, b.Count = string(worst), len(seen)
	b.Subject = b.subject()
	if len(b.Items) > listedInBundle {
		b.Items, b.More = b.Items[:listedInBundle], len(b.Items)-listedInBundle
	}
	m.Title, m.Short = b.Subject, b.short()
	m.Text, m.HTML = s.bundleWords(b)
	return m, b
}

// bundleKey is the idempotency key of a bundled message.
func (s *Service) bundleKey(f *flight) string {
	sum := sha256.New()
	for _, p := range f.load {
		fmt.Fprintln(sum, p.n.ID)
	}
	return fmt.Sprintf("tocsin-%s-n%d-b%s", s.installation(), f.carrier().ID, hex.EncodeToString(sum.Sum(nil)[:6]))
}

func (s *Service) bundledOf(p passenger) bundled {
	m := Message{IncidentID: *p.n.IncidentID, IncidentURL: fmt.Sprintf("%s/incidents/%d", s.PublicURL, *p.n.IncidentID)}
	l := letterOf(p.n, p.facts, m)
	item := bundled{letter: l, Title: l.Subject}
	if p.n.WantedUntil != WantedForAnHour {
		item.Title = headings[l.Action] + strings.TrimSpace(fmt.Sprintf("%s #%d: %s", l.SEVERITY, l.Number, l.What))
	}
	return item
}

// subject is the message in one line.
func (b bundle) subject() string {
	return line(b.head()+strings.Join(b.titles(), ", "), titleInMessage)
}

func (b bundle) head() string {
	switch {
	case !b.Pages:
		return fmt.Sprintf("%d notices: ", len(b.Items)+b.More)
	case b.Count == 1:
		return "1 incident needs you: "
	}
	return fmt.Sprintf("%d incidents need you: ", b.Count)
}

func (b bundle) titles() (titles []string) {
	for _, item := range b.Items {
		if b.Pages {
			titles = append(titles, item.What)
		} else {
			titles = append(titles, item.Title)
		}
	}
	return titles
}

// short is the message in at most 160 characters: as many titles as fit.
func (b bundle) short() string {
	return line(b.head()+strings.Join(b.titles(), ", "), shortMessage)
}

func (s *Service) bundleWords(b bundle) (text, html string) {
	text, html, err := builtin.render("bundle", b)
	if err != nil {
		s.Logger.Error("a bundled message's words could not be put together; it is sent plainly", "error", err)
		return b.plain(), ""
	}
	return text, html
}

// plain is the message without any template.
func (b bundle) plain() string {
	var text strings.Builder
	text.WriteString(b.Subject + "\n")
	for _, item := range b.Items {
		text.WriteString(item.Title + " " + item.IncidentURL + "\n")
	}
	if b.AckURL != "" {
		text.WriteString("Acknowledge: " + b.AckURL + "\n")
	}
	return text.String()
}
