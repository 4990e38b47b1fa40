package intake

// OnQueued has do called each time a message begins to wait for a transaction.
func OnQueued(s *Service, do func()) { s.batcher.onQueued.Store(&do) }

// NothingQueued ends OnQueued.
func NothingQueued(s *Service) { s.batcher.onQueued.Store(nil) }
