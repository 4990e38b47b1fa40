package door_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/tocsinhq/tocsin/internal/door"
)

func TestClientAddressIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	cases := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.9:5000", nil, "192.0.2.9"},
		{"a stranger's header is ignored", "192.0.2.9:5000", []string{"198.51.100.1"}, "192.0.2.9"},
		{"one proxy", "10.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"what the client wrote itself does not count", "10.0.0.1:5000", []string{"203.0.113.5, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5000", []string{"198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two headers are one list", "10.0.0.1:5000", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"all trusted", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"rubbish ends the search", "10.0.0.1:5000", []string{"198.51.100.1, <script>, 10.0.0.2"}, "10.0.0.2"},
		{"empty header", "10.0.0.1:5000", []string{""}, "10.0.0.1"},
		{"with port and brackets", "[2001:db8:1::1]:80", []string{"[2001:db8:2::7]:4711"}, "2001:db8:2::7"},
		{"mapped", "[::ffff:192.0.2.9]:80", nil, "192.0.2.9"},
		{"mapped proxy", "[::ffff:10.0.0.1]:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"no address", "@", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFront(t, func(d *door.Deps) { d.TrustedProxies = trusted })
			var got string
			r := get("/v1/x")
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.forwarded
			serve(f.api(func(_ http.ResponseWriter, r *http.Request) { got = door.AddressFrom(r.Context()) }), r)
			if got != c.want {
				t.Errorf("address %q, want %q", got, c.want)
			}
		})
	}
}
