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

// linkPath is where the pages take signed links; the token follows.
const linkPath = "/a/"

const linkPurpose = "acknowledge link"

// linkFor is the address that acknowledges what a page is about, "" for a notification about no incident. It is the same for every
// attempt and every channel of one notification.
func (s *Service) linkFor(n Notification) string {
	if n.IncidentID == nil {
		return ""
	}
	claim := linkClaim{org: n.OrgID, notification: n.ID, user: n.UserID, incident: *n.IncidentID, episode: n.Episode}
	return s.PublicURL + linkPath + claim.sign(s.Secret)
}

// linkClaim is what a link is bound to.
type linkClaim struct {
	org, notification, user, incident int64
	episode                           int
}

// A token is base64url of: a version, the id of the key, the claim's numbers, and a tag over all before it.
const (
	linkVersion = 1
	keyIDBytes  = 6
	tagBytes    = 16 // 128 bits of HMAC-SHA256: nobody guesses it, and the link stays short
	maxToken    = 120
)

func (c linkClaim) sign(keys account.Keys) string {
	// A key's id is hex of keyIDBytes; should it ever be something else, its links verify nowhere rather than by another key.
	id, _ := hex.DecodeString(keys.ID)
	said := append([]byte{linkVersion}, id...)
	for _, number := range []int64{c.org, c.notification, c.user, c.incident, int64(c.episode)} {
		said = binary.AppendUvarint(said, uint64(number)) //nolint:gosec // Ids and episodes are not negative.
	}
	return base64.RawURLEncoding.EncodeToString(append(said, linkTag(keys.Derive(linkPurpose), said)...))
}

func linkTag(key, said []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(said)
	return mac.Sum(nil)[:tagBytes]
}

// readLinkToken is the claim of a token that one of the keys has signed. The tag is compared in constant time, and nothing of the
// token is believed before.
func readLinkToken(keys account.Keys, token string) (c linkClaim, ok bool) {
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") { // The decoder would skip line ends.
		return linkClaim{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+keyIDBytes+tagBytes || raw[0] != linkVersion {
		return linkClaim{}, false
	}
	said, tag := raw[:len(raw)-tagBytes], raw[len(raw)-tagBytes:]
	key, known := keys.DeriveFor(hex.EncodeToString(said[1:1+keyIDBytes]), linkPurpose)
	if !known || !hmac.Equal(tag, linkTag(key, said)) {
		return linkClaim{}, false
	}
	numbers, rest := [5]int64{}, said[1+keyIDBytes:]
	for n := range numbers {
		number, size := binary.Uvarint(rest)
		if size <= 0 {
			return linkClaim{}, false
		}
		numbers[n], rest = int64(number), rest[size:] //nolint:gosec // They are what sign wrote.
	}
	return linkClaim{numbers[0], numbers[1], numbers[2], numbers[3], int(numbers[4])}, len(rest) == 0
}
