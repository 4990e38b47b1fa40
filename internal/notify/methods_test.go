package notify

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func (h *reachHouse) add(by account.Actor, channel, address string) ContactMethod {
	h.t.Helper()
	m, err := h.AddMethod(h.t.Context(), by, by.UserID, NewMethod{Channel: channel, Address: address})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// addresses are the person's methods in a word each: "hook://a", and "(not proven)" or "(off)" behind it.
func (h *reachHouse) addresses(by account.Actor) (list []string) {
	h.t.Helper()
	methods, err := h.Methods(h.t.Context(), by, by.UserID)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range methods {
		text := m.Channel + " " + m.Address
		if !m.Verified {
			text += " (not proven)"
		}
		if !m.Enabled {
			text += " (off)"
		}
		list = append(list, text)
	}
	return list
}

// highRoutes are the addresses at which an urgent page reaches the person.
func (h *reachHouse) highRoutes(userID int64) (list []string) {
	h.t.Helper()
	h.read(func(tx *db.Tx) error {
		routes, err := h.Routes(tx, dbtest.Org, []int64{userID}, incident.UrgencyHigh, nil)
		for _, r := range routes[userID] {
			list = append(list, fmt.Sprintf("%s %s after %s", r.Channel, r.Address, r.Delay))
		}
		return err
	})
	return list
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind) || code != "" && fault.From(err).Code != code {
		t.Errorf("%s: %v, want %s %s", what, err, kind, code)
	}
}

func TestAPersonManagesTheirContactMethods(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		added := h.add(ann, "hook", "HOOK://Secret")
		want := ContactMethod{
			OrgID: dbtest.Org, UserID: ann.UserID, Channel: "hook", Address: "hook://…", Verified: true, Enabled: true, Configured: true,
			Secret: "secret of hook://secret",
		}
		if diff := cmp.Diff(want, added, cmpopts.IgnoreFields(ContactMethod{}, "ID", "CreatedAt", "UpdatedAt", "code")); diff != "" {
			t.Errorf("added (-want +got):\n%s", diff)
		}
		label, off := "  my pager ", false
		changed, err := h.UpdateMethod(t.Context(), ann, added.ID, MethodPatch{Label: &label, Enabled: &off})
		if err != nil || changed.Label != "my pager" || changed.Enabled || changed.Address != "hook://…" {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		if diff := cmp.Diff([]string{"email ann@example.org", "hook hook://… (off)"}, h.addresses(ann)); diff != "" {
			t.Errorf("methods (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"email ann@example.org after 0s"}, h.highRoutes(ann.UserID)); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
		if err := h.DeleteMethod(t.Context(), ann, added.ID); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "delete again", h.DeleteMethod(t.Context(), ann, added.ID), fault.NotFound, "")
		if again := h.add(ann, "hook", "hook://secret"); again.ID == added.ID {
			t.Error("a new method has an old id")
		}
		if diff := cmp.Diff([]string{"email ann@example.org", "hook hook://…"}, h.addresses(ann)); diff != "" {
			t.Errorf("in the end (-want +got):\n%s", diff)
		}
	})
}

func TestTheAccountsAddressStaysAndFollows(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		methods, err := h.Methods(t.Context(), ann, ann.UserID)
		if err != nil || len(methods) != 1 || !methods[0].OfAccount {
			t.Fatalf("%+v, %v", methods, err)
		}
		own := methods[0].ID
		wantKind(t, "delete", h.DeleteMethod(t.Context(), ann, own), fault.Conflict, "method_of_account")
		_, err = h.AddMethod(t.Context(), ann, ann.UserID, NewMethod{Channel: "email", Address: "Ann@example.org"})
		wantKind(t, "add it twice", err, fault.Duplicate, "")
		email, off := "ann@elsewhere.example", false
		if _, err := h.accounts.UpdateUser(t.Context(), h.admin, ann.UserID, account.UserPatch{Email: &email}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.UpdateMethod(t.Context(), ann, own, MethodPatch{Enabled: &off}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"email ann@elsewhere.example (off)"}, h.addresses(ann)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestOthersMethodsAreForAdministratorsOnly(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann, lea := h.person("ann", account.RoleUser), h.person("lea", account.RoleCTO)
		hooked := h.add(ann, "hook", "hook://a")
		stranger := h.personOf(dbtest.Organization(t, h.d, "elsewhere"), "stranger", account.RoleAdmin)
		link := account.Actor{Kind: account.ActorLink, Org: dbtest.Org, UserID: ann.UserID}
		on := true
		for name, by := range map[string]account.Actor{"a colleague": lea, "another organisation's administrator": stranger, "a link": link} {
			want := fault.Forbidden
			if by.Org != dbtest.Org {
				want = fault.NotFound
			}
			_, err := h.Methods(t.Context(), by, ann.UserID)
			wantKind(t, name+" lists", err, want, "")
			_, err = h.AddMethod(t.Context(), by, ann.UserID, NewMethod{Channel: "hook", Address: "hook://mine"})
			wantKind(t, name+" adds", err, want, "")
			_, err = h.UpdateMethod(t.Context(), by, hooked.ID, MethodPatch{Enabled: &on})
			wantKind(t, name+" changes", err, fault.NotFound, "")
			wantKind(t, name+" deletes", h.DeleteMethod(t.Context(), by, hooked.ID), fault.NotFound, "")
			_, err = h.SendTest(t.Context(), by, hooked.ID)
			wantKind(t, name+" tests", err, fault.NotFound, "")
			wantKind(t, name+" asks for a code", h.SendCode(t.Context(), by, hooked.ID), fault.NotFound, "")
			_, err = h.Verify(t.Context(), by, hooked.ID, "123456")
			wantKind(t, name+" verifies", err, fault.NotFound, "")
		}
		seen, err := h.Methods(t.Context(), h.admin, ann.UserID)
		if err != nil || len(seen) != 2 || seen[1].Secret != "" || seen[1].Address != "hook://…" {
			t.Errorf("the administrator sees %+v, %v", seen, err)
		}
		_, err = h.Methods(t.Context(), h.admin, 1<<40)
		wantKind(t, "nobody's", err, fault.NotFound, "")
		if _, err := h.UpdateMethod(t.Context(), h.admin, hooked.ID, MethodPatch{Enabled: &on}); err != nil {
			t.Errorf("the administrator changes: %v", err)
		}
	})
}

