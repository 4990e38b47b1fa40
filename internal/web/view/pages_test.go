package view

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var out strings.Builder
	if err := c.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The policy of the pages allows no inline script and no inline style: what the browser would refuse must not be written.
func TestPagesHoldNothingThatTheirPolicyForbids(t *testing.T) {
	forbidden := regexp.MustCompile(`<style|\sstyle=|<script>|\son[a-z]+="|javascript:|hx-on|\[[^\]]*==`)
	for name, page := range samples() {
		if found := forbidden.FindString(render(t, page)); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestPagesEscapeWhatSendersWrote(t *testing.T) {
	page := render(t, IncidentPage(sampleIncident()))
	if strings.Contains(page, "<down>") || !strings.Contains(page, "db &lt;down&gt; &amp;") {
		t.Error("the title is written as markup")
	}
}

func TestEveryIconIsInTheSprite(t *testing.T) {
	sprite, err := os.ReadFile("../static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`icons\.svg#([a-z0-9-]+)"`)
	for name, page := range samples() {
		for _, m := range used.FindAllStringSubmatch(render(t, page), -1) {
			if !strings.Contains(string(sprite), `id="`+m[1]+`"`) {
				t.Errorf("%s uses the icon %s, which the sprite has not", name, m[1])
			}
		}
	}
}

func TestIDsAreUniqueAndLabelsPointSomewhere(t *testing.T) {
	ids := regexp.MustCompile(`\sid="([^"]*)"`)
	pointers := regexp.MustCompile(`\s(?:for|aria-describedby|aria-labelledby)="([^"]*)"`)
	for name, page := range samples() {
		html := render(t, page)
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] || m[1] == "" {
				t.Errorf("%s has the id %q twice or empty", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range pointers.FindAllStringSubmatch(html, -1) {
			for id := range strings.FieldsSeq(m[1]) {
				if !seen[id] {
					t.Errorf("%s points to the id %q, which it has not", name, id)
				}
			}
		}
	}
}

func TestEveryControlHasAName(t *testing.T) {
	controls := regexp.MustCompile(`<(input|select|textarea)\s[^>]*>`)
	labelled := regexp.MustCompile(`<label[^>]*>\s*<input[^>]*>[^<]*[^<\s]`)
	for name, page := range samples() {
		html := render(t, page)
		inside := strings.Join(labelled.FindAllString(html, -1), "")
		for _, c := range controls.FindAllString(html, -1) {
			id := regexp.MustCompile(`\sid="([^"]+)"`).FindStringSubmatch(c)
			switch {
			case strings.Contains(c, `type="hidden"`), strings.Contains(c, "aria-label="), strings.Contains(inside, c):
			case id != nil && strings.Contains(html, `for="`+id[1]+`"`):
			default:
				t.Errorf("%s has a control without a name: %s", name, c)
			}
		}
	}
}

func TestTheLandingPageIsSmallAndStandsAlone(t *testing.T) {
	html := render(t, samples()["landing"])
	if strings.Contains(html, "htmx") || strings.Contains(html, "<use") {
		t.Error("the landing page loads the script of other pages or the sprite")
	}
	if len(html) > 6000 {
		t.Errorf("the landing page has %d bytes", len(html))
	}
}

func TestWhatOneMayNotDoIsNotOffered(t *testing.T) {
	p := sampleIncident()
	p.Can, p.CanAct = Can{}, false
	html := render(t, IncidentPage(p))
	for _, action := range []string{"/acknowledge", "/resolve", "/snooze", "/escalate", "/assign", "/comments"} {
		if strings.Contains(html, `action="/incidents/128`+action) {
			t.Errorf("%s is offered", action)
		}
	}
}
