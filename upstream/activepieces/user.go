package activepieces

import (
	"context"
	"net/url"
	"slices"
)

// User is a person as the platform knows them.
type User struct {
	ID         string
	ExternalID string // the host's, of those whom an external token has signed in
}

type userBody struct{ ID, ExternalID text }

func (b userBody) user() (User, bool) {
	return User{ID: string(b.ID), ExternalID: string(b.ExternalID)}, b.ID != ""
}

// Users lists the users that have the host's ID (GET /users?externalId=).
func (c *Client) Users(ctx context.Context, externalID string) ([]User, error) {
	call := c.get("GET /users", "/users", url.Values{"externalId": {externalID}})
	all, err := list(ctx, c, call, userBody.user)
	// A server that did not know the filter would list everybody.
	return slices.DeleteFunc(all, func(u User) bool { return u.ExternalID != externalID }), err
}

// DeleteUser removes a user from the platform (DELETE /users/{id}).
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /users/:id", "/users/"+pathSegment(id)), nil)
}
