package channel

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
)

func init() {
	register("webhook", openWebhook, Setting{
		Name: "allow_internal_webhooks",
		Help: "let webhooks reach addresses in internal networks (true or false)",
	}, Setting{
		Name: "allow_networks",
		Help: "internal networks that webhooks may reach, such as 10.0.0.0/8, separated by commas",
	})
}

const webhookTimeout = 10 * time.Second

// webhook posts a signed JSON document to a URL of the person's own. Anything but 2xx is a failure, and so is a web page, whatever
// its status: a login or an error stands before the receiver. Nothing is taken as final: a page must not be lost because a gateway
// said 404 for a minute.
// The signature is that of Standard Webhooks (https://www.standardwebhooks.com).
type webhook struct {
	client        *http.Client
	clock         clock.Clock
	key           []byte
	allowInternal bool
	allowed       []netip.Prefix
}

var (
	_ notify.Channel   = (*webhook)(nil)
	_ notify.Provided  = (*webhook)(nil)
	_ notify.Redacting = (*webhook)(nil)
	_ notify.Signing   = (*webhook)(nil)
	_ notify.Posting   = (*webhook)(nil)
)

func openWebhook(setup Setup) (notify.Channel, error) {
	w := &webhook{clock: setup.Clock, key: setup.Key}
	if text := setup.Values["allow_internal_webhooks"]; text != "" {
		allow, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("allow_internal_webhooks is neither true nor false")
		}
		w.allowInternal = allow
	}
	for network := range strings.SplitSeq(setup.Values["allow_networks"], ",") {
		if network = strings.TrimSpace(network); network == "" {
			continue
		}
		allowed, err := parseNetwork(network)
		if err != nil {
			return nil, fmt.Errorf("allow_networks has %q, which is no address or network such as 10.0.0.0/8", network)
		}
		w.allowed = append(w.allowed, allowed)
	}
	w.client = newHTTPClient(webhookTimeout, w.refused)
	return w, nil
}

func (w *webhook) refused(addr netip.Addr) bool {
	allowed := func(p netip.Prefix) bool { return p.Contains(addr.Unmap().WithZone("")) }
	return !w.allowInternal && internal(addr) && !slices.ContainsFunc(w.allowed, allowed)
}

func (*webhook) Kind() string { return "webhook" }

func (*webhook) Describe() notify.Info {
	return notify.Info{
		Title: "Webhook", AddressLabel: "URL", AddressHint: "https://example.org/pages",
		Timeout: webhookTimeout, Parallel: 4,
	}
}

func (*webhook) Reaches() bool { return true }

// CheckAddress refuses what is plainly internal; names are judged by the addresses they have when they are dialled.
func (w *webhook) CheckAddress(address string) (string, error) {
	u, err := checkURL(address)
	if err != nil {
		return "", err
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	addr, err := netip.ParseAddr(host)
	named := isLocal(host) || strings.HasSuffix(host, ".internal")
	if (err == nil && w.refused(addr)) || (named && !w.allowInternal && len(w.allowed) == 0) {
		return "", errInternal
	}
	return u.String(), nil
}

func (*webhook) Provider(address string) string { return hostOf(address) }

// Redact leaves the host: paths of webhooks are often secrets.
func (*webhook) Redact(address string) string {
	u, err := checkURL(address)
	if err != nil {
		return "…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// Secret is derived from the server's key, so that nothing needs to be stored and every address has its own.
func (w *webhook) Secret(org int64, address string) string {
	mac := hmac.New(sha256.New, w.key)
	fmt.Fprintf(mac, "webhook\x00%d\x00%s", org, address)
	return "whsec_" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// webhookBody is the document that is posted.
type webhookBody struct {
	Type      string      `json:"type"` // "notification.page"
	Timestamp time.Time   `json:"timestamp"`
	Data      webhookData `json:"data"`
}

type webhookData struct {
	NotificationID int64            `json:"notification_id"`
	Action         string           `json:"action"`
	Recipient      string           `json:"recipient"`
	Title          string           `json:"title"`
	Text           string           `json:"text"`
	Urgency        string           `json:"urgency"`
	Severity       string           `json:"severity,omitempty"`
	Incident       *webhookIncident `json:"incident,omitempty"`
	AcknowledgeURL string           `json:"acknowledge_url,omitempty"`
	Attempt        int              `json:"attempt"`
}

type webhookIncident struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
}

func (w *webhook) Send(ctx context.Context, m notify.Message) notify.Outcome {
	req, err := w.request(ctx, m)
	if err != nil {
		return notify.Outcome{Result: notify.Permanent, Detail: oneLine(err.Error())}
	}
	got, failed := exchange(ctx, w.client, req)
	if failed != nil {
		return *failed
	}
	if got.ok() && got.isPage() {
		outcome := got.doubtful("a web page answered, which is no receiver of webhooks")
		outcome.Unsure = true // A receiver may show its people a page all the same.
		return outcome
	}
	got.body = withoutValues(got.body, m.Headers)
	outcome := notify.Outcome{Result: notify.Sent, Ref: req.Header.Get("webhook-id"), Detail: got.detail()}
	if !got.ok() {
		outcome.Result, outcome.After, outcome.Unsure = notify.Retry, got.after(w.clock.Now()), got.unsure()
	}
	return outcome
}

func (w *webhook) request(ctx context.Context, m notify.Message) (*http.Request, error) {
	body, err := []byte(m.Body), error(nil)
	if m.Body == "" {
		if body, err = document(m); err != nil {
			return nil, err
		}
	}
	u, err := checkURL(m.To)
	if err != nil {
		return nil, fmt.Errorf("the address %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address is not a URL")
	}
	id, now := "msg_"+m.IdempotencyKey, w.clock.Now()
	signature, err := signWebhook(w.Secret(m.Org, m.To), id, now, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tocsin")
	for name, value := range m.Headers {
		if m.Body == "" && strings.EqualFold(name, "Content-Type") {
			continue // It is that of the body that could not be filled in.
		}
		req.Header.Set(name, value)
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	return req, nil
}

// document is a message as it is posted when it has no body of its own.
func document(m notify.Message) ([]byte, error) {
	data := webhookData{
		NotificationID: m.NotificationID, Action: m.Action, Recipient: m.Recipient, Title: m.Title, Text: m.Text,
		Urgency: m.Urgency, Severity: m.Severity, AcknowledgeURL: m.AckURL, Attempt: m.Attempt,
	}
	if m.IncidentID != 0 {
		data.Incident = &webhookIncident{ID: m.IncidentID, URL: m.IncidentURL}
	}
	return json.Marshal(webhookBody{Type: "notification." + m.Action, Timestamp: m.At, Data: data})
}

// signWebhook is the symmetric signature of Standard Webhooks: HMAC-SHA256 over "id.timestamp.body" with the base64-decoded
// secret, as "v1,<base64>".
func signWebhook(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", errors.New("the signing secret is not base64")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
