// Package account owns who there is and what each may do: organisations and their settings, users, teams, memberships, the
// seven roles and the permission table, passwords, access and refresh tokens, web sessions, and the first sign-in.
//
// It does not own who is on call (oncall), how a person is reached (notify) or what may be seen of one incident (incident);
// those rooms ask the Actor that Authenticate returns.
//
// A refresh token's life; all tokens descended from one sign-in are its family:
//
//	           refresh               refresh again (reuse)
//	issued ──────────────▶ rotated ────────────────────────▶ the whole family revoked
//	   │ logout, password change, deactivation                        ▲
//	   └──────────────────────────────────────────────────────────────┘
//
// An access token lives as long as its family does, at most 30 minutes. A session is the browser's form of the same: opaque,
// sliding, ended by the same causes.
package account
