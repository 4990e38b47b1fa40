// The list of incidents: choosing several, and rows that change where they stand. Nothing is ever moved under the pointer:
// what is new comes by itself while nobody is busy with the list, else it is counted in a bar and comes when asked for.
const rows = () => document.getElementById("rows");
const unseen = new Set();
let last = null;

function boxes() {
  return [...document.querySelectorAll("#rows input[name=id]")];
}

// busy says that somebody is in the middle of something: a row is chosen, pointed at, marked, or scrolled to.
function busy(list) {
  if (!list.querySelector("[data-id]")) return false;
  return boxes().some((b) => b.checked) || list.matches(":hover") || list.contains(document.activeElement) ||
    list.querySelector(".at") !== null || window.scrollY > 120;
}

function tally() {
  const bar = document.querySelector(".bulk");
  if (!bar) return;
  const chosen = boxes().filter((b) => b.checked).length;
  bar.classList.toggle("some", chosen > 0);
  bar.querySelector("[data-chosen]").textContent = chosen ? `${chosen} selected` : "Select";
  const all = bar.querySelector("[data-all]");
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && !all.checked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("#rows input[name=id]");
  if (!box) return;
  const list = boxes();
  if (event.shiftKey && last && list.includes(last)) {
    const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
    for (const b of list.slice(from, to + 1)) b.checked = box.checked;
  }
  last = box;
});

document.addEventListener("change", (event) => {
  if (event.target.matches(".bulk [data-all]")) {
    for (const b of boxes()) b.checked = event.target.checked;
  }
  if (event.target.closest("#rows, .bulk")) tally();
});

document.addEventListener("tocsin:notice", ({ detail }) => {
  const list = rows();
  if (!list || !window.htmx) return;
  if (!detail.topics.has("incident") && !detail.topics.has("reload") && !detail.topics.has("run")) return;
  const params = new URLSearchParams(location.search);
  params.delete("id");
  const shown = new Set([...list.querySelectorAll("[data-id]")].map((r) => r.dataset.id));
  for (const id of detail.ids) if (detail.topics.has("incident") && !shown.has(id)) unseen.add(id);
  const changed = detail.topics.has("reload") ? [...shown] : [...detail.ids].filter((id) => shown.has(id));
  for (const id of changed) params.append("id", id);
  for (const id of [...unseen].slice(-200)) params.append("unseen", id);
  window.htmx.ajax("GET", `${list.dataset.rowsUrl}?${params}`, { source: list, target: list, swap: "none" }).then(() => {
    const bar = document.querySelector("#news a");
    if (bar && !busy(rows() ?? list)) bar.click();
  });
});

// A list that was fetched anew shows everything: what counted as new is in it now.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.target?.id === "results") unseen.clear();
  tally();
});

tally();
