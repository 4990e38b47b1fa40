package api

import (
	"context"
	"net/http"

	"github.com/tocsinhq/tocsin/internal/account"
	"github.com/tocsinhq/tocsin/internal/escalation"
	"github.com/tocsinhq/tocsin/internal/fault"
)

// PolicyReview is what saving a policy document would answer.
type PolicyReview struct {
	Valid    bool            `json:"valid" doc:"It can be saved."`
	Errors   []PolicyError   `json:"errors" doc:"What would be refused."`
	Warnings []PolicyWarning `json:"warnings" doc:"What may not be meant; only of a policy that can be saved."`
}

// PolicyError is one thing that is wrong.
type PolicyError struct {
	Location string `json:"location" example:"body.conditions.expression"`
	Message  string `json:"message" example:"line 1, column 9: undefined field 'titel'"`
}

// PolicyWarning is one thing that may not be meant.
type PolicyWarning struct {
	Location string `json:"location" example:"steps[0]" doc:"Empty for the policy as a whole."`
	Code     string `json:"code" example:"many_people"`
	Message  string `json:"message" example:"would page 12 people at once now."`
}

// PolicyDifference is what changed between two versions of a policy.
type PolicyDifference struct {
	From    PolicyVersion  `json:"from"`
	To      PolicyVersion  `json:"to"`
	Changes []PolicyChange `json:"changes"`
}

// PolicyChange is one thing that changed.
type PolicyChange struct {
	Path     string `json:"path" example:"steps[1].delay_minutes" doc:"Steps and actions are counted as in the later version; those that it no longer has as in the earlier."`
	Before   any    `json:"before" doc:"null for none."`
	After    any    `json:"after" doc:"null for none."`
	Sentence string `json:"sentence" example:"Step 2: delay 10 → 5 minutes"`
}

// ByVersion names one version of a policy.
type ByVersion struct {
	ByID
	Version int `path:"version" minimum:"1" example:"3"`
}

func (s *server) policyReviews(at string) {
	validate := op(tagEscalation, http.MethodPost, at+"/validate", "validate-policy", "Say what saving a policy would answer")
	validate.SkipValidateBody = true
	register(s, described(answers(validate, http.StatusNotFound), "Nothing is saved. With policy_id the document is a change of that policy. Besides errors, "+
		"the answer warns of what nobody should find out at night: a step that pages many people, a target that is nobody now, a last step without a fallback."), s.validatePolicy)
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}/versions", "list-policy-versions", "List what a policy has been, newest first"),
		http.StatusNotFound), func(ctx context.Context, actor account.Actor, in *ByID) (*answer[[]PolicyVersion], error) {
		versions, err := s.Escalations.PolicyVersions(ctx, actor, in.ID)
		return replyOr(list(versions, wireVersion), err)
	})
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}/versions/{version}", "get-policy-version", "Get what a policy was after one of its saves"),
		http.StatusNotFound), func(ctx context.Context, actor account.Actor, in *ByVersion) (*answer[PolicyVersion], error) {
		version, err := s.Escalations.Version(ctx, actor, in.ID, in.Version)
		return replyOr(wireVersion(version), err)
	})
	register(s, described(answers(op(tagEscalation, http.MethodPost, at+"/{id}/versions/{version}/restore", "restore-policy-version", "Make an earlier version the next one"),
		http.StatusNotFound, http.StatusPreconditionFailed, http.StatusUnprocessableEntity), "Its name, its team and whether it is active stay as they are; runs under way keep their versions."),
		func(ctx context.Context, actor account.Actor, in *struct {
			ByVersion
			IfMatch
		},
		) (*policyAnswer, error) {
			return replyPolicy(s.Escalations.Restore(ctx, actor, in.ID, in.Version, in.version()))
		})
	register(s, answers(op(tagEscalation, http.MethodGet, at+"/{id}/diff", "diff-policy-versions", "Say what changed between two versions"),
		http.StatusNotFound), s.diffPolicy)
}

func (s *server) validatePolicy(ctx context.Context, actor account.Actor, in *struct {
	PolicyID int64 `query:"policy_id" doc:"The policy that the document changes."`
	RawPolicy
},
) (*answer[PolicyReview], error) {
	var id *int64
	if in.PolicyID != 0 {
		id = &in.PolicyID
	}
	review, err := s.Escalations.Validate(ctx, actor, id, in.RawBody)
	return replyOr(PolicyReview{
		Valid:    len(review.Errors) == 0,
		Errors:   list(review.Errors, func(f fault.Field) PolicyError { return PolicyError(f) }),
		Warnings: list(review.Warnings, func(w escalation.Warning) PolicyWarning { return PolicyWarning(w) }),
	}, err)
}

func (s *server) diffPolicy(ctx context.Context, actor account.Actor, in *struct {
	ByID
	From int `query:"from" required:"true" minimum:"1" example:"1"`
	To   int `query:"to" required:"true" minimum:"1" example:"3"`
},
) (*answer[PolicyDifference], error) {
	d, err := s.Escalations.Diff(ctx, actor, in.ID, in.From, in.To)
	return replyOr(PolicyDifference{
		From: wireVersion(d.From), To: wireVersion(d.To), Changes: list(d.Changes, func(c escalation.Change) PolicyChange { return PolicyChange(c) }),
	}, err)
}
