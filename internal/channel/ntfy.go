package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func init() {
	register("ntfy", openNtfy,
		Setting{Name: "ntfy_url", Help: "the ntfy server for addresses that are a bare topic, such as https://ntfy.example.org"},
		Setting{Name: "ntfy_token", Help: "the access token for that server", Secret: true})
}

const ntfyTimeout = 10 * time.Second

// ntfy publishes to a topic of an ntfy server, as JSON (https://docs.ntfy.sh/publish/#publish-as-json). The server usually stands
// in the own network, so internal addresses are allowed; only those where clouds keep credentials are not, and nothing of an
// answer is shown but what an ntfy server says.
type ntfy struct {
	client *http.Client
	clock  clock.Clock
	server *url.URL // nil without ntfy_url
	token  string
}

var (
	_ notify.Channel   = (*ntfy)(nil)
	_ notify.Provided  = (*ntfy)(nil)
	_ notify.Redacting = (*ntfy)(nil)
)

func openNtfy(setup Setup) (notify.Channel, error) {
	n := &ntfy{client: NewHTTPClient(ntfyTimeout), clock: setup.Clock, token: setup.Values["ntfy_token"]}
	if text := setup.Values["ntfy_url"]; text != "" {
		u, err := checkURL(text)
		if err != nil {
			return nil, errors.New("ntfy_url " + err.Error())
		}
		n.server = u
	}
	return n, nil
}

func (*ntfy) Kind() string { return "ntfy" }

func (*ntfy) Describe() notify.Info {
	return notify.Info{
		Title: "Push (ntfy)", AddressLabel: "Topic", AddressHint: "https://ntfy.example.org/my-topic",
		Timeout: ntfyTimeout, Parallel: 8,
	}
}

func (*ntfy) Reaches() bool { return true }

var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

// CheckAddress takes https://host/topic, with an access token as https://:tk_…@host/topic or a name and password before the
// host, or the bare topic when the server is configured.
func (n *ntfy) CheckAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	if n.server != nil && ntfyTopic.MatchString(address) {
		return n.server.JoinPath(address).String(), nil
	}
	u, err := checkURL(address)
	if err != nil {
		return "", err
	}
	if !ntfyTopic.MatchString(strings.Trim(u.Path, "/")) {
		return "", errors.New("must end in a topic: letters, digits, - and _, at most 64")
	}
	u.Path, u.RawQuery = "/"+strings.Trim(u.Path, "/"), ""
	return u.String(), nil
}

func (*ntfy) Provider(address string) string { return hostOf(address) }

// Redact hides the token and most of the topic, which is as good as a password.
func (*ntfy) Redact(address string) string {
	u, err := checkURL(address)
	if err != nil {
		return "…"
	}
	topic := strings.Trim(u.Path, "/")
	return u.Scheme + "://" + u.Host + "/" + topic[:min(3, len(topic)/2)] + "…"
}

type ntfyMessage struct {
	Topic    string       `json:"topic"`
	Title    string       `json:"title"`
	Message  string       `json:"message"`
	Priority int          `json:"priority"` // 5 is the highest: it sounds through "do not disturb"
	Tags     []string     `json:"tags,omitempty"`
	Click    string       `json:"click,omitempty"`
	Actions  []ntfyAction `json:"actions,omitempty"`
}

type ntfyAction struct {
	Action string `json:"action"`
	Label  string `json:"label"`
	URL    string `json:"url"`
	Method string `json:"method,omitempty"`
	Clear  bool   `json:"clear"`
}

// ntfyAnswer is both what the server says of a message it took and of one it refused.
type ntfyAnswer struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// ntfyFinal are the answers that mean this message or topic, not the server: sending it again changes nothing.
var ntfyFinal = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge,
}

func (n *ntfy) Send(ctx context.Context, m notify.Message) notify.Outcome {
	req, err := n.request(ctx, m)
	if err != nil {
		return notify.Outcome{Result: notify.Permanent, Detail: err.Error()}
	}
	got, failed := exchange(ctx, n.client, req)
	if failed != nil {
		return *failed
	}
	page := got.isPage()
	var said ntfyAnswer
	// An answer that is not JSON says nothing.
	_ = json.Unmarshal([]byte(got.body), &said)
	got.body = said.Error
	if got.ok() {
		return taken(got, said, page)
	}
	outcome := notify.Outcome{Result: notify.Permanent, Detail: got.detail()}
	if !slices.Contains(ntfyFinal, got.status) {
		outcome.Result, outcome.After, outcome.Unsure = notify.Retry, got.after(n.clock.Now()), got.unsure()
	}
	return outcome
}

// taken believes an ntfy server that names the message it took; any web server may say 200.
func taken(got answer, said ntfyAnswer, page bool) notify.Outcome {
	switch {
	case said.ID != "":
		return notify.Outcome{Result: notify.Sent, Ref: cut(oneLine(said.ID), 100), Detail: got.detail()}
	case page:
		return got.doubtful("a web page answered, not an ntfy server")
	}
	outcome := got.doubtful("without the id that an ntfy server gives a message")
	outcome.Unsure = got.broken
	return outcome
}

func (n *ntfy) request(ctx context.Context, m notify.Message) (*http.Request, error) {
	u, err := checkURL(m.To)
	if err != nil {
		return nil, fmt.Errorf("the address %w", err)
	}
	body, err := json.Marshal(ntfyContent(strings.Trim(u.Path, "/"), m))
	if err != nil {
		return nil, err
	}
	login := u.User
	u.User, u.Path = nil, "/"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address is not a URL")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tocsin")
	password, _ := login.Password()
	switch {
	case login != nil && login.Username() != "":
		req.SetBasicAuth(login.Username(), password)
	case password != "":
		req.Header.Set("Authorization", "Bearer "+password)
	case n.token != "" && n.server != nil && n.server.Scheme == u.Scheme && n.server.Host == u.Host:
		// The configured token goes to its own server only.
		req.Header.Set("Authorization", "Bearer "+n.token)
	}
	return req, nil
}

// The server keeps messages of up to 4096 bytes; longer ones become attachments, which nobody reads at night.
const ntfyMaxMessage, ntfyMaxTitle = 4000, 250

func ntfyContent(topic string, m notify.Message) ntfyMessage {
	content := ntfyMessage{
		Topic: topic, Title: cut(oneLine(m.Title), ntfyMaxTitle), Message: cut(strings.TrimSpace(m.Text), ntfyMaxMessage),
		Priority: 3, Click: m.IncidentURL,
	}
	if m.Urgency == "high" {
		content.Priority, content.Tags = 5, []string{"rotating_light"}
	}
	if m.AckURL != "" {
		content.Actions = append(content.Actions, ntfyAction{
			Action: "http", Label: m.AckWord, URL: m.AckURL, Method: http.MethodPost, Clear: true,
		})
	}
	if m.IncidentURL != "" {
		content.Actions = append(content.Actions, ntfyAction{Action: "view", Label: "Open", URL: m.IncidentURL})
	}
	return content
}
