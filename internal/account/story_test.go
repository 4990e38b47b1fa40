package account

import (
	"log/slog"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/live"
)

const goodPassword = "testpass123"

// house is a service on a fresh database, with an administrator.
type house struct {
	*Service
	t     *testing.T
	clk   *clock.Fake
	admin Actor
}

// eachHouse runs a story on both databases.
func eachHouse(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		root := h.direct(NewUser{Email: "root@example.com", FullName: "Root", Role: RoleAdmin})
		h.admin = h.actor(root)
		story(t, h)
	})
}

// eachEmptyHouse is eachHouse before anybody is there.
func eachEmptyHouse(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Fake) {
		story(t, &house{t: t, clk: clk, Service: New(Deps{
			DB: d, Clock: clk, Hub: live.New(d, "test"), Logger: slog.New(slog.DiscardHandler), Secret: testKeys, HashCost: bcrypt.MinCost,
		})})
	})
}

// direct makes a user past every permission; without a password it is goodPassword.
func (h *house) direct(n NewUser) User {
	h.t.Helper()
	if n.Password == "" {
		n.Password = goodPassword
	}
	u, err := h.CreateUserDirect(h.t.Context(), n, "")
	if err != nil {
		h.t.Fatalf("create %s: %v", n.Email, err)
	}
	return u
}

// person makes a user of a role in a home team; 0 is none.
func (h *house) person(name string, role Role, team int64) User {
	h.t.Helper()
	n := NewUser{Email: name + "@example.com", FullName: name, PhoneNumber: "+49 30 1234", Role: role}
	if team != 0 {
		n.TeamID = &team
	}
	return h.direct(n)
}

func (h *house) team(name string) Team {
	h.t.Helper()
	team, err := h.CreateTeam(h.t.Context(), h.admin, NewTeam{Name: name})
	if err != nil {
		h.t.Fatalf("create team %s: %v", name, err)
	}
	return team
}

// actor is the user as one who acts, as Authenticate would find it.
func (h *house) actor(u User) (actor Actor) {
	h.t.Helper()
	h.read(func(tx *db.Tx) error {
		now, _, err := userByID(tx, u.OrgID, u.ID)
		if err != nil {
			return err
		}
		actor, err = actorOf(tx, now)
		return err
	})
	return actor
}

func (h *house) login(email, password string) Tokens {
	h.t.Helper()
	tokens, err := h.Login(h.t.Context(), LoginRequest{Email: email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		h.t.Fatalf("sign in as %s: %v", email, err)
	}
	return tokens
}

func (h *house) session(email string) string {
	h.t.Helper()
	token, _, _, err := h.StartSession(h.t.Context(), LoginRequest{Email: email, Password: goodPassword, Address: "192.0.2.1", UserAgent: "Firefox"})
	if err != nil {
		h.t.Fatalf("sign in as %s: %v", email, err)
	}
	return token
}

// recognises reports what Authenticate says: 0 when it knows the person.
func (h *house) recognises(c Credential) fault.Kind {
	h.t.Helper()
	_, err := h.Authenticate(h.t.Context(), c)
	return fault.KindOf(err)
}

func (h *house) read(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// neighbour makes a second organisation with an administrator.
func (h *house) neighbour() Actor {
	h.t.Helper()
	var actor Actor
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		org, err := tx.NextID("organizations")
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO organizations (id, name, slug, settings, created_at) VALUES (?, ?, ?, ?, ?)",
			org, "Neighbour", "neighbour", db.JSON(Settings{}), tx.Now())
		if err != nil {
			return err
		}
		u, err := h.insert(tx, User{OrgID: org, Email: "neighbour@example.org", Role: RoleAdmin, IsActive: true, Timezone: "UTC"}, "")
		if err != nil {
			return err
		}
		actor, err = actorOf(tx, u)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return actor
}

// wantFields fails unless err is Invalid and names exactly the fields.
func wantFields(t *testing.T, err error, locations ...string) {
	t.Helper()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v, want fields %v", err, locations)
	}
	named := map[string]bool{}
	for _, f := range fault.From(err).Fields {
		named[f.Location] = true
	}
	for _, l := range locations {
		if !named[l] {
			t.Errorf("%s is not named: %v", l, err)
		}
	}
	if len(named) != len(locations) {
		t.Errorf("named are %v, want %v", named, locations)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func (h *house) count(table string) (n int) {
	h.t.Helper()
	h.read(func(tx *db.Tx) (err error) {
		n, _, err = db.One(tx, db.Value[int], "SELECT count(*) FROM "+table)
		return err
	})
	return n
}
