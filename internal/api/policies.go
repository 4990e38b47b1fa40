package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tocsinhq/tocsin/internal/account"
)

// RawPolicy is a document that the escalation room reads itself, so that what is wrong with it is said in one voice.
type RawPolicy struct {
	RawBody []byte `contentType:"application/json"`
}

func (s *server) policies() {
	const at = "/v1/escalation/policies"
	register(s, op(tagEscalation, http.MethodGet, at, "list-policies", "List the policies by priority"), s.listPolicies)
	create := creates(op(tagEscalation, http.MethodPost, at, "create-policy", "Create a policy"))
	register(s, documented(create), s.createPolicy)
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}", "get-policy", "Get a policy"), http.StatusNotFound), s.getPolicy)
	update := answers(op(tagEscalation, http.MethodPut, at+"/{id}", "update-policy", "Change a policy"), http.StatusNotFound, http.StatusPreconditionFailed)
	register(s, documented(update), s.updatePolicy)
	register(s, described(answers(op(tagEscalation, http.MethodDelete, at+"/{id}", "delete-policy", "Delete a policy"),
		http.StatusNotFound, http.StatusConflict), "Its events and versions stay, and runs under way go on."), s.deletePolicy)
	s.policyReviews(at)
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[PolicyDocument](), true, "")
	for _, o := range []*huma.Operation{s.api.OpenAPI().Paths[at].Post, s.api.OpenAPI().Paths[at+"/{id}"].Put, s.api.OpenAPI().Paths[at+"/validate"].Post} {
		o.RequestBody.Content["application/json"].Schema = schema
	}
}

// documented has huma leave the body to the handler.
func documented(o operation) operation {
	o.SkipValidateBody = true
	o.Errors = append(o.Errors, http.StatusUnprocessableEntity)
	return described(o, "An unknown member of the policy itself is taken with a warning; one of a condition, step or action is refused.")
}

func (s *server) listPolicies(ctx context.Context, actor account.Actor, in *struct{ Paging }) (*page[Policy], error) {
	policies, err := s.Escalations.ListPolicies(ctx, actor)
	if err != nil {
		return nil, err
	}
	return cutPage(in.Paging, list(policies, wirePolicy))
}

func (s *server) createPolicy(ctx context.Context, actor account.Actor, in *RawPolicy) (*policyAnswer, error) {
	return replyPolicy(s.Escalations.CreatePolicy(ctx, actor, in.RawBody))
}

func (s *server) getPolicy(ctx context.Context, actor account.Actor, in *ByID) (*policyAnswer, error) {
	return replyPolicy(s.Escalations.GetPolicy(ctx, actor, in.ID))
}

func (s *server) updatePolicy(ctx context.Context, actor account.Actor, in *struct {
	ByID
	IfMatch
	RawPolicy
},
) (*policyAnswer, error) {
	return replyPolicy(s.Escalations.UpdatePolicy(ctx, actor, in.ID, in.version(), in.RawBody))
}

func (s *server) deletePolicy(ctx context.Context, actor account.Actor, in *ByID) (*answer[Message], error) {
	if err := s.Escalations.DeletePolicy(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return say("Escalation policy deleted successfully"), nil
}
