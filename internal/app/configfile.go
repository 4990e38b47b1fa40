package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// File is the optional configuration file: one JSON object whose names are the flags' names ("public-url" or "public_url") and
// whose values are texts, numbers, booleans or lists of texts. A flag or an environment variable goes before it.
type File struct {
	values   map[string]string
	problems []fault.Field
}

// ReadFile reads the configuration file. What it cannot understand inside the object becomes a problem that Config.Check
// names together with the others; only a file that is no JSON object at all is an error.
func ReadFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "config_unreadable", "The configuration file cannot be read")
	}
	defer f.Close()
	decoder := json.NewDecoder(f)
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "config_malformed", "The configuration file "+path+" is not a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "config_malformed", "The configuration file %s has more after its JSON object", path)
	}
	file := &File{values: map[string]string{}}
	for name, value := range raw {
		file.take(strings.ReplaceAll(name, "_", "-"), value)
	}
	return file, nil
}

func (f *File) take(name string, value any) {
	switch v := value.(type) {
	case string:
		f.values[name] = v
	case json.Number, bool:
		f.values[name] = fmt.Sprint(v)
	case []any:
		texts := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				f.problems = append(f.problems, fault.Field{Location: name, Message: "must be a list of texts"})
				return
			}
			texts = append(texts, text)
		}
		f.values[name] = strings.Join(texts, ",")
	default:
		f.problems = append(f.problems, fault.Field{Location: name, Message: "must be a text, a number, a boolean or a list of texts"})
	}
}

// Problems are the file's lines that cannot be understood or whose names no setting has.
func (f *File) Problems(app *kong.Application) []fault.Field {
	known := map[string]bool{}
	for _, flag := range app.Flags {
		known[flag.Name] = true
	}
	problems := f.problems
	for name := range f.values {
		if !known[name] {
			problems = append(problems, fault.Field{Location: name, Message: "is not a setting"})
		}
	}
	return problems
}

// Validate accepts anything: problems are reported by Config.Check, all at once.
func (f *File) Validate(*kong.Application) error { return nil }

// Resolve gives a flag the file's value unless the environment has one. A set but empty variable counts as not set, for that
// is what container tools make of a value left blank.
func (f *File) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return nil, nil
		}
	}
	if value, ok := f.values[flag.Name]; ok {
		return value, nil
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set && flag.HasDefault {
			return flag.Default, nil
		}
	}
	return nil, nil
}
