// Package work owns the running of things in the background: a Loop around one bounded pass.
//
// A pass says when it next has something to do and whether there is more right now; the loop sleeps until then, until it is
// woken, or until its safety look, and backs off while passes fail. The package knows nothing of what a pass does.
//
//	pass ── more ──► pass at once
//	 │ └── failed ──► back off (100 ms … 5 s), then pass
//	 └── done ──► sleep until next, Wake, or Every
package work
