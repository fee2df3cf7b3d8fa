package store_test

import (
	"slices"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

func TestWhoseCopiesAreOld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := newWorld(t, s)
		person := func(name, state, problem string, known bool) string {
			u := storetest.User(t, s, w.w, name, store.RoleMember)
			i := storetest.Identity(t, s, w.w, u)
			storetest.Instance(t, s, u, i, w.g, state)
			storetest.Update(t, s, func(tx *store.Tx) error {
				if err := tx.SetIdentitySynced(ctx, i.ID, ""); err != nil || !known {
					return err
				}
				if problem != "" {
					if err := tx.SetIdentitySynced(ctx, i.ID, problem); err != nil {
						return err
					}
				}
				return tx.SetUpstreamUser(ctx, i.ID, "at-tray-"+name)
			})
			c.Advance(time.Minute)
			return i.ID
		}
		failed := person("failed", store.Enabled, "refused", true)
		oldest := person("oldest", store.Enabled, "", true)
		older := person("older", store.Authorizing, "", true)
		person("unknown at the platform", store.Enabled, "", false)
		person("without an instance", store.Deleted, "", true)
		before := c.Now()
		person("fresh", store.Enabled, "", true)

		got := storetest.Must[[]string](t)(s.StaleIdentities(ctx, before, 10))
		if want := []string{oldest, older, failed}; !slices.Equal(got, want) {
			t.Errorf("to be copied are %v, want %v", got, want)
		}
		if got := storetest.Must[[]string](t)(s.StaleIdentities(ctx, before, 1)); !slices.Equal(got, []string{oldest}) {
			t.Errorf("the first to be copied is %v, want %v", got, oldest)
		}
	})
}
