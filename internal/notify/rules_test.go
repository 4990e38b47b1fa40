package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestAPersonsOrderIsFollowed(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann := h.person("ann", account.RoleUser)
		a, b, c := h.add(ann, "hook", "hook://a").ID, h.add(ann, "hook", "hook://b").ID, h.add(ann, "call", "112").ID
		set := RuleSet{High: []Rule{rule(0, a), rule(2, b), {Delay: 150*time.Second + 400*time.Millisecond, ContactMethodID: c}}, Low: []Rule{rule(30, b)}}
		saved, err := h.SetRules(t.Context(), ann, ann.UserID, set)
		if err != nil {
			t.Fatal(err)
		}
		set.High[2].Delay = 150 * time.Second
		read, err := h.Rules(t.Context(), ann, ann.UserID)
		if diff := cmp.Diff([]RuleSet{set, set}, []RuleSet{saved, read}); err != nil || diff != "" {
			t.Errorf("saved and read (-want +got):\n%s%v", diff, err)
		}
		want := []string{"hook hook://a after 0s", "hook hook://b after 2m0s", "call 112 after 2m30s"}
		if diff := cmp.Diff(want, h.highRoutes(ann.UserID)); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
		if err := h.DeleteMethod(t.Context(), ann, a); err != nil {
			t.Fatal(err)
		}
		read, err = h.Rules(t.Context(), h.admin, ann.UserID)
		left := RuleSet{High: []Rule{rule(0, b), {Delay: 30 * time.Second, ContactMethodID: c}}, Low: []Rule{rule(30, b)}}
		if diff := cmp.Diff(left, read); err != nil || diff != "" {
			t.Errorf("when a method is gone (-want +got):\n%s%v", diff, err)
		}
		if _, err := h.SetRules(t.Context(), h.admin, ann.UserID, read); err != nil {
			t.Errorf("what is left is no set that may be saved: %v", err)
		}
		if _, err := h.SetRules(t.Context(), ann, ann.UserID, RuleSet{}); err != nil {
			t.Fatal(err)
		}
		if got := h.highRoutes(ann.UserID); len(got) != 3 {
			t.Errorf("without rules: %v", got)
		}
	})
}

func TestEveryWrongRuleIsNamed(t *testing.T) {
	eachReachHouse(t, func(t *testing.T, h *reachHouse) {
		ann, bob := h.person("ann", account.RoleUser), h.person("bob", account.RoleUser)
		stranger := h.personOf(dbtest.Organization(t, h.d, "elsewhere"), "stranger", account.RoleUser)
		a, b := h.add(ann, "hook", "hook://a").ID, h.add(ann, "hook", "hook://b").ID
		others, theirs := h.add(bob, "hook", "hook://a").ID, h.add(stranger, "hook", "hook://a").ID
		kept := RuleSet{High: []Rule{rule(0, a)}, Low: []Rule{rule(1, b)}}
		if _, err := h.SetRules(t.Context(), ann, ann.UserID, kept); err != nil {
			t.Fatal(err)
		}
		many := make([]Rule, maxRules+1)
		for _, c := range []struct {
			set    RuleSet
			fields string
		}{
			{RuleSet{High: []Rule{rule(1, a), rule(0, b)}}, "high[0].delay_minutes high[1].delay_minutes"},
			{RuleSet{High: []Rule{rule(-1, a)}, Low: []Rule{rule(24*60+1, b)}}, "high[0].delay_minutes low[0].delay_minutes"},
			{RuleSet{Low: []Rule{{Delay: -time.Millisecond, ContactMethodID: a}}}, "low[0].delay_minutes"},
			{
				RuleSet{High: []Rule{rule(0, others), rule(1, theirs), rule(2, 0)}, Low: []Rule{rule(0, 1<<40), rule(9, a), rule(9, a)}},
				"high[0].contact_method_id high[1].contact_method_id high[2].contact_method_id low[0].contact_method_id low[2].contact_method_id",
			},
			{RuleSet{High: many, Low: many}, "high low"},
		} {
			_, err := h.SetRules(t.Context(), ann, ann.UserID, c.set)
			wantKind(t, c.fields, err, fault.Invalid, "")
			var fields []string
			for _, f := range fault.From(err).Fields {
				fields = append(fields, strings.TrimPrefix(f.Location, "body."))
			}
			if got := strings.Join(fields, " "); got != c.fields {
				t.Errorf("wrong are\n%s, want\n%s", got, c.fields)
			}
		}
		_, err := h.SetRules(t.Context(), bob, ann.UserID, RuleSet{})
		wantKind(t, "by a colleague", err, fault.Forbidden, "")
		_, err = h.Rules(t.Context(), bob, ann.UserID)
		wantKind(t, "read by a colleague", err, fault.Forbidden, "")
		_, err = h.Rules(t.Context(), h.admin, stranger.UserID)
		wantKind(t, "another organisation's", err, fault.NotFound, "")
		if read, err := h.Rules(t.Context(), ann, ann.UserID); err != nil || fmt.Sprint(read) != fmt.Sprint(kept) {
			t.Errorf("in the end %v, %v", read, err)
		}
	})
}
