package web

import (
	"net/url"
	"strconv"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// press does what a button of the editor says. Nothing is saved.
func (d *desk) press(err error) error {
	if err != nil {
		return err
	}
	op := d.form.Get("op")
	if op == opCheck {
		return d.show(d.check)
	}
	focus := reshape(d.form, op)
	return d.show(func(m *view.Policy) error {
		m.In.Focus = focus
		return d.ask(&m.Try, op)
	})
}

// opCheck asks what saving would answer.
const opCheck = "check"

// check marks what saving would refuse, and says what it would warn of.
func (d *desk) check(m *view.Policy) error {
	var id *int64
	if d.saved.ID != 0 {
		id = &d.saved.ID
	}
	review, err := d.Escalations.Validate(d.v.ctx, d.v.actor, id, d.document())
	if err != nil {
		return err
	}
	m.Warnings = warningsOf(review)
	m.Checked = len(review.Errors) == 0
	var bad fault.Checks
	for _, f := range review.Errors {
		bad.Add(f.Location, "%s", f.Message)
	}
	if err := bad.Err(); err != nil {
		markPolicy(m, err)
	}
	return nil
}

func warningsOf(r escalation.Review) []string {
	var list []string
	for _, w := range r.Warnings {
		list = append(list, warningWords(w))
	}
	if !r.Policy.IsActive {
		list = append(list, "It is inactive: no incident is given to it.")
	}
	return list
}

// show draws the editor; more adds to it.
func (d *desk) show(more func(m *view.Policy) error) error {
	m, err := d.editor()
	if err == nil && more != nil {
		err = more(&m)
	}
	if err == nil && d.saved.ID != 0 {
		m.Versions, err = d.versions()
		m.MoreVersions = len(m.Versions) > maxAside
		m.Versions = m.Versions[:min(len(m.Versions), maxAside)]
	}
	if err != nil {
		return err
	}
	return d.v.show(view.PolicyPage(m))
}

// again draws the editor with what was typed and what was wrong with it.
func (d *desk) again(err error) error {
	if !mended(err) || d.saved.Unreadable {
		return err
	}
	m, modelErr := d.editor()
	if modelErr != nil {
		return modelErr
	}
	markPolicy(&m, err)
	return d.v.again(view.PolicyPage(m))
}

// overtaken draws the editor with what was typed, and says that somebody else has saved the policy since it was opened. Saving once more
// replaces what they saved.
func (d *desk) overtaken(before string) (err error) {
	if d.saved, err = d.Escalations.GetPolicy(d.v.ctx, d.v.actor, d.saved.ID); err != nil {
		return err
	}
	now := strconv.Itoa(d.saved.Version)
	d.form.Set("version", now)
	m, err := d.editor()
	if err != nil {
		return err
	}
	m.Overtaken = policyPath(d.saved.ID) + "/diff?from=" + url.QueryEscape(before) + "&to=" + now
	return d.v.again(view.PolicyPage(m))
}

// seenVersion is the version that the form was opened at, 0 when it does not say.
func seenVersion(form url.Values) int {
	text := form.Get("version")
	if n, err := strconv.Atoi(text); err == nil || text == "" {
		return n
	}
	return -1 // None that ever was.
}

// showSheet draws the policy for who may only read it, with what the panel was asked.
func (d *desk) showSheet(op string) error {
	m, err := d.editor()
	if err != nil {
		return err
	}
	if m.Versions, err = d.versions(); err != nil {
		return err
	}
	m.Sheet = d.words.sheet(d.saved)
	if d.saved.Unreadable {
		m.Bad = "This server cannot read the policy; a newer one may have written it. It matches nothing. Restore a version that can be read."
	}
	if err := d.ask(&m.Try, op); err != nil {
		return err
	}
	if !mayEdit(d.v, d.saved) {
		m.More = nil
	}
	return d.v.show(view.PolicyReadPage(m))
}
