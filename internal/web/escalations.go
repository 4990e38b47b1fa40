package web

func (s *site) routeEscalations() {}
