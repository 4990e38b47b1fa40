package app

import (
	"io"
	"log/slog"

	"github.com/tocsinhq/tocsin/internal/clock"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// Host is what a node stands on besides its settings; a story gives a clock that it moves and channels that record.
type Host struct {
	Version string
	Clock   clock.Clock
	Logger  *slog.Logger
	Out     io.Writer // What is printed for the person who starts the server.
	// Channels take the place of the built-in channels of the same kind.
	Channels []notify.Channel
	// Unwatched leaves out the auditor, whose own incidents page people too; a test whose model knows only of alerts sets it.
	Unwatched bool
	// HashCost is the bcrypt cost of new passwords; 0 is what the product uses.
	HashCost int
}
