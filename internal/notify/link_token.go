package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/tocsinhq/tocsin/internal/account"
)

const linkPurpose = "acknowledge link"

// A token is base64url of: a kind, the id of the key, numbers, and a tag over all before it.
const (
	keyIDBytes = 6
	tagBytes   = 16 // 128 bits of HMAC-SHA256: nobody guesses it, and the link stays short
	maxToken   = 1500
)

// seal makes a token of a kind that holds the numbers, none of which may be negative.
func seal(keys account.Keys, kind byte, numbers ...int64) string {
	// A key's id is hex of keyIDBytes; should it ever be something else, its links verify nowhere rather than by another key.
	id, _ := hex.DecodeString(keys.ID)
	said := append([]byte{kind}, id...)
	for _, number := range numbers {
		said = binary.AppendUvarint(said, uint64(number)) //nolint:gosec // Ids and episodes are not negative.
	}
	return base64.RawURLEncoding.EncodeToString(append(said, linkTag(keys.Derive(linkPurpose), said)...))
}

func linkTag(key, said []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(said)
	return mac.Sum(nil)[:tagBytes]
}

// unseal reads the numbers of a token that one of the keys has signed. The tag is compared in constant time, and nothing of the token
// is believed before.
func unseal(keys account.Keys, token string) (kind byte, numbers []int64, ok bool) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // The decoder would skip line ends.
		return 0, nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+keyIDBytes+tagBytes {
		return 0, nil, false
	}
	said, tag := raw[:len(raw)-tagBytes], raw[len(raw)-tagBytes:]
	key, known := keys.DeriveFor(hex.EncodeToString(said[1:1+keyIDBytes]), linkPurpose)
	if !known || !hmac.Equal(tag, linkTag(key, said)) {
		return 0, nil, false
	}
	for rest := said[1+keyIDBytes:]; len(rest) > 0; {
		number, size := binary.Uvarint(rest)
		if size <= 0 {
			return 0, nil, false
		}
		numbers, rest = append(numbers, int64(number)), rest[size:] //nolint:gosec // They are what seal wrote.
	}
	return said[0], numbers, true
}
