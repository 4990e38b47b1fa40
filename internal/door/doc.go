// Package door owns what both front doors, REST and pages, share: who is asking and from where, request ids, the access
// log, limits on bodies, rates and time, compression, security headers, the translation of a fault into a status and a
// problem document, and the live stream.
//
// It does not own routes, wire types or pages: internal/api and internal/web hang theirs behind the chains made here. It
// knows no rule of the product and touches no database.
//
// One request, from outside in:
//
//	API    begin → headers → CORS → rate → body → gzip → deadline → routes
//	Pages  begin → headers → rate → body → gzip → deadline → routes
//	Lane   begin → headers → the one handler         (intake: nothing that allocates or refuses)
//
// begin gives the request its id and the client its address, recovers from panics and writes the access log.
package door
