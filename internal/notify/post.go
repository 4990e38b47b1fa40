package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
)

const (
	// postLife is how long a post is tried.
	postLife = 24 * time.Hour
	// checkTime is how long filling in a template may take when it is saved.
	checkTime = 2 * time.Second
)

// Post is a message to a webhook or a channel of the organisation: it goes to no person and asks for nothing. It is tried for a
// day, whoever acknowledges, and ends with the incident's episode.
type Post struct {
	IncidentID     int64
	Episode        int
	EventID        *int64
	Channel        string            // a Channel's kind
	Destination    string            // as CheckDestination returned it
	Headers        map[string]string // for channels that are Posting
	Body           string            // the template of the body, for channels that are Posting; empty for the channel's own document
	Title, Message string
	Urgency        incident.Urgency // "" is low
	Key            string           // as Page.Key
}

// Posting is implemented by channels whose posts can have headers and a body of their own.
type Posting interface {
	// CheckHeaders says in a sentence what is wrong with headers.
	CheckHeaders(headers map[string]string) error
}

// PostContent is what a notification that is a post carries besides its words. Headers may hold secrets: they are neither logged
// nor shown.
type PostContent struct {
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// EnqueuePosts writes one notification for each post, in the transaction of their cause; one whose key exists already is ignored.
// They are sent after the commit.
func (s *Service) EnqueuePosts(tx *db.Tx, org int64, posts []Post) error {
	var rows []*Notification
	for _, p := range posts {
		incidentID, urgency := p.IncidentID, p.Urgency
		if urgency == "" {
			urgency = incident.UrgencyLow
		}
		n := Notification{
			OrgID: org, IncidentID: &incidentID, Episode: p.Episode, EventID: p.EventID, Title: p.Title, Message: p.Message,
			Urgency: string(urgency), Action: ActionPost, WantedUntil: WantedForADay, PageKey: p.Key,
			Post: &PostContent{Headers: p.Headers, Body: p.Body},
		}
		rows = append(rows, s.spread(tx, n, []Route{{Channel: p.Channel, Address: p.Destination}}, 0)...)
	}
	return s.insert(tx, org, rows)
}

// CheckDestination returns where a post goes in its normal form. The error's text is a sentence for the person who typed it.
func (s *Service) CheckDestination(kind, destination string) (string, error) {
	ch := s.Channels[kind]
	if ch == nil {
		return "", fmt.Errorf("must be one of %s", strings.Join(kinds(s.Channels), ", "))
	}
	return ch.CheckAddress(destination)
}

// CheckHeaders says in a sentence what is wrong with the headers of a post.
func (s *Service) CheckHeaders(kind string, headers map[string]string) error {
	if len(headers) == 0 {
		return nil
	}
	posting, ok := s.Channels[kind].(Posting)
	if !ok {
		return errors.New("are only for webhooks")
	}
	return posting.CheckHeaders(headers)
}

// CheckBody says in a sentence what is wrong with the template of a post's body: it is filled in for incidents of every kind. What is
// sent as JSON must be JSON.
func (s *Service) CheckBody(ctx context.Context, kind string, headers map[string]string, body string) error {
	if body == "" {
		return nil
	}
	if _, ok := s.Channels[kind].(Posting); !ok {
		return errors.New("is only for webhooks")
	}
	if _, err := parseForm(body, false); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, checkTime)
	defer stop()
	content := PostContent{Headers: headers, Body: body}
	for _, one := range s.samples(ActionPost) {
		if _, err := content.fill(ctx, one.data); err != nil {
			return fmt.Errorf("fails for %s: %w", one.name, err)
		}
	}
	return nil
}

// fill is the body of a post, filled in; "" when it has none of its own.
func (c PostContent) fill(ctx context.Context, data any) (string, error) {
	if c.Body == "" {
		return "", nil
	}
	f, err := parseForm(c.Body, false)
	if err != nil {
		return "", err
	}
	body, err := f.fill(ctx, data)
	if err != nil {
		return "", err
	}
	if c.isJSON() && !json.Valid([]byte(body)) {
		return "", errors.New("is not JSON once it is filled in; write {{json .What}} for a value, or send another Content-Type")
	}
	return body, nil
}

func (c PostContent) isJSON() bool {
	for name, value := range c.Headers {
		if strings.EqualFold(name, "Content-Type") {
			return strings.Contains(strings.ToLower(value), "json")
		}
	}
	return true
}
