// Notices come as ids over one stream; what they name is fetched with the page's own eyes and morphed in place.
import { age } from "./time.js";

const live = document.getElementById("live");
const banner = document.getElementById("lost");
let heard = Date.now();
let lostSince = 0;
let ids = new Set();
let topics = new Set();
let timer = 0;

function flush() {
  timer = 0;
  const detail = { ids, topics };
  ids = new Set();
  topics = new Set();
  for (const element of document.querySelectorAll("[data-live]")) {
    const wanted = element.dataset.live.split(" ");
    const only = element.dataset.liveId;
    if (!wanted.some((t) => detail.topics.has(t))) continue;
    if (only && !detail.topics.has("reload") && !detail.ids.has(only)) continue;
    window.htmx.trigger(element, "tocsin:refresh");
  }
  document.dispatchEvent(new CustomEvent("tocsin:notice", { detail }));
}

function notice(topic, data) {
  heard = Date.now();
  topics.add(topic);
  for (const id of (data || "").split(",")) if (id) ids.add(id);
  if (!timer) timer = setTimeout(flush, 250);
}

function lost() {
  if (!lostSince) lostSince = Date.now();
}

function found() {
  heard = Date.now();
  if (lostSince) notice("reload", "");
  lostSince = 0;
  if (banner) banner.hidden = true;
}

function look() {
  if (!lostSince || Date.now() - lostSince < 3000 || !banner) return;
  banner.hidden = false;
  const word = age(Date.now() - heard);
  banner.querySelector("[data-age]").textContent = word === "now" ? "less than a minute" : word;
}

if (live) {
  for (const topic of ["incident", "notification", "run", "reload"]) {
    live.addEventListener(topic, (event) => notice(topic, event.detail?.data));
  }
  live.addEventListener("reset", () => notice("reload", ""));
  live.addEventListener("beat", () => { heard = Date.now(); });
  live.addEventListener("htmx:sse:after:connection", found);
  live.addEventListener("htmx:sse:error", lost);
  // The extension retries a stream that broke, not one that never stood.
  for (const name of ["htmx:error", "htmx:response:error"]) {
    live.addEventListener(name, () => {
      lost();
      setTimeout(() => window.htmx.trigger(live, "tocsin:connect"), 5000);
    });
  }
  window.addEventListener("offline", lost);
  setInterval(look, 1000);
}
