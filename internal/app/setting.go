package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// A setting keeps what was written when it cannot be read, so that Check can name every wrong setting at once: the command
// line parser would stop at the first.

// Number is a whole number.
type Number struct {
	N    int
	text string
	bad  bool
}

// UnmarshalText reads a whole number; it never fails, Config.Check does.
func (n *Number) UnmarshalText(text []byte) error {
	n.text = strings.TrimSpace(string(text))
	var err error
	n.N, err = strconv.Atoi(n.text)
	n.bad = err != nil
	return nil
}

func (n Number) String() string { return n.text }

// Span is a length of time, written as Go does: 90s, 15m, 24h.
type Span struct {
	D    time.Duration
	text string
	bad  bool
}

// UnmarshalText reads a length of time; it never fails, Config.Check does.
func (s *Span) UnmarshalText(text []byte) error {
	s.text = strings.TrimSpace(string(text))
	var err error
	s.D, err = time.ParseDuration(s.text)
	s.bad = err != nil
	return nil
}

func (s Span) String() string { return s.text }

// Switch is on or off. A flag without a value switches it on.
type Switch struct {
	On   bool
	text string
	bad  bool
}

// IsBool tells the parser that the flag needs no value.
func (s *Switch) IsBool() bool { return true }

// Decode reads the flag, its environment twin or its line in the file; it never fails, Config.Check does.
func (s *Switch) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		*s = Switch{On: true, text: "true"}
		return nil
	}
	text := strings.ToLower(strings.TrimSpace(fmt.Sprint(ctx.Scan.Pop().Value)))
	*s = Switch{text: text}
	switch text {
	case "1", "true", "yes", "on":
		s.On = true
	case "", "0", "false", "no", "off":
	default:
		s.bad = true
	}
	return nil
}

func (s Switch) String() string { return strconv.FormatBool(s.On) }
