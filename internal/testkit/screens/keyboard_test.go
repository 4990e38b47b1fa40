package screens

import (
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/testkit/peer"
)

const soon = 10 * time.Second

func TestTheInboxIsWorkedByKeyboard(t *testing.T) {
	h := badNight(t)
	page := h.signIn(h.Admin())
	row := func(n string) string { return `document.querySelector("#row-` + n + `")` }
	page.Press(t, "j")
	page.WaitFor(t, soon, row("3")+`.classList.contains("at")`)
	page.Press(t, "jj")
	page.WaitFor(t, soon, row("1")+`.classList.contains("at") && `+row("1")+`.contains(document.activeElement)`)
	page.Press(t, "k")
	page.WaitFor(t, soon, row("4")+`.classList.contains("at")`)
	page.Press(t, "x")
	page.WaitFor(t, soon, row("4")+`.querySelector("input").checked && document.querySelector("[data-chosen]").textContent === "1 selected"`)
	page.Press(t, "a")
	page.WaitText(t, soon, "#row-4", "Acknowledged")
	page.Press(t, "r")
	page.WaitText(t, soon, "#row-4", "Resolved")
	page.Press(t, "?")
	page.WaitFor(t, soon, `document.querySelector("#keys").open`)
	page.Press(t, "\x1b")
	page.WaitFor(t, soon, `!document.querySelector("#keys").open`)
	// The browser's driver types the character even where the page has taken the key; a person's browser does not.
	peer.Eval[bool](t, page, `document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}))`)
	page.WaitFor(t, soon, `document.activeElement.id === "q"`)
	page.Fill(t, "#q", "replication")
	page.WaitFor(t, soon, `location.search === "?q=replication" && document.querySelectorAll("#rows .row").length === 1`)
	page.Press(t, "\x1b")
	page.Press(t, "j")
	page.Press(t, "\r")
	page.WaitFor(t, soon, `location.pathname === "/incidents/3" && document.documentElement.dataset.js === ""`)
	page.Press(t, "e")
	page.WaitText(t, soon, "#incident", "root@tocsin.example escalated. Payments, day and night, step 2")
	page.Press(t, "s")
	page.WaitFor(t, soon, `document.querySelector("details[data-key=snooze]").open`)
	page.Press(t, "\x1b")
	page.WaitFor(t, soon, `!document.querySelector("details[data-key=snooze]").open`)
	page.Press(t, "gp")
	page.WaitFor(t, soon, `location.pathname === "/policies" && document.documentElement.dataset.js === ""`)
	page.Press(t, "n")
	page.WaitFor(t, soon, `location.pathname === "/policies/new"`)
	quiet(t, page)
}

func TestAPolicyTakesShapeWhileItIsWritten(t *testing.T) {
	h := badNight(t)
	page := h.signIn(h.Admin())
	page.Open(t, h.url+"/policies/new")
	page.WaitFor(t, soon, `document.documentElement.dataset.js === ""`)
	page.Fill(t, "#f-name", "By hand")
	page.Click(t, "button[value='step:add']")
	page.WaitText(t, soon, "#policy-steps", "Step 2")
	page.WaitText(t, soon, "#policy-plan", "pages the team lead")
	peer.Eval[bool](t, page, `(() => { const s = document.getElementById("f-steps.1.actions.0.type"); s.value = "change_severity";
		return s.dispatchEvent(new Event("change", {bubbles: true})) })()`)
	page.WaitFor(t, soon, `document.getElementById("f-steps.1.actions.0.severity")`)
	page.WaitText(t, soon, "#policy-plan", "makes it critical")
	page.Click(t, "button[value='step:move:1:0']")
	page.WaitFor(t, soon, `document.getElementById("f-steps.0.actions.0.severity")`)
	page.WaitFor(t, soon, `document.getElementById("f-name").value === "By hand"`)
	page.Click(t, ".form-foot .primary")
	page.WaitText(t, soon, "main", "Created.")
	page.WaitText(t, soon, "#policy-plan", "pages the on-call engineer")
	quiet(t, page)
}

// quiet wants nothing wrong in the console.
func quiet(t *testing.T, page *peer.Page) {
	t.Helper()
	for _, text := range page.ConsoleErrors() {
		t.Error("in the console:", text)
	}
}

func TestAnUpdateTakesNothingAway(t *testing.T) {
	h := badNight(t)
	page := h.signIn(h.Admin())
	page.Open(t, h.url+"/incidents/3")
	page.WaitFor(t, soon, `document.documentElement.dataset.js === ""`)
	page.Click(t, "details[data-key=snooze] summary")
	peer.Eval[bool](t, page, `document.getElementById("comment").focus({preventScroll: true}), true`)
	page.Press(t, "half a sent")
	h.bob.Do("POST", "/v1/incidents/3/comments", map[string]string{"content": "Restarted it."}).Must()
	page.WaitText(t, soon, "#incident", "Restarted it.")
	for what, holds := range map[string]string{
		"the words are gone":  `document.getElementById("comment").value === "half a sent"`,
		"the focus is gone":   `document.activeElement.id === "comment"`,
		"the menu was closed": `document.querySelector("details[data-key=snooze]").open`,
	} {
		if !peer.Eval[bool](t, page, holds) {
			t.Error(what)
		}
	}
	quiet(t, page)
}
