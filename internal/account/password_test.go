package account

import (
	"strings"
	"testing"

	"github.com/tocsinhq/tocsin/internal/fault"
)

func TestWhichPasswordsAreTaken(t *testing.T) {
	cases := []struct {
		name, password string
		taken          bool
	}{
		{"an ordinary one", "testpass123", true},
		{"another", "adminpass123", true},
		{"32 lower-case letters", "qzjwkxvbnmplokijuhygtfrdeswaqzxc", true},
		{"32 times one letter", strings.Repeat("a", 32), true},
		{"the shortest", "8ölvögel", true},
		{"the longest", strings.Repeat("ß", 128), true},
		{"none", "", false},
		{"too short", "7letter", false},
		{"too long", strings.Repeat("x", 129), false},
		{"a common one", "password123", false},
		{"a common one in capitals", "PassWord123", false},
		{"the address", "Ann@example.com", false},
		{"the address's first part", "ann.miller", true},
		{"invalid UTF-8", "valid\xffenough", false},
		{"NUL", "valid\x00enough", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var checks fault.Checks
			newPassword(&checks, c.password, "ann@example.com")
			if checks.Empty() != c.taken {
				t.Fatalf("got %v", checks.Err())
			}
			if err := fault.From(checks.Err()); err != nil && (len(err.Fields) != 1 || err.Fields[0].Location != "body.password") {
				t.Errorf("the refusal names %v", err.Fields)
			}
		})
	}
	var checks fault.Checks
	newPassword(&checks, "ann.miller", "Ann.Miller@example.com")
	if checks.Empty() {
		t.Error("the first part of the person's own address is taken")
	}
}

func TestTheListOfCommonPasswordsHoldsOnlyWhatLengthDoesNotRefuse(t *testing.T) {
	if len(commonPasswords()) < 1000 {
		t.Errorf("only %d common passwords", len(commonPasswords()))
	}
	for password := range commonPasswords() {
		if len(password) < minPassword || password != strings.ToLower(password) {
			t.Errorf("%q can never match", password)
		}
	}
}
