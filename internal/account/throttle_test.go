package account

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func failAt(t *testing.T, th *throttle, now time.Time, account, address string) error {
	t.Helper()
	a, err := th.begin(now, account, address)
	if err == nil {
		a.end(now, failed)
	}
	return err
}

func TestGuessingFromOneAddressIsSlowed(t *testing.T) {
	th := newThrottle(20)
	for i := range 20 {
		if err := failAt(t, th, noon, fmt.Sprintf("user%d@example.com", i), "192.0.2.1"); err != nil {
			t.Fatalf("failure %d: %v", i+1, err)
		}
	}
	refusal := fault.From(failAt(t, th, noon, "another@example.com", "192.0.2.1"))
	if refusal == nil || refusal.Kind != fault.RateLimited || refusal.RetryAfter != 3*time.Second {
		t.Fatalf("the 21st failure within a minute: %v", refusal)
	}
	if err := failAt(t, th, noon, "another@example.com", "192.0.2.2"); err != nil {
		t.Errorf("another address suffers: %v", err)
	}
	if err := failAt(t, th, noon.Add(refusal.RetryAfter), "another@example.com", "192.0.2.1"); err != nil {
		t.Errorf("after the time that was named: %v", err)
	}
}

func TestGuessingForOneAccountIsSlowedFromEverywhereButWhereItsOwnerSignsIn(t *testing.T) {
	th := newThrottle(20)
	home, err := th.begin(noon, "ann@example.com", "198.51.100.7")
	if err != nil {
		t.Fatal(err)
	}
	home.end(noon, succeeded)
	for i := range 20 {
		if err := failAt(t, th, noon, "ann@example.com", fmt.Sprintf("192.0.2.%d", i)); err != nil {
			t.Fatalf("failure %d: %v", i+1, err)
		}
	}
	if err := failAt(t, th, noon, "ann@example.com", "192.0.2.200"); !fault.Is(err, fault.RateLimited) {
		t.Errorf("the 21st guess for one account: %v", err)
	}
	if err := failAt(t, th, noon, "ann@example.com", "198.51.100.7"); err != nil {
		t.Errorf("strangers lock the owner out: %v", err)
	}
}

func TestSuccessesAndUndecidedAttemptsCountForNothing(t *testing.T) {
	th := newThrottle(2)
	for _, how := range []outcome{succeeded, abandoned} {
		for range 10 {
			a, err := th.begin(noon, "ann@example.com", "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			a.end(noon, how)
		}
	}
}

func TestManyGuessesAtOnceDoNotSlipThrough(t *testing.T) {
	th := newThrottle(5)
	for range 5 {
		if _, err := th.begin(noon, "ann@example.com", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := th.begin(noon, "ann@example.com", "192.0.2.1"); !fault.Is(err, fault.RateLimited) {
		t.Errorf("a sixth beside five that are under way: %v", err)
	}
}

func TestWhatCountsAsOneAddress(t *testing.T) {
	cases := map[string]string{
		"192.0.2.1":            "192.0.2.1",
		"::ffff:192.0.2.1":     "192.0.2.1",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::9":      "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "",
	}
	for address, want := range cases {
		if got := addressKey(address); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestTheThrottleForgetsTheLeastRecent(t *testing.T) {
	th := newThrottle(1)
	for i := range throttleEntries + 10 {
		if err := failAt(t, th, noon, fmt.Sprintf("%d@example.com", i), fmt.Sprintf("host-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if th.accounts.Len() != throttleEntries || th.addresses.Len() != throttleEntries {
		t.Errorf("it remembers %d accounts and %d addresses", th.accounts.Len(), th.addresses.Len())
	}
}
