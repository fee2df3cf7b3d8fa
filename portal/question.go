package portal

import (
	"context"
	"errors"
	"slices"

	"portico/store"
)

// Question is what a workspace is asked for a connection that the host predefines, whether or not an integration of theirs
// waits for it: what their people build may use it too.
type Question struct {
	ID     string // of the predefined connection
	Title  string
	Fields []store.AuthField
	Anew   bool // the service does not take what was answered
}

// askable is the states of a connection in which its workspace may have something to answer.
var askable = []string{store.ConnAsked, store.ConnRefused, store.ConnError}

// Questions is what a workspace is asked now. What it has to sign in for (see NeedsConsent) is asked where it is used.
func (p *Portal) Questions(ctx context.Context, workspaceID string) ([]Question, error) {
	all, err := p.store.ConnectionsOf(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	var questions []Question
	for _, x := range all {
		if !slices.Contains(askable, x.State) {
			continue
		}
		c, err := p.store.PredefinedConnection(ctx, x.PredefinedID)
		if err != nil {
			return nil, err
		}
		fields, err := p.AskedFields(ctx, c.ID, workspaceID)
		var r *Refusal
		if errors.As(err, &r) || c.State != store.PredefinedActive || len(fields) == 0 && err == nil {
			continue // staff have to mend it, or nothing is asked
		}
		if err != nil {
			return nil, err
		}
		questions = append(questions, Question{ID: c.ID, Title: c.Title, Fields: fields, Anew: x.State != store.ConnAsked})
	}
	return questions, nil
}
