package screens

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

// ladder is a policy with something of everything, saved twice.
func (h *house) ladder(active bool) string {
	h.T.Helper()
	h.Admin().SignsInAgain() // The night was longer than a token lives.
	page := func(target string) map[string]any { return map[string]any{"type": "notify", "target": target} }
	nights := map[string]any{"days": "weekdays", "from": "22:00", "to": "06:00", "timezone": "Europe/Berlin"}
	id := h.Policy("Everything at once", map[string]any{
		"is_active": active, "priority": 5, "exclusive": true, "ack_timeout_minutes": 45, "description": "For the nights before a release.\n\nAsk Carla before you change it.",
		"conditions": map[string]any{
			"severity": []string{"critical", "high"}, "service": []string{"payments-db", "checkout"}, "source": "generic", "team_id": h.Team("Payments"),
			"labels": map[string]any{"env": []string{"prod", "staging"}, "instance": "db-7.eu-central.internal:5432"}, "time": nights,
			"expression": `incident.alert_count > 3 || incident.labels[?"canary"].orValue("") == "yes"`,
		},
		"steps": []any{
			map[string]any{"delay_minutes": 0, "actions": []any{
				map[string]any{
					"type": "notify", "target": "oncall_engineer", "recipients": []string{"team:Payments:team_lead", "schedule:Payments nights:next", h.bob.Email},
					"channels": []string{"email"}, "urgency": "high", "pick": "round_robin", "message": "The database first, then the shop.",
				},
				map[string]any{"type": "instructions", "text": "1. Is db-7 the primary?\n2. If not: fail over by hand.\n3. Tell #payments."},
			}},
			map[string]any{
				"delay_minutes": 7.5, "actions": []any{page("team"), map[string]any{"type": "change_severity", "severity": "critical"}}, "wait_until": nights,
				"condition": map[string]any{"alert_count": map[string]any{"at_least": 3, "within_minutes": 15}, "severity": "critical"},
			},
			map[string]any{"delay_minutes": 20, "until": "resolved", "acknowledge": "all", "wait_until": "on_call", "actions": []any{page("manager"), map[string]any{
				"type": "webhook", "url": "https://status.example.org/hooks/payments", "headers": map[string]string{"Authorization": "Bearer very-secret", "X-Team": "payments"}, "body": `{"title": {{json .What}}}`,
			}}},
			map[string]any{"delay_minutes": 60, "actions": []any{map[string]any{"type": "policy", "policy": "Payments, day and night"}}},
		},
	})
	at := "/policies/" + strconv.FormatInt(id, 10)
	h.Admin().Do(http.MethodPut, "/v1/escalation"+at, map[string]any{"name": "Everything at once, calmly", "priority": 7, "repeat": map[string]any{"times": 2, "every_minutes": 20}}).Must()
	return at
}

func TestAPolicyWithEverythingAndItsVersionsFit(t *testing.T) {
	h := badNight(t)
	at := h.ladder(false)
	page, carla := h.signIn(h.Admin()), h.signIn(h.Person("eva", "oncall_engineer", "Payments"))
	for _, w := range windows {
		page.Resize(t, w.width, w.height, w.scheme)
		carla.Resize(t, w.width, w.height, w.scheme)
		for _, screen := range []struct {
			by         *peer.Page
			name, path string
		}{
			{page, "policy-everything", at},
			{page, "policy-versions", at + "/versions"},
			{page, "policy-version", at + "/versions/1"},
			{page, "policy-diff", at + "/diff?from=1&to=2"},
			{page, "policy-diff-none", at + "/diff?from=1&to=1"},
			{carla, "policy-read", at},
		} {
			screen.by.Open(t, h.url+screen.path)
			if strings.HasSuffix(screen.path, at) {
				screen.by.WaitFor(t, soon, `document.querySelector("#policy-foresight").textContent.trim() !== ""`)
			}
			look(t, screen.by, fmt.Sprintf("%s-%d-%s", screen.name, w.width, w.scheme))
		}
	}
	if strings.Contains(peer.Eval[string](t, page, `document.documentElement.outerHTML`), "very-secret") {
		t.Error("a header's value is on the page")
	}
	quiet(t, page)
	quiet(t, carla)
}

// keyboard is somebody at a page without a pointer.
type keyboard struct {
	*testing.T
	page *peer.Page
}

// to presses Tab until the focus is on what the selector names.
func (k keyboard) to(css string) {
	k.Helper()
	for range 120 {
		k.page.Press(k.T, "\t")
		if peer.Eval[bool](k.T, k.page, `document.activeElement.matches(`+strconv.Quote(css)+`)`) {
			return
		}
	}
	k.Fatalf("Tab does not come to %s", css)
}

func (k keyboard) press(keys string) { k.Helper(); k.page.Press(k.T, keys) }

