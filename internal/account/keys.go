package account

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Keys are what the server signs with: one secret with its id, and former secrets that only verify. Nothing is signed with
// a secret itself, but with a key derived from it for one purpose, so that what is signed for one is worthless for another.
type Keys struct {
	ID  string
	Key []byte
	// Old are former secrets by their id; what they signed stays good until it expires.
	Old map[string][]byte
}

// NewKeys makes Keys of the current secret and former ones. The id is worked out from the secret and gives nothing of it
// away, so that all nodes with one secret agree.
func NewKeys(secret []byte, former ...[]byte) Keys {
	k := Keys{ID: keyID(secret), Key: secret, Old: map[string][]byte{}}
	for _, old := range former {
		k.Old[keyID(old)] = old
	}
	return k
}

// Derive is the current signing key (32 bytes) for a purpose, by HKDF-SHA256 (RFC 5869).
func (k Keys) Derive(purpose string) []byte { return derive(k.Key, purpose) }

// DeriveFor is the key for a purpose from the secret with the id, current or former.
func (k Keys) DeriveFor(id, purpose string) (key []byte, known bool) {
	if id == k.ID {
		return k.Derive(purpose), true
	}
	old, known := k.Old[id]
	if !known {
		return nil, false
	}
	return derive(old, purpose), true
}

func keyID(secret []byte) string { return hex.EncodeToString(derive(secret, "key id")[:6]) }

func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "tocsin "+purpose, sha256.Size)
	if err != nil {
		// HKDF fails only for lengths beyond 255 hashes, or for a short secret under FIPS rules.
		panic(fmt.Sprintf("derive the key for %s: %v", purpose, err))
	}
	return key
}
