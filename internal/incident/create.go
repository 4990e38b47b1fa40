package incident

import (
	"context"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// Create opens an incident that a person reports: the service gives the team unless one is named, who is on call is
// assigned, policies start. Faults: Forbidden; Invalid naming every bad field, an unknown team among them.
func (s *Service) Create(ctx context.Context, actor account.Actor, n NewIncident) (created Incident, err error) {
	if !actor.Can(account.ReportIncident) {
		return Incident{}, account.Forbid("report incidents")
	}
	if n.Severity == "" {
		n.Severity = SeverityMedium
	}
	err = s.DB.WriteUrgent(ctx, func(tx *db.Tx) error {
		if err := s.checkNew(tx, actor.Org, n); err != nil {
			return err
		}
		if created, err = s.create(tx, actor, n); err != nil {
			return err
		}
		created, err = s.asStored(tx, created)
		return err
	})
	return created, err
}

func (s *Service) checkNew(tx *db.Tx, org int64, n NewIncident) error {
	var bad fault.Checks
	checkText(&bad, "body.title", n.Title, 1, maxTitle)
	checkText(&bad, "body.description", n.Description, 0, maxText)
	checkText(&bad, "body.service", n.Service, 0, maxService)
	checkText(&bad, "body.alert_id", n.AlertID, 0, maxAlertID)
	checkSeverity(&bad, n.Severity)
	checkLabels(&bad, n.Labels)
	checkMetadata(&bad, n.Metadata)
	if n.Status != "" {
		checkStatus(&bad, n.Status)
	}
	if n.Status == StatusSnoozed {
		bad.Add("body.status", "must be open, acknowledged or resolved; an incident is snoozed until a time afterwards")
	}
	if n.TeamID != nil {
		if err := s.checkTeam(&bad, tx, org, *n.TeamID); err != nil {
			return err
		}
	}
	return bad.Err()
}

func (s *Service) checkTeam(bad *fault.Checks, tx *db.Tx, org, teamID int64) error {
	_, found, err := s.People.TeamByID(tx, org, teamID)
	if err == nil && !found {
		bad.Add("body.team_id", "there is no team %d", teamID)
	}
	return err
}

func (s *Service) create(tx *db.Tx, actor account.Actor, n NewIncident) (Incident, error) {
	now := tx.Now()
	inc := &Incident{
		ID: -1, OrgID: actor.Org, Title: n.Title, Description: n.Description, Status: StatusOpen, Severity: n.Severity,
		Service: n.Service, TeamID: n.TeamID, CreatedBy: person(actor), Source: SourceManual, AlertID: n.AlertID,
		Labels: n.Labels, Metadata: n.Metadata, Episode: 1, CreatedAt: now, OpenedAt: now,
	}
	if s.ServiceOwner != nil && n.Service != "" {
		serviceID, teamID, err := s.ServiceOwner(tx, actor.Org, n.Service)
		if err != nil {
			return Incident{}, err
		}
		inc.ServiceID = serviceID
		if inc.TeamID == nil {
			inc.TeamID = teamID
		}
	}
	b := emptyBoard(actor.Org, now)
	b.actor = &actor
	b.created, b.incidents[inc.ID], b.episodes[inc.ID] = []*Incident{inc}, inc, true
	b.note(inc, "created", by(Command{Actor: actor})+"reported it.", map[string]any{"source": SourceManual, "severity": inc.Severity})
	if _, err := s.writeBoard(tx, actor.Org, b); err != nil {
		return Incident{}, err
	}
	if n.Status == "" || n.Status == StatusOpen {
		return *inc, nil
	}
	results, err := s.Apply(tx, actor.Org, []Command{{IncidentID: inc.ID, Verb: Update, Actor: actor, Edit: &Edit{Status: &n.Status}}})
	if err != nil {
		return Incident{}, err
	}
	return results[0].Incident, nil
}
