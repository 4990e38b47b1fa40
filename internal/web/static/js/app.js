// The one module a page loads. Everything here only quickens what links and plain forms already do.
import "./theme.js";
import "./time.js";
import "./copy.js";
import "./menus.js";
import "./toast.js";
import "./live.js";
import "./inbox.js";
import "./keys.js";
import "./preview.js";
import "./policy.js";

document.documentElement.dataset.js = "";
