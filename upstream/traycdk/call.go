package traycdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"portico/upstream"
)

const (
	// maxBody is the longest answer that is read.
	maxBody = 8 << 20
	// asksFirst is the length from which a body waits until the server wants it, as
	// curl has it: a refused token is not worth 10 MiB.
	asksFirst = 1 << 20
)

// call is one request that is to be made.
type call struct {
	operation string // in errors and records
	method    string
	path      string
	body      body
	slow      bool
	reads     func(answer []byte) error // takes what the call is made for from the answer; may come twice
}

// body is what a call sends; without open it sends nothing.
type body struct {
	open   func() (io.ReadCloser, error)
	length int64
	words  string // recorded in its place; "" records the body
}

// cdkPath is a path about one version of a connector.
func cdkPath(room, name, version string, rest ...string) string {
	return "/" + room + "/connectors/" + segments(name, "versions", version) + "/" + segments(rest...)
}

// segments joins path segments; "." and ".." would be taken for steps.
func segments(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = url.PathEscape(part)
		if part == "." || part == ".." {
			escaped[i] = "%2E" + part[1:]
		}
	}
	return strings.Join(escaped, "/")
}

// do makes a call and has its answer read.
func (c *Client) do(ctx context.Context, k call) error {
	ctx = upstream.Hiding(upstream.Named(ctx, k.operation), c.keys.token)
	ctx = upstream.Checked(ctx, func(status int, answer []byte) *upstream.Error {
		return c.examine(k, status, answer)
	})
	if k.body.words != "" {
		ctx = upstream.RecordedAs(ctx, k.body.words)
	}
	answer, read, err := c.send(ctx, k) //nolint:bodyclose // read and closed
	if err != nil {
		return upstream.Failed(Platform, k.operation, err)
	}
	failed := c.examine(k, answer.StatusCode, read)
	if failed == nil {
		return nil
	}
	other := upstream.FromResponse(Platform, k.operation, answer, nil, c.keys.token)
	failed.RetryAfter, failed.RequestID = other.RetryAfter, other.RequestID
	return failed
}

func (c *Client) send(ctx context.Context, k call) (*http.Response, []byte, error) {
	r, err := c.request(ctx, k)
	if err != nil {
		return nil, nil, &upstream.Error{Kind: upstream.Invalid, Err: fmt.Errorf("%w: %w", upstream.ErrNotSent, err)}
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

// request writes a call down. Its faults are ours: nothing has been sent.
func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	if err := c.checked(k); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, k.method, c.origin+k.path, nil)
	if err != nil || r.URL.Host == "" {
		return nil, errors.New("the API's address is not valid")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.keys.token.Reveal())
	if k.body.open == nil {
		return r, nil
	}
	if r.Body, err = k.body.open(); err != nil {
		return nil, err
	}
	r.GetBody, r.ContentLength = k.body.open, k.body.length
	r.Header.Set("Content-Type", "application/json")
	if k.body.length >= asksFirst {
		r.Header.Set("Expect", "100-continue")
	}
	return r, nil
}

// checked finds what would make another request of a call than was meant.
func (c *Client) checked(k call) error {
	token := c.keys.token.Reveal()
	switch {
	case token == "":
		return errors.New("there is no token")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("the token has characters that no token has")
	case strings.HasSuffix(k.path, "/"), strings.Contains(k.path, "//"):
		return errors.New("the connector's name, its version or an ID is empty")
	}
	return nil
}

// jsonBody is a short body, recorded as it is.
func jsonBody(v any) (body, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return body{}, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(encoded))), nil }
	return body{open: open, length: int64(len(encoded))}, nil
}
