package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/door"
)

// NewPassword sets a forgotten password anew.
type NewPassword struct {
	Token       string   `json:"token,omitempty" maxLength:"2000" doc:"From the link in the recovery mail."`
	NewPassword string   `json:"new_password,omitempty" maxLength:"1000" format:"password"`
	_           struct{} `json:"-" additionalProperties:"true"`
}

// recoveryPrefix is the path of recovery requests, without /v1 and /auth; the address follows.
const recoveryPrefix = "/password-recovery/"

func (s *server) recovery() {
	twice(op(tagAuth, http.MethodPost, "/v1/auth"+recoveryPrefix+"{email}", "recover-password", "Send a link for a forgotten password"), func(o operation) {
		add(s, described(o, "The answer is the same whether or not the address is known."), s.recoverPassword)
	})
	twice(op(tagAuth, http.MethodPost, "/v1/auth/reset-password", "reset-password", "Set a forgotten password anew"), func(o operation) {
		add(s, described(answers(o, http.StatusBadRequest), "Token and password come in the body, or in the query from old clients. All sign-ins of the person end."), s.resetPassword)
	})
}

func (s *server) recoverPassword(ctx context.Context, in *struct {
	Email string `path:"email" maxLength:"320" example:"ann@example.org"`
},
) (*answer[Message], error) {
	if err := s.Accounts.RequestRecovery(ctx, in.Email, door.AddressFrom(ctx)); err != nil {
		return nil, err
	}
	return say("If the address is that of an account, a link is on its way to it"), nil
}

func (s *server) resetPassword(ctx context.Context, in *struct {
	Token       string `query:"token" maxLength:"2000"`
	NewPassword string `query:"new_password" maxLength:"1000"`
	Body        *NewPassword
},
) (*answer[Message], error) {
	token, password := in.Token, in.NewPassword
	if in.Body != nil {
		token, password = in.Body.Token, in.Body.NewPassword
	}
	if err := s.Accounts.ResetPassword(ctx, token, password); err != nil {
		return nil, err
	}
	return say("Password updated"), nil
}
