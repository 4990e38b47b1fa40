package notify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// Ann's methods in the tests below: 1 is the account's e-mail.
func annsMethods() []ContactMethod {
	return []ContactMethod{
		{ID: 1, UserID: 7, Channel: "email", OfAccount: true, Verified: true, Enabled: true},
		{ID: 2, UserID: 7, Channel: "call", Address: "112", Verified: true, Enabled: true},
		{ID: 3, UserID: 7, Channel: "hook", Address: "hook://a", Verified: true, Enabled: true},
		{ID: 4, UserID: 7, Channel: "hook", Address: "hook://off", Verified: true},
		{ID: 5, UserID: 7, Channel: "email", Address: "new@example.org", Enabled: true},
	}
}

func rule(minutes int, method int64) Rule {
	return Rule{Delay: time.Duration(minutes) * time.Minute, ContactMethodID: method}
}

func way(minutes int, method int64, channel, address string) Route {
	return Route{ContactMethodID: method, Channel: channel, Address: address, Delay: time.Duration(minutes) * time.Minute}
}

func TestRoutesOfOnePerson(t *testing.T) {
	mail, call, hookA := way(0, 1, "email", "ann@example.org"), way(0, 2, "call", "112"), way(0, 3, "hook", "hook://a")
	at := func(r Route, minutes int) Route { r.Delay = time.Duration(minutes) * time.Minute; return r }
	high, low := incident.UrgencyHigh, incident.UrgencyLow
	cases := []struct {
		name    string
		urgency incident.Urgency
		rules   []Rule
		off     []string
		narrow  []string
		change  func(p *reachable, channels map[string]Channel)
		want    []Route
	}{
		{name: "high urgency: all that is verified and on", urgency: high, want: []Route{mail, call, hookA}},
		{name: "low urgency: the same without what is loud", urgency: low, want: []Route{mail, hookA}},
		{name: "a switch", urgency: high, off: []string{"call"}, want: []Route{mail, hookA}},
		{name: "narrowed", urgency: high, narrow: []string{"hook", "call"}, want: []Route{call, hookA}},
		{name: "narrowed to nothing", urgency: high, narrow: []string{"pigeon"}, want: []Route{mail, call, hookA}},
		{name: "narrowed to what is switched off", urgency: high, off: []string{"call"}, narrow: []string{"call"}, want: []Route{mail, hookA}},
		{name: "low urgency narrowed to what is loud", urgency: low, narrow: []string{"call"}, want: []Route{mail, hookA}},
		{name: "all switched off", urgency: low, off: []string{"email", "hook", "call"}, want: []Route{mail, hookA}},
		{name: "rules", urgency: high, rules: []Rule{rule(0, 3), rule(5, 2)}, want: []Route{hookA, at(call, 5)}},
		{name: "low urgency by rules may be loud and late", urgency: low, rules: []Rule{rule(15, 2)}, want: []Route{at(call, 15)}},
		{
			name: "rules name what is not verified, but not what is off", urgency: low,
			rules: []Rule{rule(1, 5), rule(2, 4), rule(3, 99)}, want: []Route{way(1, 5, "email", "new@example.org")},
		},
		{name: "an urgent page begins at once", urgency: high, rules: []Rule{rule(0, 4), rule(5, 3), rule(7, 2)}, want: []Route{hookA, at(call, 2)}},
		{name: "rules and a switch", urgency: high, rules: []Rule{rule(0, 3), rule(5, 1)}, off: []string{"hook"}, want: []Route{mail}},
		{name: "rules and switches that leave nothing", urgency: high, rules: []Rule{rule(0, 3)}, off: []string{"hook"}, want: []Route{hookA}},
		{name: "rules that name nothing usable", urgency: high, rules: []Rule{rule(0, 4)}, want: []Route{mail, call, hookA}},
		{
			name: "one destination, at its earliest", urgency: low, rules: []Rule{rule(9, 3), rule(10, 6), rule(11, 3)}, want: []Route{at(hookA, 9)},
			change: func(p *reachable, _ map[string]Channel) {
				p.methods = append(p.methods, ContactMethod{ID: 6, Channel: "hook", Address: "hook://a", Enabled: true})
			},
		},
		{
			name: "only a channel that is configured", urgency: high, want: []Route{call, hookA},
			change: func(_ *reachable, channels map[string]Channel) { channels["email"].(*letterbox).away = true },
		},
		{
			name: "only a loud way", urgency: low, want: []Route{call},
			change: func(p *reachable, _ map[string]Channel) { p.methods = p.methods[1:2] },
		},
		{
			name: "no way left", urgency: high,
			change: func(p *reachable, _ map[string]Channel) { p.methods = nil },
		},
		{
			name: "no way left in a demo", urgency: high, narrow: []string{"email"}, off: []string{"log"}, want: []Route{{Channel: "log", Address: "Ann"}},
			change: func(p *reachable, channels map[string]Channel) {
				p.methods, channels["log"].(*letterbox).away = p.methods[3:4], false
			},
		},
		{
			name: "somebody who has left", urgency: high,
			change: func(p *reachable, _ map[string]Channel) { p.user.IsActive = false },
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			channels := letterboxes()
			p := reachable{
				user:    account.User{ID: 7, FullName: "Ann", Email: "Ann@Example.org", IsActive: true},
				methods: annsMethods(), rules: c.rules, off: map[string]bool{},
			}
			for _, kind := range c.off {
				p.off[kind] = true
			}
			if c.change != nil {
				c.change(&p, channels)
			}
			if diff := cmp.Diff(c.want, p.routes(channels, c.urgency, c.narrow)); diff != "" {
				t.Errorf("routes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoutesFollowTheAccount(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann, bob := h.person("ann", account.RoleUser), h.person("bob", account.RoleUser)
		stranger := h.personOf(dbtest.Organization(t, h.d, "elsewhere"), "stranger", account.RoleUser)
		email := "Ann@new.Example"
		if _, err := h.accounts.UpdateUser(t.Context(), h.admin, ann.UserID, account.UserPatch{Email: &email}); err != nil {
			t.Fatal(err)
		}
		h.read(func(tx *db.Tx) error {
			ids := []int64{ann.UserID, bob.UserID, stranger.UserID, 1 << 40}
			got, err := h.Routes(tx, dbtest.Org, ids, incident.UrgencyHigh, nil)
			addresses := map[int64]string{}
			for id, routes := range got {
				for _, r := range routes {
					addresses[id] += r.Channel + " " + r.Address
				}
			}
			want := map[int64]string{ann.UserID: "email ann@new.example", bob.UserID: "email bob@example.org"}
			if diff := cmp.Diff(want, addresses); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			none, noneErr := h.Routes(tx, dbtest.Org, nil, incident.UrgencyLow, nil)
			if noneErr != nil || len(none) != 0 {
				t.Errorf("of nobody: %v, %v", none, noneErr)
			}
			return err
		})
	})
}

func TestAUserWhoIsRemovedLeavesNoAddress(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		deactivated, err := h.accounts.DeleteUser(t.Context(), h.admin, ann.UserID)
		if err != nil || deactivated {
			t.Fatalf("deactivated %v, %v", deactivated, err)
		}
		h.read(func(tx *db.Tx) error {
			left, err := methodsOf(tx, dbtest.Org, []int64{ann.UserID})
			if len(left) != 0 {
				t.Errorf("left: %v", left)
			}
			return err
		})
	})
}
