package incident

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// lists is the titles that a filter gives, in order.
func (h *house) lists(a account.Actor, f Filter) string {
	h.t.Helper()
	page, err := h.List(h.t.Context(), a, f)
	h.must(err)
	if page.Total.N != len(page.Incidents) && f.Skip == 0 && f.Limit == 0 && f.Cursor == "" {
		h.t.Errorf("%d are listed, %d counted", len(page.Incidents), page.Total.N)
	}
	var titles []string
	for _, inc := range page.Incidents {
		titles = append(titles, inc.Title)
	}
	return strings.Join(titles, ", ")
}

func TestFilters(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop := h.team("Shop")
		ann, bob := h.person("ann", account.RoleAdmin), h.person("bob", account.RoleUser)
		a := h.reported(ann, NewIncident{Title: "a", Severity: SeverityCritical, TeamID: &shop, Service: "Kasse Übersee"})
		h.after(time.Hour)
		b := h.reported(bob, NewIncident{Title: "b", Severity: SeverityLow, Service: "search"})
		h.after(time.Hour)
		c := h.expects(h.fires("c", func(r *Report) { r.Title = "c" }), OutcomeCreated)
		acknowledged, err := h.Acknowledge(t.Context(), ann, b.ID)
		h.must(err)
		_, err = h.Resolve(t.Context(), bob, acknowledged.ID)
		h.must(err)
		h.after(time.Hour)
		_, err = h.Acknowledge(t.Context(), ann, a.ID)
		h.must(err)
		gone := h.reported(ann, NewIncident{Title: "deleted"})
		h.must(h.Delete(t.Context(), ann, gone.ID))
		elsewhere := account.System(dbtest.Organization(t, h.DB, "elsewhere"), "elsewhere")
		h.reported(elsewhere, NewIncident{Title: "elsewhere"})
		yes, no, at := true, false, b.CreatedAt
		for _, row := range []struct {
			f    Filter
			want string
		}{
			{Filter{}, "c, b, a"},
			{Filter{IDs: []int64{a.ID, c.ID, gone.ID, 999}}, "c, a"},
			{Filter{Statuses: []Status{StatusOpen, StatusResolved}}, "c, b"},
			{Filter{Severities: []Severity{SeverityCritical}}, "a"},
			{Filter{Service: "KASSE Übersee"}, "a"},
			{Filter{Service: "kasse"}, ""},
			{Filter{TeamIDs: []int64{shop, 999}}, "a"},
			{Filter{AssignedTo: &ann.UserID}, "b, a"},
			{Filter{AssignedTo: &bob.UserID}, "b"},
			{Filter{AcknowledgedBy: &ann.UserID}, "b, a"},
			{Filter{Reporter: &bob.UserID}, "b"},
			{Filter{Source: SourceManual}, "b, a"},
			{Filter{Source: "alertmanager"}, "c"},
			{Filter{CreatedFrom: &at}, "c, b"},
			{Filter{CreatedTo: &at}, "a"},
			{Filter{ResolvedFrom: &at}, "b"},
			{Filter{Unescalated: &yes}, ""},
			{Filter{Unescalated: &no}, "c, b, a"},
			{Filter{Sort: "created_at"}, "a, b, c"},
			{Filter{Sort: "-updated_at"}, "a, c, b"},
			{Filter{Sort: "severity"}, "b, c, a"},
			{Filter{Sort: "-title"}, "c, b, a"},
			{Filter{Sort: "-attention"}, "c, a, b"},
			{Filter{Sort: "attention"}, "b, a, c"},
			{Filter{Skip: 1, Limit: 1}, "b"},
			{Filter{Statuses: []Status{StatusAcknowledged}, Severities: []Severity{SeverityLow}}, ""},
		} {
			if got := h.lists(ann, row.f); got != row.want {
				t.Errorf("%+v: %q, want %q", row.f, got, row.want)
			}
		}
		if got := h.lists(bob, Filter{}); got != "b" {
			t.Errorf("bob sees %q", got)
		}
		if got := h.lists(elsewhere, Filter{}); got != "elsewhere" {
			t.Errorf("the other organisation sees %q", got)
		}
		page, err := h.List(t.Context(), ann, Filter{WithAssignments: true})
		h.must(err)
		if got := len(page.Assignments[b.ID]); got != 2 || len(page.Assignments[c.ID]) != 0 {
			t.Errorf("%d are assigned to b, %d to c", got, len(page.Assignments[c.ID]))
		}
	})
}

