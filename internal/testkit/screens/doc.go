// Package screens looks at every page with a real browser, on phones and on wide screens, light and dark: nothing stands out of the
// window, nothing is wrong in the console, nothing serious by the rules of accessibility. The pictures stay in the folder tmp/screens of
// the module for a person to look at.
//
// It owns the small house that the pages show, and what is done to them by keyboard. What is written on the pages is tested in package web.
package screens
