package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/watch"
)

// System is how the installation fares.
type System struct {
	Version  string          `json:"version" doc:"Of the node that answers."`
	Database string          `json:"database" enum:"sqlite,postgres"`
	Nodes    []SystemNode    `json:"nodes" doc:"By name, those that are gone last. One that is silent for a day is forgotten."`
	Queues   []SystemQueue   `json:"queues" doc:"What waits in the organisation."`
	Audited  *time.Time      `json:"audited_at" doc:"When the auditor of the node that answers last looked."`
	Findings []SystemFinding `json:"findings" doc:"What should be zero in the organisation, and is not."`
}

// SystemNode is one process of the server, as it said of itself last.
type SystemNode struct {
	Name      string          `json:"name"`
	Version   string          `json:"version"`
	StartedAt time.Time       `json:"started_at"`
	SeenAt    time.Time       `json:"seen_at" doc:"A node says every ten seconds that it lives."`
	Gone      bool            `json:"gone" doc:"Silent for more than a minute."`
	Lag       float64         `json:"lag_seconds" doc:"By how much the loop that is furthest behind lags."`
	Offset    float64         `json:"clock_offset_seconds" doc:"By how much the database's clock is ahead of the node's."`
	Loops     []SystemLoop    `json:"loops"`
	Breakers  []SystemBreaker `json:"breakers" doc:"Providers that failed the node last."`
}

// SystemLoop is one kind of work that a node does in the background.
type SystemLoop struct {
	Name   string  `json:"name"`
	Behind float64 `json:"behind_seconds" doc:"How long it has not kept up."`
	Stuck  float64 `json:"stuck_seconds" doc:"How long it has not come back without an error."`
}

// SystemBreaker is a provider that fails a node.
type SystemBreaker struct {
	Channel  string     `json:"channel"`
	Provider *string    `json:"provider" doc:"null where there are several organisations."`
	Standing string     `json:"standing" enum:"closed,open,half_open" doc:"open: it is given nothing; half_open: one message tries it."`
	Failures int        `json:"failures" doc:"In a row."`
	Until    *time.Time `json:"until" doc:"While open: when it is tried again."`
}

// SystemQueue is work that waits.
type SystemQueue struct {
	Name    string     `json:"name" enum:"steps,notifications"`
	Waiting int        `json:"waiting" doc:"Up to 10000."`
	Due     int        `json:"due" doc:"To be done now; up to 10000."`
	Oldest  *time.Time `json:"oldest" doc:"Since when the one due first has been due."`
}

// SystemFinding is something that should be zero.
type SystemFinding struct {
	Kind      string    `json:"kind" example:"pages_overdue"`
	Title     string    `json:"title"`
	Advice    string    `json:"advice"`
	Count     int       `json:"count" doc:"Up to 10000."`
	Since     time.Time `json:"since"`
	Lasts     bool      `json:"lasts" doc:"For more than two minutes: an incident of Tocsin's own tells of it."`
	Incidents []int64   `json:"incidents" doc:"Some of those concerned."`
	Channels  []string  `json:"channels"`
}

func (s *server) system() {
	register(s, described(answers(op(tagOrganisation, http.MethodGet, "/v1/system", "get-system",
		"Read how the installation fares"), http.StatusForbidden), "Nodes, queues, and what the auditor found; for administrators."),
		func(ctx context.Context, actor account.Actor, _ *struct{}) (*answer[System], error) {
			found, err := s.Watch.System(ctx, actor)
			if err != nil {
				return nil, err
			}
			return reply(wireSystem(found)), nil
		})
}

func wireSystem(sys watch.System) System {
	return System{
		Version: sys.Version, Database: sys.Database, Audited: given(sys.Audited),
		Nodes:  list(sys.Nodes, func(n watch.Node) SystemNode { return wireNode(n, sys.At) }),
		Queues: list(sys.Queues, func(q watch.Queue) SystemQueue { return SystemQueue(q) }),
		Findings: list(sys.Findings, func(f watch.Finding) SystemFinding {
			return SystemFinding{
				Kind: string(f.Check.Kind), Title: f.Check.Title, Advice: f.Check.Advice, Count: f.Count, Since: f.Since, Lasts: f.Lasts(sys.Audited),
				Incidents: append([]int64{}, f.Incidents...), Channels: append([]string{}, f.Channels...),
			}
		}),
	}
}

func wireNode(n watch.Node, now time.Time) SystemNode {
	return SystemNode{
		Name: n.Name, Version: n.Version, StartedAt: n.StartedAt, SeenAt: n.SeenAt, Gone: n.Gone(now),
		Lag: n.Lag.Seconds(), Offset: n.ClockOffset.Seconds(),
		Loops: list(n.Loops, func(l watch.LoopReport) SystemLoop { return SystemLoop{l.Name, l.Behind.Seconds(), l.Stuck.Seconds()} }),
		Breakers: list(n.Breakers, func(b watch.Breaker) SystemBreaker {
			return SystemBreaker{b.Channel, given(b.Provider), string(b.Standing), b.Failures, given(b.Until)}
		}),
	}
}
