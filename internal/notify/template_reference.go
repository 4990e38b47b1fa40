package notify

// TemplateWord is something that templates may use.
type TemplateWord struct{ Name, Meaning string }

// ChannelKinds are the words for the channels of this server.
func (s *Service) ChannelKinds() []string { return kinds(s.Channels) }

// TemplateVariables are what a template knows of a message. Texts are clean: no control characters, nothing too long.
func TemplateVariables() []TemplateWord {
	return []TemplateWord{
		{"Action", "the kind of message, such as page"},
		{"Subject", "the built-in subject"},
		{"Name", "the person's name; empty in a post"},
		{"What", "the incident's title"},
		{"Number", "the incident's number; 0 without an incident"},
		{"Severity", "critical, high, medium, low or info"},
		{"SEVERITY", "the same in capitals"},
		{"Status", "acknowledged, snoozed or resolved; empty while it is open"},
		{"Service", "the service's name"},
		{"Team", "the team's name"},
		{"Since", "when the incident opened, by the person's clock"},
		{"Ago", "how long ago that is"},
		{"First", "when it opened first, if it has opened again"},
		{"Why", "why it is this person who is told"},
		{"Alerts", "how many alerts fire"},
		{"Said", "what the policy's step, or a person, had to say"},
		{"Description", "the incident's description"},
		{"Labels", "its labels, each with .Name and .Value"},
		{"Links", "its runbooks and dashboards, each with .Name and .Value"},
		{"IncidentURL", "the incident's page"},
		{"AckURL", "the link that acknowledges, or says yes to still_on_it; only in these two"},
	}
}

// BundleVariables are what a template of a bundle knows instead.
func BundleVariables() []TemplateWord {
	return []TemplateWord{
		{"Subject", "the built-in subject"},
		{"Name", "the person's name"},
		{"Pages", "whether they ask for an answer; else they are notices"},
		{"Count", "how many incidents it tells of"},
		{"Items", "each page or notice, with .Title and all that a message about one incident knows"},
		{"More", "how many are not among .Items"},
		{"Critical", "how many of the incidents are critical"},
		{"AckURL", "the link to the page that acknowledges them; empty for notices"},
	}
}

// TemplateFunctions are what a template may call, besides if, range, with, the comparisons and, or, not, len, index, slice and printf of
// Go's templates.
func TemplateFunctions() []TemplateWord {
	return []TemplateWord{
		{"upper", "{{.Service | upper}}: in capitals"},
		{"lower", "{{.Service | lower}}: in small letters"},
		{"trim", "{{.Said | trim}}: without space around"},
		{"truncate", "{{.What | truncate 40}}: at most 40 characters"},
		{"default", `{{.Service | default "unknown"}}: another text for an empty one`},
		{"contains", `{{if .What | contains "disk"}}: whether it is part of a text`},
		{"replace", `{{.What | replace "_" " "}}: one text for another`},
		{"label", `{{.Labels | label "env"}}: a label's value`},
		{"json", "{{json .What}}: as JSON, with its quotes"},
		{"urlquery", "{{.What | urlquery}}: fit for a link's query"},
	}
}
