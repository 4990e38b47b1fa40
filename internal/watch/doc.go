// Package watch owns whether Tocsin keeps its word: the ledger of what an incident was owed and what came of it.
//
// It reads what escalation and notify have written and judges it by pure rules. It decides nothing about who is paged.
//
//	step due ──► event ──► person ──► notification ──► attempts
//	             each is over with an outcome, open with what it waits for, or unexplained
package watch
