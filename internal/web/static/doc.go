// Package static holds the files a browser fetches: style sheets, script modules, icons and the vendored htmx.
//
// Owns: the bytes, their address, their caching. Every file lives under one folder named by a hash of all of them, so that modules can
// import each other by relative names, addresses never lie, and a browser may keep them for ever.
// Does not own: pages (view), headers of pages (web).
//
//	css/*.css joined by layer → app.css, landing.css
//	js/*.js, vendor/*.js, icons.svg, favicon.svg as they are
package static
