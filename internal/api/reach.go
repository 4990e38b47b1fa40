package api

import (
	"context"
	"net/http"
	"time"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/notify"
)

// ContactMethod is a person's address on one channel.
type ContactMethod struct {
	ID         int64     `json:"id" example:"3"`
	UserID     int64     `json:"user_id" example:"7"`
	Channel    string    `json:"channel" example:"email"`
	Address    string    `json:"address" doc:"Redacted where it holds a secret."`
	Label      string    `json:"label" example:"my phone"`
	OfAccount  bool      `json:"of_account" doc:"The account's own e-mail: it follows the account and cannot be deleted, only switched off."`
	Verified   bool      `json:"verified" doc:"Until an address is proven by a code, only a rule that names it uses it."`
	Enabled    bool      `json:"enabled"`
	Configured bool      `json:"configured" doc:"The server can send on this channel."`
	Secret     string    `json:"signing_secret,omitempty" doc:"What your receiver checks signatures with (Standard Webhooks); shown to its owner only."`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func wireMethod(m notify.ContactMethod) ContactMethod {
	return ContactMethod{
		ID: m.ID, UserID: m.UserID, Channel: m.Channel, Address: m.Address, Label: m.Label, OfAccount: m.OfAccount, Verified: m.Verified,
		Enabled: m.Enabled, Configured: m.Configured, Secret: m.Secret, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}

// NewContactMethod is what makes a contact method.
type NewContactMethod struct {
	Channel string `json:"channel" minLength:"1" maxLength:"50" example:"ntfy"`
	Address string `json:"address" minLength:"1" maxLength:"2000" example:"https://ntfy.example.org/my-topic"`
	Label   string `json:"label,omitempty" maxLength:"255"`
}

// ContactMethodChange changes what is given.
type ContactMethodChange struct {
	Label   *string `json:"label,omitempty" maxLength:"255"`
	Enabled *bool   `json:"enabled,omitempty"`
}

// Proof is the code that was sent to an address.
type Proof struct {
	Code string `json:"code" minLength:"1" maxLength:"50" example:"123456"`
}

// TestPage says where to look what came of a test page.
type TestPage struct {
	Message        string `json:"message"`
	NotificationID int64  `json:"notification_id" doc:"GET /v1/notifications/{id} tells what the provider answered."`
}

// OfPerson names whose things are meant.
type OfPerson struct {
	UserID int64 `query:"user_id" minimum:"1" doc:"Another person's, for administrators; one's own without it."`
}

// person is who is meant.
func (p OfPerson) person(actor account.Actor) int64 {
	if p.UserID != 0 {
		return p.UserID
	}
	return actor.UserID
}

func (s *server) reach() {
	const methods = "/v1/contact-methods"
	one := func(method, path, id, summary string) operation {
		return answers(op(tagReach, method, methods+path, id, summary), http.StatusNotFound)
	}
	register(s, one(http.MethodGet, "", "list-contact-methods", "List the ways to reach a person"), s.listMethods)
	register(s, described(creates(answers(one(http.MethodPost, "", "create-contact-method", "Add a contact method"), http.StatusConflict)),
		"An address that may be another person's, such as an e-mail address, is sent a code, and is used once the code has come back."), s.createMethod)
	register(s, one(http.MethodGet, "/{id}", "get-contact-method", "Get a contact method"), s.getMethod)
	register(s, one(http.MethodPut, "/{id}", "update-contact-method", "Rename a contact method, or switch it on or off"), s.updateMethod)
	register(s, described(answers(one(http.MethodDelete, "/{id}", "delete-contact-method", "Delete a contact method"), http.StatusConflict),
		"The rules that name it go too."), s.deleteMethod)
	register(s, answers(one(http.MethodPost, "/{id}/code", "send-contact-method-code", "Send a new code"), http.StatusConflict), s.sendCode)
	register(s, answers(one(http.MethodPost, "/{id}/verify", "verify-contact-method", "Prove an address by its code"), http.StatusConflict), s.verifyMethod)
	register(s, answers(one(http.MethodPost, "/{id}/test", "test-contact-method", "Send a test page"), http.StatusConflict), s.testMethod)
	s.rules()
}

func (s *server) listMethods(ctx context.Context, actor account.Actor, in *OfPerson) (*answer[[]ContactMethod], error) {
	methods, err := s.Notifications.Methods(ctx, actor, in.person(actor))
	return replyOr(list(methods, wireMethod), err)
}

func (s *server) createMethod(ctx context.Context, actor account.Actor, in *struct {
	OfPerson
	Body NewContactMethod
},
) (*answer[ContactMethod], error) {
	m, err := s.Notifications.AddMethod(ctx, actor, in.person(actor), notify.NewMethod(in.Body))
	return replyOr(wireMethod(m), err)
}

func (s *server) getMethod(ctx context.Context, actor account.Actor, in *ByID) (*answer[ContactMethod], error) {
	m, err := s.Notifications.Method(ctx, actor, in.ID)
	return replyOr(wireMethod(m), err)
}

func (s *server) updateMethod(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body ContactMethodChange
},
) (*answer[ContactMethod], error) {
	m, err := s.Notifications.UpdateMethod(ctx, actor, in.ID, notify.MethodPatch(in.Body))
	return replyOr(wireMethod(m), err)
}

func (s *server) deleteMethod(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Notifications.DeleteMethod(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Contact method deleted successfully"), nil
}

func (s *server) sendCode(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Notifications.SendCode(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("A code is on its way, unless the address is proven already"), nil
}

func (s *server) verifyMethod(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body Proof
},
) (*answer[ContactMethod], error) {
	m, err := s.Notifications.Verify(ctx, actor, in.ID, in.Body.Code)
	return replyOr(wireMethod(m), err)
}

func (s *server) testMethod(ctx context.Context, actor account.Actor, in *ByID) (*answer[TestPage], error) {
	id, err := s.Notifications.SendTest(ctx, actor, in.ID)
	return replyOr(TestPage{Message: "A test page is on its way", NotificationID: id}, err)
}
