package notify

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// lastCode has what is due sent and returns the code in the last mail to the address.
func (h *reachHouse) lastCode(address string) (code string) {
	h.t.Helper()
	h.dispatch(h.post)
	for _, m := range h.Channels["email"].(*letterbox).sent {
		if m.To == address {
			code = regexp.MustCompile(`\b\d{6}\b`).FindString(m.Text)
		}
	}
	if code == "" {
		h.t.Fatalf("no code came to %s", address)
	}
	return code
}

// otherThan is a code that differs from the right one.
func otherThan(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestAnAddressIsProvenByTheCodeThatWasSentToIt(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		mail := h.add(ann, "email", "phone@example.org")
		if diff := cmp.Diff([]string{"email ann@example.org", "email phone@example.org (not proven)"}, h.addresses(ann)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if routes := h.highRoutes(ann.UserID); len(routes) != 1 {
			t.Errorf("an address that is not proven is used: %v", routes)
		}
		right := h.lastCode("phone@example.org")
		_, err := h.Verify(t.Context(), ann, mail.ID, otherThan(right))
		wantKind(t, "a wrong code", err, fault.Invalid, "")
		proven, err := h.Verify(t.Context(), ann, mail.ID, " "+right[:3]+" "+right[3:]+"\n")
		if err != nil || !proven.Verified {
			t.Fatalf("proven: %+v, %v", proven, err)
		}
		if routes := h.highRoutes(ann.UserID); len(routes) != 2 {
			t.Errorf("a proven address is not used: %v", routes)
		}
		if _, err := h.Verify(t.Context(), ann, mail.ID, "again"); err != nil {
			t.Errorf("what is proven stays so: %v", err)
		}
		if err := h.SendCode(t.Context(), ann, mail.ID); err != nil || len(h.all()) != 1 {
			t.Errorf("what is proven gets no code: %v", err)
		}
	})
}

func TestACodeStandsOnlyInItsMessage(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		h.add(ann, "email", "phone@example.org")
		right := h.lastCode("phone@example.org")
		h.read(func(tx *db.Tx) error {
			texts, err := db.List(tx, db.Value[string], "SELECT title || message || page_key || dedup_key || error FROM notifications")
			if len(texts) != 1 || strings.Contains(texts[0], right) {
				t.Errorf("stored: %q", texts)
			}
			return err
		})
	})
}

func TestCodesAreNotGuessed(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		mail := h.add(ann, "email", "phone@example.org")
		right := h.lastCode("phone@example.org")
		for range codeTries {
			_, err := h.Verify(t.Context(), ann, mail.ID, otherThan(right))
			wantKind(t, "a wrong code", err, fault.Invalid, "")
		}
		_, err := h.Verify(t.Context(), ann, mail.ID, right)
		wantKind(t, "the right one too late", err, fault.Conflict, "too_many_tries")
		wantKind(t, "a new one at once", h.SendCode(t.Context(), ann, mail.ID), fault.RateLimited, "too_many_codes")
		h.clk.Advance(codePause)
		if err := h.SendCode(t.Context(), ann, mail.ID); err != nil {
			t.Fatal(err)
		}
		fresh := h.lastCode("phone@example.org")
		if fresh != right {
			_, err = h.Verify(t.Context(), ann, mail.ID, right)
			wantKind(t, "the code before", err, fault.Invalid, "")
		}
		h.clk.Advance(codeLife)
		_, err = h.Verify(t.Context(), ann, mail.ID, fresh)
		wantKind(t, "the right one too old", err, fault.Conflict, "code_expired")
	})
}

func TestGuessesAtOnceAreCountedEach(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		mail := h.add(ann, "email", "phone@example.org")
		wrong := otherThan(h.lastCode("phone@example.org"))
		errs := make([]error, 2*codeTries)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.Verify(t.Context(), ann, mail.ID, wrong) })
		}
		wg.Wait()
		kinds := map[fault.Kind]int{}
		for _, err := range errs {
			kinds[fault.KindOf(err)]++
		}
		if kinds[fault.Invalid] != codeTries || kinds[fault.Conflict] != codeTries {
			t.Errorf("results %v", kinds)
		}
	})
}

func TestNobodyIsFloodedWithCodes(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		// Deleting and adding again makes no difference.
		for range codesADay {
			m := h.add(ann, "email", "victim@example.org")
			if err := h.DeleteMethod(t.Context(), ann, m.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err := h.AddMethod(t.Context(), ann, ann.UserID, NewMethod{Channel: "email", Address: "victim@example.org"})
		wantKind(t, "one more", err, fault.RateLimited, "too_many_codes")
		if wait := fault.From(err).RetryAfter; wait < 24*time.Hour || wait > 24*time.Hour+time.Second {
			t.Errorf("wait %s", wait)
		}
		if got := h.addresses(ann); len(got) != 1 {
			t.Errorf("half added: %v", got)
		}
		if _, err := h.AddMethod(t.Context(), h.admin, h.admin.UserID, NewMethod{Channel: "email", Address: "fine@example.org"}); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		h.clk.Advance(24 * time.Hour)
		h.add(ann, "email", "victim@example.org")
	})
}

func TestWithoutAMailServerNoCodeIsPromised(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		h.Channels["email"].(*letterbox).away = true
		ann := h.person("ann", account.RoleUser)
		mail := h.add(ann, "email", "phone@example.org")
		if len(h.all()) != 0 || mail.Configured || mail.Verified {
			t.Errorf("added %+v with %d messages", mail, len(h.all()))
		}
		wantKind(t, "ask for one", h.SendCode(t.Context(), ann, mail.ID), fault.Conflict, "not_configured")
		_, err := h.Verify(t.Context(), ann, mail.ID, "123456")
		wantKind(t, "guess", err, fault.Conflict, "no_code")
	})
}
