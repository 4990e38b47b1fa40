// The theme is kept in a cookie, so that the server draws the first paint in it. No choice means the system's preference.
const root = document.documentElement;
const year = 31536000;

function show() {
  const now = root.dataset.theme || "system";
  for (const b of document.querySelectorAll("[data-theme-choice]")) {
    b.setAttribute("aria-pressed", String(b.dataset.themeChoice === now));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (!button) return;
  event.preventDefault();
  const choice = button.dataset.themeChoice;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (choice === "system") {
    delete root.dataset.theme;
    document.cookie = `tocsin_theme=; Path=/; Max-Age=0; SameSite=Lax${secure}`;
  } else {
    root.dataset.theme = choice;
    document.cookie = `tocsin_theme=${choice}; Path=/; Max-Age=${year}; SameSite=Lax${secure}`;
  }
  show();
});

show();
