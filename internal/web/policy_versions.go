package web

import (
	"strconv"
	"strings"

	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// maxAside is how many versions stand beside the editor.
const maxAside = 5

// versions are what the policy has been, newest first.
func (d *desk) versions() ([]view.Version, error) {
	saved, err := d.Escalations.PolicyVersions(d.v.ctx, d.v.actor, d.saved.ID)
	if err != nil {
		return nil, err
	}
	var by []*int64
	for _, one := range saved {
		by = append(by, one.CreatedBy)
	}
	name, err := d.people(d.v, by...)
	if err != nil {
		return nil, err
	}
	list := make([]view.Version, len(saved))
	for i, one := range saved {
		list[i] = view.Version{Number: one.Version, At: one.CreatedAt, Words: d.words.whole(one.Definition.Steps), Current: one.Version == d.saved.Version}
		if person := name(one.CreatedBy); person != nil {
			list[i].By = person.Name
		}
		if one.Unreadable {
			list[i].Words = "This server cannot read it."
		} else if one.Name != d.saved.Name {
			list[i].Words = "as " + one.Name + ". " + list[i].Words
		}
	}
	return list, nil
}

// policyVersions lists all versions of a policy.
func (s *site) policyVersions(v *visit) error {
	d, err := s.theDesk(v)
	if err != nil {
		return err
	}
	page := view.PolicyVersions{Shell: v.shell("Versions of "+d.saved.Name, "/policies"), Policy: d.saved.Name, Path: policyPath(d.saved.ID)}
	if page.List, err = d.versions(); err != nil {
		return err
	}
	return v.show(view.PolicyVersionsPage(page))
}

// theDesk is the policy in the address as it is saved.
func (s *site) theDesk(v *visit) (*desk, error) {
	p, err := s.thePolicy(v)
	if err != nil {
		return nil, err
	}
	return s.deskFor(v, p, nil)
}

// versionNumber reads the number of a version; what is none is one that does not exist.
func versionNumber(text string) (int, error) {
	n, ok := number(text)
	if !ok || n < 1 {
		return 0, fault.NotFoundf("Version of the escalation policy")
	}
	return int(n), nil
}

// policyVersion shows one version.
func (s *site) policyVersion(v *visit) error {
	page, err := s.versionPage(v)
	if err != nil {
		return err
	}
	return v.show(view.PolicyVersionPage(page))
}

func (s *site) versionPage(v *visit) (page view.PolicyVersion, err error) {
	d, err := s.theDesk(v)
	if err != nil {
		return page, err
	}
	n, err := versionNumber(v.r.PathValue("version"))
	if err != nil {
		return page, err
	}
	one, err := s.Escalations.Version(v.ctx, v.actor, d.saved.ID, n)
	if err != nil {
		return page, err
	}
	then := escalation.Policy{
		Name: one.Name, Description: one.Description, IsActive: one.IsActive, IsFallback: d.saved.IsFallback, TeamID: one.TeamID,
		Definition: one.Definition, Version: one.Version,
	}
	page = view.PolicyVersion{
		Shell: v.shell(one.Name+", version "+strconv.Itoa(n), "/policies"), Policy: d.saved.Name, Path: policyPath(d.saved.ID), Number: n, At: one.CreatedAt,
		Now: d.saved.Version, Sheet: d.words.sheet(then), CanRestore: mayEdit(v, d.saved) && n != d.saved.Version,
	}
	name, err := s.people(v, one.CreatedBy)
	if err != nil {
		return page, err
	}
	if person := name(one.CreatedBy); person != nil {
		page.By = person.Name
	}
	return page, nil
}

// policyDiff says what changed between two versions.
func (s *site) policyDiff(v *visit) error {
	d, err := s.theDesk(v)
	if err != nil {
		return err
	}
	from, err := versionNumber(v.query("from"))
	if err != nil {
		return err
	}
	to, err := versionNumber(v.query("to"))
	if err != nil {
		return err
	}
	diff, err := s.Escalations.Diff(v.ctx, v.actor, d.saved.ID, from, to)
	if err != nil {
		return err
	}
	page := view.PolicyDiff{
		Shell: v.shell("Changes of "+d.saved.Name, "/policies"), Policy: d.saved.Name, Path: policyPath(d.saved.ID), From: from, To: to,
		FromAt: diff.From.CreatedAt, ToAt: diff.To.CreatedAt,
	}
	for _, c := range diff.Changes {
		tone := "changed"
		switch {
		case c.Before == nil:
			tone = "added"
		case c.After == nil:
			tone = "removed"
		}
		page.Changes = append(page.Changes, view.PolicyChange{Tone: tone, Sentence: c.Sentence})
	}
	if page.Versions, err = d.versions(); err != nil {
		return err
	}
	return v.show(view.PolicyDiffPage(page))
}

// restorePolicy makes an earlier version the next one.
func (s *site) restorePolicy(v *visit) error {
	id, err := v.id("Escalation policy")
	if err != nil {
		return err
	}
	n, err := versionNumber(v.r.PathValue("version"))
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	_, err = s.Escalations.Restore(v.ctx, v.actor, id, n, seenVersion(form))
	switch {
	case err == nil:
		return v.go303(policyPath(id), "restored")
	case !mended(err):
		return err
	}
	page, pageErr := s.versionPage(v)
	if pageErr != nil {
		return err // The version itself cannot be shown, which is what the error says.
	}
	page.Bad = "It cannot be saved any more. " + wrongWords(err)
	if fault.Is(err, fault.Stale) {
		page.Bad = "Somebody else has saved the policy since you opened this page. Look at what changed since; restoring now puts this in the place of theirs."
	}
	return v.again(view.PolicyVersionPage(page))
}

// sheet is a policy to read.
func (w policyWords) sheet(p escalation.Policy) view.PolicySheet {
	sheet := view.PolicySheet{
		Description: p.Description, Plan: w.plan(p.Steps), After: repeatWords(p.Repeat), IsFallback: p.IsFallback,
	}
	for _, c := range w.conditions(p.Conditions) {
		if !strings.HasSuffix(c.Name, " =") { // The name of a label is not ours to spell.
			c.Name = view.Humanize(c.Name)
		}
		sheet.Conditions = append(sheet.Conditions, c)
	}
	yes := func(name string, holds bool) {
		word := "no"
		if holds {
			word = "yes"
		}
		sheet.Facts = append(sheet.Facts, view.Pair{Name: name, Value: word})
	}
	yes("Active", p.IsActive)
	if !p.IsFallback {
		team := "all teams"
		if p.TeamID != nil {
			team = w.teamWords([]int64{*p.TeamID})[0]
		}
		sheet.Facts = append(sheet.Facts, view.Pair{Name: "Team", Value: team}, view.Pair{Name: "Priority", Value: strconv.Itoa(p.Priority)})
		yes("Exclusive", p.Exclusive)
	}
	timeout := "as the organisation says"
	if m := p.AckTimeoutMinutes; m != nil && *m == 0 {
		timeout = "for good"
	} else if m != nil {
		timeout = view.Minutes(float64(*m))
	}
	sheet.Facts = append(sheet.Facts, view.Pair{Name: "An acknowledgement holds", Value: timeout})
	return sheet
}
