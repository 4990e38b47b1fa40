package notify

import (
	"slices"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

func TestRoutesBesideABrokenChannel(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob, ann := o.ladder(), o.person("ann")
		beside := func(u account.User, broken ...string) (to []string) {
			o.write(func(tx *db.Tx) error {
				routes, err := o.post.RoutesBeside(tx, u.OrgID, []int64{u.ID}, broken)
				to = nil
				for _, r := range routes[u.ID] {
					to = append(to, r.Address+" after "+r.Delay.String())
				}
				return err
			})
			return to
		}
		for name, c := range map[string]struct{ got, want []string }{
			"nothing is broken":        {beside(bob), []string{"bob@example.org after 0s", "bob@second after 5m0s", "bob@third after 10m0s"}},
			"mail is broken":           {beside(bob, "email"), []string{"bob@second after 0s", "bob@third after 0s", "bob@unnamed after 0s"}},
			"push is broken":           {beside(bob, "ntfy"), []string{"bob@example.org after 0s"}},
			"all is broken":            {beside(bob, "ntfy", "email"), beside(bob)},
			"mail is all that she has": {beside(ann, "email"), []string{"ann@example.org after 0s"}},
		} {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("when %s: %q, want %q", name, c.got, c.want)
			}
		}
	})
}
