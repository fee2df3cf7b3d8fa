package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"portico/store"
)

// facetsFor is how long what is counted of the catalogue is kept: it says how much there is, never what one may see.
const facetsFor = 5 * time.Second

// summary is what a page says of the whole catalogue.
type summary struct {
	store.Facets
	sync store.Sync
}

// facetKey is what a summary depends on: two people who may see the same share one.
type facetKey struct{ account, workspace, tags string }

// facetCache keeps summaries for a few seconds.
type facetCache struct {
	store *store.Store
	kept  *otter.Cache[facetKey, summary]
}

func newFacetCache(s *store.Store) (*facetCache, error) {
	kept, err := otter.New(&otter.Options[facetKey, summary]{
		MaximumSize: 10_000, ExpiryCalculator: otter.ExpiryWriting[facetKey, summary](facetsFor),
	})
	if err != nil {
		return nil, fmt.Errorf("making a cache: %w", err)
	}
	return &facetCache{store: s, kept: kept}, nil
}

// summary is what there is for a user in an account's catalogue.
func (f *facetCache) summary(ctx context.Context, u store.User, account string) (summary, error) {
	tags := "*"
	if u.Tags != nil {
		tags = strings.Join(u.Tags, "\x00")
	}
	key := facetKey{account, u.WorkspaceID, tags}
	return f.kept.Get(ctx, key, otter.LoaderFunc[facetKey, summary](func(ctx context.Context, key facetKey) (summary, error) {
		facets, err := f.store.Facets(ctx, u, account)
		if err != nil {
			return summary{}, err
		}
		sync, err := f.store.Sync(ctx, account, store.SyncedCatalogue)
		return summary{facets, sync}, err
	}))
}
