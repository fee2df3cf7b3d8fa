package activepieces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
)

const (
	// wholeList is asked for where a walk through pages would lose rows; the
	// platform has no maximum (0.86 took it).
	wholeList   = 100_000
	projectPage = 1000
	maxPages    = 10_000 // more than any list has: what goes on longer does not end
)

// one makes a call that answers with one thing. The name of it, which a body is
// read into, decides what it needs: read reports whether it is all there.
func one[B, T any](ctx context.Context, c *Client, k call, read func(B) (T, bool)) (T, error) {
	var body B
	var none T
	if err := c.do(ctx, k, &body); err != nil {
		return none, err
	}
	got, ok := read(body)
	if !ok {
		return none, missing(k.operation, "ID")
	}
	return got, nil
}

// list makes a call that answers with a list, to its end. It is never nil, so
// that one that could not be read is not taken for an empty one. A list that does
// not end is an error: a cursor that the platform cannot read gives the first
// page again.
func list[B, T any](ctx context.Context, c *Client, k call, read func(B) (T, bool)) ([]T, error) {
	all := []T{}
	seen := map[string]bool{}
	for range maxPages {
		page, next, err := onePage(ctx, c, k, read)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		if seen[next] {
			return nil, malformed(k.operation, errors.New("the list goes on with a page that was read before"))
		}
		seen[next] = true
		k.query = maps.Clone(k.query)
		if k.query == nil {
			k.query = url.Values{}
		}
		k.query.Set("cursor", next)
	}
	return nil, malformed(k.operation, fmt.Errorf("the list has more than %d pages", maxPages))
}

// onePage reads {"data": […], "next": cursor or null}, or the array alone.
func onePage[B, T any](ctx context.Context, c *Client, k call, read func(B) (T, bool)) ([]T, string, error) {
	var raw json.RawMessage
	if err := c.do(ctx, k, &raw); err != nil {
		return nil, "", err
	}
	page := struct {
		Data []B
		Next text
	}{}
	if err := json.Unmarshal(raw, &page); err != nil {
		_ = json.Unmarshal(raw, &page.Data) // what is neither leaves it nil
	}
	if page.Data == nil {
		return nil, "", missing(k.operation, "list")
	}
	all := make([]T, 0, len(page.Data))
	for _, body := range page.Data {
		got, ok := read(body)
		if !ok {
			return nil, "", missing(k.operation, "ID in its list")
		}
		all = append(all, got)
	}
	return all, string(page.Next), nil
}
