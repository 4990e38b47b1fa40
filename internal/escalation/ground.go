package escalation

import (
	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/incident"
)

// ground is where steps act: on what is stored or, for a forecast, on what is only thought of.
type ground interface {
	// act makes the step's changes to the incident itself. They may end this run and others of the incident.
	act(b *batch, run *Run, commands []incident.Command) error
	// runsOf are the runs of the incident so far, but for those that the batch has begun.
	runsOf(b *batch, incidentID int64) ([]*Run, error)
	// turns are whom actions that take people in turn paged last.
	turns(b *batch, turns []turn) (map[int64]map[string]int64, error)
	// policies are those that a step may hand over to.
	policies(b *batch) ([]Policy, error)
}

// stored is the ground of the engine.
type stored struct{}

func (stored) runsOf(b *batch, incidentID int64) ([]*Run, error) {
	return runsOf(b.tx, b.org, incidentID)
}

func (stored) policies(b *batch) ([]Policy, error) { return b.activePolicies(b.tx, b.org) }

func (stored) turns(b *batch, turns []turn) (map[int64]map[string]int64, error) {
	return lockTurns(b.tx, b.org, turns)
}

// act makes the step's changes to the incident itself, through the status machine. They may end this run and others of the
// incident, so what the batch knows of them is written before and read again after.
func (stored) act(b *batch, run *Run, commands []incident.Command) error {
	if err := b.write(); err != nil {
		return err
	}
	actor := account.System(b.org, actorName)
	for i := range commands {
		commands[i].IncidentID, commands[i].Actor, commands[i].Via = run.IncidentID, actor, "step"
	}
	results, err := b.Incidents.Apply(b.tx, b.org, commands)
	if err != nil {
		return err
	}
	b.incidents[run.IncidentID] = results[len(results)-1].Incident
	b.resolver.forget(run.IncidentID)
	fresh, err := runsByID(b.tx, b.org, b.ids)
	for id, now := range fresh {
		if now.IncidentID == run.IncidentID {
			*b.runs[id] = now
		}
	}
	return err
}
