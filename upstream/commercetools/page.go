package commercetools

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"portico/upstream"
)

const (
	// MaxLimit is how many elements a page has at most; the API's default is 20.
	MaxLimit = 500
	// MaxOffset is how many elements can be passed over at most.
	MaxOffset = 10_000

	maxWalks = 3 // through a list that changes while it is read
)

// Orders of a list. The API sorts by these two times, which it does not show.
const (
	OldestFirst  = "createdAt asc"
	NewestFirst  = "createdAt desc"
	ChangedFirst = "lastModifiedAt desc"
)

// Page is a part of a list.
type Page[T any] struct {
	Limit   int `json:"limit"`
	Offset  int `json:"offset"`
	Count   int `json:"count"` // in this page
	Total   int `json:"total"` // that match; 0 with Results when the service has not said
	Results []T `json:"results"`
}

// DraftQuery narrows a list of drafts; zero fields do not.
type DraftQuery struct {
	Limit, Offset    int
	Sort             []string // OldestFirst …
	Private          *bool    // only private ones, or only the others
	IntegrationTypes []string
}

func (q DraftQuery) values() url.Values {
	values := paging(q.Limit, q.Offset, q.Sort)
	if q.Private != nil {
		values.Set("isPrivate", strconv.FormatBool(*q.Private))
	}
	return adding(values, "integrationTypes", q.IntegrationTypes)
}

// paging makes the parameters that all lists take.
func paging(limit, offset int, sort []string) url.Values {
	values := url.Values{}
	if limit != 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
	if offset != 0 {
		values.Set("offset", strconv.Itoa(offset))
	}
	return adding(values, "sort", sort)
}

// adding repeats a parameter, which is how the API takes several values.
func adding(values url.Values, name string, many []string) url.Values {
	for _, one := range many {
		values.Add(name, one)
	}
	return values
}

func page[T identified](ctx context.Context, c *Client, k call) (Page[T], error) {
	var got Page[T]
	if err := c.do(ctx, k, &got); err != nil {
		return Page[T]{}, err
	}
	if got.Results == nil {
		return Page[T]{}, missing(k.operation, "list")
	}
	for _, row := range got.Results {
		if row.identity() == "" {
			return Page[T]{}, missing(k.operation, "ID in its list")
		}
	}
	return got, nil
}

// all reads a list to its end. Pages are cut by position, so that what appears or goes while they are read moves the
// rest: the list is read again then, and what cannot be read whole is an error and never a part.
func all[T identified](fetch func(limit, offset int) (Page[T], error)) ([]T, error) {
	for range maxWalks {
		rows, whole, err := walk(fetch)
		if err != nil || whole {
			return rows, err
		}
	}
	return nil, &upstream.Error{Platform: Platform, Operation: "GET a whole list", Kind: upstream.Unavailable,
		Err: errors.New("the list changed each time while it was read")}
}

// walk reads all pages once, and reports whether they make one list.
func walk[T identified](fetch func(limit, offset int) (Page[T], error)) (rows []T, whole bool, err error) {
	rows = []T{}
	seen := map[string]bool{}
	total := -1
	for offset := 0; ; {
		if offset > MaxOffset {
			return nil, false, &upstream.Error{Platform: Platform, Operation: "GET a whole list", Kind: upstream.Refused,
				Err: fmt.Errorf("the list has more than %d elements, which the API does not show", MaxOffset+MaxLimit)}
		}
		page, err := fetch(MaxLimit, offset)
		if err != nil {
			return nil, false, err
		}
		if total >= 0 && page.Total != total {
			return nil, false, nil
		}
		total = page.Total
		for _, row := range page.Results {
			if !seen[row.identity()] {
				seen[row.identity()] = true
				rows = append(rows, row)
			}
		}
		offset += len(page.Results)
		switch {
		case len(page.Results) == 0, total > 0 && offset >= total:
			return rows, len(rows) == offset && (total == 0 || len(rows) == total), nil
		}
	}
}
