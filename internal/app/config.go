package app

import (
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// Config is every setting there is. Each is a flag, an environment variable and a line of the optional file, in this order of
// precedence. The tag `mask` says how much of a secret may be shown: nothing ("all") or everything but the password ("url").
type Config struct {
	DB        string `name:"db" env:"TOCSIN_DB" default:"sqlite:tocsin.db" placeholder:"URL" mask:"url" help:"Database: sqlite:PATH or postgres://user:password@host/name."`
	Listen    string `name:"listen" env:"TOCSIN_LISTEN" default:":8000" placeholder:"ADDR" help:"Address to serve HTTP on."`
	PublicURL string `name:"public-url" env:"TOCSIN_PUBLIC_URL" placeholder:"URL" help:"How people and tools reach this server; links in messages begin with it. Default: http://localhost and the port."`
	SecretKey string `name:"secret-key" env:"TOCSIN_SECRET_KEY" placeholder:"TEXT" mask:"all" help:"At least 32 characters, the same on every node. Made beside the data on first start when the database is SQLite."`

	Demo      Switch `name:"demo" env:"TOCSIN_DEMO" help:"Fill the database with a small organisation to look around in, and print how to sign in."`
	NoMigrate Switch `name:"no-migrate" env:"TOCSIN_NO_MIGRATE" help:"Refuse to start on a database that needs migrations, instead of taking them."`

	AdminEmail    string `name:"admin-email" env:"TOCSIN_ADMIN_EMAIL" placeholder:"EMAIL" help:"Administrator to see to: made at start unless the address has a person already."`
	AdminPassword string `name:"admin-password" env:"TOCSIN_ADMIN_PASSWORD" placeholder:"TEXT" mask:"all" help:"Password that administrator is made with."`
	Signup        string `name:"signup" env:"TOCSIN_SIGNUP" placeholder:"WORD" help:"Who may sign up where the organisation has not said otherwise: open, invite or closed. Default: invite."`

	TrustedProxies []string `name:"trusted-proxies" env:"TOCSIN_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For is believed."`
	CORSOrigins    []string `name:"cors-origins" env:"TOCSIN_CORS_ORIGINS" placeholder:"ORIGIN" help:"Web origins whose scripts may call the API."`
	AuthRate       Number   `name:"auth-rate" env:"TOCSIN_AUTH_RATE" default:"20" help:"Sign-in requests per minute and client."`
	Rate           Number   `name:"rate" env:"TOCSIN_RATE" default:"600" help:"Other API requests per minute and client."`
	MaxConnections Number   `name:"max-connections" env:"TOCSIN_MAX_CONNECTIONS" default:"20" help:"Connections to the database at most."`
	StopTimeout    Span     `name:"stop-timeout" env:"TOCSIN_STOP_TIMEOUT" default:"20s" help:"How long a stop waits for what is under way."`
	Node           string   `name:"node" env:"TOCSIN_NODE" placeholder:"NAME" help:"This process among others on one database. Default: the host's name and the process id."`

	HeartbeatURL string `name:"heartbeat-url" env:"TOCSIN_HEARTBEAT_URL" placeholder:"URL" mask:"all" help:"Address to call each minute while all is well, so that a dead-man's switch outside notices silence."`

	LogLevel  string `name:"log-level" env:"TOCSIN_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error."`
	LogFormat string `name:"log-format" env:"TOCSIN_LOG_FORMAT" default:"text" placeholder:"FORMAT" help:"text or json."`

	// Channels are the settings that channels ask for, by name; see ChannelFlags.
	Channels map[string]string `kong:"-"`

	// Problems are what the file says that cannot be understood; Check reports them with the rest.
	Problems []fault.Field `kong:"-"`
}

// Check looks at every setting and names all that are wrong in one fault of kind Invalid; the location of a field is the
// setting's name.
func (c Config) Check() error {
	var checks fault.Checks
	for _, p := range c.Problems {
		checks.Add(p.Location, "%s", p.Message)
	}
	c.checkAddresses(&checks)
	c.checkAccess(&checks)
	c.checkLimits(&checks)
	c.checkChannels(&checks)
	if _, err := parseLevel(c.LogLevel); err != nil {
		checks.Add("log-level", "must be debug, info, warn or error, not %q", c.LogLevel)
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		checks.Add("log-format", "must be text or json, not %q", c.LogFormat)
	}
	return checks.Err()
}

// maxNodeName is what the list of nodes holds: with a longer name a node could never say that it lives.
const maxNodeName = 100

func (c Config) checkAddresses(checks *fault.Checks) {
	switch {
	case c.onPostgres():
		if u, err := url.Parse(c.DB); err != nil || u.Host == "" && u.Query().Get("host") == "" {
			checks.Add("db", "must be postgres://user:password@host:port/name")
		}
		if c.SecretKey == "" {
			checks.Add("secret-key", "is required on PostgreSQL, the same on every node (TOCSIN_SECRET_KEY)")
		}
	case c.sqlitePath() == "":
		checks.Add("db", "must begin with sqlite: or postgres://")
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		checks.Add("secret-key", "must have at least 32 characters")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		checks.Add("listen", "must be host:port or :port, not %q", c.Listen)
	}
	if utf8.RuneCountInString(c.Node) > maxNodeName {
		checks.Add("node", "must have at most %d characters", maxNodeName)
	}
	if c.PublicURL != "" && !isWebAddress(c.PublicURL) {
		checks.Add("public-url", "must be an http:// or https:// address, not %q", c.PublicURL)
	}
	if c.HeartbeatURL != "" && !isWebAddress(c.HeartbeatURL) {
		checks.Add("heartbeat-url", "must be an http:// or https:// address") // It is a secret: it is not repeated.
	}
}

func (c Config) checkAccess(checks *fault.Checks) {
	if (c.AdminEmail == "") != (c.AdminPassword == "") {
		checks.Add("admin-email", "and admin-password belong together: give both or neither")
	}
	if c.AdminEmail != "" {
		if _, err := mail.ParseAddress(c.AdminEmail); err != nil {
			checks.Add("admin-email", "must be an e-mail address, not %q", c.AdminEmail)
		}
	}
	if !slices.Contains([]string{"", "open", "invite", "closed"}, c.Signup) {
		checks.Add("signup", "must be open, invite or closed, not %q", c.Signup)
	}
	for _, origin := range c.CORSOrigins {
		if u, err := url.Parse(origin); err != nil || !isWebAddress(origin) || u.Path != "" {
			checks.Add("cors-origins", "must be origins like https://example.com, not %q", origin)
		}
	}
	for _, network := range c.TrustedProxies {
		if _, err := parseNetwork(network); err != nil {
			checks.Add("trusted-proxies", "must be addresses or networks like 10.0.0.0/8, not %q", network)
		}
	}
}

func (c Config) checkLimits(checks *fault.Checks) {
	for _, n := range []struct {
		name     string
		value    Number
		min, max int
	}{{"auth-rate", c.AuthRate, 1, 1_000_000}, {"rate", c.Rate, 1, 1_000_000}, {"max-connections", c.MaxConnections, 4, 1000}} {
		if n.value.bad || n.value.N < n.min || n.value.N > n.max {
			checks.Add(n.name, "must be a whole number from %d to %d, not %q", n.min, n.max, n.value.text)
		}
	}
	if c.StopTimeout.bad || c.StopTimeout.D < time.Second || c.StopTimeout.D > 10*time.Minute {
		checks.Add("stop-timeout", "must be from 1s to 10m, not %q", c.StopTimeout.text)
	}
	if c.Demo.bad {
		checks.Add("demo", "must be true or false, not %q", c.Demo.text)
	}
	if c.NoMigrate.bad {
		checks.Add("no-migrate", "must be true or false, not %q", c.NoMigrate.text)
	}
}

func (c Config) onPostgres() bool {
	return strings.HasPrefix(c.DB, "postgres://") || strings.HasPrefix(c.DB, "postgresql://")
}

// sqlitePath is the database file, empty when the database is no SQLite file.
func (c Config) sqlitePath() string {
	path, found := strings.CutPrefix(c.DB, "sqlite:")
	if !found {
		return ""
	}
	return path
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// parseNetwork reads a network, or one address as the network of itself.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

func parseNetworks(texts []string) []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range texts {
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

func parseLevel(text string) (slog.Level, error) {
	var level slog.Level
	err := level.UnmarshalText([]byte(text))
	return level, err
}
