package store_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// putRelease stores a release of an archive to some accounts.
func putRelease(t *testing.T, s *store.Store, a store.Archive, accounts ...store.DeployAccount) (store.Release, []store.CDKDeployment) {
	t.Helper()
	var r store.Release
	var rows []store.CDKDeployment
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		r, err = tx.AddRelease(ctx, store.Release{ArchiveID: a.ID, Name: a.Name, Version: a.Version, Emails: []string{"a@x.example"}, AgainOf: "earlier", Actor: uploader})
		if err != nil {
			return err
		}
		for _, account := range accounts {
			d, err := tx.AddCDKDeployment(ctx, store.CDKDeployment{
				ReleaseID: r.ID, AccountID: account.ID, Region: account.Region, Label: account.Name, Fingerprint: account.Fingerprint, Name: a.Name, Version: a.Version,
			})
			if err != nil {
				return err
			}
			rows = append(rows, d)
		}
		return nil
	})
	return r, rows
}

// change changes a deployment as whoever holds it would.
func change(t *testing.T, s *store.Store, id string, do func(*store.CDKDeployment)) store.CDKDeployment {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error {
		d, err := tx.LockCDKDeployment(ctx, id, "")
		if err != nil {
			return err
		}
		do(&d)
		return tx.PutCDKDeployment(ctx, d)
	})
	return storetest.Must[store.CDKDeployment](t)(s.CDKDeployment(ctx, id))
}

func regionAccount(t *testing.T, s *store.Store, region string) store.DeployAccount {
	t.Helper()
	a := cdkAccount(region)
	a.Region = region
	return putDeployAccount(t, s, a)
}

func TestReleaseComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		us, eu := regionAccount(t, s, "us"), regionAccount(t, s, "eu")
		one, two := putArchive(t, s, "one-connector", "1"), putArchive(t, s, "two-connector", "2")
		first, _ := putRelease(t, s, one, us, eu)
		second, rows := putRelease(t, s, two, eu)
		third, _ := putRelease(t, s, one, us)
		want := store.Release{
			ID: first.ID, ArchiveID: one.ID, Name: "one-connector", Version: "1.0", Emails: []string{"a@x.example"}, AgainOf: "earlier", Actor: uploader, CreatedAt: store.At(c.Now()),
		}
		if got := storetest.Must[store.Release](t)(s.Release(ctx, first.ID)); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := s.Release(ctx, "none"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		list := storetest.Must[[]store.Release](t)
		for what, c := range map[string]struct{ got, want []store.Release }{
			"all":             {list(s.Releases(ctx, "", "", 10)), []store.Release{third, second, first}},
			"a page":          {list(s.Releases(ctx, "", third.ID, 1)), []store.Release{second}},
			"a search":        {list(s.Releases(ctx, "ONE", "", 10)), []store.Release{third, first}},
			"of a connector":  {list(s.ReleasesOf(ctx, "one-connector", "1.0", "", 10)), []store.Release{third, first}},
			"of it, before":   {list(s.ReleasesOf(ctx, "one-connector", "1.0", third.ID, 10)), []store.Release{first}},
			"another version": {list(s.ReleasesOf(ctx, "one-connector", "1.1", "", 10)), nil},
		} {
			if !reflect.DeepEqual(c.got, c.want) {
				t.Errorf("%s: got %+v, want %+v", what, c.got, c.want)
			}
		}
		all := storetest.Must[[]store.CDKDeployment](t)(s.CDKDeploymentsOf(ctx, second.ID, first.ID))
		if len(all) != 3 || all[0].Region != "us" || all[1].Region != "eu" || !reflect.DeepEqual(all[2], rows[0]) {
			t.Errorf("got %+v", all)
		}
		if none := storetest.Must[[]store.CDKDeployment](t)(s.CDKDeploymentsOf(ctx)); len(none) != 0 {
			t.Errorf("of no release: got %+v", none)
		}
	})
}

func TestCDKDeploymentComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		_, rows := putRelease(t, s, putArchive(t, s, "my-connector", "1"), regionAccount(t, s, "us"))
		if d := rows[0]; d.State != store.CDKQueued || !d.UnderWay() || !d.WatchFrom.Equal(c.Now()) || d.Fingerprint == "" {
			t.Errorf("got %+v", d)
		}
		c.Advance(time.Minute)
		at := func(n int) store.Time { return store.At(c.Now().Add(time.Duration(n) * time.Second)) }
		want := rows[0]
		got := change(t, s, want.ID, func(d *store.CDKDeployment) {
			d.Label, d.Fingerprint, d.State, d.UpstreamID, d.UpstreamStatus, d.LatestBefore, d.BehindID, d.BehindStatus = "l", "f", "behind", "id\x00", "Odd\xff", "?", "other", "Building"
			d.SendAfter, d.Problem, d.Detail, d.HTTPStatus, d.UpstreamReq, d.Tries, d.WaitedOut = true, store.CDKLost, "words \x00", 500, "req", 2, true
			d.SentAt, d.AcceptedAt, d.PolledAt, d.WatchFrom, d.EndedAt, d.NotBefore = at(1), at(2), at(3), at(4), at(5), at(6)
			want = *d
		})
		want.UpstreamID, want.UpstreamStatus, want.Detail, want.UpdatedAt = "id", "Odd�", "words ", store.At(c.Now())
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// Who has lost the claim writes nothing; a person needs none.
func TestLockCDKDeployment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		_, rows := putRelease(t, s, putArchive(t, s, "my-connector", "1"), regionAccount(t, s, "us"))
		storetest.Update(t, s, func(tx *store.Tx) error {
			_, err := tx.ClaimRow(ctx, store.CDKDeployments, rows[0].ID, "mine", c.Now().Add(time.Minute))
			return err
		})
		for by, want := range map[string]error{"mine": nil, "": nil, "yours": store.ErrLost} {
			err := s.Update(ctx, func(tx *store.Tx) error { _, err := tx.LockCDKDeployment(ctx, rows[0].ID, by); return err })
			if !errors.Is(err, want) {
				t.Errorf("locked by %q: got %v, want %v", by, err, want)
			}
		}
		err := s.Update(ctx, func(tx *store.Tx) error { _, err := tx.LockCDKDeployment(ctx, "none", ""); return err })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// One of a region, name and version is sent at a time, and those that come first are known.
func TestOneIsSentAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		us, eu, other := regionAccount(t, s, "us"), regionAccount(t, s, "eu"), cdkAccount("us-2")
		other = putDeployAccount(t, s, other)
		a := putArchive(t, s, "my-connector", "1")
		_, first := putRelease(t, s, a, us, eu)
		_, second := putRelease(t, s, a, other)
		_, elsewhere := putRelease(t, s, putArchive(t, s, "other-connector", "2"), us)
		ahead := func(d store.CDKDeployment) (ids []string) {
			for _, one := range storetest.Must[[]store.CDKDeployment](t)(s.CDKAhead(ctx, d)) {
				ids = append(ids, one.ID)
			}
			return ids
		}
		if got := ahead(second[0]); !slices.Equal(got, []string{first[0].ID}) {
			t.Errorf("before the second one: got %v", got)
		}
		for _, d := range []store.CDKDeployment{first[0], first[1], elsewhere[0]} {
			if got := ahead(d); len(got) > 0 {
				t.Errorf("before %s in %s: got %v", d.Name, d.Region, got)
			}
		}
		sending := func(d *store.CDKDeployment) { d.State = store.CDKSending }
		change(t, s, second[0].ID, sending)
		change(t, s, first[1].ID, sending)
		change(t, s, elsewhere[0].ID, sending)
		if got := ahead(first[0]); !slices.Equal(got, []string{second[0].ID}) {
			t.Errorf("before the first one: got %v", got)
		}
		err := s.Update(ctx, func(tx *store.Tx) error {
			d, err := tx.LockCDKDeployment(ctx, first[0].ID, "")
			if err != nil {
				return err
			}
			sending(&d)
			return tx.PutCDKDeployment(ctx, d)
		})
		if !errors.Is(err, store.ErrExists) {
			t.Errorf("a second one is sent: %v", err)
		}
	})
}

