package notify

import (
	"context"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"regexp"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// The bounds of one form: beyond them it fails, and something else is sent.
const (
	maxForm   = 20_000    // characters of source
	maxFilled = 128 << 10 // bytes that come out
	maxValue  = 32 << 10  // bytes of one value
	maxSteps  = 10_000    // turns of loops and uses of named parts
)

var (
	errTooLong    = fmt.Errorf("makes more than %d KiB", maxFilled>>10)
	errTooMuch    = errors.New("goes on for too long")
	errBigValue   = fmt.Errorf("makes a value of more than %d KiB", maxValue>>10)
	errNoSpaces   = errors.New("printf takes no width or precision above 999, and none from its arguments")
	whereInForm   = regexp.MustCompile(`^(?:html/)?template: ?[^:]*:(\d+)(?::\d+)?: `)
	noFieldInForm = regexp.MustCompile(`executing at <[^>]*>: can't evaluate field (\w+) in type .*`)
	wideVerb      = regexp.MustCompile(`%[^a-zA-Z%]*(?:\*|\d{4})`)
	stepFunction  = "_step"
)

// form is a template that somebody of the organisation wrote. It cannot run forever, fill the memory, or reach anything but the data
// that it is given: each turn of a loop and each use of a named part counts, and so does what comes out.
type form struct {
	text *texttemplate.Template
	html *htmltemplate.Template // instead of text, for what must be escaped
}

// parseForm reads the source of a form; the error names the line.
func parseForm(source string, html bool) (f form, err error) {
	if runes(source) > maxForm {
		return form{}, fmt.Errorf("is longer than %d characters", maxForm)
	}
	none := new(meter).functions()
	if !html {
		f.text, err = texttemplate.New("form").Funcs(none).Parse(source)
		if err != nil {
			return form{}, inLine(err)
		}
		for _, part := range f.text.Templates() {
			countSteps(part.Tree)
		}
		return f, nil
	}
	f.html, err = htmltemplate.New("form").Funcs(none).Parse(source)
	if err != nil {
		return form{}, inLine(err)
	}
	for _, part := range f.html.Templates() {
		countSteps(part.Tree)
	}
	return f, nil
}

// fill executes the form. It ends with ctx, and when a bound is reached.
func (f form) fill(ctx context.Context, data any) (filled string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	m := &meter{ctx: ctx}
	var out strings.Builder
	to := &boundedWriter{to: &out, left: maxFilled}
	if f.html != nil {
		filling, err := f.html.Clone()
		if err != nil {
			return "", inLine(err)
		}
		err = filling.Funcs(m.functions()).Execute(to, data)
		return out.String(), inLine(err)
	}
	filling, err := f.text.Clone()
	if err != nil {
		return "", inLine(err)
	}
	err = filling.Funcs(m.functions()).Execute(to, data)
	return out.String(), inLine(err)
}

// inLine makes a sentence's end of what a template package says: "line 3: unexpected EOF".
func inLine(err error) error {
	if err == nil {
		return nil
	}
	for _, bound := range []error{errTooLong, errTooMuch, errBigValue, errNoSpaces, context.DeadlineExceeded} {
		if errors.Is(err, bound) {
			if at := whereInForm.FindStringSubmatch(err.Error()); at != nil {
				return fmt.Errorf("line %s: %w", at[1], bound)
			}
			return bound
		}
	}
	if escaping, ok := errors.AsType[*htmltemplate.Error](err); ok && escaping.ErrorCode == htmltemplate.ErrEndContext {
		return errors.New("ends within a tag, an attribute or a script")
	}
	text := line(err.Error(), 300)
	if at := whereInForm.FindStringSubmatchIndex(text); at != nil {
		text = "line " + text[at[2]:at[3]] + ": " + noFieldInForm.ReplaceAllString(strings.ReplaceAll(text[at[1]:], `"form" `, ""), "there is no .$1")
	}
	return errors.New(text)
}

type boundedWriter struct {
	to   io.Writer
	left int
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errTooLong
	}
	return w.to.Write(p)
}

// countSteps has the tree call the meter at the beginning of each part and of each turn of a loop. The call stands in a condition,
// which is not escaped and prints nothing.
func countSteps(tree *parse.Tree) {
	if tree == nil || tree.Root == nil {
		return
	}
	eachLoop(tree.Root, stepIn)
	stepIn(tree.Root)
}

func stepIn(list *parse.ListNode) {
	list.Nodes = append([]parse.Node{stepCall()}, list.Nodes...)
}

// stepCall is {{if _step}}{{end}}.
func stepCall() parse.Node {
	trees, err := parse.Parse("step", "{{if "+stepFunction+"}}{{end}}", "", "", map[string]any{stepFunction: true})
	if err != nil {
		panic(err) // The text above is constant.
	}
	return trees["step"].Root.Nodes[0]
}

// eachLoop calls do with the body of each loop below a list.
func eachLoop(list *parse.ListNode, do func(*parse.ListNode)) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		var branch *parse.BranchNode
		switch n := node.(type) {
		case *parse.IfNode:
			branch = &n.BranchNode
		case *parse.WithNode:
			branch = &n.BranchNode
		case *parse.RangeNode:
			branch = &n.BranchNode
		default:
			continue
		}
		eachLoop(branch.List, do)
		eachLoop(branch.ElseList, do)
		if _, loop := node.(*parse.RangeNode); loop {
			do(branch.List)
		}
	}
}
