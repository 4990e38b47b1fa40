package view

import (
	"net/url"
	"slices"
	"strconv"
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
		Alarm: "Nobody is paged.", Why: Pair{"Why me", "You are on call."}, Foresees: true, Shows: []Choice{{Word: "All", URL: "/incidents/128", Current: true}},
		Tasks:     []Task{{Text: "Look at the disk", Done: "Done: Look at the disk"}, {Text: "Call Ann", By: &Comment{"Ann", noon}}},
		Others:    []Delivery{{Person: "Bob", Channel: "webhook", Status: "cancelled", Action: "assigned", CreatedAt: noon, Carried: "#"}},
		Ledger:    Ledger{Sums: []Pair{{"Steps", "1: 1 sent"}}, Open: []Pair{{"Step 2", "It is due."}}, Wrong: []Pair{{"Step 1", "It waits."}}, Capped: true},
		NextWords: "Step 2 pages the team lead.", Can: Can{true, true, true, true},
		Assignees: []Assignee{{Person: ann, Role: "responder", At: noon}}, Candidates: []Option{{"2", "Bob"}}, Labels: []Pair{{"env", "prod"}},
		Links: []Link{{"Runbook", "https://example.org/runbook"}}, Alerts: []Alert{{Title: "down", Severity: "critical", Firing: true, Count: 2, Started: noon, Last: noon}},
		Raw: "{}", Holder: Holder{Person: &ann, How: "acknowledged", At: &sent},
		Events: []Event{{
			ID: "event-1", At: noon, Icon: "trending-up", Tone: "plain", Text: "Step 1", By: "Ann", Said: "words", Sub: "more",
			People: []Paged{{Name: "Ann", Via: "on call", AcknowledgedAt: &noon, Pages: []Delivery{{Channel: "email", Status: "sent", Attempts: 2, CreatedAt: noon, SentAt: &sent, SeenAt: &noon, NextAt: &soon, Answer: "250 ok", Carried: "/notifications?message=1", Asks: true, Ladder: true, Tries: []Try{{1, noon, "retry", "450"}, {2, noon, "sent", "250"}}}}}},
			Posts:  []Delivery{{Channel: "webhook", Status: "failed", CreatedAt: noon}},
		}},
	}
}

func samplePolicy() Policy {
	at := "steps.0.actions."
	values := url.Values{
		"name": {"Day and night"}, "conditions.severity": {"critical"}, "conditions.time": {"on"}, "steps.0.delay_minutes": {"0"}, "steps.0.wait_until": {"window"},
		"steps.0.condition": {"on"}, at + "0.was": {"notify"}, at + "1.url": {"https://example.org"}, at + "1.stored": {"2.0.1"},
		at + "1.headers.0.name": {"Authorization"}, at + "1.headers.0.was": {"Authorization"}, at + "1.headers.0.value": {"…"},
		at + "2.status": {"resolved"}, at + "3.severity": {"odd"}, at + "4.policy": {"9"}, at + "5.text": {"Look"}, at + "6.kind": {"slack"}, at + "7.pick": {"random"},
	}
	step := Step{Number: 1, At: "steps.0."}
	for i, kind := range []string{"notify", "webhook", "change_status", "change_severity", "policy", "instructions", "channel", "assign", "odd"} {
		step.Actions = append(step.Actions, Action{Number: i + 1, At: at + strconv.Itoa(i) + ".", Type: kind, Headers: i % 2})
	}
	step.Actions[7].Aside = []string{"pick"}
	choice := []Option{{"team", "The team"}}
	plan := []PlanStep{{After: "at once", Words: "pages the team", Notes: []string{"Only if it is bad."}, Actions: []PlanAction{{"pages the team", []Pair{{"Message", "now"}}}}}}
	in := Inputs{
		Values: values, Focus: "steps.0.delay_minutes", Chips: map[string][]Chip{"conditions.service": {{"conditions.service", "a", "a"}}, at + "0.whom": {{at + "0.target", "team", "the team"}}},
		Bad: map[string]string{
			"name": "Is taken.", "steps.0.delay_minutes": "Is less than before.", "steps.0": "Is odd.", "conditions.service": "Is none.", "conditions.time.timezone": "Is none.", at + "0.whom": "Is nobody.",
			at + "0.type": "Is none.", at + "1.headers": "Is none.",
		},
	}
	return Policy{
		Shell: sampleShell(), Heading: "Day and night", Action: "/policies/1", ID: 1, Version: 2, In: in, Steps: []Step{step, {Number: 2, At: "steps.1."}}, Plan: plan,
		Choices:  PolicyChoices{Types: []Option{{"notify", "Page"}}, Channels: choice, Teams: choice, Targets: []string{"the team"}, Severities: []Option{{"critical", "Critical"}}, Zone: "UTC"},
		Versions: sampleVersions(), MoreVersions: true, Warnings: []string{"Unknown key."}, Checked: true, Bad: "Somebody was faster.",
		Try: PolicyTry{
			Shell: sampleShell(), In: Inputs{Values: values, Bad: map[string]string{"try.at": "Is none."}}, Severities: []Option{{"high", "High"}}, Teams: choice, Zone: "UTC", Asked: true,
			Forecast: Forecast{Lines: []Foreseen{{At: noon, After: "at once", Who: "Ann", Channel: "email", Why: "Step 1: on call", Tone: "good", Icon: "bell-ring"}}},
			Past:     &Past{Days: 30, Incidents: 3, Differing: 2, People: []PastPerson{{"Ann", 1, 2}}, List: []PastIncident{{1, "<down>", noon, "nobody", "Ann at once"}}},
		},
		Sheet: sampleSheet(plan), More: []Section{{Title: "Delete", Button: &Button{Action: "/x", Word: "Delete", Ask: "Sure?"}}},
	}
}

