package notify

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/db/dbtest"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
)

func admin() account.Actor { return account.System(dbtest.Org, "test") }

func (o *office) template(d TemplateDraft) Template {
	o.t.Helper()
	t, err := o.post.SetTemplate(o.t.Context(), admin(), d)
	if err != nil {
		o.t.Fatal(err)
	}
	return t
}

func TestAPageIsSaidInTheOrganisationsWords(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.info.HTML = true
		bob, i := o.person("bob"), o.incident("db <down>")
		first := o.template(TemplateDraft{
			Event: ActionPage, Channel: "email", Subject: "[{{.SEVERITY}}] {{.What}}\n", Text: "Wake up, {{.Name}}: {{.What}}\n{{.AckURL}}",
			HTML: `<p title="{{.What}}">{{.What}}</p><a href="{{.AckURL}}">Ack</a>`,
		})
		o.template(TemplateDraft{Event: ActionResolved, Channel: "email", Subject: "over"})
		o.page(i, bob, "e1", mailTo(bob), Route{Channel: "ntfy", Address: "bobs@push.test"})
		o.dispatch(o.post)
		m := o.mail.sent[0]
		if m.Title != "[CRITICAL] db <down>" || m.Text != "Wake up, Bob: db <down>\n"+m.AckURL+"\n" || m.AckURL == "" ||
			!strings.HasPrefix(m.HTML, `<p title="db &lt;down&gt;">db &lt;down&gt;</p><a href="http://tocsin.test/`) || m.Short != "Wake up, Bob: db <down> "+m.AckURL {
			t.Errorf("sent %+v", m)
		}
		if m := o.push.sent[0]; !strings.HasPrefix(m.Title, "CRITICAL #") {
			t.Errorf("another channel got %q", m.Title)
		}
		if first.Version != 1 || first.UpdatedBy != nil || !first.UpdatedAt.Equal(o.clk.Now()) {
			t.Errorf("kept %+v", first)
		}
		for _, n := range o.all() {
			if n.TemplateError != "" {
				t.Errorf("%s: %s", n.Channel, n.TemplateError)
			}
		}
	})
}

// What was good when it was saved may fail on one incident: the page goes out all the same.
func TestATemplateThatFailsNeverStopsAPage(t *testing.T) {
	for name, broken := range map[string]Template{
		"a mistake":       {Text: "first\n{{index .Links 7}}", Subject: "good"},
		"a loop":          {Text: `{{range 1000000000}}{{end}}`},
		"no words":        {Subject: "  {{.First}}"},
		"too much":        {HTML: `{{range 9999}}<p>0123456789012345678901234567890123456789</p>{{end}}`},
		"unreadable":      {Text: "{{"},
		"an open context": {HTML: `<a href="{{if .What}}x" title="{{end}}">`},
	} {
		t.Run(name, func(t *testing.T) {
			d, clk := dbtest.SQLite(t)
			o := newOffice(t, d, clk)
			var log bytes.Buffer
			o.post.Logger = slog.New(slog.NewTextHandler(&log, nil))
			bob, i := o.person("bob"), o.incident("db down")
			broken.Event, broken.Channel, broken.UpdatedAt = ActionPage, "email", clk.Now()
			o.write(func(tx *db.Tx) error { return saveTemplate(tx, dbtest.Org, broken) }) // As an older version might have kept it.
			o.page(i, bob, "e1", mailTo(bob))
			o.dispatch(o.post)
			n := o.stands(StatusSent, "")
			if m := o.mail.sent[0]; !strings.HasPrefix(m.Title, "CRITICAL #") || !strings.Contains(m.Text, "db down") || m.AckURL == "" || m.HTML == "" {
				t.Errorf("sent %+v", m)
			}
			if n.TemplateError == "" || !strings.Contains(log.String(), "the built-in words are sent") {
				t.Errorf("noted %q, logged %s", n.TemplateError, log.String())
			}
		})
	}
}

func TestATemplateIsTriedBeforeItIsKept(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.info.HTML = true
		for want, d := range map[string]TemplateDraft{
			"path.event":                                         {Event: "holiday", Channel: "email", Text: "x"},
			"path.channel":                                       {Event: ActionPage, Channel: "pigeon", Text: "x"},
			"body.text: is required, or a subject":               {Event: ActionPage, Channel: "email"},
			"body.html: is not shown by ntfy":                    {Event: ActionPage, Channel: "ntfy", HTML: "<p>"},
			"body.text: line 3: ":                                {Event: ActionPage, Channel: "email", Text: "a\nb\n{{if}}"},
			"body.subject: line 1: function \"shell\"":           {Event: ActionPage, Channel: "email", Subject: `{{shell "rm"}}`},
			"body.text: fails for a rich incident: line 2: ":     {Event: ActionPage, Channel: "email", Text: "a\n{{.Password}}"},
			"body.text: fails for a bare incident: line 1: ":     {Event: ActionPage, Channel: "email", Text: "{{(index .Labels 0).Name}}"},
			"body.subject: fails for a bare incident: comes out": {Event: ActionPage, Channel: "email", Subject: "{{.Service}}"},
			"body.html: fails for a rich incident: ends within":  {Event: ActionPage, Channel: "email", HTML: `<a href='{{.What}}`},
		} {
			_, err := o.post.SetTemplate(t.Context(), admin(), d)
			if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(firstField(err), want) {
				t.Errorf("%+v: %v, want %q", d, firstField(err), want)
			}
		}
		_, err := o.post.SetTemplate(t.Context(), admin(), TemplateDraft{Event: ActionPage, Channel: "email", Subject: "{{.A}}", Text: "{{.B}}", HTML: "{{.C}}"})
		if len(fault.From(err).Fields) != 3 {
			t.Errorf("not all fields are named: %v", fault.From(err).Fields)
		}
		if list, err := o.post.Templates(t.Context(), admin()); err != nil || len(list) != 0 {
			t.Errorf("kept %+v, %v", list, err)
		}
	})
}

