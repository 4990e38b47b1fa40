package intake

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	keyBytes   = 20 // 160 bits, 32 characters
	prefixRand = 6  // how much of the random part is shown
	maxPrefix  = 20 // the column's width
	maxKey     = 200
	// oldKeyLife is how long a key goes on working after its rotation.
	oldKeyLife = 24 * time.Hour
)

var keyEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newKey makes a key: the organisation's id, so that every look-up names it, and a random part. Letters and digits only,
// for keys are copied by hand and stand in URLs.
func newKey(org int64) string {
	random := make([]byte, keyBytes)
	_, _ = rand.Read(random) // It never fails (crypto/rand).
	return strconv.FormatInt(org, 10) + "-" + keyEncoding.EncodeToString(random)
}

// hashKey is what is stored of a key. The random part is long enough that a plain hash cannot be searched.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// prefixOf is the part of a key that is shown.
func prefixOf(key string) string {
	org, random, _ := strings.Cut(key, "-")
	prefix := org + "-" + random[:min(prefixRand, len(random))]
	return prefix[:min(maxPrefix, len(prefix))]
}

// orgOfKey is the organisation that a key names; 0 when it is none.
func orgOfKey(key string) int64 {
	text, random, found := strings.Cut(key, "-")
	org, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !found || org <= 0 || random == "" || len(key) > maxKey {
		return 0
	}
	return org
}

// unknownKey is the answer to every key that opens nothing, whatever the reason.
func unknownKey() error {
	return fault.New(fault.Unauthenticated, "unknown_key", "The integration key is not known.")
}
