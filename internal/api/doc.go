// Package api is the REST door: it owns the routes under /v1, the wire types of requests and answers, and the OpenAPI document
// that is made from them.
//
// It owns no rule: a handler decodes strictly, calls one method of one room, and encodes. Who is asking, limits, ids and the
// form of errors are the door's (internal/door); what may be done and seen is the rooms'. A wire type is never a room's type,
// so that neither changes by accident with the other.
//
// Two kinds of resources stand side by side. Part A is the contract of the first version of this system: unknown members of
// a body are ignored, lists are bare arrays with skip and limit. Part B is new: unknown members are refused. Intake is
// neither: it stands in its own lane, is never limited, and refuses nothing but an unknown key.
package api
