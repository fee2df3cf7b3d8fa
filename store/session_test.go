package store_test

import (
	"errors"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

func openSession(t *testing.T, s *store.Store, kind, subject string) (key string) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		key, err = tx.CreateSession(ctx, kind, subject)
		return err
	})
	return key
}

func TestSessionEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		u := storetest.User(t, s, w, "ann", store.RoleMember)
		live := func(key string) bool {
			t.Helper()
			v, err := s.Visit(ctx, key)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			if err == nil && (v.User.ID != u.ID || v.Workspace.ID != w.ID) {
				t.Errorf("the visit is of %v in %v", v.User, v.Workspace)
			}
			return err == nil
		}
		touch := func(key string) {
			t.Helper()
			v, err := s.Visit(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SaveSession(ctx, v.Session) })
		}
		idle, used := openSession(t, s, store.SessionUser, u.ID), openSession(t, s, store.SessionUser, u.ID)
		c.Advance(store.SessionIdle - time.Second)
		if !live(idle) || !live(used) {
			t.Error("a session ends before 8 hours without use")
		}
		touch(used)
		c.Advance(time.Second)
		if live(idle) {
			t.Error("a session lives on after 8 hours without use")
		}
		c.Advance(store.SessionIdle - 2*time.Second)
		touch(used)
		c.Advance(store.SessionIdle - 2*time.Second)
		touch(used)
		if !live(used) {
			t.Error("a session in use ends before its 24 hours")
		}
		c.Advance(4 * time.Second)
		if live(used) {
			t.Error("a session in use lives on after 24 hours")
		}
	})
}

func TestSessionsEndTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := storetest.Workspace(t, s, storetest.Account(t, s, "main"), "acme")
		ann, bob := storetest.User(t, s, w, "ann", store.RoleMember), storetest.User(t, s, w, "bob", store.RoleMember)
		one, two := openSession(t, s, store.SessionUser, ann.ID), openSession(t, s, store.SessionUser, ann.ID)
		other, door := openSession(t, s, store.SessionUser, bob.ID), openSession(t, s, store.SessionStaff, ann.ID)
		storetest.Update(t, s, func(tx *store.Tx) error {
			n, err := tx.EndSessions(ctx, store.SessionUser, ann.ID)
			if n != 2 {
				t.Errorf("ended %d sessions, want 2", n)
			}
			return err
		})
		for key, want := range map[string]bool{one: false, two: false, other: true} {
			if _, err := s.Session(ctx, store.SessionUser, key); (err == nil) != want {
				t.Errorf("session lives: %v, want %v (%v)", err == nil, want, err)
			}
		}
		if _, err := s.Session(ctx, store.SessionUser, door); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a staff key opens the users' door: %v", err)
		}
		if _, err := s.Session(ctx, store.SessionStaff, door); err != nil {
			t.Errorf("the staff session ended with the user's: %v", err)
		}
	})
}

func TestTicketIsUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		make := func(k store.Ticket) (key string) {
			k.ExpiresAt = store.At(c.Now().Add(time.Minute))
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				key, err = tx.CreateTicket(ctx, k)
				return err
			})
			return key
		}
		redeem := func(key string) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.RedeemTicket(ctx, store.SessionUser, key)
				return err
			})
		}
		once := make(store.Ticket{Kind: store.SessionUser, SubjectID: "u", Path: "/"})
		won := 0
		for _, err := range atOnce(8, func(int) error { return redeem(once) }) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, store.ErrNotFound):
				t.Errorf("a second redemption says %v, want ErrNotFound", err)
			}
		}
		if won != 1 {
			t.Errorf("a ticket was redeemed %d times", won)
		}
		if err := redeem(make(store.Ticket{Kind: store.SessionStaff, SubjectID: "s"})); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a staff ticket at the users' door: %v, want ErrNotFound", err)
		}
		again, late := make(store.Ticket{Kind: store.SessionUser, Reusable: true}), make(store.Ticket{Kind: store.SessionUser})
		noErrors(t, []error{redeem(again), redeem(again)})
		c.Advance(time.Minute)
		for _, key := range []string{again, late} {
			if err := redeem(key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a ticket after its time: %v, want ErrNotFound", err)
			}
		}
	})
}

func TestHostTokenIsUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		use := func(issuer, jti string) error {
			return s.Update(ctx, func(tx *store.Tx) error {
				err := tx.UseToken(ctx, issuer, jti, c.Now().Add(5*time.Minute))
				if event := tx.AddEvent(ctx, store.Event{Code: "session.refused", Actor: store.Actor{Kind: store.ActorHost}}); event != nil {
					t.Errorf("after UseToken the transaction takes nothing more: %v", event)
				}
				return err
			})
		}
		won := 0
		for _, err := range atOnce(6, func(int) error { return use("host", "1") }) {
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrExists) {
				t.Errorf("a replay says %v, want ErrExists", err)
			}
		}
		if won != 1 {
			t.Errorf("a token was used %d times", won)
		}
		noErrors(t, []error{use("other", "1"), use("host", "2")})
	})
}

func TestSessionKeysRotate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		rotate := func() []store.SessionKeys {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.RotateSessionKeys(ctx) })
			return storetest.Must[[]store.SessionKeys](t)(s.SessionKeys(ctx))
		}
		first := rotate()
		if len(first) != 1 || len(first[0].Hash) != 64 || len(first[0].Block) != 32 {
			t.Fatalf("the first keys are %d pairs", len(first))
		}
		if again := rotate(); len(again) != 1 {
			t.Errorf("a pair of today is replaced: %d pairs", len(again))
		}
		c.Advance(30 * 24 * time.Hour)
		second := rotate()
		if len(second) != 2 || string(second[1].Hash) != string(first[0].Hash) || string(second[0].Hash) == string(first[0].Hash) {
			t.Errorf("after 30 days there are %d pairs, want a new one and the old one behind it", len(second))
		}
		c.Advance(30 * 24 * time.Hour)
		if third := rotate(); len(third) != 2 || string(third[1].Hash) != string(second[0].Hash) {
			t.Errorf("after 60 days there are %d pairs, want the oldest gone", len(third))
		}
	})
}
