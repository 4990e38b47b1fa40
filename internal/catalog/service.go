package catalog

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// Service is something that people run and that can break.
type Service struct {
	ID, OrgID   int64
	Name        string
	Aliases     []string // other names that senders use for it
	Description string
	TeamID      *int64 // who owns it
	PolicyID    *int64 // matched before all other policies
	RunbookURL  string // "" when there is none
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NewService is what it takes to make a service.
type NewService struct {
	Name        string
	Aliases     []string
	Description string
	TeamID      *int64
	PolicyID    *int64
	RunbookURL  string
}

// ServicePatch changes what is not nil. A TeamID or PolicyID of 0 takes it away.
type ServicePatch struct {
	Name        *string
	Aliases     *[]string
	Description *string
	TeamID      *int64
	PolicyID    *int64
	RunbookURL  *string
}

// Filter selects services by name, in the order of their names.
type Filter struct {
	TeamID      *int64
	Query       string // a part of the name, whatever the case
	Skip, Limit int    // Limit 1–1000, 0 means 100
	Cursor      string // what the page before returned
}

// Page is one page of services. Next is the cursor of the page after, "" at the end.
type Page struct {
	Services []Service
	Total    int
	Next     string
}

// The bounds of the schema, in characters.
const (
	maxName        = 255
	maxAliases     = 50
	maxDescription = 10_000
	maxURL         = 2000
)

// NameKey is the form in which names compare: without case and surrounding space.
func NameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// keys are the compared forms of a service's name and aliases, each once, the name first.
func (s Service) keys() []string {
	keys := []string{NameKey(s.Name)}
	for _, alias := range s.Aliases {
		if key := NameKey(alias); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// check tidies a service that somebody wants to save and names every bad field.
func (s *Service) check() error {
	var c fault.Checks
	s.Name = strings.TrimSpace(s.Name)
	if s.Name == "" {
		c.Add("body.name", "is required")
	}
	checkName(&c, "body.name", s.Name)
	if len(s.Aliases) > maxAliases {
		c.Add("body.aliases", "must be at most %d", maxAliases)
	}
	aliases := []string{}
	for i, alias := range s.Aliases {
		alias = strings.TrimSpace(alias)
		checkName(&c, fmt.Sprintf("body.aliases[%d]", i), alias)
		if alias != "" && NameKey(alias) != NameKey(s.Name) {
			aliases = append(aliases, alias)
		}
	}
	s.Aliases = aliases
	checkText(&c, "body.description", s.Description, maxDescription)
	checkText(&c, "body.runbook_url", s.RunbookURL, maxURL)
	if s.RunbookURL != "" && !isPage(s.RunbookURL) {
		c.Add("body.runbook_url", "must be an http or https address")
	}
	return c.Err()
}

func checkName(c *fault.Checks, location, name string) {
	checkText(c, location, name, maxName)
	if strings.ContainsFunc(name, func(r rune) bool { return r != 0 && unicode.IsControl(r) }) {
		c.Add(location, "must not contain control characters")
	}
}

func checkText(c *fault.Checks, location, text string, limit int) {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		c.Add(location, "must be valid UTF-8 without NUL")
	case utf8.RuneCountInString(text) > limit:
		c.Add(location, "must be at most %d characters", limit)
	}
}

func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
