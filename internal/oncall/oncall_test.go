package oncall_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/live"
	"github.com/tocsinhq/tocsin/internal/oncall"
)

func TestATeamIsCoveredByItsActiveOncallEngineers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		accounts := account.New(account.Deps{
			DB: d, Clock: clk, Hub: live.New(d, "test"), Logger: slog.New(slog.DiscardHandler), HashCost: bcrypt.MinCost,
			Secret: account.NewKeys(bytes.Repeat([]byte("k"), 32)),
		})
		root := account.System(dbtest.Org, "test")
		team := func(name string) int64 {
			created, err := accounts.CreateTeam(t.Context(), root, account.NewTeam{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return created.ID
		}
		payments, search := team("Payments"), team("Search")
		person := func(name string, role account.Role, active bool, home *int64) int64 {
			u, err := accounts.CreateUser(t.Context(), root, account.NewUser{
				Email: name + "@example.com", Password: "testpass123", Role: role, IsActive: &active, TeamID: home,
			})
			if err != nil {
				t.Fatal(err)
			}
			return u.ID
		}
		ann := person("ann", account.RoleOncallEngineer, true, &payments)
		person("away", account.RoleOncallEngineer, false, &payments)
		person("lead", account.RoleTeamLead, true, &payments)
		person("elsewhere", account.RoleOncallEngineer, true, nil)
		bob := person("bob", account.RoleManager, true, nil)
		engineer := account.RoleOncallEngineer
		if _, err := accounts.PutMember(t.Context(), root, payments, bob, &engineer); err != nil {
			t.Fatal(err)
		}

		s := oncall.New(oncall.Deps{Account: accounts})
		covers := func(org, team int64) (covers []oncall.Cover) {
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				covers, err = s.OnCall(tx, org, team, clk.Now())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return covers
		}
		want := []oncall.Cover{{UserID: ann, Via: "role oncall_engineer"}, {UserID: bob, Via: "role oncall_engineer"}}
		if diff := cmp.Diff(want, covers(dbtest.Org, payments)); diff != "" {
			t.Error(diff)
		}
		if got := covers(dbtest.Org, search); len(got) != 0 {
			t.Errorf("a team without engineers is covered by %v", got)
		}
		if got := covers(dbtest.Org+1, payments); len(got) != 0 {
			t.Errorf("another organisation sees %v", got)
		}
	})
}
