package notify

// bundleLink is the address of the page that lists what a bundled message tells of, and acknowledges it.
func (s *Service) bundleLink(f *flight) string {
	return s.linkFor(f.carrier())
}
