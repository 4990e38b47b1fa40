package app

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
)

// Setting is one setting in force, safe to show.
type Setting struct {
	Name  string `json:"name"`
	Env   string `json:"env"`
	Value string `json:"value"`
}

// Settings lists what is in force, secrets masked.
func (c Config) Settings() []Setting {
	var settings []Setting
	value := reflect.ValueOf(c)
	for i, field := range reflect.VisibleFields(value.Type()) {
		name := field.Tag.Get("name")
		if name == "" {
			continue
		}
		text := fmt.Sprint(value.Field(i).Interface())
		if list, ok := reflect.TypeAssert[[]string](value.Field(i)); ok {
			text = strings.Join(list, ",")
		}
		settings = append(settings, Setting{Name: name, Env: field.Tag.Get("env"), Value: mask(field.Tag.Get("mask"), text)})
	}
	return append(settings, c.channelSettings()...)
}

// WriteSettings writes the settings as lines that a shell or an env file understands.
func (c Config) WriteSettings(out io.Writer) error {
	for _, s := range c.Settings() {
		if _, err := fmt.Fprintf(out, "%s=%s\n", s.Env, s.Value); err != nil {
			return err
		}
	}
	return nil
}

const masked = "********"

func mask(how, text string) string {
	switch {
	case how == "" || text == "":
		return text
	case how == "url":
		return maskURL(text)
	default:
		return masked
	}
}

// maskURL hides the password of an address; an address that cannot be read is hidden whole, for the password may be anywhere
// in it. Drivers also take passwords as parameters.
func maskURL(text string) string {
	if strings.HasPrefix(text, "sqlite:") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" && u.RawQuery == "" {
		return masked
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), masked)
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, masked)
		}
	}
	u.RawQuery = query.Encode()
	return strings.ReplaceAll(u.String(), url.QueryEscape(masked), masked)
}
