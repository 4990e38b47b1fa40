// The editor of policies. The server draws each change of shape; here a pointer may say what changes, Enter adds to a list instead of saving,
// and the focus goes on where the server says.
const editor = () => document.getElementById("policy");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-adds]")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.parentElement.querySelector("button").click();
});

// A form that was drawn anew has the focus where the server says, else where it was.
let shown = document.getElementById("policy-body");
let last = "";

document.addEventListener("focusin", (event) => {
  if (event.target.closest("#policy-body")) last = event.target.id;
});
document.addEventListener("htmx:after:swap", () => {
  const body = document.getElementById("policy-body");
  if (!body || body === shown) return;
  shown = body;
  const next = body.querySelector("[autofocus]") ?? document.getElementById(last);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  editor().dispatchEvent(new CustomEvent("tocsin:shaped"));
});

// The zones that the browser knows are suggested all.
function zones() {
  const list = document.getElementById("policy-zones");
  if (!list || list.options.length > 50) return;
  for (const zone of Intl.supportedValuesOf?.("timeZone") ?? []) list.append(new Option("", zone));
}
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[list=policy-zones]")) zones();
});

// Dragging: the place of a step or an action among its neighbours.
let drag = null;

function clear() {
  for (const marked of document.querySelectorAll(".drop-before, .drop-after, .dragged")) marked.classList.remove("drop-before", "drop-after", "dragged");
}

function over(event) {
  const item = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-sort]");
  let found = item;
  while (found && found.parentElement !== drag.list) found = found.parentElement.closest("[data-sort]");
  if (!found || found === drag.item) return null;
  const box = found.getBoundingClientRect();
  return { item: found, after: event.clientY > box.top + box.height / 2 };
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button !== 0) return;
  const item = grip.closest("[data-sort]");
  drag = { item, list: item.parentElement, pointer: event.pointerId, target: null };
  item.classList.add("dragged");
  event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  clear();
  drag.item.classList.add("dragged");
  drag.target = over(event);
  drag.target?.item.classList.add(drag.target.after ? "drop-after" : "drop-before");
  if (event.clientY < 80) window.scrollBy(0, -12);
  if (event.clientY > window.innerHeight - 80) window.scrollBy(0, 12);
});

function drop(event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  const { item, list, target } = drag;
  drag = null;
  clear();
  if (!target || event.type === "pointercancel") return;
  const from = Number(item.dataset.sort);
  let to = Number(target.item.dataset.sort) + (target.after ? 1 : 0);
  if (from < to) to -= 1;
  if (from === to) return;
  const [what, ...at] = list.dataset.sorts.split(":");
  const button = document.getElementById("policy-moved");
  button.value = [what, "move", ...at, from, to].join(":");
  button.click();
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);