func TestSearchTakesEveryCharacterAsItIs(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		titles := []string{`100% full`, `100 full`, `a_b`, `axb`, `back\slash`, `it's "quoted"`, `Ärger in Köln`, "a ' OR 1=1 --"}
		for _, title := range titles {
			h.reported(h.root, NewIncident{Title: title})
		}
		described := h.reported(h.root, NewIncident{Title: "described", Description: "The DISK is at 7%", Service: "Checkout"})
		number := fmt.Sprint(described.ID)
		for query, want := range map[string]string{
			"100%": `100% full`, "0% F": `100% full`, "a_b": `a_b`, `k\s`: `back\slash`, `'s "q`: `it's "quoted"`, "Ärger": `Ärger in Köln`,
			"ärger in k": asLowered(h, `Ärger in Köln`), "KÖLN": asLowered(h, `Ärger in Köln`), "in Köln": `Ärger in Köln`,
			"OR 1=1": "a ' OR 1=1 --", "disk": "described", "7%": "described", "CHECK": "described", "#" + number: "described",
			"nothing like it": "", "%%": "", "99999999999999999999": "", "x\x00b": "axb", "\xff": "",
		} {
			if got := h.lists(h.root, Filter{Query: query}); got != want {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
		_, err := h.List(t.Context(), h.root, Filter{Query: strings.Repeat("%", 1001)})
		h.refused(err, fault.Invalid)
		if got := h.lists(h.root, Filter{Query: strings.Repeat("_", 1000)}); got != "" {
			t.Errorf("a long search finds %q", got)
		}
	})
}

// asLowered is what letters beyond ASCII find in another case: a database may not know their small forms.
func asLowered(h *house, title string) (want string) {
	h.write(func(tx *db.Tx) error {
		lower, _, err := db.One(tx, db.Value[string], "SELECT lower('Ä')")
		if lower == "ä" {
			want = title
		}
		return err
	})
	return want
}

func TestLabelsAreFoundByAnyName(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		names := []string{"host", "$", "$.host", "a.b", `quo"te`, "[0]", "it's", `back\slash`, "<&>", "Ä", "0", "", "a b", "null"}
		for i, name := range names[:11] {
			h.reported(h.root, NewIncident{Title: fmt.Sprint(i), Labels: map[string]string{name: "value <" + fmt.Sprint(i) + ">"}})
		}
		for i, name := range names {
			want := ""
			if i < 11 {
				want = fmt.Sprint(i)
			}
			if got := h.lists(h.root, Filter{Labels: map[string]string{name: "value <" + fmt.Sprint(i) + ">"}}); got != want {
				t.Errorf("label %q finds %q, want %q", name, got, want)
			}
		}
		if got := h.lists(h.root, Filter{Labels: map[string]string{"host": "value <0>", "$": "value <1>"}}); got != "" {
			t.Errorf("two labels of two incidents find %q", got)
		}
	})
}

func TestEverySortPagesThroughAllOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		severities := []Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow, SeverityInfo}
		const n = 23
		for i := range n {
			inc := h.reported(h.root, NewIncident{Title: fmt.Sprint("Nr ", i%7), Severity: severities[i%5]})
			if i%3 == 0 {
				_, err := h.Acknowledge(t.Context(), h.root, inc.ID)
				h.must(err)
			}
			if i%4 == 0 {
				h.after(time.Microsecond) // Several share an instant.
			}
		}
		for name := range sortings {
			for _, sort := range []string{name, "-" + name} {
				whole, err := h.List(t.Context(), h.root, Filter{Sort: sort})
				h.must(err)
				var want, got []int64
				for _, inc := range whole.Incidents {
					want = append(want, inc.ID)
				}
				f := Filter{Sort: sort, Limit: 4}
				for pages := range n {
					page, err := h.List(t.Context(), h.root, f)
					h.must(err)
					for _, inc := range page.Incidents {
						got = append(got, inc.ID)
					}
					if page.Total.N != n {
						t.Fatalf("%s: page %d says that there are %d", sort, pages, page.Total.N)
					}
					if f.Cursor = page.Next; f.Cursor == "" {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" || len(got) != n {
					t.Errorf("%s: %s", sort, diff)
				}
			}
		}
	})
}

