// Package view draws the pages.
//
// Owns: what a page looks like: typed models of what a screen shows, templ components that write them, the words for severities, states
// and times, and forms that keep what was typed and name every bad field beside its input.
// Does not own: where the data comes from and what a form does (web), style and script (static).
//
//	web handler → model (plain data, permissions already decided) → component → HTML
//
// The files ending in _templ.go are generated from their .templ neighbours by the generator of the templ version in go.mod.
package view