// enters presses Enter where the page takes the key. The browser's driver would type it all the same; a person's browser does not.
func (k keyboard) enters() {
	k.Helper()
	if peer.Eval[bool](k.T, k.page, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}))`) {
		k.Error("the page does not take Enter")
	}
}

func (k keyboard) sees(expression string) { k.Helper(); k.page.WaitFor(k.T, soon, expression) }

// focused wants the focus on an input by its name.
func (k keyboard) focused(name string) {
	k.Helper()
	k.sees(`document.activeElement.name === ` + strconv.Quote(name))
}

func TestAPolicyIsCreatedByKeyboardAlone(t *testing.T) {
	h := badNight(t)
	k := keyboard{t, h.signIn(h.Admin())}
	k.page.Open(t, h.url+"/policies")
	k.sees(`document.documentElement.dataset.js === ""`)
	k.press("n")
	k.sees(`location.pathname === "/policies/new" && document.documentElement.dataset.js === ""`)
	k.focused("name")
	k.press("By keys")
	k.to(`[name="conditions.severity"][value=critical]`)
	k.press(" ")
	k.to(`[name="conditions.labels.add"]`)
	k.press("env=prod")
	k.enters()
	k.sees(`document.querySelector("[name='conditions.labels']").value === "env=prod"`)
	k.focused("conditions.labels.add")
	k.to(`[name="steps.0.actions.0.whom.add"]`)
	k.press(h.bob.Email)
	k.enters()
	k.sees(`document.querySelector("[name='steps.0.actions.0.recipients']")`)
	k.to(`button[value="step:add"]`)
	k.press("\r")
	k.focused("steps.1.delay_minutes")
	k.to(`[name="steps.1.actions.0.type"]`)
	k.press("Hand")
	k.sees(`document.querySelector("[name='steps.1.actions.0.policy']")`)
	k.focused("steps.1.actions.0.type")
	k.to(`[name="steps.1.actions.0.policy"]`)
	k.press("Paym")
	k.page.WaitText(t, soon, "#policy-foresight", "Bob")
	k.to(`.policy-foot .primary`)
	k.press("\r")
	k.page.WaitText(t, soon, "main", "Created.")
	k.page.WaitText(t, soon, "#policy-plan", "hands over to Payments, day and night")
	for _, said := range []string{`value="critical" checked`, `value="env=prod" checked`, "the on-call engineer"} {
		if !strings.Contains(peer.Eval[string](t, k.page, `document.querySelector("#policy").innerHTML.replaceAll('checked=""', "checked")`), said) {
			t.Errorf("%q is not in the saved policy", said)
		}
	}
	quiet(t, k.page)
}

func TestAPolicyIsReorderedByPointerAndForetoldWhileItIsWritten(t *testing.T) {
	h := badNight(t)
	at := h.ladder(true)
	page := h.signIn(h.Admin())
	page.Resize(t, 1440, 900, peer.Light)
	page.Open(t, h.url+at)
	page.WaitFor(t, soon, `document.documentElement.dataset.js === "" && document.querySelector("#policy-foresight li")`)
	// A drag by the grip, as a mouse or a finger does it.
	peer.Eval[bool](t, page, `(() => {
		const items = document.querySelectorAll("[data-sorts='action:0'] > li"), grip = items[0].querySelector("[data-grip]"), onto = items[1];
		onto.scrollIntoView({block: "center"});
		const middle = (box, part) => ({bubbles: true, cancelable: true, pointerId: 7, button: 0, clientX: box.left + box.width / 2, clientY: box.top + box.height * part});
		grip.dispatchEvent(new PointerEvent("pointerdown", middle(grip.getBoundingClientRect(), .5)));
		document.dispatchEvent(new PointerEvent("pointermove", middle(onto.getBoundingClientRect(), .9)));
		return document.dispatchEvent(new PointerEvent("pointerup", middle(onto.getBoundingClientRect(), .9)));
	})()`)
	page.WaitFor(t, soon, `document.getElementById("f-steps.0.actions.0.type").value === "instructions"`)
	page.WaitText(t, soon, "#policy-plan", "shows instructions, pages in turn one of")
	page.Fill(t, "#f-steps\\.0\\.delay_minutes", "2")
	peer.Eval[bool](t, page, `document.getElementById("f-steps.0.delay_minutes").dispatchEvent(new Event("change", {bubbles: true}))`)
	page.WaitText(t, soon, "#policy-foresight", "after 2 min")
	peer.Eval[bool](t, page, `(() => { const at = document.getElementById("f-try.at"); at.value = "2026-07-02T03:00"; return at.dispatchEvent(new Event("change", {bubbles: true})) })()`)
	page.WaitFor(t, soon, `document.querySelector("#policy-foresight time[datetime^='2026-07-02']")`)
	page.Click(t, "button[value=check]")
	page.WaitText(t, soon, "#policy-verdict", "It can be saved.")
	page.Click(t, "button[value=compare]")
	page.WaitText(t, soon, "#policy-past", "incidents")
	quiet(t, page)
}
