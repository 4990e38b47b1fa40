package app

import (
	"context"
	"fmt"
	"strings"
)

// welcome prints what the person who started the server needs next: how to sign in to the demo, or on an empty database the
// link that makes the first administrator. A server that is set up prints nothing here; its log says where it serves.
func (a *App) welcome(ctx context.Context) error {
	if a.cfg.Demo.On {
		return a.welcomeToDemo(ctx)
	}
	needed, err := a.accounts.NeedsSetup(ctx)
	if err != nil || !needed {
		return err
	}
	token, err := a.accounts.SetupLink(ctx)
	if err != nil {
		return err
	}
	return a.say("Tocsin "+a.host.Version+" serves "+a.URL(), "",
		"There is nobody yet who could sign in. This link makes the first administrator; it works once:",
		"  "+a.URL()+setupPath+token)
}

// welcomeToDemo prints how to sign in to the demo, which is made first in an empty database, and how to fire an alert.
func (a *App) welcomeToDemo(ctx context.Context) error {
	password := demoPassword(a.keys)
	d, fresh, err := a.openDemo(ctx, password)
	if err != nil {
		return err
	}
	err = a.say("Tocsin "+a.host.Version+" serves a demo at "+a.URL(), "",
		"Sign in as ada@"+demoDomain+" (administrator), lea@ (team lead), bob@ (on-call engineer) or una@ (user);",
		"the password of each is "+password, "",
		"Fire an alert and watch it arrive:",
		"  curl "+a.URL()+"/v1/intake/generic/"+d.key+` -d '{"title": "Database is down", "severity": "critical", "service": "checkout"}'`, "",
		"What would be sent to people stands in the log below and under Notifications.")
	if err != nil || !fresh {
		return err
	}
	return d.happen(ctx)
}

// setupPath is where the pages take the token of a setup link.
const setupPath = "/setup/"

// say prints lines with a little air around them.
func (a *App) say(lines ...string) error {
	text := "\n"
	for _, line := range lines {
		text += strings.TrimRight("  "+line, " ") + "\n"
	}
	_, err := fmt.Fprintln(a.host.Out, text)
	return err
}
