package catalog

import (
	"context"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/live"
)

// Resolve finds the service that has the name or alias; nil when there is none. What was found is believed for a while.
func (c *Catalog) Resolve(tx *db.Tx, org int64, name string) (*Service, error) {
	found, err := c.ResolveMany(tx, org, []string{name})
	if err != nil {
		return nil, err
	}
	if service, ok := found[NameKey(name)]; ok {
		return &service, nil
	}
	return nil, nil
}

// Owner is Resolve for who needs no more than the ids: both are nil when the name is not known, the team also when nobody
// owns the service.
func (c *Catalog) Owner(tx *db.Tx, org int64, name string) (serviceID, teamID *int64, err error) {
	service, err := c.Resolve(tx, org, name)
	if err != nil || service == nil {
		return nil, nil, err
	}
	return &service.ID, service.TeamID, nil
}

// ResolveMany is Resolve for many names with at most one query; the result is by NameKey and leaves out unknown names.
func (c *Catalog) ResolveMany(tx *db.Tx, org int64, names []string) (map[string]Service, error) {
	found, missing := c.cached(org, names)
	if len(missing) == 0 {
		return found, nil
	}
	return found, c.load(tx, org, missing, found)
}

// Find is ResolveMany without a transaction: it opens one only when it does not know all names.
// Fault: Unavailable when it had to and the database is away.
func (c *Catalog) Find(ctx context.Context, org int64, names []string) (map[string]Service, error) {
	found, missing := c.cached(org, names)
	if len(missing) == 0 {
		return found, nil
	}
	err := c.db.Read(ctx, func(tx *db.Tx) error { return c.load(tx, org, missing, found) })
	return found, err
}

// ByIDs returns services by id, leaving out what was deleted. It does not look at what is remembered.
func (c *Catalog) ByIDs(tx *db.Tx, org int64, ids []int64) (map[int64]Service, error) {
	return servicesByIDs(tx, org, ids)
}

// Forget makes the organisation's names be looked up anew.
func (c *Catalog) Forget(org int64) { c.byName.Forget(org) }

// maxKeyBytes is more than any service's name has; longer ones are unknown without a look.
const maxKeyBytes = maxName * utf8.UTFMax

// cached splits names into services that are remembered and keys, with their marks, that are not.
func (c *Catalog) cached(org int64, names []string) (found map[string]Service, missing map[string]live.Mark) {
	found = make(map[string]Service, len(names))
	for _, name := range names {
		key := NameKey(name)
		if key == "" || len(key) > maxKeyBytes {
			continue
		}
		if _, known := found[key]; known {
			continue
		}
		service, mark, ok := c.byName.Get(org, key)
		switch {
		case !ok && missing == nil:
			missing = map[string]live.Mark{key: mark}
		case !ok:
			missing[key] = mark
		case service != nil:
			found[key] = *service
		}
	}
	return found, missing
}

// load reads the missing names into found and remembers them, also those that nobody has.
func (c *Catalog) load(tx *db.Tx, org int64, missing map[string]live.Mark, found map[string]Service) error {
	keys := make([]string, 0, len(missing))
	for key := range missing {
		keys = append(keys, key)
	}
	services, err := servicesByKey(tx, org, keys)
	if err != nil {
		return err
	}
	for key, mark := range missing {
		service, known := services[key]
		if !known {
			c.byName.Put(org, key, nil, mark)
			continue
		}
		found[key] = service
		c.byName.Put(org, key, &service, mark)
	}
	return nil
}
