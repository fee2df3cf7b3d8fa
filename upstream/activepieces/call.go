package activepieces

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/secret"
	"portico/upstream"
)

// as says whose credentials a call carries.
type as int

const (
	anyone as = iota // the API key's, or the admin's
	admin            // the admin's, even where there is a key
	nobody           // none
)

// call is one request that is to be made.
type call struct {
	operation string // in errors and records: method, path, and what tells it apart
	method    string
	path      string // below /api/v1
	query     url.Values
	body      any // nil sends none
	as        as
	slow      bool // waits for a worker
	private   bool // the answer holds what went through flows
	bare      bool // the answer may be empty: nothing of it is read
	secrets   []secret.Text
}

func (c *Client) get(operation, path string, query url.Values) call {
	return call{operation: operation, method: http.MethodGet, path: path, query: query}
}

func (c *Client) post(operation, path string, body any) call {
	return call{operation: operation, method: http.MethodPost, path: path, body: body}
}

func (c *Client) remove(operation, path string) call {
	return call{operation: operation, method: http.MethodDelete, path: path, bare: true}
}

func (k call) public() call     { k.as = nobody; return k }
func (k call) asUser() call     { k.as = admin; return k }
func (k call) slowly() call     { k.slow = true; return k }
func (k call) unrecorded() call { k.private = true; return k }
func (k call) unread() call     { k.bare = true; return k }

func (k call) hiding(secrets ...secret.Text) call {
	k.secrets = slices.Concat(k.secrets, secrets)
	return k
}

// pathSegment escapes an ID for a path; "." and ".." would be taken for steps.
func pathSegment(id string) string {
	if id == "." || id == ".." {
		return "%2E" + id[1:]
	}
	return url.PathEscape(id)
}

// do makes a call and reads its answer into v, if v is not nil. A token of a
// session that the platform no longer knows is replaced once: a call that was
// refused for its token was not carried out.
func (c *Client) do(ctx context.Context, k call, v any) error {
	if !c.signsIn(k) {
		token := c.keys.api
		if k.as == nobody {
			token = ""
		}
		return c.try(ctx, k, token, v)
	}
	token, err := c.session.token(ctx, c)
	if err != nil {
		return err
	}
	err = c.try(ctx, k, token, v)
	if !upstream.IsKind(err, upstream.Unauthorized) {
		return err
	}
	c.session.forget(token)
	if token, err = c.session.token(ctx, c); err != nil {
		return err
	}
	return c.try(ctx, k, token, v)
}

// signsIn reports whether a call carries the admin's token.
func (c *Client) signsIn(k call) bool {
	return c.session != nil && k.as != nobody && (k.as == admin || c.keys.api == "")
}

func (c *Client) try(ctx context.Context, k call, token secret.Text, v any) error {
	known := slices.Concat(k.secrets, []secret.Text{token, c.keys.api, c.keys.password})
	ctx = upstream.Hiding(upstream.Named(ctx, k.operation), known...)
	if k.private {
		ctx = upstream.WithoutAnswer(ctx)
	}
	ctx = upstream.Checked(ctx, func(status int, body []byte) *upstream.Error {
		return k.examine(status, body, known)
	})
	answer, body, err := c.send(ctx, k, token) //nolint:bodyclose // read and closed
	if err != nil {
		return upstream.Failed(Platform, k.operation, err)
	}
	if failed := k.examine(answer.StatusCode, body, known); failed != nil {
		other := upstream.FromResponse(Platform, k.operation, answer, nil, known...)
		failed.RetryAfter, failed.RequestID = other.RetryAfter, other.RequestID
		return failed
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return malformed(k.operation, errors.New(upstream.Words(err.Error(), known...)))
	}
	return nil
}

func (c *Client) send(ctx context.Context, k call, token secret.Text) (*http.Response, []byte, error) {
	if strings.HasSuffix(k.path, "/") || strings.Contains(k.path, "//") {
		// Without its ID a path is another one, where POST makes something new.
		return nil, nil, &upstream.Error{Kind: upstream.Invalid, Err: notSent(errors.New("an ID is empty"))}
	}
	var body io.Reader
	if k.body != nil {
		encoded, err := encode(k.body)
		if err != nil {
			return nil, nil, &upstream.Error{Kind: upstream.Invalid, Err: notSent(err)}
		}
		body = bytes.NewReader(encoded)
	}
	address := c.origin + "/api/v1" + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		return nil, nil, &upstream.Error{Kind: upstream.Invalid, Err: notSent(errors.New("the instance's address is not valid"))}
	}
	r.Header.Set("Accept", "application/json")
	if k.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	client := c.http
	if k.slow {
		client = c.slow
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	return answer, read, err
}

// encode writes a body; the error of the encoder may quote what it could not
// write, so it is not passed on.
func encode(body any) ([]byte, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, errors.New("the body cannot be written as JSON")
	}
	return encoded, nil
}

func notSent(err error) error { return fmt.Errorf("%w: %w", upstream.ErrNotSent, err) }

func malformed(operation string, err error) *upstream.Error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Malformed, Status: http.StatusOK, Err: err}
}

// missing is the error for an answer without what the call must give.
func missing(operation, what string) error {
	return malformed(operation, fmt.Errorf("the answer has no %s", what))
}