// firstField is the first field of a refusal.
func firstField(err error) string {
	if fields := fault.From(err).Fields; len(fields) > 0 {
		return fmt.Sprintf("%s: %s", fields[0].Location, fields[0].Message)
	}
	return fmt.Sprint(err)
}

func TestChangesOfATemplateFollowEachOther(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ann := o.actor(o.person("ann"))
		ann.Role = account.RoleAdmin
		d := TemplateDraft{Event: ActionPage, Channel: "email", Subject: "one"}
		o.template(d)
		d.Subject, d.Version = "two", 1
		second, err := o.post.SetTemplate(t.Context(), ann, d)
		if err != nil || second.Version != 2 || second.UpdatedBy == nil || *second.UpdatedBy != ann.UserID {
			t.Errorf("%+v, %v", second, err)
		}
		if _, err := o.post.SetTemplate(t.Context(), ann, d); !fault.Is(err, fault.Stale) {
			t.Errorf("a change of what is no longer there: %v", err)
		}
		if got, err := o.post.Template(t.Context(), ann, ActionPage, "email"); err != nil || got.Subject != "two" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := o.post.DeleteTemplate(t.Context(), ann, ActionPage, "email"); err != nil {
			t.Fatal(err)
		}
		if err := o.post.DeleteTemplate(t.Context(), ann, ActionPage, "email"); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := o.post.Template(t.Context(), ann, ActionPage, "email"); !fault.Is(err, fault.NotFound) {
			t.Errorf("read after it was deleted: %v", err)
		}
	})
}

func TestOnlyAdministratorsSeeAndChangeTemplates(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.actor(o.person("bob"))
		bob.Role = account.RoleManager
		d := TemplateDraft{Event: ActionPage, Channel: "email", Subject: "x"}
		o.template(d)
		for name, try := range map[string]func() error{
			"list":    func() error { _, err := o.post.Templates(t.Context(), bob); return err },
			"read":    func() error { _, err := o.post.Template(t.Context(), bob, d.Event, d.Channel); return err },
			"set":     func() error { _, err := o.post.SetTemplate(t.Context(), bob, d); return err },
			"delete":  func() error { return o.post.DeleteTemplate(t.Context(), bob, d.Event, d.Channel) },
			"preview": func() error { _, err := o.post.PreviewTemplate(t.Context(), bob, d, nil); return err },
		} {
			if err := try(); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		elsewhere := account.System(dbtest.Organization(t, o.d, "other"), "test")
		if list, err := o.post.Templates(t.Context(), elsewhere); err != nil || len(list) != 0 {
			t.Errorf("another organisation sees %+v, %v", list, err)
		}
	})
}

func TestAPreviewSaysWhatWouldBeSentAndAcknowledgesNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.info.HTML = true
		ann := o.actor(o.person("ann"))
		ann.Role = account.RoleAdmin
		i, err := o.incidents.Create(t.Context(), ann, incident.NewIncident{Title: "disk <full>", Severity: incident.SeverityHigh, Labels: map[string]string{"env": "prod"}})
		if err != nil {
			t.Fatal(err)
		}
		d := TemplateDraft{Event: ActionPage, Channel: "email", Subject: `{{.Labels | label "env"}} {{.What}}`, Text: "{{.Name}}: {{.AckURL}}", HTML: "<b>{{.What}}</b>"}
		p, err := o.post.PreviewTemplate(t.Context(), ann, d, &i.ID)
		if err != nil || p.Subject != "prod disk <full>" || p.Text != "Ann: http://tocsin.test/a/sample\n" || p.HTML != "<b>disk &lt;full&gt;</b>" {
			t.Errorf("%+v, %v", p, err)
		}
		if want := []string{"The HTML has no link to acknowledge: write {{.AckURL}}."}; !slices.Equal(p.Warnings, want) {
			t.Errorf("warnings %q", p.Warnings)
		}
		if p, err := o.post.PreviewTemplate(t.Context(), ann, TemplateDraft{Event: ActionPage, Channel: "ntfy"}, nil); err != nil ||
			!strings.Contains(p.Text, "Checkout answers slowly") || strings.Contains(p.Text, "/a/") && !strings.Contains(p.Text, "/a/sample") || p.HTML != "" {
			t.Errorf("the built-in words: %+v, %v", p, err)
		}
		none := int64(999)
		if _, err := o.post.PreviewTemplate(t.Context(), ann, d, &none); !fault.Is(err, fault.NotFound) {
			t.Errorf("no incident: %v", err)
		}
		d.Text = "{{.Nope}}"
		if _, err := o.post.PreviewTemplate(t.Context(), ann, d, nil); !strings.HasPrefix(firstField(err), "body.text: line 1: ") {
			t.Errorf("a wrong draft: %v", err)
		}
	})
}

