// Copy buttons. navigator.clipboard exists on https and localhost only, so a selection is the way out elsewhere.
async function copy(text, source) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.closest(".copy")?.querySelector("pre");
  if (!source) return;
  let done = false;
  try { done = await copy(source.textContent, source); } catch { done = false; }
  const word = button.querySelector("span");
  const before = word.textContent;
  word.textContent = done ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { word.textContent = before; }, 2000);
});
