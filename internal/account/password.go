package account

import (
	"bufio"
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tocsinhq/tocsin/internal/fault"
)

const (
	minPassword = 8
	maxPassword = 128
)

//go:embed common_passwords.txt
var commonPasswordList string

// commonPasswords are the passwords that everybody tries first, in lower case.
var commonPasswords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for scanner := bufio.NewScanner(strings.NewReader(commonPasswordList)); scanner.Scan(); {
		set[scanner.Text()] = true
	}
	return set
})

// newPassword checks a password to be set: 8 to 128 characters, not one of the common ones, not the person's own address.
// Length is what makes a password strong; nothing else is asked for (NIST SP 800-63B, 3.1.1).
func newPassword(c *fault.Checks, password, email string) {
	const location = "body.password"
	if !readable(c, location, password) {
		return
	}
	length := utf8.RuneCountInString(password)
	folded := strings.ToLower(password)
	local, _, _ := strings.Cut(foldEmail(email), "@")
	switch {
	case password == "":
		c.Add(location, "is required")
	case length < minPassword || length > maxPassword:
		c.Add(location, "must be %d to %d characters", minPassword, maxPassword)
	case commonPasswords()[folded]:
		c.Add(location, "is one of the most common passwords; choose another")
	case folded == foldEmail(email) || folded == local:
		c.Add(location, "must not be the e-mail address")
	}
}
