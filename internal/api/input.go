package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/door"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// checkInput refuses bodies that are called something else than JSON, except for the sign-in form, and texts that no handler
// can mean, wherever they stand: in the path, in the query, in the body. It reads the body, which the door has limited.
func checkInput(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkAddress(r.URL); err != nil {
			door.WriteProblem(w, r, err)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		if !mayBeJSON(r.Header.Get("Content-Type")) {
			if isLogin(r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}
			door.NewProblem(r.Context(), http.StatusUnsupportedMediaType, "unknown_media_type",
				"The body's Content-Type is not taken here; send application/json.").Write(w)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err == nil && len(bytes.TrimSpace(body)) > 0 {
			err = checkJSON(body)
		}
		if err != nil {
			door.WriteProblem(w, r, readable(err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// readable makes a connection that broke in the middle of the body a malformed request.
func readable(err error) error {
	if _, typed := errors.AsType[*fault.Error](err); typed {
		return err
	}
	return fault.Wrap(err, fault.Malformed, "unreadable_body", "The body could not be read to its end.")
}

func checkAddress(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fault.Wrap(err, fault.Malformed, "bad_query", "The query of the address cannot be read.")
	}
	var c fault.Checks
	checkText(&c, "path", u.Path)
	for name, values := range query {
		checkText(&c, "query", name)
		for _, value := range values {
			checkText(&c, "query."+shortName(name), value)
		}
	}
	return c.Err()
}

func checkText(c *fault.Checks, location, text string) {
	if !utf8.ValidString(text) {
		c.Add(location, "must be valid UTF-8")
	}
	if strings.ContainsRune(text, 0) {
		c.Add(location, "must not contain NUL")
	}
}

func isLogin(path string) bool {
	return strings.HasSuffix(strings.TrimSuffix(path, "/"), "/login/access-token")
}

// mayBeJSON reports whether a body may be taken for JSON; one without a type may.
func mayBeJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err != nil || strings.HasSuffix(kind, "json")
}

// fieldMark divides field and message in the text of an error of Unmarshal, which is all that huma passes on.
const fieldMark = ": \u2060"

// jsonFormat is JSON without surprises: names match exactly, HTML is not escaped, and errors name the field, not the Go type.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	},
	Unmarshal: func(body []byte, into any) error {
		err := json.Unmarshal(exactNames(body, into), into)
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return errors.New(wrong.Field + fieldMark + "must be " + kindWord(wrong.Type))
		}
		return err
	},
}

func kindWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "an integer of 64 bits"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	default:
		return "an object"
	}
}

// exactNames leaves out of an object the names that encoding/json would take for a field although they are written in another
// case: the schema does not know them, so nothing has validated them.
func exactNames(body []byte, into any) []byte {
	t := reflect.TypeOf(into)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var members map[string]json.RawMessage
	if t.Kind() != reflect.Struct || json.Unmarshal(body, &members) != nil {
		return body
	}
	known := map[string]bool{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		known[name] = true
	}
	dropped := false
	for name := range members {
		if !known[name] {
			delete(members, name)
			dropped = true
		}
	}
	if !dropped {
		return body
	}
	// What came from JSON goes back into it.
	exact, _ := json.Marshal(members)
	return exact
}
