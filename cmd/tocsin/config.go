package main

import (
	"encoding/json"
	"fmt"

	"github.com/tocsinhq/tocsin/internal/app"
)

type configCommand struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run prints what is in force even when some of it is wrong: that is when one looks.
func (c *configCommand) Run(cfg app.Config, term terminal) error {
	if c.JSON {
		encoder := json.NewEncoder(term.out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(cfg.Settings()); err != nil {
			return err
		}
	} else if err := cfg.WriteSettings(term.out); err != nil {
		return err
	}
	return checked(cfg)
}

type versionCommand struct{}

// Run prints the version.
func (*versionCommand) Run(term terminal) error {
	_, err := fmt.Fprintln(term.out, "tocsin", version)
	return err
}
