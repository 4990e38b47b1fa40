// Package web is the web door: server-rendered pages for people.
//
// Owns: which address shows which screen, what a form says and what is said back, the browser's session and the choice of theme. One file
// per screen; each handler reads the request, calls a service, and hands plain data to a component of view.
// Does not own: rules, permissions and data (the rooms below), who is asking, limits and headers (door), what it looks like (view, static).
//
//	GET  → service → model → page            a person who is not signed in is sent to sign in and back
//	POST → service → 303 to a page           so that a reload repeats nothing; wrong input draws the form again, with what was typed
//	POST by script (HX-Request) → the changed part of the page
//	GET /live → ids of what changed; the page fetches those parts with its own permissions
package web
