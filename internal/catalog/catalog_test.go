package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

const (
	shop    = int64(1)
	storage = int64(2)
)

// house is a catalogue with two teams, shop and storage, and one policy, 7.
type house struct {
	*catalog.Catalog
	t  *testing.T
	db *db.DB
}

type onePolicy struct{}

func (onePolicy) PolicyExists(_ *db.Tx, _, id int64) (bool, error) { return id == 7, nil }

func each(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		h := house{catalog.New(catalog.Deps{DB: d, Clock: clk, Hub: live.New(d, "node")}), t, d}
		h.SetPolicies(onePolicy{})
		h.write(func(tx *db.Tx) error {
			for id, name := range map[int64]string{shop: "Shop", storage: "Storage"} {
				err := tx.Insert("teams",
					[]string{"org_id", "id", "name", "description", "is_active", "created_at", "updated_at"},
					[][]any{{dbtest.Org, id, name, "", true, tx.Now(), tx.Now()}}, "")
				if err != nil {
					return err
				}
			}
			return nil
		})
		test(t, h)
	})
}

func (h house) write(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func manager() account.Actor {
	return account.Actor{Kind: account.ActorUser, Org: dbtest.Org, UserID: 1, Role: account.RoleManager}
}

func lead(team int64) account.Actor {
	return account.Actor{
		Kind: account.ActorUser, Org: dbtest.Org, UserID: 2, Role: account.RoleTeamLead, Teams: map[int64]account.Role{team: ""},
	}
}

func (h house) create(n catalog.NewService) catalog.Service {
	h.t.Helper()
	s, err := h.Create(context.Background(), manager(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// owner is the name of the service that a sender's word means.
func (h house) owner(word string) (name string) {
	h.t.Helper()
	h.write(func(tx *db.Tx) error {
		s, err := h.Resolve(tx, dbtest.Org, word)
		name = ""
		if s != nil {
			name = s.Name
		}
		return err
	})
	return name
}

func TestAServiceIsFoundByNameAndAlias(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		team := shop
		checkout := h.create(catalog.NewService{Name: "Checkout", Aliases: []string{"chk-api", " CHECKOUT ", "Kasse Ä"}, TeamID: &team})
		if diff := cmp.Diff([]string{"chk-api", "Kasse Ä"}, checkout.Aliases); diff != "" {
			t.Errorf("aliases (-want +got):\n%s", diff)
		}
		for _, word := range []string{"Checkout", "checkout", " CHK-API", "kasse ä"} {
			if got := h.owner(word); got != "Checkout" {
				t.Errorf("%q means %q, want Checkout", word, got)
			}
		}
		for _, word := range []string{"", "chk", "unknown", strings.Repeat("x", 1<<20)} {
			if got := h.owner(word); got != "" {
				t.Errorf("%q means %q, want nothing", word, got)
			}
		}
		got, err := h.Get(context.Background(), lead(storage), checkout.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(checkout, got); diff != "" {
			t.Errorf("as made, as read (-made +read):\n%s", diff)
		}
	})
}

func TestWhatIsRememberedFollowsEveryChange(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		if h.owner("ledger") != "" {
			t.Fatal("a service before any was made")
		}
		ledger := h.create(catalog.NewService{Name: "Ledger"})
		if h.owner("ledger") != "Ledger" {
			t.Error("a new service is not found")
		}
		name, aliases := "Books", []string{"book-keeping"}
		if _, err := h.Update(ctx, manager(), ledger.ID, catalog.ServicePatch{Name: &name, Aliases: &aliases}); err != nil {
			t.Fatal(err)
		}
		if h.owner("ledger") != "" || h.owner("books") != "Books" || h.owner("book-keeping") != "Books" {
			t.Error("a renamed service is found under the wrong names")
		}
		if err := h.Delete(ctx, manager(), ledger.ID); err != nil {
			t.Fatal(err)
		}
		if h.owner("books") != "" {
			t.Error("a deleted service is found")
		}
		if _, err := h.Get(ctx, manager(), ledger.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted service: %v", err)
		}
		h.create(catalog.NewService{Name: "Books", Aliases: []string{"ledger"}}) // The names are free again.
	})
}

func TestFindKnowsServicesWithoutATransaction(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.create(catalog.NewService{Name: "Ledger", Aliases: []string{"books"}})
		for range 2 { // From the database, then from memory.
			found, err := h.Find(context.Background(), dbtest.Org, []string{"BOOKS", "ledger", "nobody", ""})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 2 || found["books"].Name != "Ledger" || found["ledger"].Name != "Ledger" {
				t.Errorf("found %v", found)
			}
		}
		_ = h.db.Close()
		if _, err := h.Find(context.Background(), dbtest.Org, []string{"ledger", "nobody"}); err != nil {
			t.Errorf("what is remembered needs the database: %v", err)
		}
		if _, err := h.Find(context.Background(), dbtest.Org, []string{"new"}); err == nil {
			t.Error("a new name was looked up in a closed database")
		}
	})
}

