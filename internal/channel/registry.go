package channel

import (
	"cmp"
	"log/slog"
	"slices"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Setting is one value that a channel takes from the configuration.
type Setting struct {
	Name   string // "smtp_url", which is TOCSIN_SMTP_URL in the environment
	Help   string
	Secret bool // never printed
}

// Setup is what channels are made from.
type Setup struct {
	Values map[string]string // by Setting.Name; what is absent is empty
	Demo   bool              // the log channel counts as reaching people
	Key    []byte            // what receivers' secrets are derived from
	Clock  clock.Clock
	Logger *slog.Logger
}

type plugin struct {
	kind     string
	settings []Setting
	open     func(Setup) (notify.Channel, error)
}

var plugins []plugin

// register is called once by each channel's file, while the program starts.
func register(kind string, open func(Setup) (notify.Channel, error), settings ...Setting) {
	plugins = append(plugins, plugin{kind, settings, open})
	slices.SortFunc(plugins, func(a, b plugin) int { return cmp.Compare(a.kind, b.kind) })
}

// Settings lists what all channels take from the configuration.
func Settings() []Setting {
	var all []Setting
	for _, p := range plugins {
		all = append(all, p.settings...)
	}
	return all
}

// Open makes every channel, by kind. One that is not configured is there too, but reaches nobody.
// Returns Invalid with one field for each channel whose settings are wrong.
func Open(setup Setup) (map[string]notify.Channel, error) {
	var checks fault.Checks
	channels := make(map[string]notify.Channel, len(plugins))
	for _, p := range plugins {
		ch, err := p.open(setup)
		if err != nil {
			checks.Add(p.kind, "%s", err)
			continue
		}
		channels[p.kind] = ch
	}
	return channels, checks.Err()
}
