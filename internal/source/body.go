package source

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode"

	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/intake"
)

// maxFormField bounds one field of a multipart form; the body itself is bounded by the door.
const maxFormField = 1 << 20

const repairedWarning = "The body is not valid JSON; it was read as far as possible."

// content is a message's body: a list of objects, or a text.
type content struct {
	objects  []map[string]any
	text     string // when there is no object
	warnings []string
}

// readContent reads a body whatever its declared type says: JSON, almost JSON, a form, or text. It fails with Malformed
// when the message is empty.
func readContent(r intake.Request) (content, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		return content{}, fault.New(fault.Malformed, "empty_message", "The message is empty.")
	}
	if body[0] == '{' || body[0] == '[' {
		if value, repaired := decodeJSON(body); value != nil {
			c := content{objects: objectsOf(value)}
			if repaired {
				c.warnings = append(c.warnings, repairedWarning)
			}
			if len(c.objects) > 0 {
				return c, nil
			}
		}
	}
	if object := formObject(r.ContentType, body); object != nil {
		return content{objects: []map[string]any{object}}, nil
	}
	return content{text: string(body)}, nil
}

// decodeJSON decodes one or more values; what is not JSON is repaired.
func decodeJSON(body []byte) (value any, repaired bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var values []any
	for {
		var one any
		switch err := decoder.Decode(&one); {
		case err == io.EOF && len(values) == 1:
			return values[0], false
		case err == io.EOF:
			return values, false
		case err != nil:
			return repairJSON(string(body)), true
		}
		values = append(values, one)
	}
}

// objectsOf is a value as a list of objects; what stands beside objects in a list is left out.
func objectsOf(value any) []map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var objects []map[string]any
		for _, item := range v {
			objects = append(objects, objectsOf(item)...)
		}
		return objects
	}
	return nil
}

// formObject reads a form, or is nil when the body is none: curl calls every text a form. A field named payload or data
// that holds JSON is the message itself.
func formObject(contentType string, body []byte) map[string]any {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	var values url.Values
	switch kind {
	case "application/x-www-form-urlencoded":
		values = plainForm(string(body))
	case "multipart/form-data":
		values = multipartForm(body, params["boundary"])
	}
	if len(values) == 0 {
		return nil
	}
	for _, name := range []string{"payload", "data"} {
		text := strings.TrimSpace(values.Get(name))
		if !strings.HasPrefix(text, "{") {
			continue
		}
		if value, _ := decodeJSON([]byte(text)); value != nil {
			return objectsOf(value)[0]
		}
	}
	return valuesObject(values)
}

// plainForm reads an urlencoded form whose names all look like names.
func plainForm(body string) url.Values {
	if !strings.Contains(body, "=") {
		return nil
	}
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil
	}
	for name := range values {
		if name == "" || len(name) > 100 || strings.ContainsFunc(name, unicode.IsSpace) {
			return nil
		}
	}
	return values
}

func multipartForm(body []byte, boundary string) url.Values {
	if boundary == "" {
		return nil
	}
	values := url.Values{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err != nil { // The end, or a body that was cut: what was read counts.
			return values
		}
		text, err := io.ReadAll(io.LimitReader(part, maxFormField))
		if part.FormName() != "" && (err == nil || len(text) > 0) {
			values.Add(part.FormName(), string(text))
		}
	}
}

// valuesObject is a form or a query as an object; of a repeated name the first counts.
func valuesObject(values url.Values) map[string]any {
	object := make(map[string]any, len(values))
	for name := range values {
		object[name] = values.Get(name)
	}
	return object
}
