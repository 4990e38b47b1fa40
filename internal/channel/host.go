package channel

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
)

var (
	errNoHost = errors.New("names a host that cannot exist")
	// hostLabel is one part of a name: letters of any script, digits, "-" and the "_" that many a network has.
	hostLabel = regexp.MustCompile(`^[\pL\pM\pN_]([\pL\pM\pN_-]*[\pL\pM\pN_])?$`)
	allDigits = regexp.MustCompile(`^[0-9]+$`)
)

// checkHost refuses names that cannot be anywhere: those that are none (RFC 1035 §2.3.4), and those under .invalid, which will never
// exist (RFC 6761 §6.4). A name that nobody knows today may be known in a minute.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	if len(host) > 253 || last == "invalid" || allDigits.MatchString(last) {
		return errNoHost
	}
	for _, label := range labels {
		if len(label) > 63 || !hostLabel.MatchString(label) {
			return errNoHost
		}
	}
	return nil
}

// isLocal reports whether the name is this machine's, wherever it is asked for (RFC 6761 §6.3).
func isLocal(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
