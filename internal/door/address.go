package door

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is the peer's address, or, when the peer is a trusted proxy, the last address in X-Forwarded-For that is not
// one: what stands further left was written by the client itself.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	peer, ok := parseAddress(r.RemoteAddr)
	if !ok {
		return ""
	}
	if !contains(trusted, peer) {
		return peer.String()
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	address := peer
	for _, text := range slices.Backward(hops) {
		hop, ok := parseAddress(strings.TrimSpace(text))
		if !ok {
			break
		}
		address = hop
		if !contains(trusted, hop) {
			break
		}
	}
	return address.String()
}

// parseAddress reads "192.0.2.1", "192.0.2.1:80", "2001:db8::1" and "[2001:db8::1]:80".
func parseAddress(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// limitKey joins the addresses that one client can choose from: an IPv6 network of 64 bits is one client.
func limitKey(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is4() {
		return address
	}
	network, err := addr.Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}
