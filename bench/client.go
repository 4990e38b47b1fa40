package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// client is a signed-in person, of the API and of the pages.
type client struct {
	ctx   context.Context
	base  string
	token string
	http  *http.Client
}

func signIn(ctx context.Context, address, email, password string) (*client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &client{ctx: ctx, base: "http://" + address, http: &http.Client{Timeout: time.Minute, Jar: jar}}
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := c.post("/v1/auth/login/access-token", map[string]string{"username": email, "password": password}, &tokens); err != nil {
		return nil, err
	}
	c.token = tokens.AccessToken
	return c, nil
}

// enter signs in to the pages.
func (c *client) enter(email, password string) error {
	form := url.Values{"email": {email}, "password": {password}}
	_, _, err := c.do(http.MethodPost, "/login", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return err
}

// post sends JSON and reads the answer into target, unless it is nil.
func (c *client) post(path string, body, target any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, _, err := c.do(http.MethodPost, path, "application/json", bytes.NewReader(text))
	if err != nil || target == nil {
		return err
	}
	return json.Unmarshal(answer, target)
}

func (c *client) get(path string) ([]byte, http.Header, error) {
	return c.do(http.MethodGet, path, "", nil)
}

func (c *client) do(method, path, contentType string, body io.Reader) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(c.ctx, method, c.base+path, body)
	if err != nil {
		return nil, nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if c.token != "" && strings.HasPrefix(path, "/v1/") {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	answer, err := io.ReadAll(response.Body)
	err = errors.Join(err, response.Body.Close())
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d: %s", method, path, response.StatusCode, answer)
	}
	return answer, response.Header, err
}

// create posts an object and returns its id.
func (c *client) create(path string, body map[string]any) (int64, error) {
	var made struct {
		ID int64 `json:"id"`
	}
	err := c.post(path, body, &made)
	return made.ID, err
}

// integration makes an integration and returns its key.
func (c *client) integration(name, kind string) (string, error) {
	var made struct {
		Key string `json:"key"`
	}
	err := c.post("/v1/integrations", map[string]any{"name": name, "kind": kind}, &made)
	return made.Key, err
}
