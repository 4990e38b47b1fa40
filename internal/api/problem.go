package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Problem is the wire form of every error (RFC 9457).
type Problem struct {
	Type      string         `json:"type" example:"about:blank" doc:"Always about:blank: the status and the code say what it is."`
	Title     string         `json:"title" example:"Unprocessable Entity" doc:"The status in words."`
	Status    int            `json:"status" example:"422" doc:"The HTTP status."`
	Detail    string         `json:"detail" example:"The request is not valid: body.title is required." doc:"A sentence for the caller."`
	Code      string         `json:"code" example:"invalid" doc:"A stable word for programs."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Every field that is wrong."`
	RequestID string         `json:"request_id,omitempty" example:"K7QGUHXTX2Y4J5W3ZB6N" doc:"Names this request in the server's log."`

	headers map[string]string
}

// ProblemField is one wrong field.
type ProblemField struct {
	Location string `json:"location" example:"body.title" doc:"Where: body, query, path or header, then the names."`
	Message  string `json:"message" example:"is required" doc:"What would be right."`
}

// The three methods make it huma's error.

// Error is the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problem documents.
func (p *Problem) ContentType(string) string { return door.ProblemType }

func toProblem(from door.Problem) *Problem {
	p := &Problem{
		Type: from.Type, Title: from.Title, Status: from.Status, Detail: from.Detail, Code: from.Code,
		RequestID: from.RequestID, headers: from.Headers(),
	}
	for _, f := range from.Errors {
		p.Errors = append(p.Errors, ProblemField{Location: f.Location, Message: f.Message})
	}
	return p
}

// huma keeps its error model and a few switches in package variables; they are set before the first API is built.
var setHuma = sync.OnceFunc(func() {
	// Without a request this only tells huma the type of an error.
	huma.NewError = func(status int, message string, _ ...error) huma.StatusError {
		return &Problem{Title: http.StatusText(status), Status: status, Detail: message}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := toProblem(refusal(ctx.Context(), status, message, errs))
		for name, value := range p.headers {
			ctx.SetHeader(name, value)
		}
		return p
	}
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	for text, ours := range messages {
		*text = ours
	}
})

// refusal makes the problem document of whatever huma refuses and of what handlers return. A fault is said by the fault
// itself, whatever status huma had in mind. The values that huma found wrong are never repeated, for one may be a password.
func refusal(ctx context.Context, status int, message string, errs []error) door.Problem {
	for _, err := range errs {
		if _, typed := errors.AsType[*fault.Error](err); typed {
			return door.ProblemOf(ctx, err)
		}
	}
	if status >= http.StatusInternalServerError {
		return door.ProblemOf(ctx, errors.Join(append([]error{errors.New(message)}, errs...)...))
	}
	var checks fault.Checks
	for _, err := range errs {
		if detailed, ok := err.(huma.ErrorDetailer); ok {
			field := fieldOf(detailed.ErrorDetail())
			checks.Add(field.Location, "%s", field.Message)
		}
	}
	if status == http.StatusUnprocessableEntity && !checks.Empty() {
		return door.ProblemOf(ctx, checks.Err())
	}
	return door.NewProblem(ctx, status, "malformed", "The request cannot be read: "+message+".")
}

// fieldOf puts huma's words into ours: the location names the field itself, the message says what would be right.
func fieldOf(d *huma.ErrorDetail) fault.Field {
	f := fault.Field{Location: d.Location, Message: d.Message}
	if name, ok := between(d.Message, "expected required property ", " to be present"); ok {
		return fault.Field{Location: d.Location + "." + name, Message: "is required"}
	}
	if where, what, ok := strings.Cut(d.Message, fieldMark); ok {
		return fault.Field{Location: d.Location + "." + where, Message: what}
	}
	if what, ok := strings.CutPrefix(d.Message, "invalid "); ok {
		f.Message = "must be a valid " + what
	}
	if strings.HasPrefix(d.Message, "required ") {
		f.Message = "is required"
	}
	return f
}

// messages are huma's texts in our words: each goes on from the name of the field. %.0s swallows the parser's own text.
var messages = map[*string]string{
	&validation.MsgUnexpectedProperty:             "is not known here",
	&validation.MsgExpectedRFC3339DateTime:        "must be a time such as 2026-03-02T09:00:00Z",
	&validation.MsgExpectedRFC3986URI:             "must be a URL%.0s",
	&validation.MsgExpectedRFC5322Email:           "must be an e-mail address%.0s",
	&validation.MsgExpectedMatchAtLeastOneSchema:  "has none of the possible forms",
	&validation.MsgExpectedMatchExactlyOneSchema:  "has none of the possible forms",
	&validation.MsgExpectedBoolean:                "must be true or false",
	&validation.MsgExpectedNumber:                 "must be a number",
	&validation.MsgExpectedInteger:                "must be an integer",
	&validation.MsgExpectedString:                 "must be a string",
	&validation.MsgExpectedArray:                  "must be an array",
	&validation.MsgExpectedObject:                 "must be an object",
	&validation.MsgExpectedOneOf:                  `must be one of %s`,
	&validation.MsgExpectedMinimumNumber:          "must be at least %v",
	&validation.MsgExpectedExclusiveMinimumNumber: "must be more than %v",
	&validation.MsgExpectedMaximumNumber:          "must be at most %v",
	&validation.MsgExpectedMinLength:              "must be at least %d characters",
	&validation.MsgExpectedMaxLength:              "must be at most %d characters",
	&validation.MsgExpectedMatchPattern:           "must match %s",
	&validation.MsgExpectedMinItems:               "must have at least %d items",
	&validation.MsgExpectedMaxItems:               "must have at most %d items",
	&validation.MsgExpectedMaxProperties:          "must have at most %d members",
}

func between(text, before, after string) (string, bool) {
	rest, ok := strings.CutPrefix(text, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, after)
}
