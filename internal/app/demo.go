package app

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/intake"
)

// demo is a small organisation to look around in. It is made once, in an empty database; later starts find it there.
type demo struct {
	*App
	root   account.Actor
	people map[string]account.Actor // by first name
	teams  map[string]int64
	key    string // of the integration
}

const demoIntegration = "Demo alerts"

// openDemo makes the demo's organisation unless it stands already, and gives its integration a key that can be shown: keys
// are stored as hashes, so an old one cannot.
func (a *App) openDemo(ctx context.Context, password string) (d *demo, fresh bool, err error) {
	d = &demo{App: a, root: account.System(account.DefaultOrg, "demo"), people: map[string]account.Actor{}, teams: map[string]int64{}}
	if fresh, err = a.accounts.NeedsSetup(ctx); err != nil {
		return nil, false, err
	}
	if fresh {
		if err := d.furnish(ctx, password); err != nil {
			return nil, false, err
		}
	}
	return d, fresh, d.openKey(ctx)
}

func (d *demo) openKey(ctx context.Context) error {
	integrations, err := d.intake.List(ctx, d.root)
	if err != nil {
		return err
	}
	for _, in := range integrations {
		if in.Name == demoIntegration {
			_, d.key, err = d.intake.Rotate(ctx, d.root, in.ID)
			return err
		}
	}
	_, d.key, err = d.intake.Create(ctx, d.root, intake.NewIntegration{Name: demoIntegration, Kind: "generic"})
	return err
}

// demoPassword is the same at every start of this installation and no other's, so that it can be printed although only its
// hash is stored.
func demoPassword(keys account.Keys) string {
	text := strings.ToLower(base32.StdEncoding.EncodeToString(keys.Derive("demo password"))[:12])
	return text[:4] + "-" + text[4:8] + "-" + text[8:]
}

// furnish makes teams, people, policies and services.
func (d *demo) furnish(ctx context.Context, password string) error {
	for _, t := range demoTeams {
		team, err := d.accounts.CreateTeam(ctx, d.root, account.NewTeam{Name: t.name, Description: t.description})
		if err != nil {
			return err
		}
		d.teams[t.name] = team.ID
	}
	for _, p := range demoPeople {
		n := account.NewUser{
			Email: strings.ToLower(p.name) + "@" + demoDomain, FullName: p.name + " " + p.surname, Role: p.role, Password: password, Timezone: "UTC",
		}
		if p.team != "" {
			id := d.teams[p.team]
			n.TeamID = &id
		}
		user, err := d.accounts.CreateUserDirect(ctx, n, "")
		if err != nil {
			return err
		}
		d.people[p.name] = account.Actor{
			Kind: account.ActorUser, Org: user.OrgID, UserID: user.ID, Name: user.Name(), Email: user.Email, Role: user.Role,
		}
	}
	policies := map[string]int64{}
	for _, p := range demoPolicies {
		policy, err := d.escalations.CreatePolicy(ctx, d.root, json.RawMessage(p))
		if err != nil {
			return err
		}
		policies[policy.Name] = policy.ID
	}
	for _, s := range demoServices {
		team := d.teams[s.team]
		n := catalog.NewService{Name: s.name, Aliases: s.aliases, Description: s.description, TeamID: &team}
		if id, known := policies[s.policy]; known {
			n.PolicyID = &id
		}
		if _, err := d.services.Create(ctx, d.root, n); err != nil {
			return err
		}
	}
	return nil
}

// demoPause is how long people of the demo leave their pages alone, so that the timelines show who was paged.
const demoPause = 1500 * time.Millisecond

// happen fires the demo's alerts and, when the pages are out, has people react: one incident stands in each state.
func (d *demo) happen(ctx context.Context) error {
	incidents := map[string]int64{}
	for _, alert := range demoAlerts {
		id, err := d.fire(ctx, alert)
		if err != nil {
			return err
		}
		incidents[alert.key] = id
	}
	timer := d.host.Clock.NewTimer(demoPause)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, alert := range demoAlerts {
		if err := d.react(ctx, alert, incidents[alert.key]); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

func (d *demo) fire(ctx context.Context, a demoAlert) (incidentID int64, err error) {
	body, err := json.Marshal(map[string]any{
		"key": a.key, "title": a.title, "severity": a.severity, "service": a.service, "description": a.description, "status": "firing",
	})
	if err != nil {
		return 0, err
	}
	result, err := d.intake.Receive(ctx, "generic", d.key, intake.Request{ContentType: "application/json", Body: body})
	if err != nil || len(result.Outcomes) == 0 {
		return 0, err
	}
	return result.Outcomes[0].IncidentID, nil
}

func (d *demo) react(ctx context.Context, a demoAlert, id int64) (err error) {
	who := d.people[a.by]
	switch a.then {
	case "acknowledge":
		_, err = d.incidents.Acknowledge(ctx, who, id)
	case "snooze":
		_, err = d.incidents.Snooze(ctx, who, id, d.db.Now().Add(2*time.Hour))
	case "resolve":
		_, err = d.incidents.Resolve(ctx, who, id)
	}
	if err == nil && a.says != "" {
		_, err = d.incidents.Comment(ctx, who, id, a.says)
	}
	return err
}
