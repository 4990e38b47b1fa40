package watch

import (
	"context"
	"time"

	"github.com/tocsinhq/tocsin/internal/db"
	"github.com/tocsinhq/tocsin/internal/notify"
	"github.com/tocsinhq/tocsin/internal/work"
)

const (
	// BeatEvery is how often a node says that it lives.
	BeatEvery = 10 * time.Second
	// ClockTolerance is a third of a lease: a node whose clock is further off cannot tell when a lease of another node ends.
	ClockTolerance = 10 * time.Second

	nodeGone      = time.Minute    // without a beat
	nodeForgotten = 24 * time.Hour // without a beat
	othersLive    = 3 * BeatEvery
	maxNodes      = 200 // that are shown, those seen last
)

// Node is one process of the server, as it said of itself last.
type Node struct {
	Name, Version     string
	StartedAt, SeenAt time.Time
	Lag               time.Duration // of the loop that is furthest behind
	ClockOffset       time.Duration // by how much the database's clock is ahead of its own
	Report
}

// Gone reports whether the node has been silent for so long that it no longer counts.
func (n Node) Gone(now time.Time) bool { return now.Sub(n.SeenAt) > nodeGone }

// Report is how a node fares.
type Report struct {
	Loops    []LoopReport `json:"loops"`
	Breakers []Breaker    `json:"breakers"` // of the providers that failed it last
}

// LoopReport is how one of its loops fares.
type LoopReport struct {
	Name   string        `json:"name"`
	Behind time.Duration `json:"behind"` // See work.Loop.
	Stuck  time.Duration `json:"stuck"`
}

// StandsStill reports whether the loop has not come back for a minute.
func (l LoopReport) StandsStill() bool { return l.Stuck > time.Minute }

// KeepsUp reports whether the loop lags by no more than the half minute that a passing trouble takes.
func (l LoopReport) KeepsUp() bool { return l.Behind <= 30*time.Second && !l.StandsStill() }

// Breaker is a provider that fails a node.
type Breaker struct {
	Channel  string                 `json:"channel"`
	Provider string                 `json:"provider"`
	Standing notify.BreakerStanding `json:"standing"`
	Failures int                    `json:"failures"` // in a row
	Until    time.Time              `json:"until,omitzero"`
}

// Withheld reports whether the provider is given nothing, or one message to try it.
func (b Breaker) Withheld() bool { return b.Standing != notify.BreakerClosed }

// Loops say how they fare.
func Loops(loops []*work.Loop) []LoopReport {
	reports := make([]LoopReport, len(loops))
	for i, l := range loops {
		reports[i] = LoopReport{Name: l.Name(), Behind: l.Behind(), Stuck: l.Stuck()}
	}
	return reports
}

// Breakers are those of the providers that failed this node last.
func (s *Service) Breakers() []Breaker {
	breakers := []Breaker{}
	for _, b := range s.Notifications.Breakers() {
		if b.Failures > 0 {
			breakers = append(breakers, Breaker{b.Channel, b.Provider, b.Standing, b.Failures, b.Until})
		}
	}
	return breakers
}

// Beat notes that this node lives and how it fares. It reports whether another node lives whose clock is right. It is the server's
// smallest write, so it also shows whether the database can be written.
func (s *Service) Beat(ctx context.Context, loops []*work.Loop) (others bool, err error) {
	n := s.Self
	n.ClockOffset, n.Report = s.DB.ClockOffset(), Report{Loops: Loops(loops), Breakers: s.Breakers()}
	for _, l := range n.Loops {
		n.Lag = max(n.Lag, l.Behind)
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		n.SeenAt = tx.Now()
		if err := keepNode(tx, n); err != nil {
			return err
		}
		others, err = othersInTime(tx, n.Name)
		return err
	})
	return others, err
}

// SignOff takes the node off the list when it stops in good order, and what it alone did is free for others.
func (s *Service) SignOff(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.ReleaseLeases(s.Self.Name); err != nil {
			return err
		}
		return dropNode(tx, s.Self.Name)
	})
}
