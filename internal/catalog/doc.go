// Package catalog owns the services: what they are called, which team owns them, and which policy and runbook go with them.
//
// It does not own the teams (package account), the policies (package escalation) or what happens to a service (package
// incident). A service is found by its name or any alias, whatever the case; no two services of an organisation share one.
//
//	(nothing) ──Create──► service ──Delete──► row kept for history, names free
//	                        └─Update─┘
package catalog
