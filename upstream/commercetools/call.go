package commercetools

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"portico/secret"
	"portico/upstream"
)

// correlation is the header in which a call carries an ID of ours, which commercetools' support asks for.
const correlation = "X-Correlation-ID"

// call is one request that is to be made.
type call struct {
	operation string // in errors and records: method, path, and what tells it apart
	method    string
	address   string // whole, without query
	fault     error  // what makes it impossible to send
	query     url.Values
	body      any        // as JSON; nil sends none
	form      url.Values // instead of a body
	bare      bool       // the answer may be empty
	safe      bool       // changes nothing although it is a POST
	secrets   []secret.Text
}

func (c *Client) get(operation string, path path, query url.Values) call {
	return call{operation: operation, method: http.MethodGet, address: c.connect + path.text, fault: path.fault, query: query}
}

func (c *Client) post(operation string, path path, body any) call {
	return call{operation: operation, method: http.MethodPost, address: c.connect + path.text, fault: path.fault, body: body}
}

func (c *Client) remove(operation string, path path) call {
	return call{operation: operation, method: http.MethodDelete, address: c.connect + path.text, fault: path.fault, bare: true}
}

func (k call) hiding(secrets ...secret.Text) call {
	k.secrets = slices.Concat(k.secrets, secrets)
	return k
}

// do makes a call and reads its answer into v. A token that is not known any more is replaced once: a call, also one that
// writes, that was refused for its token was not carried out.
func (c *Client) do(ctx context.Context, k call, v any) error {
	token, err := c.session.token(ctx, c)
	if err != nil {
		return err
	}
	err = c.try(ctx, k, "Bearer "+token.Reveal(), v)
	if !upstream.IsKind(err, upstream.Unauthorized) {
		return err
	}
	c.session.forget(token)
	if token, err = c.session.token(ctx, c); err != nil {
		return err
	}
	return c.try(ctx, k, "Bearer "+token.Reveal(), v)
}

// try makes a call once, with what its Authorization header says.
func (c *Client) try(ctx context.Context, k call, authorization string, v any) error {
	id := newCorrelation()
	known := slices.Concat(k.secrets, c.session.secrets())
	ctx = upstream.Hiding(upstream.Named(ctx, k.operation), known...)
	if k.safe {
		ctx = upstream.Safe(ctx)
	}
	ctx = upstream.Checked(ctx, func(status int, body []byte) *upstream.Error {
		return k.examine(status, body, known)
	})
	answer, body, err := c.send(ctx, k, authorization, id) //nolint:bodyclose // read and closed
	if err != nil {
		failed := upstream.Failed(Platform, k.operation, err)
		failed.RequestID = id
		return failed
	}
	if failed := k.examine(answer.StatusCode, body, known); failed != nil {
		other := upstream.FromResponse(Platform, k.operation, answer, nil, known...)
		failed.RetryAfter, failed.RequestID = other.RetryAfter, id
		if other.RequestID != "" {
			failed.RequestID = other.RequestID
		}
		return failed
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil // bare, or examine would have found it
	}
	return read(body, v)
}

func (c *Client) send(ctx context.Context, k call, authorization, id string) (*http.Response, []byte, error) {
	r, err := k.request(ctx)
	if err != nil {
		return nil, nil, &upstream.Error{Kind: upstream.Invalid, Err: notSent(err)}
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", authorization)
	r.Header.Set(correlation, id)
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	return answer, body, err
}

func (k call) request(ctx context.Context) (*http.Request, error) {
	if k.fault != nil {
		return nil, k.fault
	}
	body, kind, err := k.encode()
	if err != nil {
		return nil, err
	}
	address := k.address
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil || r.URL.Host == "" {
		return nil, errors.New("the region or the address is not valid")
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r, nil
}

// encode writes the body; the error of the encoder may quote what it could not write, so it is not passed on.
func (k call) encode() (io.Reader, string, error) {
	switch {
	case k.form != nil:
		return bytes.NewReader([]byte(k.form.Encode())), "application/x-www-form-urlencoded", nil
	case k.body == nil:
		return nil, "", nil
	}
	encoded, err := json.Marshal(k.body)
	if err != nil {
		return nil, "", errors.New("the body cannot be written as JSON")
	}
	return bytes.NewReader(encoded), "application/json", nil
}

func newCorrelation() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return "portico-" + hex.EncodeToString(b[:])
}
