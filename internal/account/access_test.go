package account

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tocsinhq/tocsin/internal/fault"
)

var testKeys = NewKeys(bytes.Repeat([]byte("k"), 32))

func signedFor(t *testing.T, k Keys, now time.Time) string {
	t.Helper()
	token, err := k.signAccess(User{ID: 42, OrgID: 3, tokenVersion: 5}, "family", now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAnAccessTokenSaysWhoItIsForAndEndsAfterHalfAnHour(t *testing.T) {
	token := signedFor(t, testKeys, noon)
	c, err := testKeys.parseAccess(token, noon.Add(accessLifetime-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if c.userID() != 42 || c.Org != 3 || c.Version != 5 || c.Family != "family" || c.ID == "" || c.IssuedAt == nil {
		t.Errorf("it says %+v", c)
	}
	_, err = testKeys.parseAccess(token, noon.Add(accessLifetime))
	if fault.From(err).Code != "token_expired" || !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after 30 minutes: %v", err)
	}
}

func TestKeysCanBeRotated(t *testing.T) {
	token := signedFor(t, testKeys, noon)
	next := NewKeys(bytes.Repeat([]byte("n"), 32), testKeys.Key)
	if _, err := next.parseAccess(token, noon); err != nil {
		t.Errorf("a former key no longer verifies: %v", err)
	}
	if _, err := testKeys.parseAccess(signedFor(t, next, noon), noon); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an unknown key is believed: %v", err)
	}
	if next.ID == testKeys.ID || bytes.Equal(next.Derive("a"), next.Derive("b")) {
		t.Error("secrets and purposes must differ in their keys")
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	good := signedFor(t, testKeys, noon)
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	plain := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT","kid":"` + testKeys.ID + `"}`))
	sign := func(method jwt.SigningMethod, key any, c jwt.Claims) string {
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = testKeys.ID
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	full := claims{RegisteredClaims: jwt.RegisteredClaims{
		Subject: "42", ExpiresAt: jwt.NewNumericDate(noon.Add(time.Minute)),
	}, Org: 3}
	endless, nobody, nowhere := full, full, full
	endless.ExpiresAt, nobody.Subject, nowhere.Org = nil, "ann", 0
	key := testKeys.Derive(accessPurpose)
	if _, err := testKeys.parseAccess(sign(jwt.SigningMethodHS256, key, full), noon); err != nil {
		t.Fatalf("the forger's tool makes no good token: %v", err)
	}
	forged := map[string]string{
		"empty":             "",
		"no token":          "not a token",
		"unsigned":          plain + "." + body + ".",
		"another body":      head + "." + body[:len(body)-2] + "AA." + signature,
		"another algorithm": sign(jwt.SigningMethodHS512, key, full),
		"another purpose":   sign(jwt.SigningMethodHS256, testKeys.Derive("links"), full),
		"the bare secret":   sign(jwt.SigningMethodHS256, testKeys.Key, full),
		"no end":            sign(jwt.SigningMethodHS256, key, endless),
		"nobody":            sign(jwt.SigningMethodHS256, key, nobody),
		"no organisation":   sign(jwt.SigningMethodHS256, key, nowhere),
		"too long":          good + strings.Repeat("A", maxSignedToken),
	}
	for name, token := range forged {
		if _, err := testKeys.parseAccess(token, noon); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stale := sign(jwt.SigningMethodHS256, []byte("wrong"), claims{RegisteredClaims: jwt.RegisteredClaims{
		Subject: "42", ExpiresAt: jwt.NewNumericDate(noon.Add(-time.Minute)),
	}, Org: 3})
	if _, err := testKeys.parseAccess(stale, noon); fault.From(err).Code != "bad_token" {
		t.Errorf("a forged token is not merely expired: %v", err)
	}
}

func TestOpaqueTokensCarryTheirOrganisation(t *testing.T) {
	token := newOpaqueToken(17)
	if org, ok := tokenOrg(token); !ok || org != 17 {
		t.Errorf("tokenOrg(%q) = %d, %v", token, org, ok)
	}
	if token == newOpaqueToken(17) || len(hashToken(token)) != 64 {
		t.Error("tokens repeat, or their hash does not fit its column")
	}
	for _, bad := range []string{"", "-", "17", "17-", "-abc", "x-abc", "0-abc", "-3-abc", "99999999999999999999-a", "1-" + strings.Repeat("a", 100)} {
		if org, ok := tokenOrg(bad); ok {
			t.Errorf("tokenOrg(%q) = %d", bad, org)
		}
	}
}
