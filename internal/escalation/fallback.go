package escalation

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// FallbackContacts are the people who are paged when nobody else is: the organisation's fallback contacts, else its administrators.
func (s *Service) FallbackContacts(tx *db.Tx, org int64) (list []account.User, err error) {
	r := s.resolver(tx, org, nil)
	if r.settings, err = s.People.OrgSettings(tx, org); err != nil {
		return nil, err
	}
	people, err := r.fallback()
	for _, p := range people {
		list = append(list, p.User)
	}
	return list, err
}
