package app

import (
	"context"
	"io"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/channel"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/intake"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/oncall"
	"github.com/tocsinhq/tocsin/internal/source"
	"github.com/tocsinhq/tocsin/internal/watch"
	"github.com/tocsinhq/tocsin/internal/work"
)

// safetyLook is how often a loop looks for itself, for notices may be lost.
const safetyLook = time.Second

// wire makes the rooms, from the lowest floor up, and introduces them to each other. It is one straight function, so that who
// knows whom can be read in one place.
func (a *App) wire(ctx context.Context) error {
	if err := a.rooms(); err != nil {
		return err
	}
	a.undo.push("recovery mails", closeBound, a.notifications.CloseRecovery)
	a.metrics.countWork(a.escalations, a.notifications)
	a.metrics.watchOver(a.watch)
	if a.cfg.HeartbeatURL != "" {
		a.heartbeat = &heartbeat{
			url: a.cfg.HeartbeatURL, client: channel.NewHTTPClient(heartbeatBound), clock: a.host.Clock, logger: a.host.Logger, picture: a.watch.Picture, now: a.db.Now,
		}
		a.metrics.countHeartbeats(a.heartbeat)
	}
	a.work()
	a.handler = a.doors()
	return a.furnish(ctx)
}

// rooms makes the rooms and introduces them to each other; nothing is asked of the database.
func (a *App) rooms() error {
	clk, logger := a.host.Clock, a.host.Logger
	channels, err := a.openChannels()
	if err != nil {
		return err
	}
	a.accounts = newAccounts(a.cfg, a.host, a.db, a.hub, a.keys)
	a.duty = oncall.New(oncall.Deps{Account: a.accounts})
	a.services = catalog.New(catalog.Deps{DB: a.db, Clock: clk, Hub: a.hub, Logger: logger})
	a.incidents = incident.New(incident.Deps{
		DB: a.db, Clock: clk, Hub: a.hub, Logger: logger, People: a.accounts, ServiceOwner: a.services.Owner, OnDuty: a.onDuty,
	})
	a.notifications = notify.New(notify.Deps{
		DB: a.db, Clock: clk, Hub: a.hub, Logger: logger, People: a.accounts, Incidents: a.incidents, Channels: channels, Secret: a.keys,
		PublicURL: a.URL(), Node: a.name,
	})
	a.escalations = escalation.New(escalation.Deps{
		DB: a.db, Clock: clk, Hub: a.hub, Logger: logger, Incidents: a.incidents, People: a.accounts, Pager: a.notifications, Roster: a.duty,
		Services: a.services, Channels: slices.Sorted(maps.Keys(channels)), Posts: a.notifications,
	})
	a.intake = intake.New(intake.Deps{
		DB: a.db, Clock: clk, Hub: a.hub, Logger: logger, Incidents: a.incidents, Teams: a.accounts, Catalog: a.services, Sources: source.All(),
	})
	a.watch = watch.New(watch.Deps{
		DB: a.db, Logger: logger, Incidents: a.incidents, Escalations: a.escalations, Notifications: a.notifications,
		Self: watch.Node{Name: a.name, Version: a.host.Version, StartedAt: a.started},
	})
	// Runs end before pages are cancelled and notices are written: what escalation adds in the same change is then seen.
	a.incidents.SetHolds(a.escalations.AckHolds)
	a.incidents.AddFollower(a.escalations)
	a.incidents.AddFollower(a.notifications)
	a.notifications.SetSettler(a.escalations)
	a.accounts.SetWelcomer(a.notifications)
	a.accounts.SetMailer(a.notifications)
	a.accounts.SetPolicies(a.escalations)
	a.services.SetPolicies(a.escalations)
	return nil
}

// work names what runs in the background.
func (a *App) work() {
	a.wakeOn(live.TopicDue,
		a.loop("incidents", safetyLook, a.inTime(a.incidents.Course)),
		a.loop("steps", safetyLook, a.inTime(a.escalations.Steps)),
		a.loop("unreached", safetyLook, a.inTime(a.escalations.Unreached)))
	dispatch := a.loop("notifications", safetyLook, a.inTime(a.notifications.Dispatch))
	a.wakeOn(live.TopicDue, dispatch)
	a.notifications.SetWake(dispatch.Wake)
	a.loop("node", watch.BeatEvery, a.beatOnce)
	if !a.host.Unwatched {
		a.loop("audit", watch.AuditEvery, a.watch.Audit)
	}
	a.loop("reconcile", watch.ReconcileEvery, a.inTime(a.alone("reconcile", a.watch.Reconcile)))
	if a.db.Postgres() {
		a.loop("statistics", statisticsEvery, a.statisticsOnce)
	}
}

// furnish puts in place what every installation has.
func (a *App) furnish(ctx context.Context) error {
	if err := a.escalations.SeedFallback(ctx); err != nil {
		return err
	}
	if !a.db.Postgres() {
		if err := a.notifications.TakeOver(ctx); err != nil {
			return err
		}
	}
	return a.ensureAdmin(ctx)
}

// openChannels makes the ways to reach people; a host's own take the place of those of the same kind.
func (a *App) openChannels() (map[string]notify.Channel, error) {
	channels, err := channel.Open(channel.Setup{
		Values: a.cfg.Channels, Demo: a.cfg.Demo.On, Key: a.keys.Derive("signatures of channels"), Clock: a.host.Clock, Logger: a.host.Logger,
	})
	if err != nil {
		return nil, err
	}
	for _, own := range a.host.Channels {
		channels[own.Kind()] = own
	}
	for kind, ch := range channels {
		if closer, ok := ch.(io.Closer); ok {
			a.undo.push("channel "+kind, closeBound, func(context.Context) error { return closer.Close() })
		}
	}
	return channels, nil
}

// newAccounts makes the room of people; the command line needs it alone.
func newAccounts(cfg Config, host Host, d *db.DB, hub *live.Hub, keys account.Keys) *account.Service {
	return account.New(account.Deps{
		DB: d, Clock: host.Clock, Hub: hub, Logger: host.Logger, Secret: keys,
		Signup: cfg.Signup, SignInsPerMinute: cfg.AuthRate.N, HashCost: host.HashCost,
	})
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
		a.host.Logger.InfoContext(ctx, "the administrator of the settings has been made", "email", a.cfg.AdminEmail)
	}
	return err
}

// loop has a pass run in the background while the node works.
func (a *App) loop(name string, every time.Duration, once work.Pass) *work.Loop {
	l := work.NewLoop(name, every, once, a.host.Clock, a.host.Logger)
	a.loops = append(a.loops, l)
	return l
}

// wakeOn has loops look when a notice of the topic comes, from whichever node.
func (a *App) wakeOn(topic string, loops ...*work.Loop) {
	a.wakes = append(a.wakes, wakeUp{topic, loops})
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
