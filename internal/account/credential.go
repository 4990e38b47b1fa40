package account

// Credential is what a request shows to say who is asking: a bearer token (an access token, with REST), or a web session's
// token (with pages). At most one is set.
type Credential struct{ Bearer, Session string }