func TestABundleIsSaidInTheOrganisationsWords(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.template(TemplateDraft{
			Event: ActionBundle, Channel: "email", Subject: "{{.Count}} for {{.Name}}",
			Text: "{{range .Items}}{{.Title}} ({{.Service | default \"no service\"}})\n{{end}}{{.AckURL}}",
		})
		o.over(bob)
		o.storm(bob, 2)
		o.dispatch(o.post)
		if m := o.mail.sent[0]; len(m.Bundle) != 2 || m.Title != "2 for Bob" || strings.Count(m.Text, "(no service)") != 2 || !strings.HasSuffix(strings.TrimSpace(m.Text), m.AckURL) {
			t.Errorf("the bundle is %q:\n%s", m.Title, m.Text)
		}
	})
}

func TestABundlesTemplateThatFailsOnOneIncidentStopsNoneOfThem(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		bob := o.person("bob")
		o.template(TemplateDraft{
			Event: ActionBundle, Channel: "email", Text: `{{range .Items}}{{if eq .What "incident 1"}}{{index .Links 7}}{{end}}{{.Title}}{{end}} {{.AckURL}}`,
		})
		o.over(bob)
		o.storm(bob, 2)
		o.dispatch(o.post)
		if m := o.mail.sent[0]; len(m.Bundle) != 2 || !strings.Contains(m.Text, "Acknowledge them together") {
			t.Errorf("the bundle is %q:\n%s", m.Title, m.Text)
		}
		for _, n := range o.all() {
			if n.Status != StatusSent || !strings.HasPrefix(n.TemplateError, "text: line 1: ") {
				t.Errorf("%s is %s, noted %q", n.Title, n.Status, n.TemplateError)
			}
		}
	})
}

func TestEveryEventCanBePutIntoOtherWords(t *testing.T) {
	d, clk := dbtest.SQLite(t)
	o := newOffice(t, d, clk)
	for _, e := range TemplateEvents() {
		if e.Title == "" || e.When == "" {
			t.Errorf("%s is not described", e.Name)
		}
		for _, one := range o.post.samples(e.Name) {
			if one.message.Title == "" || strings.TrimSpace(one.message.Text) == "" || one.message.HTML == "" {
				t.Errorf("%s for %s: %+v", e.Name, one.name, one.message)
			}
		}
		text := "{{.Subject}} {{.IncidentURL}}"
		if e.Name == ActionBundle {
			text = "{{.Count}} for {{.Name}}:{{range .Items}} {{.Title}} {{.IncidentURL}}{{end}}{{if .Pages}} {{.AckURL}}{{end}}"
		}
		d := TemplateDraft{Event: e.Name, Channel: "email", Subject: "{{.Subject}}!", Text: text}
		o.template(d)
		p, err := o.post.PreviewTemplate(t.Context(), account.System(dbtest.Org, "test"), d, nil)
		if err != nil || !strings.HasSuffix(p.Subject, "!") || p.Text == "" {
			t.Errorf("the preview of %s is %+v, %v", e.Name, p, err)
		}
	}
}

// Who writes a template learns of every variable and function, and of none that is not there.
func TestTheReferenceOfTemplatesIsTheTruth(t *testing.T) {
	for data, variables := range map[reflect.Type][]TemplateWord{
		reflect.TypeFor[letter](): TemplateVariables(), reflect.TypeFor[bundle](): BundleVariables(),
	} {
		var fields, told []string
		for field := range data.Fields() {
			fields = append(fields, field.Name)
		}
		for _, v := range variables {
			told = append(told, v.Name)
			if v.Meaning == "" {
				t.Errorf("%s is not explained", v.Name)
			}
		}
		slices.Sort(fields)
		slices.Sort(told)
		if !slices.Equal(fields, told) {
			t.Errorf("there are %v, told are %v", fields, told)
		}
	}
	known := new(meter).functions()
	for _, f := range TemplateFunctions() {
		if known[f.Name] == nil {
			t.Errorf("there is no function %s", f.Name)
		}
		example, _, _ := strings.Cut(f.Meaning, "}}")
		example += "}}"
		if strings.HasPrefix(example, "{{if") {
			example += "{{end}}"
		}
		form, err := parseForm(example, false)
		if err != nil {
			t.Errorf("%s: %v", example, err)
			continue
		}
		if _, err := form.fill(t.Context(), letter{What: "a_b", Service: "c", Labels: []labelled{{"env", "prod"}}}); err != nil {
			t.Errorf("%s: %v", example, err)
		}
	}
}
