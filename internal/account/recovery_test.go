package account

import (
	"context"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// mailbox keeps the last recovery token of each address.
type mailbox map[string]string

func (m mailbox) PasswordRecovery(_ context.Context, u User, token string, validFor time.Duration) error {
	if validFor == recoveryLifetime {
		m[u.Email] = token
	}
	return nil
}

func TestAForgottenPasswordIsSetAnewByMail(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		mail := mailbox{}
		h.SetMailer(mail)
		ann := h.person("ann", RoleUser, 0)
		h.direct(NewUser{Email: "gone@example.com", IsActive: new(false)})
		for _, email := range []string{"ANN@example.com", "gone@example.com", "nobody@example.com", "\x00", ""} {
			if err := h.RequestRecovery(t.Context(), email, "192.0.2.1"); err != nil {
				t.Errorf("%q: %v", email, err)
			}
		}
		token := mail[ann.Email]
		if len(mail) != 1 || token == "" {
			t.Fatalf("mail went to %v", mail)
		}
		session := h.session(ann.Email)
		wantFields(t, h.ResetPassword(t.Context(), token, "short"), "body.password")
		if err := h.ResetPassword(t.Context(), token, "another password"); err != nil {
			t.Fatal(err)
		}
		if h.recognises(Credential{Session: session}) == 0 {
			t.Error("old sign-ins live on")
		}
		h.login(ann.Email, "another password")
		wantKind(t, "the link again", h.ResetPassword(t.Context(), token, "a third password"), fault.Malformed)
	})
}

func TestWhichRecoveryLinksAreRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		mail := mailbox{}
		h.SetMailer(mail)
		ann := h.person("ann", RoleUser, 0)
		ask := func() string {
			if err := h.RequestRecovery(t.Context(), ann.Email, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			return mail[ann.Email]
		}
		for _, token := range []string{"", "nonsense", h.login(ann.Email, goodPassword).AccessToken} {
			wantKind(t, token, h.ResetPassword(t.Context(), token, "another password"), fault.Malformed)
		}
		if got := h.recognises(Credential{Bearer: ask()}); got != fault.Unauthenticated {
			t.Errorf("a recovery link signs in: %v", got)
		}
		late := ask()
		h.clk.Advance(recoveryLifetime)
		wantKind(t, "an hour later", h.ResetPassword(t.Context(), late, "another password"), fault.Malformed)

		overtaken := ask()
		if _, err := h.UpdateUser(t.Context(), h.admin, ann.ID, UserPatch{Password: new("set by root 1")}); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "changed meanwhile", h.ResetPassword(t.Context(), overtaken, "another password"), fault.Malformed)

		token := ask()
		results := atOnce(3, func(i int) error { return h.ResetPassword(t.Context(), token, "another password "+string(rune('a'+i))) })
		if results[0] != 1 || results[fault.Malformed] != 2 {
			t.Errorf("three at once: %v", results)
		}
	})
}

func TestNobodysMailboxIsFilled(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.SetMailer(mailbox{})
		for range defaultSignInsPerMinute {
			if err := h.RequestRecovery(t.Context(), "ann@example.com", "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		wantKind(t, "one too many", h.RequestRecovery(t.Context(), "ann@example.com", "192.0.2.1"), fault.RateLimited)
	})
}
