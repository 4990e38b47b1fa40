package notify

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/account"
)

func TestALinkIsReadBackAsItWasSignedAndInNoOtherForm(t *testing.T) {
	keys := account.NewKeys(bytes.Repeat([]byte("k"), 32))
	said := linkClaim{kind: pageLink, org: 1, notifications: []int64{1 << 40}, user: 3, incident: 12, episode: 2}
	token := said.sign(keys)
	if got, ok := readLinkToken(keys, token); !ok || !reflect.DeepEqual(got, said) {
		t.Fatalf("%q is read as %+v, %v", token, got, ok)
	}
	if len(token) > 64 {
		t.Errorf("the token has %d characters", len(token))
	}
	for at := range token {
		for _, with := range []string{"A", "B", "_", "", "é", "AA"} {
			forged := token[:at] + with + token[at+1:]
			if _, ok := readLinkToken(keys, forged); ok && forged != token {
				t.Errorf("%q is taken for %q", forged, token)
			}
		}
		if _, ok := readLinkToken(keys, token[:at]); ok {
			t.Errorf("the first %d characters are enough", at)
		}
	}
	for _, bad := range []string{"", "A", token + "A", token + "=", token + "\n", " " + token, strings.Repeat("A", 10_000)} {
		if _, ok := readLinkToken(keys, bad); ok {
			t.Errorf("%q is taken for a token", bad)
		}
	}
}

func TestALinkOfAFormerKeyIsStillGoodAndOfAForeignOneNever(t *testing.T) {
	former, current, foreign := bytes.Repeat([]byte("f"), 32), bytes.Repeat([]byte("c"), 32), bytes.Repeat([]byte("x"), 32)
	token := linkClaim{kind: pageLink, org: 1, notifications: []int64{2}, user: 3, incident: 4, episode: 5}.sign(account.NewKeys(former))
	if _, ok := readLinkToken(account.NewKeys(current, former), token); !ok {
		t.Error("after the key was changed, links in old messages are refused")
	}
	if _, ok := readLinkToken(account.NewKeys(current), token); ok {
		t.Error("a key that is forgotten still opens")
	}
	// Signed with a foreign key, under the name of ours.
	thief := account.NewKeys(foreign)
	thief.ID = account.NewKeys(current).ID
	if _, ok := readLinkToken(account.NewKeys(current), linkClaim{kind: pageLink, org: 1, notifications: []int64{2}, user: 3, incident: 4, episode: 5}.sign(thief)); ok {
		t.Error("the name of the key is enough")
	}
}

func TestTheLinkOfABundleNamesWhatItsMessageToldOf(t *testing.T) {
	keys := account.NewKeys(bytes.Repeat([]byte("k"), 32))
	said := linkClaim{kind: bundleLink, org: 1, user: 3}
	for n := range int64(maxBundle) {
		said.notifications = append(said.notifications, 1<<40+3*n)
	}
	token := said.sign(keys)
	if got, ok := readLinkToken(keys, token); !ok || !reflect.DeepEqual(got, said) {
		t.Fatalf("it is read as %+v, %v", got, ok)
	}
	if len(token) > 200 {
		t.Errorf("the token has %d characters", len(token))
	}
	far := linkClaim{kind: bundleLink, org: 1, user: 3}
	for n := range int64(maxBundle) {
		far.notifications = append(far.notifications, (n+1)<<56)
	}
	if _, ok := readLinkToken(keys, far.sign(keys)); !ok {
		t.Error("the link of a bundle is too long to be read")
	}
	for _, bad := range []string{seal(keys, bundleLink, 1, 3), seal(keys, pageLink, 1, 2, 3), seal(keys, stillLink, 1, 2, 3), seal(keys, 99, 1, 2, 3, 4, 5)} {
		if _, ok := readLinkToken(keys, bad); ok {
			t.Errorf("%q is taken for a link", bad)
		}
	}
}
