package app

import (
	"cmp"
	"context"
	"errors"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Migrate takes the schema's missing steps and says how many there were. Faults: Unavailable when the database is away,
// Conflict when the schema is newer than this program.
func Migrate(ctx context.Context, cfg Config, host Host) (taken int, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		before, err := d.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		for _, step := range before {
			if !step.Applied {
				taken++
			}
		}
		return d.Migrate(ctx)
	})
	return taken, err
}

// MigrationStatus lists the schema's steps. Faults as for Migrate.
func MigrationStatus(ctx context.Context, cfg Config, host Host) (steps []db.MigrationStatus, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		steps, err = d.MigrationStatus(ctx)
		return err
	})
	return steps, err
}

// NewPerson is who the command line makes.
type NewPerson struct {
	Email, Password, FullName string
	Role                      string
	Team                      string // by name; "" for none
	Superuser                 bool
}

// CreateUser makes a person directly in the database, whether a server runs or not. Faults: Invalid naming every wrong field,
// Duplicate when the address is taken, Conflict when migrations are missing.
func CreateUser(ctx context.Context, cfg Config, host Host, n NewPerson) (user account.User, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		if pending, err := d.Pending(ctx); err != nil || pending {
			return cmp.Or(err, errPending("run tocsin migrate first"))
		}
		hub := live.New(d, "command line")
		accounts := newAccounts(cfg, host, d, hub, account.Keys{})
		accounts.SetWelcomer(notify.New(notify.Deps{DB: d, Clock: host.Clock, Hub: hub, Logger: host.Logger, People: accounts}))
		user, err = accounts.CreateUserDirect(ctx, account.NewUser{
			Email: n.Email, Password: n.Password, FullName: n.FullName, Role: account.Role(n.Role), IsSuperuser: n.Superuser,
		}, n.Team)
		return err
	})
	return user, err
}

// Simulate says who would be paged, directly from the database, whether a server runs or not. Faults as escalation.Simulate has,
// Conflict when migrations are missing.
func Simulate(ctx context.Context, cfg Config, host Host, q escalation.Question) (out escalation.Forecast, err error) {
	err = withDB(ctx, cfg, host, func(d *db.DB) error {
		if pending, err := d.Pending(ctx); err != nil || pending {
			return cmp.Or(err, errPending("run tocsin migrate first"))
		}
		a := &App{cfg: cfg, host: host, name: "command line", db: d, hub: live.New(d, "command line"), undo: &stack{logger: host.Logger}}
		if err := a.rooms(); err != nil {
			return err
		}
		out, err = a.escalations.Simulate(ctx, account.System(account.DefaultOrg, "command line"), q)
		return errors.Join(err, a.undo.unwind(context.WithoutCancel(ctx)))
	})
	return out, err
}

// withDB opens the database for one command. It takes no lock: commands run beside the server.
func withDB(ctx context.Context, cfg Config, host Host, fn func(d *db.DB) error) error {
	d, err := openDB(ctx, cfg, host, 2)
	if err != nil {
		return err
	}
	defer d.Close()
	return fn(d)
}
