package catalog

import (
	"context"
	"log/slog"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Deps are what a Catalog needs.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Hub    *live.Hub
	Logger *slog.Logger
}

// PolicyBook knows the policies.
type PolicyBook interface {
	PolicyExists(tx *db.Tx, org, id int64) (bool, error)
}

// Catalog is what may be done with services. It is safe for concurrent use.
type Catalog struct {
	db       *db.DB
	hub      *live.Hub
	logger   *slog.Logger
	policies PolicyBook
	byName   *live.Cache[string, *Service] // nil values are names that no service has
}

// maxCachedNames bounds the names that are remembered; senders may name anything.
const maxCachedNames = 10_000

// New makes the catalogue.
func New(d Deps) *Catalog {
	return &Catalog{
		db: d.DB, hub: d.Hub, logger: d.Logger,
		byName: live.NewCache[string, *Service](d.Hub, d.Clock, maxCachedNames, live.TopicConfig),
	}
}

// SetPolicies introduces who knows the policies; without it no service can be given one.
func (c *Catalog) SetPolicies(p PolicyBook) { c.policies = p }

// List returns services in the order of their names. Everybody who is signed in sees them, for incidents name them.
// Fault: Invalid.
func (c *Catalog) List(ctx context.Context, actor account.Actor, f Filter) (page Page, err error) {
	if f, err = f.check(); err != nil {
		return Page{}, err
	}
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		page, err = listServices(tx, actor.Org, f)
		return err
	})
	return page, err
}

func (f Filter) check() (Filter, error) {
	var c fault.Checks
	if f.Skip < 0 {
		c.Add("query.skip", "must not be negative")
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	if f.Limit < 1 || f.Limit > 1000 {
		c.Add("query.limit", "must be between 1 and 1000")
	}
	return f, c.Err()
}

// Get returns one service. Fault: NotFound.
func (c *Catalog) Get(ctx context.Context, actor account.Actor, id int64) (service Service, err error) {
	err = c.db.Read(ctx, func(tx *db.Tx) error {
		service, err = c.one(tx, actor.Org, id, "")
		return err
	})
	return service, err
}

// one finds a service, and holds it with the lock suffix given.
func (c *Catalog) one(tx *db.Tx, org, id int64, lock string) (Service, error) {
	service, found, err := serviceByID(tx, org, id, lock)
	if err == nil && !found {
		err = fault.NotFoundf("Service")
	}
	return service, err
}

// Create makes a service of a team, or of no team.
// Faults: Forbidden; Invalid, also for an unknown team or policy; Duplicate when a name or alias is taken.
func (c *Catalog) Create(ctx context.Context, actor account.Actor, n NewService) (service Service, err error) {
	wanted := Service{
		OrgID: actor.Org, Name: n.Name, Aliases: n.Aliases, Description: n.Description,
		TeamID: n.TeamID, PolicyID: n.PolicyID, RunbookURL: n.RunbookURL,
	}
	if err := mayManage(actor, wanted.TeamID); err != nil {
		return Service{}, err
	}
	if err := wanted.check(); err != nil {
		return Service{}, err
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		service = wanted
		if service.ID, err = tx.NextID("services"); err != nil {
			return err
		}
		service.CreatedAt, service.UpdatedAt = tx.Now(), tx.Now()
		return c.save(tx, service, insertService)
	})
	return service, err
}

// Update changes a service. Faults: NotFound, Forbidden, Invalid, Duplicate as for Create.
func (c *Catalog) Update(ctx context.Context, actor account.Actor, id int64, p ServicePatch) (service Service, err error) {
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if service, err = c.one(tx, actor.Org, id, tx.Lock()); err != nil {
			return err
		}
		if err := mayManage(actor, service.TeamID); err != nil {
			return err
		}
		p.apply(&service)
		if err := mayManage(actor, service.TeamID); err != nil {
			return err
		}
		if err := service.check(); err != nil {
			return err
		}
		service.UpdatedAt = tx.Now()
		return c.save(tx, service, updateService)
	})
	return service, err
}

func (p ServicePatch) apply(s *Service) {
	set(&s.Name, p.Name)
	set(&s.Aliases, p.Aliases)
	set(&s.Description, p.Description)
	set(&s.RunbookURL, p.RunbookURL)
	setID(&s.TeamID, p.TeamID)
	setID(&s.PolicyID, p.PolicyID)
}

func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

func setID(target **int64, id *int64) {
	switch {
	case id == nil:
	case *id == 0:
		*target = nil
	default:
		*target = id
	}
}

// Delete removes a service from the catalogue. Incidents keep its name. Faults: NotFound, Forbidden.
func (c *Catalog) Delete(ctx context.Context, actor account.Actor, id int64) error {
	return c.db.Write(ctx, func(tx *db.Tx) error {
		service, err := c.one(tx, actor.Org, id, tx.Lock())
		if err != nil {
			return err
		}
		if err := mayManage(actor, service.TeamID); err != nil {
			return err
		}
		if err := deleteService(tx, service); err != nil {
			return err
		}
		c.changed(tx, actor.Org)
		return nil
	})
}

// save checks what only the database knows and writes the service with its names.
func (c *Catalog) save(tx *db.Tx, s Service, write func(*db.Tx, Service) error) error {
	if err := c.checkPolicy(tx, s); err != nil {
		return err
	}
	if err := checkNames(tx, s); err != nil {
		return err
	}
	switch err := write(tx, s); {
	case db.IsForeignKey(err):
		var checks fault.Checks
		checks.Add("body.team_id", "is not a team of this organisation")
		return checks.Err()
	case db.IsUnique(err, ""): // Somebody else took the name since checkNames looked.
		return nameTaken(s.Name, "")
	case err != nil:
		return err
	}
	c.changed(tx, s.OrgID)
	return nil
}

func (c *Catalog) checkPolicy(tx *db.Tx, s Service) error {
	if s.PolicyID == nil {
		return nil
	}
	known := false
	if c.policies != nil {
		var err error
		if known, err = c.policies.PolicyExists(tx, s.OrgID, *s.PolicyID); err != nil {
			return err
		}
	}
	var checks fault.Checks
	if !known {
		checks.Add("body.policy_id", "is not a policy of this organisation")
	}
	return checks.Err()
}

// checkNames finds a name or alias that another service has.
func checkNames(tx *db.Tx, s Service) error {
	others, err := servicesByKey(tx, s.OrgID, s.keys())
	if err != nil {
		return err
	}
	for _, key := range s.keys() {
		if other, taken := others[key]; taken && other.ID != s.ID {
			return nameTaken(key, other.Name)
		}
	}
	return nil
}

func nameTaken(name, owner string) error {
	text := "A service with the name or alias %q exists already."
	if owner != "" && !strings.EqualFold(owner, name) {
		text = "The name %q belongs to the service %q already."
		return fault.New(fault.Duplicate, "duplicate_service", text, name, owner)
	}
	return fault.New(fault.Duplicate, "duplicate_service", text, name)
}

// mayManage refuses an actor who may not change the services of the team; nil is no team.
func mayManage(actor account.Actor, teamID *int64) error {
	if !actor.CanIn(account.ManageTeamObjects, teamID) {
		if teamID == nil {
			return account.Forbid("manage services that belong to no team")
		}
		return account.Forbid("manage the services of this team")
	}
	return nil
}

// changed tells every node, once tx is committed, that names may have moved.
func (c *Catalog) changed(tx *db.Tx, org int64) {
	c.hub.Publish(tx, live.Notice{Org: org, Topic: live.TopicConfig})
}
