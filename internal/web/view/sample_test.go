package view

import (
	"time"

	"github.com/a-h/templ"
)

var (
	noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	soon = noon.Add(4*time.Minute + 32*time.Second)
	ann  = Person{ID: 1, Name: "Ann Archer"}
)

func sampleShell() Shell {
	return Shell{
		PageTitle: "Sample", Place: "/incidents", Now: noon, Live: "/live", Notes: []Note{{Tone: "good", Text: "Saved."}},
		Me: &Viewer{ID: 1, Name: "Ann Archer", Role: "Team lead", Places: []Place{
			{URL: "/incidents", Icon: "inbox", Word: "Incidents", Phone: true}, {URL: "/teams", Icon: "users", Word: "Teams", Group: "People"},
		}},
	}
}

func sampleRow() Row {
	return Row{
		ID: 128, Title: `db <down> & "out"`, Severity: "critical", Status: "open", Service: "payments-db", Team: "Payments", Alerts: 14,
		Since: noon.Add(-3 * time.Minute), Owner: &ann, Next: &soon, CanAct: true,
	}
}

func sampleInbox() Inbox {
	snoozed := Row{ID: 127, Title: "Disk", Severity: "low", Status: "snoozed", Since: noon, SnoozedUntil: &soon, CanAct: true}
	lost := Row{ID: 126, Title: "Nobody", Severity: "high", Status: "open", Since: noon, Unescalated: true}
	pick := Select{Name: "status", Label: "Status", Options: []Option{{"", "Any status"}, {"open", "Open"}}}
	return Inbox{
		Shell: sampleShell(), Rows: []Row{sampleRow(), snoozed, lost}, RowsURL: "/incidents/rows", CanReport: true,
		Tabs: []Choice{{Word: "All", URL: "/incidents", Current: true}}, Tiles: []Tile{{Look: StatusLook("open"), Count: 3, URL: "/"}},
		Filter: InboxFilter{Status: pick, Severity: pick, Service: pick, Team: pick, Assignee: pick}, Sorts: []Choice{{Word: "Age", URL: "/"}},
		Pager: Pager{Older: "/incidents?cursor=x"},
	}
}

func sampleIncident() Incident {
	sent := noon.Add(-time.Minute)
	return Incident{
		Shell: sampleShell(), Row: sampleRow(), Description: "refused", Source: "alertmanager", OpenedAt: noon, CreatedAt: noon, UpdatedAt: noon,
		WhyMe: "You are on call.", NextWords: "Step 2 pages the team lead.", Can: Can{true, true, true, true},
		Assignees: []Assignee{{Person: ann, Role: "responder", At: noon}}, Candidates: []Option{{"2", "Bob"}}, Labels: []Pair{{"env", "prod"}},
		Links: []Link{{"Runbook", "https://example.org/runbook"}}, Alerts: []Alert{{Title: "down", Severity: "critical", Firing: true, Count: 2, Started: noon, Last: noon}},
		Raw: "{}", Holder: Holder{Person: &ann, How: "acknowledged", At: &sent},
		Events: []Event{{
			ID: "event-1", At: noon, Icon: "trending-up", Tone: "plain", Text: "Step 1", By: "Ann", Said: "words", Sub: "more",
			Pages: []Delivery{{Person: "Ann", Channel: "email", Status: "sent", Attempts: 2, SentAt: &sent, NextAt: &soon, Answer: "250 ok", Tries: []Try{{1, noon, "retry", "450"}, {2, noon, "sent", "250"}}}},
		}},
	}
}

func samplePolicy() Policy {
	text := [][]Field{{{Name: "name", Label: "Name", Kind: "text", Bad: "Is taken.", Hint: "Unique."}}}
	return Policy{
		Shell: sampleShell(), Heading: "Day and night", Action: "/policies/1", Version: 2, Basics: text, Severities: []Box{{"critical", true}},
		Steps: []Step{
			{Delay: "0", Words: "page the team", Actions: []Action{{Type: "notify", Target: "team"}, {Type: "change_severity", Severity: "high"}}},
			{Delay: "5", DelayBad: "Is less than before.", Bad: "Delays may not decrease.", Actions: []Action{{Type: "notify", Several: "the on-call engineer, Ann"}, {Type: "change_status", Status: "resolved"}}},
		},
		ActionTypes: []Option{{"notify", "Page"}}, Targets: []OptionGroup{{"Roles", []Option{{"team", "The team"}}}}, Versions: []Version{{2, noon, "Ann", ""}},
		Warnings: []string{"Unknown key."}, More: []Section{{Title: "Delete", Button: &Button{Action: "/x", Word: "Delete", Ask: "Sure?"}}},
	}
}

func sampleForms() FormPage {
	return FormPage{Shell: sampleShell(), BackURL: "/teams", BackWord: "Teams", Heading: "Payments", Links: []Choice{{Word: "Its incidents", URL: "/incidents?team=1"}}, Form: &Form{ID: "sample", Action: "/teams/1", Submit: "Save", Rows: [][]Field{
		{{Name: "name", Label: "Name", Kind: "text", MaxLength: 100}, {Name: "role", Label: "Role", Kind: "select", Options: []Option{{"user", "User"}}}},
		{{Name: "about", Label: "About", Kind: "area"}},
		{{Name: "on", Label: "On", Kind: "checkbox"}},
	}}, Facts: []Pair{{"Kind", "generic"}}}
}

