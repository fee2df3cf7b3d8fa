package store_test

import (
	"errors"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

func TestScripts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		a, other := storetest.Account(t, s, "main"), storetest.Account(t, s, "other")
		put := func(hash, body string) {
			c.Advance(time.Minute)
			storetest.Update(t, s, func(tx *store.Tx) error {
				return tx.PutScript(ctx, store.Script{AccountID: a.ID, Hash: hash, URL: "https://cdn.example/" + hash}, []byte(body))
			})
		}
		confirm := func(accountID, hash string) error {
			c.Advance(time.Minute)
			return s.Update(ctx, func(tx *store.Tx) error { return tx.ConfirmScript(ctx, accountID, hash, "Kim") })
		}
		current := func() string {
			t.Helper()
			got, err := s.ConfirmedScript(ctx, a.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return got.Hash
		}
		put("aa", "one();")
		put("bb", "zwölf();")
		if got := current(); got != "" {
			t.Errorf("the script %q is used before anybody has agreed to it", got)
		}
		if _, err := s.PublicScript(ctx, "aa"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a script that nobody has agreed to is read: %v", err)
		}
		if err := confirm(other.ID, "aa"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("confirming for another account: got %v, want ErrNotFound", err)
		}
		for _, hash := range []string{"aa", "bb", "aa"} { // the last time goes back to the older one
			if err := confirm(a.ID, hash); err != nil {
				t.Fatal(err)
			}
			if got := current(); got != hash {
				t.Errorf("after confirming %q, %q is used", hash, got)
			}
		}
		put("aa", "one();") // the same bytes again keep what was said of them
		if got := current(); got != "aa" {
			t.Errorf("fetched again, %q is used, want %q", got, "aa")
		}
		body, err := s.PublicScript(ctx, "bb")
		if err != nil || string(body) != "zwölf();" {
			t.Errorf("got the body %q, %v", body, err)
		}
		list, err := s.Scripts(ctx, a.ID)
		if err != nil || len(list) != 2 || list[0].Hash != "aa" || list[1].Size != 9 || list[1].ConfirmedBy != "Kim" {
			t.Errorf("got the scripts %+v, %v", list, err)
		}
		if _, err := s.ConfirmedScript(ctx, other.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another account has a script too: %v", err)
		}
	})
}
