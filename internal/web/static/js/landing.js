// Says that a person looks at this page: who scans mail reads links, and does not touch what it reads. One act is enough, or staying.
const address = document.querySelector("[data-seen]")?.dataset.seen;
const acts = ["pointerdown", "pointermove", "touchstart", "wheel", "scroll", "keydown"];
let stay = 0;

function report(event) {
  if (!event.isTrusted) return;
  tell();
}

function tell() {
  clearTimeout(stay);
  for (const act of acts) removeEventListener(act, report);
  document.removeEventListener("visibilitychange", watch);
  // Nothing on the page waits for the answer, and nothing changes without it.
  fetch(address, { method: "POST", keepalive: true }).catch(() => {});
}

function watch() {
  clearTimeout(stay);
  if (document.visibilityState === "visible") stay = setTimeout(tell, 5000);
}

if (address) {
  for (const act of acts) addEventListener(act, report, { passive: true });
  document.addEventListener("visibilitychange", watch);
  watch();
}
