package escalation

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tocsinhq/tocsin/internal/incident"
)

// Facts are what an expression knows of an incident.
type Facts struct {
	ID          int64             `cel:"id"`
	Title       string            `cel:"title"`
	Description string            `cel:"description"`
	Severity    string            `cel:"severity"`
	Urgency     string            `cel:"urgency"`
	Status      string            `cel:"status"`
	Service     string            `cel:"service"`
	Source      string            `cel:"source"`
	TeamID      int64             `cel:"team_id"` // 0 for none
	Labels      map[string]string `cel:"labels"`
	AlertCount  int64             `cel:"alert_count"`
	FiringCount int64             `cel:"firing_count"`
	Episode     int64             `cel:"episode"`
	CreatedAt   time.Time         `cel:"created_at"`
	Age         time.Duration     `cel:"age"`
}

func factsOf(i incident.Incident, now time.Time) *Facts {
	f := &Facts{
		ID: i.ID, Title: i.Title, Description: i.Description, Severity: string(i.Severity), Urgency: string(i.Urgency()),
		Status: string(i.Status), Service: i.Service, Source: i.Source, Labels: i.Labels, AlertCount: int64(i.AlertCount),
		FiringCount: int64(i.FiringCount), Episode: int64(i.Episode), CreatedAt: i.CreatedAt, Age: now.Sub(i.CreatedAt),
	}
	if i.TeamID != nil {
		f.TeamID = *i.TeamID
	}
	return f
}

// The limits of an expression. Cost is CEL's own measure, about one per operation or ten characters read: it bounds the time
// without a clock, so that the same incident always gives the same answer.
const (
	maxExpression     = 2000
	maxExpressionCost = 100_000
	maxCompiled       = 1000
)

// environment is what expressions may use: the incident, the standard functions and optional values.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		ext.NativeTypes(reflect.TypeFor[*Facts](), ext.ParseStructTags(true)),
		cel.Variable("incident", cel.ObjectType("escalation.Facts")),
		cel.OptionalTypes(),
		ext.Strings(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)
})

// sizes tells the estimator of costs how large the facts can be.
type sizes struct{}

var sizeOf = map[string]uint64{
	"incident.title": 255, "incident.description": 20_000, "incident.service": 255,
	"incident.labels": 100, "incident.labels.@keys": 200, "incident.labels.@values": 2000,
}

// EstimateSize is the largest size of a part of an expression.
func (sizes) EstimateSize(part cost.AstNode) *cost.SizeEstimate {
	if size, ok := sizeOf[strings.Join(part.Path(), ".")]; ok {
		return &cost.SizeEstimate{Max: size}
	}
	if part.Expr() != nil && part.Expr().Kind() == ast.CallKind {
		return &cost.SizeEstimate{Max: 2000} // of what a function makes; the limit holds when it runs, too
	}
	return nil
}

// EstimateCallCost leaves it to CEL.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// expression is one that was type-checked.
type expression struct {
	cel.Program
	severities []string // those that it compares the incident's with, by name
}

// compiled keeps the programs of the texts used last.
var compiled = sync.OnceValue(func() *lru.Cache[string, expression] {
	cache, err := lru.New[string, expression](maxCompiled)
	if err != nil {
		panic(err) // The size is a constant above zero.
	}
	return cache
})

// compile type-checks an expression and bounds its cost. The error is for whoever wrote it and names the place.
func compile(text string) (expression, error) {
	if e, ok := compiled().Get(text); ok {
		return e, nil
	}
	env, err := environment()
	if err != nil {
		return expression{}, err
	}
	if len(text) > maxExpression {
		return expression{}, fmt.Errorf("must be at most %d bytes, not %d", maxExpression, len(text))
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return expression{}, firstOf(issues)
	}
	if checked.OutputType() != cel.BoolType {
		return expression{}, fmt.Errorf("must be true or false, but is of type %s", checked.OutputType())
	}
	worst, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return expression{}, err
	}
	if worst.Max > maxExpressionCost {
		return expression{}, fmt.Errorf("may cost %d steps on a large incident; at most %d are allowed", worst.Max, maxExpressionCost)
	}
	program, err := env.Program(checked, cel.CostLimit(maxExpressionCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return expression{}, err
	}
	e := expression{program, severitiesIn(checked.NativeRep())}
	compiled().Add(text, e)
	return e, nil
}

// severitiesIn are the texts that an expression compares the severity with: in incident.severity == "info" and in
// incident.severity in ["info", "low"].
func severitiesIn(checked *ast.AST) (list []string) {
	for _, call := range ast.MatchDescendants(ast.NavigateAST(checked), ast.KindMatcher(ast.CallKind)) {
		if name := call.AsCall().FunctionName(); name != operators.Equals && name != operators.In {
			continue
		}
		sides := call.Children()
		if slices.ContainsFunc(sides, saysSeverity) {
			for _, side := range sides {
				for _, literal := range ast.MatchDescendants(side, ast.KindMatcher(ast.LiteralKind)) {
					list = append(list, fmt.Sprint(literal.AsLiteral().Value()))
				}
			}
		}
	}
	return list
}

func saysSeverity(side ast.NavigableExpr) bool {
	return len(ast.MatchDescendants(side, func(e ast.NavigableExpr) bool {
		return e.Kind() == ast.SelectKind && e.AsSelect().FieldName() == "severity"
	})) > 0
}

func firstOf(issues *cel.Issues) error {
	first := issues.Errors()[0]
	if first.Location.Line() < 1 {
		return errors.New(first.Message)
	}
	return fmt.Errorf("line %d, column %d: %s", first.Location.Line(), first.Location.Column()+1, first.Message)
}

// evaluate answers an expression for an incident. It is pure.
func evaluate(text string, facts *Facts) (bool, error) {
	program, err := compile(text)
	if err != nil {
		return false, err
	}
	value, _, err := program.Eval(map[string]any{"incident": facts})
	if err != nil {
		return false, errors.New(strings.TrimPrefix(err.Error(), "operation cancelled: "))
	}
	return value == types.True, nil
}
