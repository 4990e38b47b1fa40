package view

import (
	"maps"
	"net/url"
	"strings"
)

// Form is a set of inputs that is drawn, posted, and drawn again with what was typed and what was wrong with it.
type Form struct {
	ID, Action, Submit string
	Rows               [][]Field // the fields of one row stand side by side where there is room
	Bad                string    // what was wrong beyond single fields
	Cancel             string    // address of the way back, "" for none
	Hidden             [][2]string
	Primary            bool
}

// Field is one input. Kind is an input type, or area, select, checkbox.
type Field struct {
	Name, Label, Kind, Value, Hint, Placeholder, Autocomplete string
	Required, Autofocus, Checked, Code                        bool
	Options                                                   []Option
	MaxLength                                                 int
	Min, Max, Step                                            string
	Bad                                                       string
	Aria                                                      string // the label for a screen reader, where it says more than Label
}

// Option is one choice of a select.
type Option struct{ Value, Word string }

// Typed puts what was posted back into the inputs. Passwords are not repeated.
func (f Form) Typed(values url.Values) Form {
	return f.each(func(field Field) Field {
		switch field.Kind {
		case "password":
		case "checkbox":
			field.Checked = values.Get(field.Name) != ""
		default:
			if values.Has(field.Name) {
				field.Value = values.Get(field.Name)
			}
		}
		return field
	})
}

// Marked puts each message beside the input it names; messages that name none of them stay above the form together.
func (f Form) Marked(messages map[string]string, rest string) Form {
	left := map[string]string{}
	maps.Copy(left, messages)
	f = f.each(func(field Field) Field {
		if text, ok := left[field.Name]; ok {
			field.Bad = text
			delete(left, field.Name)
		}
		return field
	})
	f.Bad = rest
	for name, text := range left {
		if name != "" {
			text = Humanize(name) + ": " + text
		}
		if f.Bad != "" {
			f.Bad += " "
		}
		f.Bad += text
	}
	return f
}

func (f Form) each(change func(Field) Field) Form {
	rows := make([][]Field, len(f.Rows))
	for i, row := range f.Rows {
		rows[i] = make([]Field, len(row))
		for j, field := range row {
			rows[i][j] = change(field)
		}
	}
	f.Rows = rows
	return f
}

func (f Form) fieldID(field Field) string {
	if f.ID == "" {
		return "f-" + field.Name
	}
	return f.ID + "-" + field.Name
}

func (f Field) described(id string) string {
	switch {
	case f.Bad != "" && f.Hint != "":
		return id + "-bad " + id + "-hint"
	case f.Bad != "":
		return id + "-bad"
	case f.Hint != "":
		return id + "-hint"
	}
	return ""
}

// areaText is a text as a textarea has to begin with it: a browser drops the first line break.
func areaText(text string) string {
	if strings.HasPrefix(text, "\n") {
		return "\n" + text
	}
	return text
}
