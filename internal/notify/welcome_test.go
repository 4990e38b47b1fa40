package notify

import (
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
)

func TestWhoWasPagedCanLeave(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		told, forgotten := o.person("told"), o.person("forgotten")
		o.page(o.incident("db down"), told, "p", mailTo(told))
		o.dispatch(o.post)
		// Of the other nothing is left but how much of the limit is used up.
		o.write(func(tx *db.Tx) error {
			_, err := holdLimits(tx, dbtest.Org, []allowance{{forgotten.ID, "email"}}, tx.Lock())
			return err
		})
		for _, c := range []struct {
			user  account.User
			stays bool
		}{{told, true}, {forgotten, false}} {
			stays, err := o.accounts.DeleteUser(t.Context(), account.System(dbtest.Org, "test"), c.user.ID)
			if err != nil || stays != c.stays {
				t.Errorf("%s leaves: stays %v, %v", c.user.Email, stays, err)
			}
		}
	})
}
