package watch

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/db"
)

// System is how the installation fares: its nodes, and what an organisation waits for.
type System struct {
	At       time.Time
	Version  string // of the node that answers
	Database string // "sqlite" or "postgres"
	Nodes    []Node // by name, those that are gone last
	Queues   []Queue
	Audited  time.Time // when the auditor of the answering node last looked; zero before its first look
	Findings []Finding // of the organisation
}

// Queue is work that waits.
type Queue struct {
	Name    string     // "steps" or "notifications"
	Waiting int        // up to MaxCount
	Due     int        // those that are to be done now, up to MaxCount
	Oldest  *time.Time // since when the one due first has been due
}

// System tells an administrator how the installation fares. Nodes are everybody's; queues and findings are those of the actor's
// organisation, and where there are several, no node names the providers that the messages of others go to. Fault: Forbidden.
func (s *Service) System(ctx context.Context, actor account.Actor) (sys System, err error) {
	if !actor.Can(account.Admin) {
		return System{}, account.Forbid("see the system")
	}
	picture := s.Picture()
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		sys = System{
			At: tx.Now(), Version: s.Self.Version, Database: "sqlite", Audited: picture.At, Findings: picture.Of(actor.Org),
		}
		if s.DB.Postgres() {
			sys.Database = "postgres"
		}
		if sys.Nodes, err = nodes(tx); err != nil {
			return err
		}
		orgs, err := organisationIDs(tx)
		if err != nil {
			return err
		}
		if len(orgs) > 1 {
			hideProviders(sys.Nodes)
		}
		sys.Queues, err = queues(tx, actor.Org)
		return err
	})
	return sys, err
}

func hideProviders(nodes []Node) {
	for _, n := range nodes {
		for i := range n.Breakers {
			n.Breakers[i].Provider = ""
		}
	}
}
