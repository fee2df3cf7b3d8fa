package traycdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"portico/upstream"
)

// Share shows a connector to people of the token's organisation by the exact e-mail
// addresses of their accounts, and returns Tray's words: "2 permissions added" (POST
// /cdk/v1/permissions/connectors/{name}/versions/{version}/share-with-emails). Only
// the token that owns the connector may: see NotOwner. There is no call that lists
// permissions or takes them back.
func (c *Client) Share(ctx context.Context, name, version string, emails []string) (message string, err error) {
	const operation = "share"
	if len(emails) == 0 {
		return "", &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Invalid,
			Err: fmt.Errorf("%w: no e-mail address", upstream.ErrNotSent)}
	}
	sent, err := jsonBody(struct {
		Emails []string `json:"emails"`
	}{emails})
	if err != nil {
		return "", err
	}
	err = c.do(ctx, call{
		operation: operation,
		method:    http.MethodPost,
		path:      cdkPath("cdk/v1/permissions", name, version, "share-with-emails"),
		body:      sent,
		reads: func(answer []byte) error {
			message = c.words(answer)
			if isPage(answer) {
				return errNotTray // a proxy's: nothing has been shared
			}
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return message, nil
}

// words are what a success says. Whatever they are, it is one.
func (c *Client) words(answer []byte) string {
	var got struct{ Success struct{ Message text } }
	if json.Unmarshal(answer, &got) == nil && got.Success.Message != "" {
		return upstream.Words(string(got.Success.Message), c.keys.token) // as an older path answers
	}
	_, message := said(answer)
	return upstream.Words(message, c.keys.token)
}

// Me returns the user name that the token belongs to (GET /v1/me). The call is not
// documented, and a token that may deploy may be refused here.
func (c *Client) Me(ctx context.Context) (username string, err error) {
	err = c.do(ctx, call{
		operation: "me",
		method:    http.MethodGet,
		path:      "/v1/me",
		reads: func(answer []byte) error {
			var got struct{ Username, Email, Name text }
			if err := object(answer, &got); err != nil {
				return err
			}
			for _, name := range []text{got.Username, got.Email, got.Name} {
				if name != "" {
					username = upstream.Words(string(name), c.keys.token)
					return nil
				}
			}
			return errors.New("the answer has no user name")
		},
	})
	return username, err
}

// CanSee reports whether a version of a connector is visible to the token's own user
// (GET /core/v1/connectors/{name}/versions/{version}/operations): its own connectors
// are not, unless they are shared with it.
func (c *Client) CanSee(ctx context.Context, name, version string) (bool, error) {
	err := c.do(ctx, call{
		operation: "operations",
		method:    http.MethodGet,
		path:      cdkPath("core/v1", name, version, "operations"),
		reads: func(answer []byte) error {
			var got struct{ Elements json.RawMessage }
			if err := object(answer, &got); err != nil {
				return err
			}
			if !bytes.HasPrefix(bytes.TrimSpace(got.Elements), []byte("[")) {
				return errors.New("the answer has no elements")
			}
			return nil
		},
	})
	failed, ok := errors.AsType[*upstream.Error](err)
	if ok && (failed.Kind == upstream.NotFound || isUnseen(failed.Message)) {
		return false, nil
	}
	return err == nil, err
}
