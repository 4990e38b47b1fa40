package account

import (
	"strings"
	"sync"
	"testing"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

var firstUser = NewUser{Email: "first@example.com", Password: goodPassword, FullName: "First"}

func TestTheFirstAdministratorComesByALinkThatIsGoodOnce(t *testing.T) {
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		if needed, err := h.NeedsSetup(t.Context()); err != nil || !needed {
			t.Fatalf("an empty house needs no setup: %v", err)
		}
		link, err := h.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.read(func(tx *db.Tx) error {
			stored, _, err := db.One(tx, db.Value[string], "SELECT value FROM settings WHERE name = ?", setupName)
			if strings.Contains(stored, link) || !strings.Contains(stored, hashToken(link)) {
				t.Errorf("stored is %s", stored)
			}
			return err
		})
		_, err = h.CompleteSetup(t.Context(), newOpaqueToken(DefaultOrg), firstUser)
		wantKind(t, "a guessed link", err, fault.Malformed)
		bad := firstUser
		bad.Password, bad.Email = "short", "nobody"
		_, err = h.CompleteSetup(t.Context(), link, bad)
		wantFields(t, err, "body.email", "body.password")

		first, err := h.CompleteSetup(t.Context(), link, firstUser)
		if err != nil {
			t.Fatal(err)
		}
		if first.Role != RoleAdmin || !first.IsSuperuser || !first.IsActive {
			t.Errorf("the first user is %+v", first)
		}
		again := firstUser
		again.Email = "second@example.com"
		_, err = h.CompleteSetup(t.Context(), link, again)
		wantKind(t, "the link a second time", err, fault.Malformed)
		_, err = h.SetupLink(t.Context())
		wantKind(t, "a link when somebody is there", err, fault.Conflict)
		if needed, _ := h.NeedsSetup(t.Context()); needed {
			t.Error("it still needs setup")
		}
		h.login("first@example.com", goodPassword)
	})
}

func TestEachNodesLinkIsGoodAndAllAreVoidOnceAUserExists(t *testing.T) {
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		var links []string
		for range 3 {
			link, err := h.SetupLink(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			links = append(links, link)
		}
		h.read(func(tx *db.Tx) error {
			hashes, err := setupHashes(tx, DefaultOrg)
			for _, link := range links {
				if err := checkSetup(tx, hashes, link); err != nil {
					t.Errorf("a node's link: %v", err)
				}
			}
			return err
		})
		h.direct(NewUser{Email: "root@example.com"})
		for _, link := range links {
			_, err := h.CompleteSetup(t.Context(), link, firstUser)
			wantKind(t, "a link after a user was made by command", err, fault.Malformed)
		}
	})
}

func TestOfTwoSetupsWithOneLinkOneIsDone(t *testing.T) {
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		link, err := h.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		results := atOnce(4, func(i int) error {
			n := firstUser
			n.Email = string(rune('a'+i)) + "@example.com"
			_, err := h.CompleteSetup(t.Context(), link, n)
			return err
		})
		if done := results[0]; done != 1 || results[fault.Malformed] != 3 {
			t.Errorf("results by kind: %v", results)
		}
	})
}

// atOnce does something n times at the same time and counts the kinds of the answers; 0 is no error.
func atOnce(n int, do func(i int) error) map[fault.Kind]int {
	kinds := make([]fault.Kind, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { kinds[i] = fault.KindOf(do(i)) })
	}
	all.Wait()
	counts := map[fault.Kind]int{}
	for _, kind := range kinds {
		counts[kind]++
	}
	return counts
}

func TestTheEnvironmentMakesTheAdministratorOnce(t *testing.T) {
	eachEmptyHouse(t, func(t *testing.T, h *house) {
		results := atOnce(3, func(int) error {
			created, err := h.EnsureAdmin(t.Context(), "Ops@example.com", goodPassword)
			if err == nil && !created {
				return fault.New(fault.Duplicate, "", "was there")
			}
			return err
		})
		if results[0] != 1 || results[fault.Duplicate] != 2 {
			t.Errorf("three nodes at once: %v", results)
		}
		if created, err := h.EnsureAdmin(t.Context(), "ops@example.com", "another password"); err != nil || created {
			t.Errorf("at the next start: %v, %v", created, err)
		}
		actor, err := h.Authenticate(t.Context(), Credential{Bearer: h.login("ops@example.com", goodPassword).AccessToken})
		if err != nil || !actor.Can(Admin) {
			t.Errorf("it may not administer: %v", err)
		}
		_, err = h.EnsureAdmin(t.Context(), "ops", "short")
		wantFields(t, err, "body.email", "body.password")
	})
}

func TestTheCommandLineFindsTheTeamByItsName(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		payments := h.team("Payments")
		ann, err := h.CreateUserDirect(t.Context(), NewUser{Email: "ann@example.com", Password: goodPassword, Role: RoleTeamLead}, "payments")
		if err != nil || ann.TeamID == nil || *ann.TeamID != payments.ID {
			t.Errorf("got %+v, %v", ann, err)
		}
		_, err = h.CreateUserDirect(t.Context(), NewUser{Email: "bob@example.com", Password: goodPassword, Role: "boss"}, "Nowhere")
		wantFields(t, err, "body.role", "body.team")
	})
}
