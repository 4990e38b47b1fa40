package escalation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestTargetsAreReadAsPeopleWriteThem(t *testing.T) {
	role := func(r account.Role) Target { return Target{Kind: TargetRole, Role: r} }
	for text, want := range map[string]Target{
		"assignees":                {Kind: TargetAssignees},
		"Assignee":                 {Kind: TargetAssignees},
		"team":                     {Kind: TargetTeam},
		"all":                      {Kind: TargetTeam},
		"oncall_engineer":          role(account.RoleOncallEngineer),
		" OnCall ":                 role(account.RoleOncallEngineer),
		"team:oncall":              role(account.RoleOncallEngineer),
		"team_leads":               role(account.RoleTeamLead),
		"managers":                 role(account.RoleManager),
		"vp":                       role(account.RoleVP),
		"cto":                      role(account.RoleCTO),
		"executives":               {Kind: TargetOrgRole, Role: account.RoleVP},
		"org:manager":              {Kind: TargetOrgRole, Role: account.RoleManager},
		"ORG:managers":             {Kind: TargetOrgRole, Role: account.RoleManager},
		"team:Shop":                {Kind: TargetTeam, Team: "Shop"},
		"team:12":                  {Kind: TargetTeam, Team: "12"},
		"team:Shop:team_lead":      {Kind: TargetRole, Team: "Shop", Role: account.RoleTeamLead},
		"Team:Shop:oncall":         {Kind: TargetRole, Team: "Shop", Role: account.RoleOncallEngineer},
		"team:Shop: EU":            {Kind: TargetTeam, Team: "Shop: EU"},
		"team:Shop: EU:vps":        {Kind: TargetRole, Team: "Shop: EU", Role: account.RoleVP},
		"team:Shop:user":           {Kind: TargetTeam, Team: "Shop:user"},
		"service_owner":            {Kind: TargetServiceOwner},
		"owner":                    {Kind: TargetServiceOwner},
		"reporter":                 {Kind: TargetReporter},
		"admins":                   {Kind: TargetAdmins},
		"admin":                    {Kind: TargetAdmins},
		"42":                       {Kind: TargetUser, UserID: 42},
		"user:42":                  {Kind: TargetUser, UserID: 42},
		"Ann@Example.com":          {Kind: TargetUser, Email: "ann@example.com"},
		"user:ann@example.com":     {Kind: TargetUser, Email: "ann@example.com"},
		string(TargetFallback):     {Kind: TargetFallback},
		"team:a@b:oncall_engineer": {Kind: TargetRole, Team: "a@b", Role: account.RoleOncallEngineer},
	} {
		got, err := ParseTarget(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"", "  ", "user", "nobody", "0", "-5", "99999999999999999999", "org:", "org:user", "org:nobody", "team:", "team::vp", ":", "role:vp"} {
		if got, err := ParseTarget(text); err == nil || !strings.Contains(err.Error(), "oncall_engineer") {
			t.Errorf("%q is read as %+v: %v", text, got, err)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"team:Shop:team_lead", "executives", "org:vp", "user:5", "ann@example.com", "", ":", "team::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		switch target.Kind {
		case "":
			if err == nil {
				t.Fatalf("%q is read as nothing", text)
			}
		case TargetRole, TargetOrgRole:
			if target.Role == "" || target.Role == account.RoleUser {
				t.Fatalf("%q is the role %q", text, target.Role)
			}
		case TargetUser:
			if (target.UserID > 0) == (target.Email != "") {
				t.Fatalf("%q is the user %+v", text, target)
			}
		case TargetTeam, TargetAssignees, TargetServiceOwner, TargetReporter, TargetAdmins, TargetFallback:
		default:
			t.Fatalf("%q is of kind %q", text, target.Kind)
		}
		if err != nil && target != (Target{}) {
			t.Fatalf("%q is refused and read: %+v", text, target)
		}
	})
}