// samples are all pages, each with as much on it as it can show.
func samples() map[string]templ.Component {
	empty := sampleInbox()
	empty.Rows, empty.Example = nil, "curl -d down http://localhost/v1/intake/generic/KEY"
	form := sampleForms()
	other := Form{ID: "other", Action: "/x", Submit: "Add", Rows: [][]Field{{{Name: "user", Label: "Person", Kind: "select"}}}}
	delivery := Delivery{ID: 1, IncidentID: 128, Person: "Ann", Channel: "ntfy", To: "https://ntfy.example.org/ann", Title: "down", Action: "page", Status: "failed", CreatedAt: noon}
	row := []Cell{{Text: "checkout", URL: "/services/1", Sub: "also shop"}, {Look: &Look{"check", "Active", "good"}}, {At: &noon}}
	return map[string]templ.Component{
		"inbox": InboxPage(sampleInbox()), "empty inbox": InboxPage(empty), "incident": IncidentPage(sampleIncident()),
		"rows changed": RowsChanged(RowsUpdate{Shell: sampleShell(), Rows: []Row{sampleRow()}, New: 3, URL: "/incidents"}),
		"new incident": NewIncidentPage(NewIncident{Shell: sampleShell(), Form: *form.Form}),
		"escalations": EscalationsPage(Escalations{Shell: sampleShell(), Runs: []Run{{IncidentID: 1, Incident: "down", Policy: "P", State: "active", Next: &soon}}, Events: []EscalationEvent{
			{ID: 1, IncidentID: 1, Incident: "down", Severity: "high", Policy: "P", Status: "completed", At: noon, People: []Target{{"Ann", "on call"}}},
			{ID: 2, Nobody: "nobody has the role", Status: "failed", At: noon, By: "Bob", Round: 2},
		}}),
		"notifications": NotificationsPage(Notifications{Shell: sampleShell(), Rows: []Delivery{delivery}, ShowAll: true}),
		"policy":        PolicyPage(samplePolicy()),
		"objects":       ObjectsPage(Objects{Shell: sampleShell(), Heading: "Services", NewURL: "/services/new", NewWord: "New", Columns: []string{"Name", "State", "Seen"}, Rows: [][]Cell{row}, Search: &Select{Name: "q", Label: "Search"}}),
		"object":        ObjectPage(form),
		"team":          TeamPage(Team{FormPage: form, TeamID: 1, CanManage: true, Owns: []Owned{{"Services", []Choice{{Word: "checkout", URL: "/services/1"}}}}, AddMember: &other, Members: []Member{{Person: ann, OwnRole: "User"}}, RoleChoice: []Option{{"", ""}}}),
		"integration":   IntegrationPage(Integration{FormPage: form, IntegrationID: 1, URL: "http://localhost", Key: "k", CanManage: true, LastAt: &noon, Setups: []Setup{{"curl", "curl"}}, Messages: []Inbound{{ID: 1, At: noon, Bad: true, Body: "{", Incident: []int64{1}, Cut: true}}}),
		"me": MePage(Me{
			Shell: sampleShell(), Profile: *form.Form, SignIn: Form{ID: "signin"}, AddMethod: other, Methods: []Method{
				{ID: 1, Channel: "email", Address: "a@example.org", OfAccount: true, Configured: true, Enabled: true, Verified: true},
				{ID: 2, Channel: "ntfy", Label: "Mine"},
				{ID: 3, Channel: "webhook", Configured: true, Enabled: true, Secret: "whsec", CodeBad: "Wrong."},
			},
			Rules:       []Section{{Title: "Urgent", Form: &Form{ID: "high", Rows: [][]Field{{{Name: "high.0.delay_minutes", Label: "After", Kind: "number"}}}}}},
			Preferences: []Preference{{"email", true}, {"ntfy", false}}, Sessions: []Session{{ID: 1, Agent: "Firefox"}, {ID: 2, Current: true}},
		}),
		"system": SystemPage(System{
			Shell: sampleShell(), Version: "v1", Database: "SQLite", Audited: &noon,
			Nodes:    []Node{{Name: "a", Loops: "Late: steps 40s", Look: Look{"hourglass", "Lags", "medium"}}, {Name: "b", Gone: true, Look: Look{"wifi-off", "Gone", "plain"}}},
			Queues:   []Queue{{Word: "Messages", Waiting: "3", Due: "1", Oldest: &noon}},
			Checks:   []Check{{Word: "Late", Count: "3", Look: Look{"octagon-alert", "", "critical"}, Since: &noon, Advice: "Look.", Incidents: []int64{1}, Channels: []string{"email"}}},
			Breakers: []Breaker{{Channel: "webhook", Provider: "a.example", Node: "a", Look: Look{"circle-x", "Given nothing", "critical"}, Until: &soon}},
		}),
		"sign in": DoorPage(Door{Shell: Shell{PageTitle: "Sign in", Now: noon}, Heading: "Sign in", HasForm: true, Form: *form.Form, Note: &Note{"critical", "Wrong."}, Hint: "tocsin", RequestID: "x", Back: "/"}),
		"refusal": RefusalPage(Door{Shell: sampleShell(), Heading: "Not found", Back: "/", RequestID: "x"}),
		"landing": LandingPage(Landing{Shell: Shell{PageTitle: "down", Now: noon}, Title: "down", Severity: "critical", Status: "open", Since: noon, CanAcknowledge: true, CanResolve: true, Action: "/a/t", Done: "Yours.", DoneTone: "good", Bad: "x", SignIn: "/"}),
	}
}
