// Ages, countdowns and absolute times. The server writes the same words; here they go on ticking, by the server's clock.
const root = document.documentElement;
const skew = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
const zone = root.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const absolute = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const short = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function serverNow() {
  return Date.now() + skew;
}

export function age(ms) {
  const s = Math.floor(ms / 1000);
  if (s < 45) return "now";
  const m = Math.round(s / 60);
  if (m < 60) return `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 48) return m % 60 && h < 10 ? `${h} h ${m % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} d`;
}

export function countdown(ms) {
  if (ms <= 0) return "now";
  const s = Math.ceil(ms / 1000);
  const pad = (n) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${pad(s % 60)}`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} min`;
  return `${Math.floor(s / 86400)} d`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function words(element, at, now) {
  switch (element.dataset.as) {
    case "countdown":
      element.classList.toggle("soon", at - now < 60000);
      return countdown(at - now);
    case "ago": {
      const word = age(now - at);
      return word === "now" ? "just now" : `${word} ago`;
    }
    case "age":
      return age(now - at);
    case "clock":
      return clock.format(at);
    default:
      return short.format(at);
  }
}

export function tick() {
  const now = serverNow();
  for (const element of document.querySelectorAll("time[data-as]")) {
    const at = Date.parse(element.dateTime);
    if (Number.isNaN(at)) continue;
    write(element, words(element, at, now));
    if (element.dataset.titled !== element.dateTime) {
      element.dataset.titled = element.dateTime;
      element.title = absolute.format(at);
    }
  }
}

// A form that takes a time says its zone; without one in the profile it is the browser's.
function zones() {
  for (const input of document.querySelectorAll("input[data-zone-of-browser]")) input.value = zone;
  for (const label of document.querySelectorAll("[data-zone-name]")) write(label, zone);
}

zones();
tick();
setInterval(() => { if (!document.hidden) tick(); }, 1000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:after:swap", () => { zones(); tick(); });
