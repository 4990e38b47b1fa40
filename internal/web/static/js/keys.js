// The keyboard: j k move, x select, Enter opens, a r s act, n new, / search, g then i e n p goes, ? help.
import { toast } from "./toast.js";

let armed = 0;
const places = { i: "/incidents", e: "/escalations", n: "/notifications", p: "/policies", t: "/teams", m: "/me" };

const rows = () => [...document.querySelectorAll("#rows .row[data-id]")];
// The row that keys act on is remembered by its id: a row that changed comes anew from the server, without the mark.
let at = "";
const current = () => (at ? document.getElementById(at) : null);

function mark(row) {
  current()?.classList.remove("at");
  at = row.id;
  row.classList.add("at");
}

document.addEventListener("htmx:after:swap", () => current()?.classList.add("at"));

function move(by) {
  const list = rows();
  if (!list.length) return;
  const from = list.indexOf(current());
  const next = list[Math.max(0, Math.min(list.length - 1, from < 0 ? 0 : from + by))];
  mark(next);
  next.querySelector("a.row-title").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(selector, missing) {
  const scope = rows().length ? current() : document;
  const target = scope?.querySelector(selector);
  if (!target) return toast(scope ? missing : "Choose a row first: j and k move.");
  if (target.tagName === "DETAILS") {
    target.open = !target.open;
    target.querySelector(".over button, .over a, .over input")?.focus();
  } else target.click();
}

const bindings = {
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector("input[name=id]")?.click(),
  a: () => press("[data-key=acknowledge]", "It cannot be acknowledged now."),
  r: () => press("[data-key=resolve]", "It cannot be resolved now."),
  s: () => press("[data-key=snooze]", "It cannot be snoozed here."),
  e: () => press("[data-key=escalate]", "It cannot be escalated here."),
  c: () => document.querySelector("[data-key=comment]")?.focus(),
  n: () => document.querySelector("[data-key=new]")?.click(),
  "/": () => document.querySelector("[data-key=search]")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
};

function typing(element) {
  return element.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (armed > Date.now() && places[event.key]) {
    armed = 0;
    event.preventDefault();
    location.assign(places[event.key]);
    return;
  }
  armed = 0;
  if (event.key === "g") {
    armed = Date.now() + 1500;
    return;
  }
  const action = bindings[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// The row that a pointer or Tab reached is where j and k go on.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("#rows .row[data-id]");
  if (row && row !== current()) mark(row);
});
