package api

import "github.com/danielgtaylor/huma/v2"

// bearerScheme is the name of the security scheme for signed-in people.
const bearerScheme = "bearer"

// integrationScheme is that of senders.
const integrationScheme = "integration"

// The groups of operations, in the order in which the documentation shows them.
const (
	tagAuth          = "Signing in"
	tagUsers         = "Users"
	tagTeams         = "Teams"
	tagIncidents     = "Incidents"
	tagEscalation    = "Escalation"
	tagNotifications = "Notifications"
	tagReach         = "Ways to reach me"
	tagIntake        = "Intake"
	tagServices      = "Services"
	tagOrganisation  = "Organisation"
)

var tags = []*huma.Tag{
	{Name: tagAuth, Description: "Tokens, sign-up and browser sessions. Each path also works without /auth."},
	{Name: tagUsers, Description: "The people of the organisation."},
	{Name: tagTeams, Description: "Teams and who belongs to them."},
	{Name: tagIncidents, Description: "What people work on: from its opening by an alert or a person until it is resolved."},
	{Name: tagEscalation, Description: "Policies, the steps that were taken, and escalating now."},
	{Name: tagNotifications, Description: "Every message to a person, with its attempts."},
	{Name: tagReach, Description: "Contact methods, personal rules and switches: how I am paged."},
	{Name: tagIntake, Description: "Where monitoring tools deliver, and the integrations whose keys they use."},
	{Name: tagServices, Description: "The catalogue: what is run, by which names it is known, and whose it is."},
	{Name: tagOrganisation, Description: "Settings and the permission table."},
}

const about = `The REST API of Tocsin, a self-hosted incident management, on-call and escalation server.

Everything is JSON in UTF-8. Times are RFC 3339 in UTC, ids are integers. A slash at the end of a path makes no difference.
Errors are problem documents (RFC 9457) whose ` + "`detail`" + ` is a sentence and whose ` + "`errors`" + ` name every wrong field.
Lists are arrays; ` + "`X-Total-Count`, `X-Next-Cursor` and `Link`" + ` tell about the rest.`

func config(version string) huma.Config {
	components := &huma.Components{
		Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
		SecuritySchemes: map[string]*huma.SecurityScheme{
			bearerScheme: {
				Type: "http", Scheme: "bearer", BearerFormat: "JWT",
				Description: "The access_token of POST /v1/auth/login/access-token.",
			},
			integrationScheme: {
				Type: "apiKey", In: "header", Name: "X-API-Key",
				Description: "The key of an integration.",
			},
		},
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Tocsin", Version: version, Description: about,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers:    []*huma.Server{{URL: "/", Description: "This server"}},
			Components: components,
			Tags:       tags,
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}
