package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/tocsinhq/tocsin/internal/fault"
)

// parse reads settings as the program does: flags, environment, file.
func parse(t *testing.T, file string, args ...string) Config {
	t.Helper()
	var cfg Config
	flags := NewChannelFlags()
	parser, err := kong.New(&cfg, kong.Embed(flags.Grammar()), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	settings := &File{}
	if file != "" {
		path := filepath.Join(t.TempDir(), "tocsin.json")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if settings, err = ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := kong.Resolvers(settings).Apply(parser); err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	cfg.Problems = settings.Problems(parser.Model)
	cfg.Channels = flags.Values()
	return cfg
}

func TestDefaultsAreValid(t *testing.T) {
	cfg := parse(t, "")
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	if cfg.DB != "sqlite:tocsin.db" || cfg.Listen != ":8000" || cfg.Rate.N != 600 || cfg.Demo.On {
		t.Errorf("defaults are %+v", cfg)
	}
}

func TestFlagGoesBeforeEnvironmentBeforeFile(t *testing.T) {
	t.Setenv("TOCSIN_DB", "sqlite:env.db")
	t.Setenv("TOCSIN_LISTEN", ":2")
	t.Setenv("TOCSIN_LOG_FORMAT", "") // As container tools write "not set".
	t.Setenv("TOCSIN_RATE", "")
	file := `{"db": "sqlite:file.db", "listen": ":3", "public_url": "https://a.example", "rate": 5, "demo": true,
		"trusted-proxies": ["10.0.0.1", "10.1.0.0/16"], "log-format": "json", "smtp_url": "smtp://mail.example?from=a@b.example"}`
	cfg := parse(t, file, "--db", "sqlite:flag.db", "--no-migrate")
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	got := []string{cfg.DB, cfg.Listen, cfg.PublicURL, cfg.Rate.String(), cfg.Demo.String(), cfg.NoMigrate.String(), cfg.LogFormat, cfg.Channels["smtp_url"]}
	want := []string{"sqlite:flag.db", ":2", "https://a.example", "5", "true", "true", "json", "smtp://mail.example?from=a@b.example"}
	if !slices.Equal(got, want) || len(cfg.TrustedProxies) != 2 {
		t.Errorf("got %q with proxies %q, want %q", got, cfg.TrustedProxies, want)
	}
}

func TestEmptyVariableMeansDefault(t *testing.T) {
	t.Setenv("TOCSIN_RATE", "")
	t.Setenv("TOCSIN_DEMO", "")
	t.Setenv("TOCSIN_DB", "")
	cfg := parse(t, "")
	if err := cfg.Check(); err != nil || cfg.Rate.N != 600 || cfg.DB != "sqlite:tocsin.db" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryWrongSettingIsNamedAtOnce(t *testing.T) {
	t.Setenv("TOCSIN_RATE", "many")
	t.Setenv("TOCSIN_DEMO", "perhaps")
	file := `{"stop_timeout": "soon", "colour": "red", "cors-origins": [1], "node": null}`
	cfg := parse(t, file, "--db=mysql://x", "--listen=8000", "--public-url=tocsin", "--smtp-url=mail:25", "--signup=maybe",
		"--admin-email=me", "--trusted-proxies=here", "--allow-networks=there", "--ntfy-url=ntfy", "--log-level=loud", "--log-format=xml",
		"--secret-key=short", "--heartbeat-url=beat", "--max-connections=1", "--auth-rate=0")
	var names []string
	for _, field := range fault.From(cfg.Check()).Fields {
		names = append(names, field.Location)
	}
	slices.Sort(names)
	want := []string{
		"admin-email", "admin-email", "allow-networks", "auth-rate", "colour", "cors-origins", "db", "demo", "heartbeat-url", "listen",
		"log-format", "log-level", "max-connections", "node", "ntfy-url", "public-url", "rate", "secret-key", "signup", "smtp-url",
		"stop-timeout", "trusted-proxies",
	}
	if !slices.Equal(names, want) {
		t.Errorf("wrong settings named:\n got %q\nwant %q", names, want)
	}
}

func TestANodeWhoseNameIsTooLongForTheListIsRefused(t *testing.T) {
	for length, want := range map[int]bool{100: true, 101: false} {
		if err := parse(t, "", "--node="+strings.Repeat("é", length)).Check(); (err == nil) != want {
			t.Errorf("%d characters: %v", length, err)
		}
	}
}

func TestPostgresNeedsTheSharedSecret(t *testing.T) {
	cfg := parse(t, "", "--db=postgres://tocsin@db/tocsin")
	if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), "TOCSIN_SECRET_KEY") {
		t.Errorf("got %v", err)
	}
	cfg.SecretKey = strings.Repeat("k", 32)
	if err := cfg.Check(); err != nil {
		t.Error(err)
	}
}

func TestFileThatIsNoObjectIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.json")
	for _, text := range []string{"", "[]", `{"db": `, `{} {}`, `{"db": "x"} trailing`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(path); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestSecretsAreMasked(t *testing.T) {
	cfg := parse(t, "", "--db=postgres://tocsin:hunter2@db/tocsin?sslpassword=hunter2", "--smtp-url=smtp://me:hunter2@mail:25?from=a@b.example",
		"--secret-key=hunter2hunter2hunter2hunter2hunter2", "--admin-password=hunter2", "--admin-email=a@b.example", "--heartbeat-url=https://beats.example/hunter2")
	var shown strings.Builder
	if err := cfg.WriteSettings(&shown); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shown.String(), "hunter2") {
		t.Errorf("a secret is shown:\n%s", shown.String())
	}
	for _, want := range []string{"TOCSIN_DB=postgres://tocsin:********@db/tocsin", "TOCSIN_SMTP_URL=********", "TOCSIN_HEARTBEAT_URL=********", "TOCSIN_RATE=600", "TOCSIN_STOP_TIMEOUT=20s"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("%q is not in\n%s", want, shown.String())
		}
	}
	if got := maskURL("hunter2 is %zz my password"); got != masked {
		t.Errorf("an unreadable address shows %q", got)
	}
}
