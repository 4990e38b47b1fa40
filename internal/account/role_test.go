package account

import "testing"

func TestRolesInATextAreSpelledAsPeopleDo(t *testing.T) {
	for text, want := range map[string]string{
		"organisation's oncall_engineer, for the incident has no team": "organisation's on-call engineer, for the incident has no team",
		"team_lead of Payments":     "team lead of Payments",
		"organisation's cto":        "organisation's CTO",
		"role vp":                   "role VP",
		"on call of vpn_team_leads": "on call of vpn_team_leads",
		"named in the policy":       "named in the policy",
	} {
		if got := SpellRoles(text); got != want {
			t.Errorf("%q is spelled %q, want %q", text, got, want)
		}
	}
}
