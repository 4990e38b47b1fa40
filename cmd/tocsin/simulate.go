package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/tocsinhq/tocsin/internal/app"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
)

type simulateCommand struct {
	Incident int64             `placeholder:"ID" help:"An incident that exists: how it goes on from now, or with --at or --policy as if it opened anew."`
	Policy   int64             `placeholder:"ID" help:"This policy alone, whether or not it matches."`
	Severity string            `default:"high" help:"Of an incident that is only thought of."`
	Service  string            `help:"The same."`
	Source   string            `help:"The same."`
	Team     int64             `placeholder:"ID" help:"The same."`
	Label    map[string]string `help:"The same."`
	At       *time.Time        `placeholder:"TIME" help:"When it opens, as 2026-03-02T03:00:00Z; now unless given."`
	JSON     bool              `name:"json" help:"Print as JSON."`
}

// Run asks the database directly, whether the server runs or not.
func (c *simulateCommand) Run(ctx context.Context, cfg app.Config, term terminal) error {
	if err := checked(cfg); err != nil {
		return err
	}
	q := escalation.Question{At: c.At, IncidentID: given(c.Incident), PolicyID: given(c.Policy)}
	if q.IncidentID == nil {
		q.Incident = &escalation.Hypothesis{
			Title: "Thought of", Service: c.Service, Source: c.Source, Severity: incident.Severity(c.Severity), TeamID: given(c.Team), Labels: c.Label,
		}
	}
	forecast, err := app.Simulate(ctx, cfg, host(cfg, term), q)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(term.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(forecast)
	}
	return printForecast(term.out, forecast)
}

// given is the id, nil for none.
func given(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func printForecast(out io.Writer, f escalation.Forecast) error {
	for _, p := range f.Policies {
		fmt.Fprintf(out, "at work: %s\n", p.Name)
	}
	if f.Unescalated {
		fmt.Fprintln(out, "no policy pages anybody: the fallback contacts are paged at once")
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range f.Steps {
		who := line.Who
		if who == "" {
			who = "-"
		}
		fmt.Fprintf(table, "%s\t+%s\t%s\t%s\t%s\n", line.At.Format(time.RFC3339), line.At.Sub(f.At).Round(time.Second), who, line.Channel, line.Why)
	}
	if !f.Whole {
		fmt.Fprintln(table, "… and so on")
	}
	return table.Flush()
}
