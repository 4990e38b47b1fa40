package account

import "time"

// Team is a group of people that owns services and is paged together.
type Team struct {
	ID, OrgID       int64
	Name            string // Unique in the organisation.
	Description     string
	IsActive        bool
	UserCount       int // Active people who belong to it, by home or by membership.
	DefaultPolicyID *int64
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Member is a person's belonging to a team. Role is the role in that team; nil means the person's own.
type Member struct {
	TeamID, UserID int64
	Role           *Role
	User           User
}

// NewTeam is what it takes to make a team; IsActive nil means active.
type NewTeam struct {
	Name            string
	Description     string
	IsActive        *bool
	DefaultPolicyID *int64
}

// TeamPatch changes what is not nil. A DefaultPolicyID of 0 takes the default policy away.
type TeamPatch struct {
	Name            *string
	Description     *string
	IsActive        *bool
	DefaultPolicyID *int64
}

// TeamFilter selects teams, newest first. Cursor is the TeamCursor of the last one seen, Limit 0 means 100.
type TeamFilter struct {
	IsActive    *bool
	Query       string // A part of the name, without regard to case.
	Skip, Limit int
	Cursor      string
}
