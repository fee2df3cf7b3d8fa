package tray

import (
	"context"

	"portico/graphql"
	"portico/secret"
	"portico/upstream"
)

// User is an end user at Tray: a person or a workspace of the host.
type User struct {
	ID         string
	Name       string
	ExternalID string // the host's
}

// WhoAmI asks whom the master token belongs to: the test of a configuration
// (WhoAmI, master token).
func (c *Client) WhoAmI(ctx context.Context) (string, error) {
	answer, err := graphql.WhoAmI(ctx, c.master)
	if err != nil {
		return "", err
	}
	details := answer.Viewer.Details
	for _, name := range []string{details.Username, details.Email, details.Name} {
		if name != "" {
			return name, nil
		}
	}
	return "", missing("WhoAmI", "name")
}

// CreateUser makes an end user with the host's ID for it (CreateExternalUser,
// master token). The error is of kind Exists when Tray has one: FindUser.
func (c *Client) CreateUser(ctx context.Context, name, externalID string) (id string, err error) {
	answer, err := graphql.CreateExternalUser(ctx, c.master, name, externalID)
	if err != nil {
		return "", err
	}
	if answer.CreateExternalUser.UserId == "" {
		return "", missing("CreateExternalUser", "userId")
	}
	return answer.CreateExternalUser.UserId, nil
}

// FindUser finds an end user by the host's ID (FindUserByExternalId, master
// token); the error is of kind NotFound when there is none. It compares the IDs
// itself, as it is not documented that Tray matches them exactly.
func (c *Client) FindUser(ctx context.Context, externalID string) (User, error) {
	const operation = "FindUserByExternalId"
	var found *User
	err := eachPage(operation, func(after string) ([]graphql.UserEdge, graphql.PageInfo, error) {
		answer, err := graphql.FindUserByExternalId(ctx, c.master, externalID, pageSize, after)
		if err != nil {
			return nil, graphql.PageInfo{}, err
		}
		return answer.Users.Edges, answer.Users.PageInfo, nil
	}, func(edges []graphql.UserEdge) error {
		for _, e := range edges {
			if e.Node.ExternalUserId == externalID && e.Node.Id != "" && found == nil {
				found = &User{ID: e.Node.Id, Name: e.Node.Name, ExternalID: externalID}
			}
		}
		return nil
	})
	if err != nil {
		return User{}, err
	}
	if found == nil {
		return User{}, notFound(operation, "no user has this external ID")
	}
	return *found, nil
}

func notFound(operation, message string) error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.NotFound, Message: message}
}

// RemoveUser removes an end user (RemoveExternalUser, master token). What
// becomes of its instances is not documented: remove them first.
func (c *Client) RemoveUser(ctx context.Context, id string) error {
	_, err := graphql.RemoveExternalUser(ctx, c.master, id)
	return err
}

// Authorize mints a user token, good for TokenLife (Authorize, master token).
func (c *Client) Authorize(ctx context.Context, userID string) (secret.Text, error) {
	answer, err := graphql.Authorize(ctx, c.master, userID)
	if err != nil {
		return "", err
	}
	if answer.Authorize.AccessToken == "" {
		return "", missing("Authorize", "accessToken")
	}
	return secret.Text(answer.Authorize.AccessToken), nil
}

// AuthorizationCode mints a code for one opening of one hosted dialog, good for
// CodeLife (GenerateAuthorizationCode, master token).
func (c *Client) AuthorizationCode(ctx context.Context, userID string) (secret.Text, error) {
	answer, err := graphql.GenerateAuthorizationCode(ctx, c.master, userID)
	if err != nil {
		return "", err
	}
	if answer.GenerateAuthorizationCode.AuthorizationCode == "" {
		return "", missing("GenerateAuthorizationCode", "authorizationCode")
	}
	return secret.Text(answer.GenerateAuthorizationCode.AuthorizationCode), nil
}
