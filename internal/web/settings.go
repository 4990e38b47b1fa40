package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const settingsPath = "/settings"

func (s *site) routeSettings() {
	s.routes.HandleFunc("GET "+settingsPath, s.person(s.settings))
	s.routes.HandleFunc("POST "+settingsPath, s.person(s.saveSettings))
}

func (s *site) settings(v *visit) error {
	p, err := s.settingsModel(v)
	if err != nil {
		return err
	}
	return v.show(view.ObjectPage(p))
}

// settingsModel is the page of the organisation's rules: a form for administrators, and words for who may read them only.
func (s *site) settingsModel(v *visit) (view.FormPage, error) {
	o, err := s.Accounts.Organization(v.ctx, v.actor)
	if err != nil {
		return view.FormPage{}, err
	}
	people, err := s.peopleOptions(v)
	if err != nil {
		return view.FormPage{}, err
	}
	p := view.FormPage{
		Shell: v.shell("Settings", settingsPath), Heading: "Settings",
		Lede: "The rules of this organisation. A policy, a team or an integration that says otherwise has its own way.",
	}
	form := settingsForm(o.Settings, people)
	if v.actor.Can(account.Admin) {
		p.Form = &form
		return p, nil
	}
	p.Facts = factsOf(form)
	return p, nil
}

// noSignup is how the choice is called that leaves sign-up to the server's configuration.
const noSignup = "As the server is configured"

func settingsForm(s account.Settings, people []view.Option) view.Form {
	repeat := s.HighUrgencyRepeat()
	f := view.Form{ID: "settings", Action: settingsPath, Submit: "Save settings", Primary: true, Rows: contactRows(s.FallbackContacts, people)}
	f.Rows = append(f.Rows,
		[]view.Field{minutesField("ack_timeout_minutes", "An acknowledgement holds, minutes", int(s.AckTimeout().Minutes()), "0", "10080",
			"Of an urgent incident; then it opens again. 0 is for ever.")},
		[]view.Field{
			minutesField("repeat.times", "Policies begin again, times", repeat.Times, "0", "20", "For an urgent incident that nobody took. 0 is never."),
			minutesField("repeat.every_minutes", "After, minutes", repeat.EveryMinutes, "1", "1440", "Counted from the last step."),
		},
		[]view.Field{minutesField("reopen_window_minutes", "Reopen within, minutes", int(s.ReopenWindow().Minutes()), "0", "1440",
			"After a recovery that its source told of; later it is a new incident.")},
		[]view.Field{{Name: "signup", Label: "Who may sign up", Kind: "select", Value: s.Signup, Options: []view.Option{
			{Word: noSignup},
			{Value: account.SignupOpen, Word: "Anybody"},
			{Value: account.SignupInvite, Word: "Who is invited"},
			{Value: account.SignupClosed, Word: "Nobody: administrators make the users"},
		}}},
	)
	return f
}

func minutesField(name, label string, value int, least, most, hint string) view.Field {
	return view.Field{Name: name, Label: label, Kind: "number", Value: strconv.Itoa(value), Min: least, Max: most, Step: "1", Required: true, Hint: hint}
}

// contactRows are one select for each fallback contact, two a row, and an empty one to add another.
func contactRows(contacts []int64, people []view.Option) [][]view.Field {
	var rows [][]view.Field
	for i := range len(contacts) + 1 {
		field := view.Field{
			Name: contactName(i), Label: "Fallback contact " + strconv.Itoa(i+1), Kind: "select",
			Options: append([]view.Option{{Word: "Nobody"}}, people...),
		}
		if i < len(contacts) {
			field.Value = idText(contacts[i])
			if !slices.ContainsFunc(people, func(o view.Option) bool { return o.Value == field.Value }) {
				field.Options = append(field.Options, view.Option{Value: field.Value, Word: "User " + field.Value})
			}
		} else {
			field.Hint = "Paged when a policy finds or reaches nobody. Without any: the administrators. Save to add more."
		}
		if i%2 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], field)
	}
	return rows
}

// factsOf are a form's values as words.
func factsOf(f view.Form) []view.Pair {
	var facts []view.Pair
	for _, row := range f.Rows {
		for _, field := range row {
			value := field.Value
			for _, o := range field.Options {
				if o.Value == field.Value {
					value = o.Word
				}
			}
			facts = append(facts, view.Pair{Name: field.Label, Value: value})
		}
	}
	return facts
}

func (s *site) saveSettings(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	if !v.actor.Can(account.Admin) {
		return account.Forbid("change the settings")
	}
	typed = withoutGaps(typed)
	_, err = s.Accounts.UpdateSettings(v.ctx, v.actor, settingsPatch(typed))
	if err == nil {
		return v.go303(settingsPath, "saved")
	}
	if !mended(err) {
		return err
	}
	p, pageErr := s.settingsModel(v)
	if pageErr != nil {
		return pageErr
	}
	people, pageErr := s.peopleOptions(v)
	if pageErr != nil {
		return pageErr
	}
	// As many contacts as were typed, which may be more than there are now.
	form := refill(settingsForm(account.Settings{FallbackContacts: typedContacts(typed)}, people), typed, err)
	p.Form = &form
	return v.again(view.ObjectPage(p))
}

// settingsPatch is what the form says. A field that it does not have stays as it is; what is no number is refused beside its input.
func settingsPatch(typed url.Values) account.SettingsPatch {
	p := account.SettingsPatch{
		AckTimeoutMinutes: settingsNumber(typed, "ack_timeout_minutes"), ReopenWindowMinutes: settingsNumber(typed, "reopen_window_minutes"),
	}
	if typed.Has("signup") {
		signup := typed.Get("signup")
		p.Signup = &signup
	}
	if typed.Has(contactName(0)) {
		contacts := typedContacts(typed)
		p.FallbackContacts = &contacts
	}
	if times, every := settingsNumber(typed, "repeat.times"), settingsNumber(typed, "repeat.every_minutes"); times != nil && every != nil {
		p.Repeat = &account.Repeat{Times: *times, EveryMinutes: *every}
	}
	return p
}

// settingsNumber is nil for a field that the form does not have; nothing typed into one is no number.
func settingsNumber(typed url.Values, name string) *int {
	if !typed.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(typed.Get(name)))
	if err != nil {
		n = -1
	}
	return &n
}

// withoutGaps is the form with its contacts numbered one after the other, as the messages about them will be.
func withoutGaps(typed url.Values) url.Values {
	if !typed.Has(contactName(0)) {
		return typed
	}
	closed := url.Values{}
	for name, values := range typed {
		if !strings.HasPrefix(name, contactName(-1)) {
			closed[name] = values
		}
	}
	contacts := typedContacts(typed)
	for i, id := range contacts {
		closed.Set(contactName(i), idText(id))
	}
	closed.Set(contactName(len(contacts)), "")
	return closed
}

// contactName is the input of the contact at i; what all such names begin with for -1.
func contactName(i int) string {
	if i < 0 {
		return "fallback_contacts."
	}
	return "fallback_contacts." + strconv.Itoa(i)
}

// maxTypedContacts is one more than the settings hold, so that one too many is refused by name.
const maxTypedContacts = 101

func typedContacts(typed url.Values) []int64 {
	contacts := []int64{}
	for i := range maxTypedContacts {
		if id, ok := number(typed.Get(contactName(i))); ok {
			contacts = append(contacts, id)
		}
	}
	return contacts
}
