package app

import (
	"context"
	"net"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/oncall"
	"github.com/tocsinhq/tocsin/internal/work"
)

// safetyLook is how often a loop looks for itself, for notices may be lost.
const safetyLook = time.Second

// wire makes the rooms, from the lowest floor up, and introduces them to each other. It is one straight function, so that who
// knows whom can be read in one place.
func (a *App) wire(ctx context.Context, keys account.Keys) error {
	a.accounts = newAccounts(a.cfg, a.host, a.db, a.hub, keys)
	a.duty = oncall.New(oncall.Deps{Account: a.accounts})
	a.services = catalog.New(catalog.Deps{DB: a.db, Clock: a.host.Clock, Hub: a.hub, Logger: a.host.Logger})
	a.incidents = incident.New(incident.Deps{
		DB: a.db, Clock: a.host.Clock, Hub: a.hub, Logger: a.host.Logger,
		People: a.accounts, ServiceOwner: a.serviceOwner, OnDuty: a.onDuty,
	})
	a.loop("incidents", safetyLook, a.incidents.Course)
	a.loop("node", beatEvery, a.beatOnce)
	a.handler = a.doors()
	return a.ensureAdmin(ctx)
}

// newAccounts makes the room of people; the command line needs it alone.
func newAccounts(cfg Config, host Host, d *db.DB, hub *live.Hub, keys account.Keys) *account.Service {
	return account.New(account.Deps{
		DB: d, Clock: host.Clock, Hub: hub, Logger: host.Logger, Secret: keys,
		Signup: cfg.Signup, SignInsPerMinute: cfg.AuthRate.N, HashCost: host.HashCost,
	})
}

// serviceOwner is the incidents' port to the catalogue.
func (a *App) serviceOwner(tx *db.Tx, org int64, name string) (serviceID, teamID *int64, err error) {
	service, err := a.services.Resolve(tx, org, name)
	if err != nil || service == nil {
		return nil, nil, err
	}
	return &service.ID, service.TeamID, nil
}

// onDuty is the incidents' port to the schedules.
func (a *App) onDuty(tx *db.Tx, org, teamID int64) ([]int64, error) {
	covers, err := a.duty.OnCall(tx, org, teamID, tx.Now())
	people := make([]int64, len(covers))
	for i, cover := range covers {
		people[i] = cover.UserID
	}
	return people, err
}

// ensureAdmin makes the administrator whom the settings name, unless there is one.
func (a *App) ensureAdmin(ctx context.Context) error {
	if a.cfg.AdminEmail == "" {
		return nil
	}
	created, err := a.accounts.EnsureAdmin(ctx, a.cfg.AdminEmail, a.cfg.AdminPassword)
	if created {
		a.host.Logger.Info("the administrator of the settings has been made", "email", a.cfg.AdminEmail)
	}
	return err
}

// loop has a pass run in the background while the node works.
func (a *App) loop(name string, every time.Duration, once work.Pass) {
	a.loops = append(a.loops, work.NewLoop(name, every, once, a.host.Clock, a.host.Logger))
}

// localURL is how a browser on the same machine reaches an address that is listened on.
func localURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://localhost"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
