package tray

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	genqlient "github.com/Khan/genqlient/graphql"

	"portico/graphql"
	"portico/secret"
	"portico/upstream"
)

const (
	pageSize = 100    // as in Tray's own samples; its default and maximum are not known
	maxPages = 10_000 // more than any list has: what goes on longer does not end
	maxBody  = 8 << 20
)

// caller sends operations with one token. It is genqlient's client.
type caller struct {
	http    *http.Client
	address string
	keys    *keys // behind a pointer, so that printing a client does not print them
}

// keys are the secrets that a caller knows, none of which an error may hold.
type keys struct {
	token  secret.Text // what it calls with
	others []secret.Text
}

// MakeRequest sends one operation and reads its answer into response.Data.
// Queries are marked safe to send again, mutations are not.
func (c caller) MakeRequest(ctx context.Context, request *genqlient.Request, response *genqlient.Response) error {
	ctx = upstream.Named(ctx, request.OpName)
	if strings.HasPrefix(strings.TrimSpace(request.Query), "query") {
		ctx = upstream.Safe(ctx)
	}
	ctx = upstream.Checked(ctx, func(status int, body []byte) *upstream.Error {
		_, failed := c.examine(request.OpName, status, body)
		return failed
	})
	answer, body, err := c.send(ctx, request) //nolint:bodyclose // read and closed
	if err != nil {
		return upstream.Failed(Platform, request.OpName, err)
	}
	data, failed := c.examine(request.OpName, answer.StatusCode, body)
	switch {
	case failed != nil:
		c.complete(failed, answer, body)
		return failed
	case answer.StatusCode != http.StatusOK:
		return upstream.FromResponse(Platform, request.OpName, answer, body, c.secrets()...)
	}
	if err := json.Unmarshal(data, response.Data); err != nil {
		return malformed(request.OpName, errors.New(upstream.Words(err.Error(), c.secrets()...)))
	}
	return nil
}

func (c caller) send(ctx context.Context, request *genqlient.Request) (*http.Response, []byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, nil, notSent(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(body))
	if err != nil {
		return nil, nil, notSent(errors.New("the API's address is not valid"))
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.keys.token.Reveal())
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	return answer, read, err
}

func notSent(err error) error {
	return &upstream.Error{Kind: upstream.Invalid, Err: fmt.Errorf("%w: %w", upstream.ErrNotSent, err)}
}

// complete adds what only the HTTP answer says.
func (c caller) complete(failed *upstream.Error, answer *http.Response, body []byte) {
	other := upstream.FromResponse(Platform, failed.Operation, answer, body, c.secrets()...)
	failed.RetryAfter = other.RetryAfter
	if failed.RequestID == "" {
		failed.RequestID = other.RequestID
	}
}

func (c caller) secrets() []secret.Text { return append([]secret.Text{c.keys.token}, c.keys.others...) }

func malformed(operation string, err error) *upstream.Error {
	return &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Malformed, Status: http.StatusOK, Err: err}
}

// missing is the error for an answer without what the operation must give. A
// list that is not there must not be taken for an empty one, nor a user without
// an ID for a user.
func missing(operation, what string) error {
	return malformed(operation, fmt.Errorf("the answer has no %s", what))
}

// eachPage fetches a list to its end; fetch always sends `first`. A list that
// does not end, because its cursor comes again or is missing, is an error.
func eachPage[E any](operation string, fetch func(after string) ([]E, graphql.PageInfo, error), each func([]E) error) error {
	seen := map[string]bool{}
	after := ""
	for range maxPages {
		edges, page, err := fetch(after)
		if err != nil {
			return err
		}
		if edges == nil {
			return missing(operation, "edges")
		}
		if err := each(edges); err != nil {
			return err
		}
		if !page.HasNextPage {
			return nil
		}
		if page.EndCursor == "" || seen[page.EndCursor] {
			return malformed(operation, errors.New("the list goes on, but its next page is not named or was read before"))
		}
		after = page.EndCursor
		seen[after] = true
	}
	return malformed(operation, fmt.Errorf("the list has more than %d pages", maxPages))
}
