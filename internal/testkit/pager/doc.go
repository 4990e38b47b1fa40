// Package pager stands in for the notifications where a test is about something else: it keeps who was paged, and reaches everybody by
// e-mail. By itself it sends nothing and knows no database.
package pager
