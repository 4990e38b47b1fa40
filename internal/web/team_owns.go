package web

import (
	"github.com/tocsinhq/tocsin/internal/catalog"
	"github.com/tocsinhq/tocsin/internal/web/view"
)

// teamOwns are the services, policies and integrations of a team, as far as the viewer may see them.
func (s *site) teamOwns(v *visit, team int64) ([]view.Owned, error) {
	ours := func(id *int64) bool { return id != nil && *id == team }
	var owned []view.Owned
	keep := func(word string, things []view.Choice) {
		if len(things) > 0 {
			owned = append(owned, view.Owned{Word: word, Things: things})
		}
	}
	services, err := s.Catalog.List(v.ctx, v.actor, catalog.Filter{TeamID: &team, Limit: maxOptions})
	if err != nil {
		return nil, err
	}
	var things []view.Choice
	for _, service := range services.Services {
		things = append(things, view.Choice{Word: service.Name, URL: "/services/" + idText(service.ID)})
	}
	keep("Services", things)
	if readsPolicies(v.actor) {
		policies, err := s.Escalations.ListPolicies(v.ctx, v.actor)
		if err != nil {
			return nil, err
		}
		things = nil
		for _, p := range policies {
			if ours(p.TeamID) {
				things = append(things, view.Choice{Word: p.Name, URL: "/policies/" + idText(p.ID)})
			}
		}
		keep("Policies", things)
	}
	integrations, err := s.Intake.List(v.ctx, v.actor)
	if err != nil {
		return nil, err
	}
	things = nil
	for _, in := range integrations {
		if ours(in.TeamID) {
			things = append(things, view.Choice{Word: in.Name, URL: "/integrations/" + idText(in.ID)})
		}
	}
	keep("Integrations", things)
	return owned, nil
}