func TestWrongMethodsAreRefusedWithEveryField(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		for _, c := range []struct {
			NewMethod
			fields string
		}{
			{NewMethod{Channel: "pigeon", Address: "x", Label: strings.Repeat("ü", 256)}, "body.label body.channel"},
			{NewMethod{Channel: "hook", Address: "wrong", Label: "a\nb"}, "body.label body.address"},
			{NewMethod{Channel: "hook", Address: strings.Repeat("x", 2001)}, "body.address"},
			{NewMethod{Channel: "hook", Address: "a\x00"}, "body.address"},
			{NewMethod{}, "body.channel"},
		} {
			_, err := h.AddMethod(t.Context(), ann, ann.UserID, c.NewMethod)
			wantKind(t, c.fields, err, fault.Invalid, "")
			var fields []string
			for _, f := range fault.From(err).Fields {
				fields = append(fields, f.Location)
			}
			if got := strings.Join(fields, " "); got != c.fields {
				t.Errorf("wrong are %s, want %s", got, c.fields)
			}
		}
		methods, err := h.Methods(t.Context(), ann, ann.UserID)
		if err != nil {
			t.Fatal(err)
		}
		label := "a\x01"
		_, err = h.UpdateMethod(t.Context(), ann, methods[0].ID, MethodPatch{Label: &label})
		wantKind(t, "a wrong label", err, fault.Invalid, "")
		if diff := cmp.Diff([]string{"email ann@example.org"}, h.addresses(ann)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestNobodyHasMoreThanTwentyMethodsHoweverManyAreAddedAtOnce(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		for i := range maxMethods - 3 {
			h.add(ann, "hook", fmt.Sprintf("hook://%d", i))
		}
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = h.AddMethod(t.Context(), ann, ann.UserID, NewMethod{Channel: "hook", Address: fmt.Sprintf("hook://more/%d", i/2)})
			})
		}
		wg.Wait()
		kinds := map[fault.Kind]int{}
		for _, err := range errs {
			kinds[fault.KindOf(err)]++
		}
		if kinds[0] != 2 || kinds[fault.Conflict]+kinds[fault.Duplicate] != 4 {
			t.Errorf("results %v", kinds)
		}
		if got := len(h.addresses(ann)); got != maxMethods {
			t.Errorf("%d methods", got)
		}
	})
}

func TestATestPageGoesToExactlyOneMethod(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		hooked := h.add(ann, "hook", "hook://a")
		for range 2 {
			if _, err := h.SendTest(t.Context(), ann, hooked.ID); err != nil {
				t.Fatal(err)
			}
		}
		id, err := h.SendTest(t.Context(), h.admin, hooked.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.dispatch(h.post)
		sent := h.Channels["hook"].(*hook).sent
		if len(sent) != 3 || len(h.all()) != 3 {
			t.Fatalf("%d sent, %d on record", len(sent), len(h.all()))
		}
		last := sent[2]
		if last.To != "hook://a" || last.Action != ActionTest || last.Urgency != "high" || !strings.Contains(last.Text, "Admin asked for it.") {
			t.Errorf("sent %+v", last)
		}
		if err := h.DeleteMethod(t.Context(), ann, hooked.ID); err != nil {
			t.Fatalf("delete what was used: %v", err)
		}
		told, err := h.GetNotification(t.Context(), ann, id)
		if err != nil || told.Status != StatusSent || told.Recipient != "hook://…" || *told.ContactMethodID != hooked.ID {
			t.Errorf("the notification: %+v, %v", told, err)
		}
	})
}

func TestNoTestGoesWhereNothingCanBeSent(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		logged, mail := h.add(ann, "log", "ann"), h.add(ann, "email", "other@example.org")
		_, err := h.SendTest(t.Context(), ann, logged.ID)
		wantKind(t, "on a channel that is not set up", err, fault.Conflict, "not_configured")
		_, err = h.SendTest(t.Context(), ann, mail.ID)
		wantKind(t, "to an address that is not proven", err, fault.Conflict, "not_verified")
		for _, n := range h.all() {
			if n.Action == ActionTest {
				t.Errorf("it was sent: %+v", n)
			}
		}
	})
}
