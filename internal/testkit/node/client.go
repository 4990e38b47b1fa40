package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

const (
	callLimit  = 5 * time.Second        // for one answer
	tryLimit   = 60 * time.Second       // until some node has answered
	betweenTry = 100 * time.Millisecond // after all nodes have failed
)

// Client calls the API of nodes that share a database. It is safe for concurrent use once it has signed in.
type Client struct {
	http  *http.Client
	nodes []*Node
	token string
}

// NewClient is a client of the nodes that is not signed in.
func NewClient(nodes ...*Node) *Client {
	const kept = 64
	return &Client{nodes: nodes, http: &http.Client{Timeout: callLimit, Transport: &http.Transport{MaxIdleConnsPerHost: kept}}}
}

// SignIn is the same client as the person.
func (c *Client) SignIn(t testing.TB, email, password string) *Client {
	t.Helper()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	c.Do(t, http.MethodPost, "/v1/auth/login/access-token", map[string]string{"username": email, "password": password}, &tokens)
	signed := *c
	signed.token = tokens.AccessToken
	return &signed
}

// Do sends a request until a node answers it, and fails the test when the answer is not a 2xx. The answer goes into target, unless that is
// nil.
func (c *Client) Do(t testing.TB, method, path string, body, target any) {
	t.Helper()
	answer, err := c.Try(t.Context(), 0, method, path, body)
	if err == nil && !answer.Good() {
		err = fmt.Errorf("%d %s", answer.Code, answer.Body)
	}
	if err == nil && target != nil {
		err = json.Unmarshal(answer.Body, target)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// Answer is what a node said at last.
type Answer struct {
	Code int
	Body []byte
	// Unheard is how many requests went out before whose answer did not come: they may be carried out yet.
	Unheard int
}

// Good reports whether it was a 2xx.
func (a Answer) Good() bool { return a.Code/100 == 2 }

// Try sends a request to one node after the other, beginning with the one at the turn, until one gives an answer that is not 503, as a
// sender does that wants to be heard. An error means that nobody did in time.
func (c *Client) Try(ctx context.Context, turn int, method, path string, body any) (answer Answer, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	for try := 0; ; try++ {
		answer.Code, answer.Body, err = c.once(ctx, c.nodes[(turn+try)%len(c.nodes)], method, path, data)
		if err == nil && answer.Code != http.StatusServiceUnavailable {
			return answer, nil
		}
		answer.Unheard++
		if (try+1)%len(c.nodes) != 0 {
			continue
		}
		select {
		case <-time.After(betweenTry):
		case <-ctx.Done():
			return answer, fmt.Errorf("no node answers; the last one said %d %q, %w", answer.Code, answer.Body, errors.Join(err, ctx.Err()))
		}
	}
}

func (c *Client) once(ctx context.Context, n *Node, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, n.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}