func TestWhatCannotBeListedIsRefused(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for range 2 {
			h.reported(h.root, NewIncident{Title: "x"})
		}
		page, err := h.List(t.Context(), h.root, Filter{Limit: 1})
		h.must(err)
		raw := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
		for what, f := range map[string]Filter{
			"a negative skip":     {Skip: -1},
			"a negative limit":    {Limit: -1},
			"a limit over 1000":   {Limit: 1001},
			"an unknown sort":     {Sort: "id; DROP TABLE incidents"},
			"a double minus":      {Sort: "--title"},
			"no base64":           {Cursor: "%"},
			"no JSON":             {Cursor: raw("x")},
			"no key":              {Cursor: raw(`{"s":"-created_at","i":1}`)},
			"a key of a kind":     {Cursor: raw(`{"s":"-created_at","k":7,"i":1}`)},
			"a rank that is text": {Cursor: raw(`{"s":"severity","k":"x","i":1}`), Sort: "severity"},
			"another sort's":      {Cursor: page.Next, Sort: "title"},
			"an id of a kind":     {Cursor: raw(`{"s":"title","k":"x","i":"1"}`), Sort: "title"},
			"too many statuses":   {Statuses: slices.Repeat([]Status{StatusOpen}, 1001)},
			"too many teams":      {TeamIDs: make([]int64, 100_000)},
		} {
			if _, err := h.List(t.Context(), h.root, f); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := h.lists(h.root, Filter{Cursor: page.Next}); got != "x" {
			t.Errorf("the next page is %q", got)
		}
	})
}

func TestTheTilesCountWhatOneSees(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		shop := h.team("Shop")
		admin, member := h.person("admin", account.RoleAdmin), h.person("member", account.RoleUser, shop)
		h.AddFollower(marker{})
		for i := range 6 {
			n := NewIncident{Title: "x"}
			if i%2 == 0 {
				n.TeamID = &shop
			}
			inc := h.reported(h.root, n)
			var err error
			switch i / 2 {
			case 1:
				_, err = h.Acknowledge(t.Context(), h.root, inc.ID)
			case 2:
				_, err = h.Snooze(t.Context(), h.root, inc.ID, h.clk.Now().Add(time.Hour))
			}
			h.must(err)
		}
		yesterday := h.reported(h.root, NewIncident{Title: "x", TeamID: &shop})
		_, err := h.Resolve(t.Context(), h.root, yesterday.ID)
		h.must(err)
		h.clk.Advance(24 * time.Hour)
		today := h.reported(h.root, NewIncident{Title: "x", TeamID: &shop})
		_, err = h.Resolve(t.Context(), h.root, today.ID)
		h.must(err)
		for _, row := range []struct {
			actor account.Actor
			want  Counts
		}{
			{admin, Counts{Open: 2, Acknowledged: 2, Snoozed: 2, ResolvedToday: 1, Unescalated: 4}},
			{member, Counts{Open: 1, Acknowledged: 1, Snoozed: 1, ResolvedToday: 1, Unescalated: 2}},
			{h.person("nobody", account.RoleUser), Counts{}},
		} {
			got, err := h.Counts(t.Context(), row.actor)
			h.must(err)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s: %s", row.actor.Name, diff)
			}
		}
	})
}

// FuzzList asks for a list with whatever somebody writes into its address: it is answered, or refused as invalid.
func FuzzList(f *testing.F) {
	d, clk := dbtest.SQLite(f)
	h := &house{Service: New(Deps{DB: d, Clock: clk}), root: account.System(dbtest.Org, "test")}
	raw := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	f.Add("disk 7%", "-created_at", raw(`{"s":"-created_at","k":"2026-03-02T09:00:00Z","i":1}`), "host", "db-1", "Checkout")
	f.Add(`\_%'"`, "title", raw(`{"s":"title","k":"\u0000","i":-1}`), "$.x", `"`, "ÄÖ")
	f.Add("#12", "severity", raw(`{"s":"severity","k":99999999999,"i":9}`), `a"b`, "", "")
	f.Add("\x00\xff", "-updated_at", raw(`{"s":"-updated_at","k":null}`), "[0]", "x", "\xff")
	f.Fuzz(func(t *testing.T, query, sort, cursor, label, value, service string) {
		_, err := h.List(t.Context(), h.root, Filter{
			Query: query, Sort: sort, Cursor: cursor, Labels: map[string]string{label: value}, Service: service,
		})
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}
