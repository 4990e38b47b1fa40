package app

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/channel"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// ChannelFlags are the settings that the channels ask for, as flags: a channel names its settings in its own file, and they
// become flags, environment variables and lines of the configuration file without anybody else naming them.
type ChannelFlags struct{ target reflect.Value }

// NewChannelFlags makes the flags of all channels.
func NewChannelFlags() *ChannelFlags {
	settings := channel.Settings()
	fields := make([]reflect.StructField, len(settings))
	for i, s := range settings {
		fields[i] = reflect.StructField{
			Name: fmt.Sprintf("Setting%d", i), Type: reflect.TypeFor[string](),
			Tag: reflect.StructTag(fmt.Sprintf("name:%q env:%q placeholder:%q help:%q", flagName(s.Name), envName(s.Name), "TEXT", sentence(s.Help))),
		}
	}
	return &ChannelFlags{reflect.New(reflect.StructOf(fields))}
}

// Grammar is what the command line parser embeds: a pointer to a struct.
func (f *ChannelFlags) Grammar() any { return f.target.Interface() }

// Values are the settings by name, those that are set.
func (f *ChannelFlags) Values() map[string]string {
	values := map[string]string{}
	for i, s := range channel.Settings() {
		if text := f.target.Elem().Field(i).String(); text != "" {
			values[s.Name] = text
		}
	}
	return values
}

// checkChannels has every channel read its settings.
func (c Config) checkChannels(checks *fault.Checks) {
	_, err := channel.Open(channel.Setup{Values: c.Channels, Demo: c.Demo.On, Clock: clock.System, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		return
	}
	for _, field := range fault.From(err).Fields {
		location, message := blame(field)
		checks.Add(location, "%s", message)
	}
}

// blame names the setting that a channel complains of: its complaint begins with it.
func blame(field fault.Field) (location, message string) {
	word, rest, _ := strings.Cut(field.Message, " ")
	for _, s := range channel.Settings() {
		if name, of := strings.CutPrefix(word, s.Name); of {
			return flagName(s.Name), strings.TrimSpace(name + " " + rest)
		}
	}
	return field.Location, field.Message
}

// channelSettings lists what the channels were given, secrets masked whole: what is secret in an address only its channel knows.
func (c Config) channelSettings() []Setting {
	var settings []Setting
	for _, s := range channel.Settings() {
		value := c.Channels[s.Name]
		if s.Secret {
			value = mask("all", value)
		}
		settings = append(settings, Setting{Name: flagName(s.Name), Env: envName(s.Name), Value: value})
	}
	return settings
}

func flagName(setting string) string { return strings.ReplaceAll(setting, "_", "-") }

func envName(setting string) string { return "TOCSIN_" + strings.ToUpper(setting) }

// sentence gives a help text the form of the others.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}
