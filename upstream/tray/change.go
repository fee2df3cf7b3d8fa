package tray

import (
	"context"

	"portico/graphql"
)

// CreateInstance makes an instance, which is not enabled (CreateInstance, user
// token). It is not idempotent: when the outcome is unknown, look for the name.
func (u *UserClient) CreateInstance(ctx context.Context, solutionID, name string) (Instance, error) {
	answer, err := graphql.CreateInstance(ctx, u.user, solutionID, name)
	if err != nil {
		return Instance{}, err
	}
	return instance("CreateInstance", answer.CreateSolutionInstance.SolutionInstance)
}

// SetValues sets authentications and values of an instance's slots
// (SetInstanceValues, user token). Send the whole list: whether Tray merges it
// with what is there or replaces that is not documented. An empty list is not
// sent, and so changes nothing.
func (u *UserClient) SetValues(ctx context.Context, id string, auths []AuthValue, values []ConfigValue) (Instance, error) {
	var sentAuths []graphql.AuthValue
	for _, a := range auths {
		sentAuths = append(sentAuths, graphql.AuthValue{ExternalId: a.ExternalID, AuthId: a.AuthID})
	}
	var sentValues []graphql.ConfigValue
	for _, v := range values {
		sentValues = append(sentValues, graphql.ConfigValue{ExternalId: v.ExternalID, Value: encodeValue(v.Value)})
	}
	answer, err := graphql.SetInstanceValues(ctx, u.user, id, sentAuths, sentValues)
	if err != nil {
		return Instance{}, err
	}
	return instance("SetInstanceValues", answer.UpdateSolutionInstance.SolutionInstance)
}

// Rename gives an instance another name (RenameInstance, user token).
func (u *UserClient) Rename(ctx context.Context, id, name string) (Instance, error) {
	answer, err := graphql.RenameInstance(ctx, u.user, id, name)
	if err != nil {
		return Instance{}, err
	}
	return instance("RenameInstance", answer.UpdateSolutionInstance.SolutionInstance)
}

// Enable turns an instance on, not before EnableDelay after its creation
// (EnableInstance, user token). Tray checks for missing values: the error then
// is of kind Refused and names them.
func (u *UserClient) Enable(ctx context.Context, id string) (Instance, error) {
	answer, err := graphql.EnableInstance(ctx, u.user, id)
	if err != nil {
		return Instance{}, err
	}
	return instance("EnableInstance", answer.UpdateSolutionInstance.SolutionInstance)
}

// Disable turns an instance off (DisableInstance, user token).
func (u *UserClient) Disable(ctx context.Context, id string) (Instance, error) {
	answer, err := graphql.DisableInstance(ctx, u.user, id)
	if err != nil {
		return Instance{}, err
	}
	return instance("DisableInstance", answer.UpdateSolutionInstance.SolutionInstance)
}

// Remove removes an instance (RemoveInstance, user token); the error is of kind
// NotFound when it is gone already.
func (u *UserClient) Remove(ctx context.Context, id string) error {
	_, err := graphql.RemoveInstance(ctx, u.user, id)
	return err
}

// RemoveAuthentication removes an authentication (RemoveAuthentication, user
// token). What it does to an instance that uses it is not documented.
func (u *UserClient) RemoveAuthentication(ctx context.Context, id string) error {
	_, err := graphql.RemoveAuthentication(ctx, u.user, id)
	return err
}
