// Package reference shows the OpenAPI document to people: Swagger UI, where requests can be tried, and ReDoc, to read.
//
// It owns the two pages and the viewers, which stand unchanged under vendor with their licences and are served from the
// binary: no page asks another host for anything. It does not own the document (package api).
package reference
