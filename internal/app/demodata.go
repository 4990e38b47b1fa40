package app

import "github.com/tocsinhq/tocsin/internal/account"

// demoDomain is one in which nobody can be reached by accident (RFC 2606).
const demoDomain = "demo.example"

var demoTeams = []struct{ name, description string }{
	{"Payments", "Checkout, billing and everything that moves money."},
	{"Platform", "Databases, queues and the machines below."},
}

var demoPeople = []struct {
	name, surname string
	role          account.Role
	team          string
}{
	{"Ada", "Lind", account.RoleAdmin, ""},
	{"Cleo", "Marsh", account.RoleCTO, ""},
	{"Vic", "Oduya", account.RoleVP, ""},
	{"Max", "Brandt", account.RoleManager, ""},
	{"Lea", "Moreau", account.RoleTeamLead, "Payments"},
	{"Bob", "Hansen", account.RoleOncallEngineer, "Payments"},
	{"Ines", "Costa", account.RoleTeamLead, "Platform"},
	{"Tom", "Varga", account.RoleOncallEngineer, "Platform"},
	{"Una", "Kelly", account.RoleUser, "Payments"},
}

var demoPolicies = []string{
	`{"name": "Money first", "description": "Payments: the engineer at once, the lead after five minutes, the manager after fifteen.", "conditions": {"service": "checkout"},
	  "steps": [
	    {"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
	    {"delay_minutes": 5, "actions": [{"type": "notify", "target": "team_lead"}]},
	    {"delay_minutes": 15, "actions": [{"type": "notify", "target": "manager"}, {"type": "assign", "target": "team_lead"}]}],
	  "repeat": {"times": 2, "every_minutes": 15}}`,
	`{"name": "Critical reaches the CTO", "description": "Whatever is critical reaches the CTO if nobody takes it within half an hour.",
	  "conditions": {"severity": "critical"}, "priority": 50,
	  "steps": [
	    {"delay_minutes": 0, "actions": [{"type": "notify", "target": "oncall_engineer"}]},
	    {"delay_minutes": 30, "actions": [{"type": "notify", "target": "org:cto"}]}]}`,
}

var demoServices = []struct {
	name        string
	aliases     []string
	description string
	team        string
	policy      string
}{
	{"checkout", []string{"checkout-api", "cart"}, "Takes the customer's money.", "Payments", "Money first"},
	{"billing", []string{"invoices"}, "Writes invoices once a night.", "Payments", ""},
	{"postgres-main", []string{"pg-main"}, "The database that everything else waits for.", "Platform", ""},
	{"queue", nil, "Carries events between services.", "Platform", ""},
}

type demoAlert struct {
	key, title, severity, service, description string
	by, then, says                             string // who does what about it, and says what
}

var demoAlerts = []demoAlert{
	{
		key: "checkout-errors", title: "Checkout answers 5xx on 12 % of requests", severity: "critical", service: "checkout",
		description: "The error rate has been above 5 % for three minutes.",
	}, {
		key: "replica-lag", title: "Replica of postgres-main is 40 s behind", severity: "high", service: "postgres-main",
		description: "Reads may be stale.", by: "Tom", then: "acknowledge", says: "A long report holds it up. It ends in ten minutes.",
	}, {
		key: "queue-depth", title: "Queue holds 120 000 messages", severity: "medium", service: "queue",
		by: "Ines", then: "snooze", says: "The consumers are being upgraded; it drains by itself afterwards.",
	}, {
		key: "invoice-run", title: "Invoice run failed", severity: "high", service: "billing",
		by: "Bob", then: "resolve", says: "The disk was full. Freed it and ran it again.",
	}, {
		key: "certificate", title: "Certificate of shop.demo.example ends in 14 days", severity: "low", service: "checkout",
	},
}
