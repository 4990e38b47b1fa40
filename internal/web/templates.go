package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/incident"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const templatesPath = "/notification-templates"

func (s *site) routeTemplates() {
	const one = templatesPath + "/{event}/{channel}"
	s.routes.HandleFunc("GET "+templatesPath, s.person(s.templates))
	s.routes.HandleFunc("GET "+one, s.person(s.template))
	s.routes.HandleFunc("POST "+one, s.person(s.saveTemplate))
	s.routes.HandleFunc("POST "+one+"/delete", s.person(s.deleteTemplate))
	s.routes.HandleFunc("GET "+one+"/preview", s.person(s.previewTemplate))
	s.routes.HandleFunc("POST "+one+"/preview", s.person(s.previewTemplate))
}

// templates lists the kinds of messages on each channel, and whose words they are in.
func (s *site) templates(v *visit) error {
	own, err := s.Notifications.Templates(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := view.Objects{
		Shell: v.shell("Message texts", templatesPath), Heading: "Message texts",
		Lede:    "What people read when they are told of an incident. Each kind of message has words of its own on each channel; yours take the place of the built-in ones.",
		Columns: []string{"Message", "Channel", "Words", "Changed"},
	}
	for _, event := range notify.TemplateEvents() {
		for i, channel := range s.channelOptions() {
			look, changed := view.Look{Icon: "message-square", Word: "Built in", Tone: "plain"}, view.Cell{Tight: true}
			if at := slices.IndexFunc(own, isTemplate(event.Name, channel.Value)); at >= 0 {
				look = view.Look{Icon: "pencil", Word: "Your own", Tone: "good"}
				changed.At = &own[at].UpdatedAt
			}
			message := view.Cell{Text: event.Title, URL: templatePath(event.Name, channel.Value)}
			if i == 0 { // said once for all channels
				message.Sub = event.When
			}
			p.Rows = append(p.Rows, []view.Cell{
				message, {Text: channel.Word}, {Look: &look, Tight: true}, changed,
			})
		}
	}
	return v.show(view.ObjectsPage(p))
}

func isTemplate(event, channel string) func(notify.Template) bool {
	return func(t notify.Template) bool { return t.Event == event && t.Channel == channel }
}

func templatePath(event, channel string) string { return templatesPath + "/" + event + "/" + channel }

// thePlace is the event and the channel in the address.
func (s *site) thePlace(v *visit) (event notify.TemplateEvent, channel string, err error) {
	events, channel := notify.TemplateEvents(), v.r.PathValue("channel")
	at := slices.IndexFunc(events, func(e notify.TemplateEvent) bool { return e.Name == v.r.PathValue("event") })
	if at < 0 || s.Notifications.Channels[channel] == nil {
		return notify.TemplateEvent{}, "", fault.NotFoundf("Message")
	}
	return events[at], channel, nil
}

func (s *site) template(v *visit) error {
	event, channel, err := s.thePlace(v)
	if err != nil {
		return err
	}
	t, err := s.Notifications.Template(v.ctx, v.actor, event.Name, channel)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	p, err := s.templateModel(v, event, channel, t)
	if err != nil {
		return err
	}
	return v.show(view.MessagePage(p))
}

func (s *site) templateModel(v *visit, event notify.TemplateEvent, channel string, t notify.Template) (view.Message, error) {
	info := s.Notifications.Channels[channel].Describe()
	shown := []view.Option{{Word: "A made-up incident"}}
	recent, err := s.Incidents.List(v.ctx, v.actor, incident.Filter{Limit: 10})
	if err != nil {
		return view.Message{}, err
	}
	for _, i := range recent.Incidents {
		shown = append(shown, view.Option{Value: idText(i.ID), Word: "#" + idText(i.ID) + " " + i.Title})
	}
	form := &view.Form{ID: "template", Hidden: [][2]string{{"version", strconv.Itoa(t.Version)}}, Rows: [][]view.Field{
		{{Name: "subject", Label: "Subject", Kind: "text", Value: t.Subject, Code: true, Autocomplete: "off", Placeholder: "[{{.SEVERITY}}] {{.What}}", Hint: "What you leave empty is said in the built-in words."}},
		{{Name: "text", Label: "Text", Kind: "area", Value: t.Text, Code: true}},
	}}
	if info.HTML {
		form.Rows = append(form.Rows, []view.Field{{Name: "html", Label: "HTML", Kind: "area", Value: t.HTML, Code: true, Hint: "With a text of your own and no HTML, the mail is plain text."}})
	}
	form.Rows = append(form.Rows, []view.Field{{Name: "incident_id", Label: "Preview with", Kind: "select", Options: shown}})
	heading, variables := event.Title+" by "+info.Title, notify.TemplateVariables()
	if event.Name == notify.ActionBundle {
		variables = notify.BundleVariables()
	}
	p := view.Message{
		FormPage: view.FormPage{
			Shell: v.shell(heading, templatesPath), BackURL: templatesPath, BackWord: "Message texts", Heading: heading, Lede: event.When, Form: form,
		},
		URL: templatePath(event.Name, channel), Own: t.Version > 0, Variables: wordPairs(variables, "."), Functions: wordPairs(notify.TemplateFunctions(), ""),
	}
	if p.Own {
		p.More = append(p.More, view.Section{Title: "Back to the built-in words", Text: "Your own are deleted then.", Button: &view.Button{
			Action: p.URL + "/delete", Word: "Use the built-in words", Icon: "rotate-ccw", Ask: "Your own words for this message are deleted. Use the built-in ones again?",
		}})
	}
	v.allowFrames()
	return p, nil
}

func wordPairs(words []notify.TemplateWord, before string) (pairs []view.Pair) {
	for _, w := range words {
		pairs = append(pairs, view.Pair{Name: before + w.Name, Value: w.Meaning})
	}
	return pairs
}

// allowFrames lets the page frame others of this site.
func (v *visit) allowFrames() {
	policy := v.w.Header().Get("Content-Security-Policy")
	v.w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
}

func (s *site) saveTemplate(v *visit) error {
	event, channel, err := s.thePlace(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(typed.Get("version")) // What somebody made up is no version that is there.
	draft := notify.TemplateDraft{
		Event: event.Name, Channel: channel, Subject: typed.Get("subject"), Text: typed.Get("text"), HTML: typed.Get("html"), Version: version,
	}
	_, err = s.Notifications.SetTemplate(v.ctx, v.actor, draft)
	if err == nil {
		return v.go303(templatePath(event.Name, channel), "saved")
	}
	if !mended(err) {
		return err
	}
	p, modelErr := s.templateModel(v, event, channel, notify.Template{Version: version})
	if modelErr != nil {
		return modelErr
	}
	form := p.Form.Typed(typed).Marked(faults(err))
	p.Form = &form
	return v.again(view.MessagePage(p))
}

func (s *site) deleteTemplate(v *visit) error {
	event, channel, err := s.thePlace(v)
	if err != nil {
		return err
	}
	if err := s.Notifications.DeleteTemplate(v.ctx, v.actor, event.Name, channel); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return v.go303(templatePath(event.Name, channel), "saved")
}

// letterPolicy is for the page in the frame. It is our own page without a script; the message's HTML stands in a further frame, which
// keeps to this policy too: it may look as it likes, and neither run nor load anything.
const letterPolicy = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// previewTemplate shows what is typed, or what is kept, as a message.
func (s *site) previewTemplate(v *visit) error {
	event, channel, err := s.thePlace(v)
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	draft := notify.TemplateDraft{Event: event.Name, Channel: channel, Subject: typed.Get("subject"), Text: typed.Get("text"), HTML: typed.Get("html")}
	if v.r.Method == http.MethodGet {
		kept, err := s.Notifications.Template(v.ctx, v.actor, event.Name, channel)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		draft.Subject, draft.Text, draft.HTML = kept.Subject, kept.Text, kept.HTML
	}
	p := view.Letter{Shell: v.shell("What is sent", "")}
	made, err := s.Notifications.PreviewTemplate(v.ctx, v.actor, draft, someID(typed.Get("incident_id")))
	if err != nil && !fault.Is(err, fault.Invalid) {
		return err
	}
	p.Subject, p.Text, p.HTML, p.Warnings = made.Subject, made.Text, made.HTML, made.Warnings
	if err != nil {
		byField, _ := faults(err)
		for _, name := range slices.Sorted(maps.Keys(byField)) {
			p.Bad = append(p.Bad, view.Pair{Name: view.Humanize(name), Value: byField[name]})
		}
	}
	v.w.Header().Set("Content-Security-Policy", letterPolicy)
	v.w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	return v.show(view.LetterPage(p))
}

// writesTemplates reports whether the actor may put messages into words.
func writesTemplates(a account.Actor) bool { return a.Can(account.Admin) }
