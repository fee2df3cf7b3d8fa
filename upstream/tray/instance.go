package tray

import (
	"context"
	"errors"
	"time"

	"portico/graphql"
	"portico/upstream"
)

// Instance is an end user's copy of a solution.
type Instance struct {
	ID           string
	Name         string
	Owner        string // Tray's ID of the end user
	SolutionID   string
	Solution     string // its title
	Enabled      bool
	Created      time.Time
	AuthValues   []AuthValue
	ConfigValues []ConfigValue
	Workflows    []Workflow
	// What a newer version of the solution needs before the instance has it.
	HasNewerVersion  bool
	NeedsUserInput   bool
	NeedsSystemInput bool
}

// AuthValue is an authentication in an auth slot.
type AuthValue struct {
	ExternalID string
	AuthID     string
}

// ConfigValue is a value in a config slot.
type ConfigValue struct {
	ExternalID string
	Value      string // JSON
}

// Workflow is an instance's own copy of one of its solution's workflows.
type Workflow struct {
	ID         string
	SourceID   string // of the workflow it was copied from
	Name       string
	TriggerURL string // "" when it has no webhook trigger
}

// InstanceFilter narrows a list of instances; empty fields do not. Owner counts
// only with the master token.
type InstanceFilter struct {
	ID         string
	Name       string // exactly
	Owner      string
	SolutionID string
}

// EachInstance gives fn the instances of all end users, a page at a time, and
// stops at its first error (ListInstances, master token).
func (c *Client) EachInstance(ctx context.Context, filter InstanceFilter, fn func([]Instance) error) error {
	return c.master.eachInstance(ctx, filter, fn)
}

// Instances lists the user's instances (ListInstances, user token).
func (u *UserClient) Instances(ctx context.Context, filter InstanceFilter) ([]Instance, error) {
	all := []Instance{}
	err := u.user.eachInstance(ctx, filter, func(page []Instance) error {
		all = append(all, page...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Instance reads one of the user's instances (ListInstances, user token); the
// error is of kind NotFound when the user has none with this ID.
func (u *UserClient) Instance(ctx context.Context, id string) (Instance, error) {
	all, err := u.Instances(ctx, InstanceFilter{ID: id})
	if err != nil {
		return Instance{}, err
	}
	if len(all) == 0 {
		return Instance{}, notFound("ListInstances", "the user has no instance with this ID")
	}
	return all[0], nil
}

// eachInstance pages through a list. The criteria id and name are in a printed
// schema only, not in Tray's reference: where they are unknown it asks without
// them, and it always compares for itself.
func (c caller) eachInstance(ctx context.Context, filter InstanceFilter, fn func([]Instance) error) error {
	criteria := graphql.SolutionInstanceSearchCriteria{Id: filter.ID, Name: filter.Name, Owner: filter.Owner, SolutionId: filter.SolutionID}
	err := c.pageInstances(ctx, criteria, filter, fn)
	if (filter.ID != "" || filter.Name != "") && upstream.IsKind(err, upstream.Invalid) && !errors.Is(err, upstream.ErrNotSent) {
		criteria.Id, criteria.Name = "", ""
		return c.pageInstances(ctx, criteria, filter, fn)
	}
	return err
}

func (c caller) pageInstances(ctx context.Context, criteria graphql.SolutionInstanceSearchCriteria, filter InstanceFilter, fn func([]Instance) error) error {
	var sent *graphql.SolutionInstanceSearchCriteria
	if criteria != (graphql.SolutionInstanceSearchCriteria{}) {
		sent = &criteria
	}
	return eachPage("ListInstances", func(after string) ([]graphql.InstanceEdge, graphql.PageInfo, error) {
		answer, err := graphql.ListInstances(ctx, c, pageSize, after, sent)
		if err != nil {
			return nil, graphql.PageInfo{}, err
		}
		return answer.Viewer.SolutionInstances.Edges, answer.Viewer.SolutionInstances.PageInfo, nil
	}, func(edges []graphql.InstanceEdge) error {
		page := []Instance{}
		for _, e := range edges {
			i, err := instance("ListInstances", e.Node)
			if err != nil {
				return err
			}
			if filter.matches(i) {
				page = append(page, i)
			}
		}
		return fn(page)
	})
}

func (f InstanceFilter) matches(i Instance) bool {
	for _, pair := range [][2]string{{f.ID, i.ID}, {f.Name, i.Name}, {f.Owner, i.Owner}, {f.SolutionID, i.SolutionID}} {
		if pair[0] != "" && pair[0] != pair[1] {
			return false
		}
	}
	return true
}

// instance reads what Tray says of an instance, in a list or after a change.
func instance(operation string, f graphql.InstanceFields) (Instance, error) {
	if f.Id == "" {
		return Instance{}, missing(operation, "ID of an instance")
	}
	i := Instance{
		ID:               f.Id,
		Name:             f.Name,
		Owner:            f.Owner,
		SolutionID:       f.Solution.Id,
		Solution:         f.Solution.Title,
		Enabled:          f.Enabled,
		Created:          f.Created,
		HasNewerVersion:  f.SolutionVersionFlags.HasNewerVersion,
		NeedsUserInput:   f.SolutionVersionFlags.RequiresUserInputToUpdateVersion,
		NeedsSystemInput: f.SolutionVersionFlags.RequiresSystemInputToUpdateVersion,
	}
	for _, v := range f.AuthValues {
		i.AuthValues = append(i.AuthValues, AuthValue{ExternalID: v.ExternalId, AuthID: v.AuthId})
	}
	for _, v := range f.ConfigValues {
		i.ConfigValues = append(i.ConfigValues, ConfigValue{ExternalID: v.ExternalId, Value: decodeValue(v.Value)})
	}
	for _, e := range f.Workflows.Edges {
		w := e.Node
		i.Workflows = append(i.Workflows, Workflow{ID: w.Id, SourceID: w.SourceWorkflowId, Name: w.SourceWorkflowName, TriggerURL: w.TriggerUrl})
	}
	return i, nil
}
