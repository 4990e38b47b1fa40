// Package watch owns whether Tocsin keeps its word: the ledger of what an incident was owed and what came of it, the reconciler that
// mends what was forgotten, the auditor that counts what must be zero and has Tocsin report itself, and the list of nodes.
//
// It reads what escalation and notify have written and judges it by pure rules. It decides nothing about who is paged for anybody
// else's incident; what it mends is found again by the loop whose task it is.
//
//	step due ──► event ──► person ──► notification ──► attempts
//	             each is over with an outcome, open with what it waits for, or unexplained
package watch
