package commercetools

import (
	"context"
	"strings"
)

// CreateDraft makes a draft (POST /connectors/drafts). The service reads connect.yaml from the repository before it
// answers. Exists: the key is taken.
func (c *Client) CreateDraft(ctx context.Context, draft DraftDraft) (Draft, error) {
	return one[Draft](ctx, c, c.post("POST /connectors/drafts", at(draftsPath), draft))
}

// Drafts is one page of the organisation's drafts (GET /connectors/drafts).
func (c *Client) Drafts(ctx context.Context, query DraftQuery) (Page[Draft], error) {
	return page[Draft](ctx, c, c.get("GET /connectors/drafts", at(draftsPath), query.values()))
}

// AllDrafts are all of the organisation's drafts, the oldest first.
func (c *Client) AllDrafts(ctx context.Context) ([]Draft, error) {
	return all(func(limit, offset int) (Page[Draft], error) {
		return c.Drafts(ctx, DraftQuery{Limit: limit, Offset: offset, Sort: []string{OldestFirst}})
	})
}

// Draft reads a draft (GET /connectors/drafts/{id}).
func (c *Client) Draft(ctx context.Context, id string) (Draft, error) {
	return one[Draft](ctx, c, c.get("GET /connectors/drafts/{id}", at(draftsPath).id(id), nil))
}

// DraftByKey reads a draft (GET /connectors/drafts/key={key}). Drafts have lost their keys: keep the ID.
func (c *Client) DraftByKey(ctx context.Context, key string) (Draft, error) {
	return one[Draft](ctx, c, c.get("GET /connectors/drafts/key={key}", at(draftsPath).key(key), nil))
}

// updateBody is the body of every update.
type updateBody struct {
	Version int `json:"version"`
	Actions any `json:"actions"`
}

// UpdateDraft carries out actions on a draft in the version given (POST /connectors/drafts/{id}): all of them, or none.
// When the draft has another version, nothing is changed and the error is a Conflict.
func (c *Client) UpdateDraft(ctx context.Context, id string, version int, actions ...Action) (Draft, error) {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.Name()
	}
	k := c.post("POST /connectors/drafts/{id} "+strings.Join(names, ", "), at(draftsPath).id(id), updateBody{version, actions})
	if len(actions) == 0 {
		k.fault = errNoAction
	}
	return one[Draft](ctx, c, k)
}

// DeleteDraft removes a draft (DELETE /connectors/drafts/{id}) and returns what it was, or nothing where the service says
// nothing. One that is published or deployed may be refused. NotFound: it has gone.
func (c *Client) DeleteDraft(ctx context.Context, id string) (Draft, error) {
	return removed[Draft](ctx, c, c.remove("DELETE /connectors/drafts/{id}", at(draftsPath).id(id)))
}

// one makes a call that answers with one thing, which has an ID.
func one[T identified](ctx context.Context, c *Client, k call) (T, error) {
	got, err := removed[T](ctx, c, k)
	if err == nil && got.identity() == "" {
		var none T
		return none, missing(k.operation, "ID")
	}
	return got, err
}

// removed is one for calls whose answer nobody needs.
func removed[T identified](ctx context.Context, c *Client, k call) (T, error) {
	var got, none T
	if err := c.do(ctx, k, &got); err != nil {
		return none, err
	}
	return got, nil
}

// identified is a thing of the service.
type identified interface{ identity() string }

func (d Draft) identity() string      { return d.ID }
func (c Connector) identity() string  { return c.ID }
func (d Deployment) identity() string { return d.ID }
