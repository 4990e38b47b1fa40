package oncall

import (
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// Deps are what a Service needs.
type Deps struct {
	Account *account.Service
}

// Service answers who is on call.
type Service struct {
	account *account.Service
}

// New makes the service.
func New(d Deps) *Service { return &Service{account: d.Account} }

// Cover is a person on call, and why: "role oncall_engineer".
type Cover struct {
	UserID int64
	Via    string
}

// viaRole is why somebody covers a team that has no schedule.
const viaRole = "role " + string(account.RoleOncallEngineer)

// OnCall lists who covers the team at the instant, in order of user id; nobody is an empty list and no error. Without
// schedules the instant makes no difference.
func (s *Service) OnCall(tx *db.Tx, org, teamID int64, _ time.Time) ([]Cover, error) {
	engineers, err := s.account.UsersWithRole(tx, org, &teamID, account.RoleOncallEngineer)
	covers := make([]Cover, len(engineers))
	for i, u := range engineers {
		covers[i] = Cover{UserID: u.ID, Via: viaRole}
	}
	return covers, err
}

// OnSchedule lists who is on call by the schedule of that name or id at the instant, or who is next. Organisations have no
// schedules yet, so that none is found.
func (s *Service) OnSchedule(*db.Tx, int64, string, bool, time.Time) (covers []Cover, found bool, err error) {
	return nil, false, nil
}
