package web

import "github.com/tocsinhq/tocsin/internal/web/view"

func (s *site) policyOptions(_ *visit) ([]view.Option, error) { return nil, nil }