func sampleSheet(plan []PlanStep) PolicySheet {
	return PolicySheet{Description: "First Ann.", After: "Never again.", Facts: []Pair{{"Active", "yes"}}, Conditions: []Pair{{"service", "shop"}}, Plan: append(plan, PlanStep{After: "10 min"})}
}

func sampleVersions() []Version {
	return []Version{{Number: 2, At: noon, By: "Ann", Words: "as before", Current: true}, {Number: 1, At: noon}}
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
	forecast := Forecast{
		Shell: sampleShell(), Title: "Next", BackURL: "/incidents/1", BackWord: "#1", Alarm: "Nobody.", Policies: "By P.", End: "It ends.", EndBad: true,
		Lines: slices.Repeat([]Foreseen{{At: soon, Icon: "bell", Tone: "plain", Who: "Ann", Channel: "email", Why: "Step 1"}}, firstForeseen+1),
	}
	return map[string]templ.Component{
		"inbox": InboxPage(sampleInbox()), "empty inbox": InboxPage(empty), "incident": IncidentPage(sampleIncident()),
		"rows changed": RowsChanged(RowsUpdate{Shell: sampleShell(), Rows: []Row{sampleRow()}, New: 3, URL: "/incidents"}),
		"new incident": NewIncidentPage(NewIncident{Shell: sampleShell(), Form: *form.Form, Previews: true, Forecast: &forecast}),
		"forecast":     ForecastPage(forecast),
		"escalations": EscalationsPage(Escalations{Shell: sampleShell(), Runs: []Run{{IncidentID: 1, Incident: "down", Policy: "P", State: "active", Next: &soon}}, Events: []EscalationEvent{
			{ID: 1, IncidentID: 1, Incident: "down", Severity: "high", Policy: "P", Status: "completed", At: noon, People: []Target{{"Ann", "on call"}}},
			{ID: 2, Nobody: "nobody has the role", Status: "failed", At: noon, By: "Bob", Round: 2},
		}}),
		"notifications": NotificationsPage(Notifications{Shell: sampleShell(), Rows: []Delivery{delivery}, ShowAll: true}),
		"policy":        PolicyPage(samplePolicy()),
		"read policy":   PolicyReadPage(samplePolicy()),
		"versions":      PolicyVersionsPage(PolicyVersions{Shell: sampleShell(), Policy: "Day", Path: "/policies/1", List: sampleVersions()}),
		"version":       PolicyVersionPage(PolicyVersion{Shell: sampleShell(), Policy: "Day", Path: "/policies/1", By: "Ann", Number: 2, Now: 3, Bad: "No.", Sheet: sampleSheet(nil), CanRestore: true}),
		"diff": PolicyDiffPage(PolicyDiff{Shell: sampleShell(), Policy: "Day", Path: "/policies/1", From: 1, To: 2, Versions: sampleVersions(), Changes: []PolicyChange{
			{"added", "Step 2 is new"}, {"removed", "Step 3 is gone"}, {"changed", "Name: a → <b>"},
		}}),
		"objects":     ObjectsPage(Objects{Shell: sampleShell(), Heading: "Services", NewURL: "/services/new", NewWord: "New", Columns: []string{"Name", "State", "Seen"}, Rows: [][]Cell{row}, Search: &Select{Name: "q", Label: "Search"}}),
		"object":      ObjectPage(form),
		"team":        TeamPage(Team{FormPage: form, TeamID: 1, CanManage: true, Owns: []Owned{{"Services", []Choice{{Word: "checkout", URL: "/services/1"}}}}, AddMember: &other, Members: []Member{{Person: ann, OwnRole: "User"}}, RoleChoice: []Option{{"", ""}}}),
		"integration": IntegrationPage(Integration{FormPage: form, IntegrationID: 1, URL: "http://localhost", Key: "k", CanManage: true, LastAt: &noon, Setups: []Setup{{"curl", "curl"}}, Messages: []Inbound{{ID: 1, At: noon, Bad: true, Body: "{", Incident: []int64{1}, Cut: true}}}),
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
		"landing": LandingPage(Landing{Shell: Shell{PageTitle: "down", Now: noon}, Title: "down", Severity: "critical", Status: "open", Since: noon, CanAcknowledge: true, CanResolve: true, Action: "/a/t", Seen: "/a/t/seen", Done: "Yours.", DoneTone: "good", Bad: "x", SignIn: "/"}),
	}
}
