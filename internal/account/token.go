package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	tokenBytes     = 32
	maxOpaqueToken = 100
)

// newOpaqueToken makes a random token with its organisation in front, "1-Zm9v…", for every look-up names the organisation.
// Only hashToken of it is stored.
func newOpaqueToken(org int64) string {
	return strconv.FormatInt(org, 10) + "-" + randomText(tokenBytes)
}

// tokenOrg reads the organisation in front of a token; ok is false when there is none.
func tokenOrg(token string) (org int64, ok bool) {
	front, rest, found := strings.Cut(token, "-")
	if !found || rest == "" || len(token) > maxOpaqueToken {
		return 0, false
	}
	org, err := strconv.ParseInt(front, 10, 64)
	return org, err == nil && org > 0
}

// hashToken is the form in which a token is stored. A random token of 32 bytes needs no slow hash, and looking a hash up
// tells an attacker nothing by its time.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// randomText is n random bytes in URL-safe base64.
func randomText(n int) string {
	data := make([]byte, n)
	_, _ = rand.Read(data) // It never fails: see crypto/rand.Read.
	return base64.RawURLEncoding.EncodeToString(data)
}