func TestTwoServicesNeverShareAName(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		h.create(catalog.NewService{Name: "Checkout", Aliases: []string{"chk"}})
		other := h.create(catalog.NewService{Name: "Cart"})
		for _, n := range []catalog.NewService{{Name: "CHECKOUT"}, {Name: "Chk"}, {Name: "New", Aliases: []string{"checkout"}}} {
			if _, err := h.Create(ctx, manager(), n); !fault.Is(err, fault.Duplicate) {
				t.Errorf("%+v: %v, want a duplicate", n, err)
			}
		}
		aliases := []string{"chk"}
		_, err := h.Update(ctx, manager(), other.ID, catalog.ServicePatch{Aliases: &aliases})
		if !fault.Is(err, fault.Duplicate) || !strings.Contains(err.Error(), `"Checkout"`) {
			t.Errorf("a taken alias: %v", err)
		}
		if h.owner("cart") != "Cart" {
			t.Error("a refused change cost a service its name")
		}
	})
}

func TestOnlyThoseWhoMayChangeServices(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		ours, theirs, none := shop, storage, int64(0)
		if _, err := h.Create(ctx, lead(shop), catalog.NewService{Name: "Cart", TeamID: &theirs}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a lead makes another team's service: %v", err)
		}
		if _, err := h.Create(ctx, lead(shop), catalog.NewService{Name: "Cart"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a lead makes nobody's service: %v", err)
		}
		cart, err := h.Create(ctx, lead(shop), catalog.NewService{Name: "Cart", TeamID: &ours})
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range []int64{theirs, none} {
			if _, err := h.Update(ctx, lead(shop), cart.ID, catalog.ServicePatch{TeamID: &to}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("a lead gives the service to %d: %v", to, err)
			}
		}
		if err := h.Delete(ctx, lead(storage), cart.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("another team's lead deletes: %v", err)
		}
		moved, err := h.Update(ctx, manager(), cart.ID, catalog.ServicePatch{TeamID: &none})
		if err != nil || moved.TeamID != nil {
			t.Errorf("a manager takes the service from its team: %+v, %v", moved, err)
		}
		stranger := manager()
		stranger.Org = 2
		if _, err := h.Get(ctx, stranger, cart.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organisation sees the service: %v", err)
		}
	})
}

func TestBadServicesNameEveryField(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		_, err := h.Create(ctx, manager(), catalog.NewService{
			Name: " ", Aliases: []string{"fine", "bad\x00", strings.Repeat("a", 256)}, Description: "\xff",
			RunbookURL: "javascript:alert(1)",
		})
		var got []string
		for _, f := range fault.From(err).Fields {
			got = append(got, f.Location)
		}
		want := []string{
			"body.name", "body.aliases[1]", "body.aliases[2]", "body.description", "body.runbook_url",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("fields (-want +got):\n%s\n%v", diff, err)
		}
		unknown, known := int64(99), int64(7)
		for _, n := range []catalog.NewService{{Name: "a", TeamID: &unknown}, {Name: "b", PolicyID: &unknown}} {
			if _, err := h.Create(ctx, manager(), n); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v, want invalid", n, err)
			}
		}
		if s := h.create(catalog.NewService{Name: "c", PolicyID: &known}); s.PolicyID == nil || *s.PolicyID != known {
			t.Errorf("the policy is %v", s.PolicyID)
		}
		for _, f := range []catalog.Filter{{Skip: -1}, {Limit: -1}, {Limit: 1001}} {
			if _, err := h.List(ctx, manager(), f); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v, want invalid", f, err)
			}
		}
	})
}

func TestServicesAreListedByNameInPages(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := context.Background()
		team := shop
		for _, name := range []string{"delta", "Alpha", "charlie_1", "Bravo", "charlieX1"} {
			h.create(catalog.NewService{Name: name, TeamID: &team})
		}
		var names []string
		f := catalog.Filter{Limit: 2}
		for {
			page, err := h.List(ctx, lead(storage), f)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != 5 {
				t.Errorf("total %d, want 5", page.Total)
			}
			for _, s := range page.Services {
				names = append(names, s.Name)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if len(names) != 5 || names[0] != "Alpha" || names[1] != "Bravo" || names[4] != "delta" {
			t.Errorf("names %v", names)
		}
		found, err := h.List(ctx, manager(), catalog.Filter{Query: "CHARLIE_", TeamID: &team})
		if err != nil || found.Total != 1 || found.Services[0].Name != "charlie_1" {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
