package screens

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit"
	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// longNight is an installation whose incidents show all that can become of one.
func longNight(t *testing.T) (h *house, shown map[string]int64) {
	t.Helper()
	s := testkit.SQLite(t)
	h, shown = &house{Harness: s}, map[string]int64{}
	ann := s.Person("ann", "oncall_engineer", "Payments")
	h.bob = s.Person("bob", "team_lead", "Payments")
	s.Service("payments-db", "Payments")
	s.Admin().Do(http.MethodPost, "/v1/escalation/policies", map[string]any{
		"name": "Payments, with a runbook", "team_id": s.Team("Payments"), "ack_timeout_minutes": 30, "steps": []any{
			map[string]any{"delay_minutes": 0, "actions": []any{
				map[string]any{"type": "notify", "target": "oncall_engineer"},
				map[string]any{"type": "instructions", "text": "- [ ] Look whether db-7.eu-central.internal:5432/replication-status-page answers\n- [ ] Fail over by hand\n- [ ] Tell the shop"},
			}},
			map[string]any{"delay_minutes": 10, "actions": []any{map[string]any{"type": "notify", "target": "team_lead"}, map[string]any{"type": "notify", "target": "org:cto"}}},
		},
	}).Must()
	of := map[string]any{"service": "payments-db"}
	shown["climbing"] = s.Alert("Replication has stopped on db-7.eu-central.internal", of).ID
	held := s.Alert("Disk of db-7 is 97 % full", of, map[string]any{"severity": "high"})
	later := s.Alert("Backups of db-7 are slow", of, map[string]any{"severity": "high"})
	s.After(2 * time.Minute)
	ann.Acknowledges(held)
	ann.Snoozes(later, 4*time.Hour)
	shown["held"], shown["snoozed"] = held.ID, later.ID
	s.After(10 * time.Minute)
	ann.Do(http.MethodPost, "/v1/incidents/"+strconv.FormatInt(shown["climbing"], 10)+"/comments", map[string]string{"content": "Done: Fail over by hand"}).Must()
	s.Admin().Do(http.MethodPut, "/v1/escalation/policies/1", map[string]any{"is_active": false}).Must()
	shown["unescalated"] = s.Alert("Nobody covers the certificate of shop.example.org").ID
	for n := range 8 {
		s.Alert(fmt.Sprintf("Storm %d of many", n), of, map[string]any{"severity": "high"})
	}
	s.After(2 * time.Minute)
	shown["bundled"] = s.Alert("Storm 7 of many", of, map[string]any{"severity": "high"}).ID
	h.url = s.Serve()
	return h, shown
}

// hiddenChoices opens the menu of the incident's acts and names what of it cannot be pressed, for something covers it or cuts it off.
const hiddenChoices = `(() => {
	const menu = document.querySelector(".acts details.menu");
	menu.open = true;
	window.scrollTo(0, 0);
	return [...menu.querySelectorAll(".over button")].filter((choice) => {
		const box = choice.getBoundingClientRect();
		return !choice.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
	}).map((choice) => choice.innerText.trim());
})()`

func TestAnIncidentTellsItsWholeStory(t *testing.T) {
	h, shown := longNight(t)
	page := h.signIn(h.bob)
	looks := windows
	if testing.Short() {
		looks = windows[:2]
	}
	for _, w := range looks {
		page.Resize(t, w.width, w.height, w.scheme)
		at := fmt.Sprintf("-%d-%s", w.width, w.scheme)
		for name, id := range shown {
			page.Open(t, h.url+"/incidents/"+strconv.FormatInt(id, 10))
			page.WaitFor(t, soon, `!document.querySelector("#next") || document.querySelector("#next ol, #next p")`)
			peer.Eval[bool](t, page, `document.querySelectorAll("details.fold, details.rest").forEach((d) => { d.open = true; }) ?? true`)
			look(t, page, "story-"+name+at)
		}
		page.Open(t, h.url+"/incidents/"+strconv.FormatInt(shown["climbing"], 10))
		if hidden := peer.Eval[[]string](t, page, hiddenChoices); len(hidden) > 0 {
			t.Errorf("%d: the open menu does not let one press %q", w.width, hidden)
		}
		page.Open(t, h.url+"/incidents/"+strconv.FormatInt(shown["climbing"], 10)+"/next")
		look(t, page, "story-next"+at)
		page.Open(t, h.url+"/incidents/"+strconv.FormatInt(shown["climbing"], 10)+"?show=pages")
		look(t, page, "story-pages"+at)
		page.Open(t, h.url+"/incidents/"+strconv.FormatInt(shown["bundled"], 10))
		page.Click(t, `.ladder a[href^="/notifications?message="]`)
		page.WaitText(t, soon, "main", "These went out in one message.")
		look(t, page, "story-message"+at)
	}
	quiet(t, page)
}

// TestWhatComesNextFollowsTheIncident: the forecast is fetched by itself, and anew when somebody acts; it is not emptied in between.
func TestWhatComesNextFollowsTheIncident(t *testing.T) {
	h, shown := longNight(t)
	page := h.signIn(h.bob)
	page.Open(t, h.url+"/incidents/"+strconv.FormatInt(shown["climbing"], 10))
	page.WaitText(t, soon, "#next", "Step")
	page.WaitText(t, soon, "#incident", "Seen") // Bob was paged, and looks at it now.
	page.Press(t, "a")
	page.WaitText(t, soon, "#incident", "Opens again in")
	page.WaitText(t, soon, "#next", "The acknowledgement runs out")
	page.Click(t, "#tasks button")
	page.WaitText(t, soon, "main", "Your comment stands on the timeline.")
	quiet(t, page)
}

func TestWhoReportsAnIncidentSeesWhoWouldBePagedWhileTyping(t *testing.T) {
	h, _ := longNight(t)
	page := h.signIn(h.bob)
	page.Resize(t, 390, 844, peer.Dark)
	page.Open(t, h.url+"/incidents/new")
	page.WaitText(t, soon, "#preview", "No policy pages anybody for this")
	look(t, page, "story-new-unescalated")
	peer.Eval[bool](t, page, `(() => { const s = document.querySelector("#new-service"); s.value = "payments-db"; return s.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	page.WaitText(t, soon, "#preview", "By Payments, with a runbook.")
	page.WaitText(t, soon, "#preview", "Ann")
	look(t, page, "story-new-covered")
	quiet(t, page)
}
