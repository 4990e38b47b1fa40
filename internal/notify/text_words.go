package notify

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

//go:embed words
var wordFiles embed.FS

// words are the templates of messages: one of text and one of HTML for each action, named for it.
type words struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// builtin are the words that come with the server; a test renders each.
var builtin = words{
	text: texttemplate.Must(texttemplate.ParseFS(wordFiles, "words/*.txt")),
	html: htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"pair": pair}).ParseFS(wordFiles, "words/*.html")),
}

func pair(name, value string) labelled { return labelled{name, value} }

// render fills in the words of an action. A template that panics is one that fails.
func (w words) render(action string, l any) (text, html string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	var plain, rich bytes.Buffer
	if err := errors.Join(w.text.ExecuteTemplate(&plain, action+".txt", l), w.html.ExecuteTemplate(&rich, action+".html", l)); err != nil {
		return "", "", err
	}
	if strings.TrimSpace(plain.String()) == "" {
		return "", "", errors.New("the words are empty")
	}
	return strings.TrimSpace(plain.String()) + "\n", rich.String(), nil
}