// What goes on by itself is found when nobody goes on with it; what has ended, waits for a person, or is not due, is not.
func TestLeftCDK(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		us := regionAccount(t, s, "us")
		a := putArchive(t, s, "my-connector", "1")
		now := store.At(c.Now())
		want, under := []string{}, 0
		for what, do := range map[string]func(*store.CDKDeployment){
			"+queued":                  func(*store.CDKDeployment) {},
			"+building":                func(d *store.CDKDeployment) { d.State = store.CDKBuilding },
			"+behind":                  func(d *store.CDKDeployment) { d.State = store.CDKBehind },
			"+to be sent after":        func(d *store.CDKDeployment) { d.State, d.SendAfter, d.WatchFrom = store.CDKBehind, true, store.Time{} },
			" asks":                    func(d *store.CDKDeployment) { d.State, d.WatchFrom = store.CDKBehind, store.Time{} },
			" waited out":              func(d *store.CDKDeployment) { d.State, d.WaitedOut = store.CDKDeploying, true },
			" ended":                   func(d *store.CDKDeployment) { d.State, d.EndedAt = store.CDKDeployed, now },
			" not due for a long time": func(d *store.CDKDeployment) { d.NotBefore = store.At(c.Now().Add(time.Hour)) },
		} {
			_, rows := putRelease(t, s, a, us)
			d := change(t, s, rows[0].ID, do)
			if what[0] == '+' {
				want = append(want, d.ID)
			}
			if d.UnderWay() {
				under++
			}
		}
		if got := storetest.Must[[]store.CDKDeployment](t)(s.LeftCDK(ctx, c.Now(), 100)); len(got) != 0 {
			t.Errorf("right away: got %+v", got)
		}
		c.Advance(time.Minute)
		var got []string
		for _, d := range storetest.Must[[]store.CDKDeployment](t)(s.LeftCDK(ctx, c.Now(), 100)) {
			got = append(got, d.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || under != len(want)+1 {
			t.Errorf("got %d, want %d; %d are under way", len(got), len(want), under)
		}
		if all := storetest.Must[[]store.CDKDeployment](t)(s.CDKUnderWay(ctx)); len(all) != 7 {
			t.Errorf("got %d that have not ended, want 7", len(all))
		}
	})
}

func TestCDKAbout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		us, eu := regionAccount(t, s, "us"), regionAccount(t, s, "eu")
		a := putArchive(t, s, "my-connector", "1")
		_, one := putRelease(t, s, a, us, eu)
		_, two := putRelease(t, s, a, us)
		change(t, s, one[0].ID, func(d *store.CDKDeployment) { d.UpstreamID = "ABC" })
		change(t, s, one[1].ID, func(d *store.CDKDeployment) { d.UpstreamID = "ABC" })
		change(t, s, two[0].ID, func(d *store.CDKDeployment) { d.BehindID = "abc" })
		got := storetest.Must[[]store.CDKDeployment](t)(s.CDKAbout(ctx, two[0], "aBc"))
		if len(got) != 2 || got[0].ID != one[0].ID || got[1].ID != two[0].ID {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCDKShareComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		_, rows := putRelease(t, s, putArchive(t, s, "my-connector", "1"), regionAccount(t, s, "us"))
		var want store.CDKShare
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if want, err = tx.AddCDKShare(ctx, rows[0].ID, []string{"a@x.example", "b@x.example"}, uploader); err != nil {
				return err
			}
			_, err = tx.ClaimRow(ctx, store.CDKShares, want.ID, "mine", c.Now().Add(time.Hour))
			return err
		})
		read := func() store.CDKShare { return storetest.Must[store.CDKShare](t)(s.CDKShare(ctx, want.ID)) }
		if got := read(); !reflect.DeepEqual(got, want) || got.State != store.ShareWaiting || !got.CreatedAt.Equal(c.Now()) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		c.Advance(time.Minute)
		left := func() []string { return storetest.Must[[]string](t)(s.LeftShares(ctx, c.Now(), 10)) }
		if got := left(); !slices.Equal(got, []string{want.ID}) {
			t.Errorf("got %v, want the one that waits", got)
		}
		want.Answer, want.Problem, want.HTTPStatus, want.Tries, want.NotBefore = "words", store.CDKLimited, 429, 3, store.At(c.Now().Add(time.Minute))
		put := func(by string) error {
			return s.Update(ctx, func(tx *store.Tx) error { return tx.PutCDKShare(ctx, want, by) })
		}
		if err := put("yours"); !errors.Is(err, store.ErrLost) {
			t.Errorf("without the claim: got %v", err)
		}
		if err := put("mine"); err != nil || !reflect.DeepEqual(read(), want) || len(left()) != 0 {
			t.Errorf("got %+v, %v, want %+v", read(), err, want)
		}
		want.State, want.EndedAt, want.NotBefore = store.ShareDone, store.At(c.Now()), store.Time{}
		if err := put("mine"); err != nil || !reflect.DeepEqual(read(), want) || len(left()) != 0 {
			t.Errorf("got %+v, %v, want %+v", read(), err, want)
		}
		if got := storetest.Must[[]store.CDKShare](t)(s.SharesOf(ctx, rows[0].ID)); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("got %+v", got)
		}
	})
}
