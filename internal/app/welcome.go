package app

import "context"

// welcome prints what the person who started the server needs next.
func (a *App) welcome(context.Context) error { return nil }
