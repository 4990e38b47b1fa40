package api

import (
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
)

// IfMatch has a change refused when the object is not at the version any more that its author has seen.
type IfMatch struct {
	Tag string `header:"If-Match" maxLength:"100" example:"\"3\"" doc:"The ETag of what is changed: refused with 412 when somebody else has changed it since."`
}

// version is the one that the tag names: 0 for any, -1 for one that is none of ours.
func (m IfMatch) version() int {
	tag := strings.TrimSpace(m.Tag)
	if tag == "" || tag == "*" {
		return 0
	}
	// A proxy that compresses makes a tag weak; the version is the same.
	n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`))
	if err != nil || n < 1 {
		return -1
	}
	return n
}

func tagOf(version int) string { return `"` + strconv.Itoa(version) + `"` }

// policyAnswer is a policy with its version as a tag.
type policyAnswer struct {
	ETag string `header:"ETag"`
	Body Policy
}

func replyPolicy(p escalation.Policy, err error) (*policyAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &policyAnswer{ETag: tagOf(p.Version), Body: wirePolicy(p)}, nil
}
