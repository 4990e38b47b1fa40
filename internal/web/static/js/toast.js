// One short sentence at the foot of the page, spoken by screen readers. The server sends it as an HX-Trigger.
let timer;

export function toast(text) {
  const box = document.getElementById("toast");
  if (!box || !text) return;
  box.textContent = text;
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { box.hidden = true; }, 5000);
}

document.addEventListener("tocsin:toast", (event) => toast(event.detail?.text));
document.addEventListener("htmx:error", (event) => {
  if (event.target?.id !== "live") toast("The server could not be reached. Nothing was changed.");
});
