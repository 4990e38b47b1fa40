package web

import (
	"maps"
	"slices"
	"strings"

	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

const contactPath = mePath + "/contact-methods"

func (s *site) routeContact() {
	s.routes.HandleFunc("POST "+contactPath, s.person(s.addMethod))
	for word, act := range map[string]methodAct{
		"test": s.testMethod, "on": s.switchMethod(true), "off": s.switchMethod(false), "delete": s.deleteMethod, "code": s.sendCode,
	} {
		s.routes.HandleFunc("POST "+contactPath+"/{id}/"+word, s.person(s.methodButton(act)))
	}
	s.routes.HandleFunc("POST "+contactPath+"/{id}/verify", s.person(s.verifyMethod))
	s.routes.HandleFunc("POST "+mePath+"/preferences/{channel}", s.person(s.switchChannel))
	s.routes.HandleFunc("POST "+mePath+"/notices/{notice}", s.person(s.switchNotice))
}

// contactModel adds how the viewer is reached.
func (s *site) contactModel(v *visit, p *view.Me) error {
	methods, err := s.Notifications.Methods(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return err
	}
	for _, m := range methods {
		p.Methods = append(p.Methods, view.Method{
			ID: m.ID, Channel: m.Channel, Address: m.Address, Label: m.Label, OfAccount: m.OfAccount, Enabled: m.Enabled, Verified: m.Verified,
			Configured: m.Configured, Secret: m.Secret,
		})
	}
	preferences, err := s.Notifications.Preferences(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return err
	}
	for _, one := range preferences {
		if !s.Notifications.Channels[one.Channel].Reaches() {
			continue // Switching on what the server has not set up would promise too much.
		}
		p.Preferences = append(p.Preferences, view.Preference{Channel: one.Channel, Enabled: one.Enabled})
	}
	notices, err := s.Notifications.NoticePreferences(v.ctx, v.actor, v.actor.UserID)
	if err != nil {
		return err
	}
	for _, one := range notices {
		p.Notices = append(p.Notices, view.Notice{Name: one.Notice, Title: one.Title, When: one.When, Enabled: one.Enabled})
	}
	p.AddMethod = s.methodForm()
	return s.rulesModel(v, p, methods)
}

// methodForm adds a way; what it takes is told by the channels.
func (s *site) methodForm() view.Form {
	var options []view.Option
	var hints []string
	for _, kind := range slices.Sorted(maps.Keys(s.Notifications.Channels)) {
		info := s.Notifications.Channels[kind].Describe()
		if info.LastResort || !s.Notifications.Channels[kind].Reaches() {
			continue
		}
		options = append(options, view.Option{Value: kind, Word: info.Title})
		if info.AddressHint != "" {
			hints = append(hints, info.Title+": "+info.AddressHint)
		}
	}
	return view.Form{ID: "method", Action: contactPath, Submit: "Add", Rows: [][]view.Field{
		{
			{Name: "channel", Label: "Another way", Kind: "select", Options: byWord(options)},
			{Name: "label", Label: "Name of your own", Kind: "text", MaxLength: 255, Autocomplete: "off", Placeholder: "My phone"},
		},
		{{Name: "address", Label: "Address", Kind: "text", Required: true, MaxLength: 2000, Autocomplete: "off", Hint: strings.Join(hints, " · ")}},
	}}
}

func (s *site) addMethod(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	added, err := s.Notifications.AddMethod(v.ctx, v.actor, v.actor.UserID, notify.NewMethod{
		Channel: typed.Get("channel"), Address: typed.Get("address"), Label: typed.Get("label"),
	})
	switch {
	case err == nil && !added.Verified:
		return v.go303(mePath, "code_sent")
	case err == nil:
		return v.go303(mePath, "method_added")
	}
	return s.meAgain(v, typed, err, func(p *view.Me) *view.Form { return &p.AddMethod })
}

// methodAct does something to one of the viewer's contact methods, and returns the code of the sentence that says so.
type methodAct func(v *visit, id int64) (done string, err error)

// methodButton is a button beside a contact method.
func (s *site) methodButton(act methodAct) handler {
	return func(v *visit) error {
		id, err := v.id("Contact method")
		if err != nil {
			return err
		}
		done, err := act(v, id)
		if err != nil {
			return err
		}
		return v.go303(mePath, done)
	}
}

func (s *site) testMethod(v *visit, id int64) (string, error) {
	_, err := s.Notifications.SendTest(v.ctx, v.actor, id)
	return "test_sent", err
}

func (s *site) sendCode(v *visit, id int64) (string, error) {
	return "code_sent", s.Notifications.SendCode(v.ctx, v.actor, id)
}

func (s *site) deleteMethod(v *visit, id int64) (string, error) {
	return "removed", s.Notifications.DeleteMethod(v.ctx, v.actor, id)
}

func (s *site) switchMethod(on bool) methodAct {
	return func(v *visit, id int64) (string, error) {
		_, err := s.Notifications.UpdateMethod(v.ctx, v.actor, id, notify.MethodPatch{Enabled: &on})
		return "saved", err
	}
}

func (s *site) verifyMethod(v *visit) error {
	id, err := v.id("Contact method")
	if err != nil {
		return err
	}
	typed, err := v.form()
	if err != nil {
		return err
	}
	_, err = s.Notifications.Verify(v.ctx, v.actor, id, typed.Get("code"))
	if err == nil {
		return v.go303(mePath, "verified")
	}
	if !mended(err) {
		return err
	}
	p, modelErr := s.meModel(v)
	if modelErr != nil {
		return modelErr
	}
	byField, rest := faults(err)
	for i := range p.Methods {
		if p.Methods[i].ID == id {
			p.Methods[i].CodeBad = byField["code"] + rest
		}
	}
	return v.again(view.MePage(p))
}

func (s *site) switchChannel(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	_, err = s.Notifications.SetPreference(v.ctx, v.actor, v.actor.UserID, v.r.PathValue("channel"), typed.Get("enabled") != "")
	if fault.Is(err, fault.Invalid) {
		return fault.NotFoundf("Channel")
	}
	if err != nil {
		return err
	}
	return v.go303(mePath, "saved")
}

func (s *site) switchNotice(v *visit) error {
	typed, err := v.form()
	if err != nil {
		return err
	}
	_, err = s.Notifications.SetNoticePreference(v.ctx, v.actor, v.actor.UserID, v.r.PathValue("notice"), typed.Get("enabled") != "")
	if fault.Is(err, fault.Invalid) {
		return fault.NotFoundf("Notice")
	}
	if err != nil {
		return err
	}
	return v.go303(mePath, "saved")
}
