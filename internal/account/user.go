package account

import "time"

// User is a person of an organisation. It never carries the password or its hash.
type User struct {
	ID, OrgID   int64
	Email       string // As it was typed; compared without regard to case.
	FullName    string
	PhoneNumber string
	IsActive    bool
	IsSuperuser bool
	TeamID      *int64 // The home team; the person belongs to it as to those of a membership.
	Role        Role
	Timezone    string // An IANA name.
	CreatedAt   time.Time
	UpdatedAt   time.Time

	tokenVersion int64
}

// Name is what the person is called on screens and in messages: the full name, else the e-mail address.
func (u User) Name() string {
	if u.FullName != "" {
		return u.FullName
	}
	return u.Email
}

// isAdmin reports whether the person holds the permission Admin.
func (u User) isAdmin() bool { return u.IsActive && (u.IsSuperuser || u.Role == RoleAdmin) }

// NewUser is what it takes to make a user. Without a role it is RoleUser, without a zone UTC; IsActive nil means active.
type NewUser struct {
	Email       string
	Password    string
	FullName    string
	PhoneNumber string
	Role        Role
	TeamID      *int64
	IsActive    *bool
	IsSuperuser bool
	Timezone    string
}

// UserPatch changes what is not nil. A TeamID of 0 takes the person out of the home team.
type UserPatch struct {
	Email       *string
	Password    *string
	FullName    *string
	PhoneNumber *string
	Role        *Role
	TeamID      *int64
	IsActive    *bool
	IsSuperuser *bool
	Timezone    *string
}

// MePatch is what people may change about themselves. A new e-mail address or password needs the present password.
type MePatch struct {
	Email       *string
	FullName    *string
	PhoneNumber *string
	Timezone    *string
	OldPassword *string
	Password    *string
}

// UserFilter selects users, newest first. Cursor is the UserCursor of the last one seen, Limit 0 means 100.
type UserFilter struct {
	TeamID      *int64 // Those who belong to the team, by home or by membership.
	Role        *Role
	IsActive    *bool
	Query       string // A part of the name or the e-mail address, without regard to case.
	Skip, Limit int
	Cursor      string
}
