package channel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// errInternal is the refusal to connect into the server's own network.
var errInternal = errors.New("the address lies in an internal network, which TOCSIN_ALLOW_NETWORKS or TOCSIN_ALLOW_INTERNAL_WEBHOOKS would have to allow")

// internalRanges are special-purpose addresses that netip's own predicates do not name (RFC 6890 and its updates).
// The IPv6 ranges that carry an IPv4 address are refused whole: nobody serves webhooks from them.
var internalRanges = func() []netip.Prefix {
	texts := []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10",
	}
	ranges := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		ranges[i] = netip.MustParsePrefix(text)
	}
	return ranges
}()

// internal reports whether an address is not one of the public internet's.
func internal(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return true
	}
	return slices.ContainsFunc(internalRanges, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// metadata reports whether an address is one where clouds answer with a machine's credentials.
func metadata(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return addr.IsLinkLocalUnicast() || addr == netip.MustParseAddr("fd00:ec2::254")
}

// parseNetwork reads a network or a single address.
func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// guard is a net.Dialer's Control: it sees the address that is really dialled, after the name was resolved, so that a name
// cannot point elsewhere between a check and its use.
func guard(refused func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		dialled, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("unreadable address %q", address)
		}
		if refused(dialled.Addr()) {
			return errInternal
		}
		return nil
	}
}
