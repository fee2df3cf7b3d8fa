package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// uploader is who uploads and releases in tests.
var uploader = store.Actor{Kind: store.ActorStaff, ID: "kim", Name: "Kim"}

// putArchive stores a ready archive whose content has a SHA-256.
func putArchive(t *testing.T, s *store.Store, name, sha256 string) store.Archive {
	t.Helper()
	var a store.Archive
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		if a, err = tx.AddArchive(ctx, name+".zip", uploader); err != nil {
			return err
		}
		if err := tx.AddArchiveChunk(ctx, a.ID, 0, []byte("PK")); err != nil {
			return err
		}
		a.Size, a.SHA256, a.Name, a.Version = 2, sha256, name, "1.0"
		return tx.FinishArchive(ctx, a)
	})
	return storetest.Must[store.Archive](t)(s.Archive(ctx, a.ID))
}

func TestArchiveComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		var a store.Archive
		report := store.ArchiveReport{
			Title: "Mine", Description: "What it is \x00 for", Service: "slack 5", Trigger: true, RawHTTP: true, Files: 3, Uncompressed: 5000,
			Operations: []store.ArchiveOperation{{Name: "get_post", Title: "Get post", Type: "ddl", Delivery: "acknowledge"}},
			Problems:   []store.ArchiveProblem{{Code: "no_handler", Path: "a/b", Args: map[string]string{"operation": "get_post"}}},
			Warnings:   []store.ArchiveProblem{{Code: "dist"}},
		}
		parts := []string{strings.Repeat("\x00\xff", store.ArchiveChunk/2), "the rest"}
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			a, err = tx.AddArchive(ctx, "a\x00\xff.zip", uploader)
			return err
		})
		for n, part := range parts {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.AddArchiveChunk(ctx, a.ID, int64(n), []byte(part)) })
		}
		if _, err := s.Archive(ctx, a.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an archive that is being received: got %v", err)
		}
		a.Size, a.SHA256, a.Name, a.Version, a.Report = 12, "5ha", "my\x00-connector", "1.0", report
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.FinishArchive(ctx, a) })
		want := a
		want.State, want.Filename, want.Name, want.CreatedAt = store.ArchiveReady, "a�.zip", "my-connector", store.At(c.Now())
		for _, read := range []func() (store.Archive, error){
			func() (store.Archive, error) { return s.Archive(ctx, a.ID) }, func() (store.Archive, error) { return s.ArchiveByContent(ctx, "5ha") },
		} {
			if got := storetest.Must[store.Archive](t)(read()); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
		for n, part := range parts {
			if got := storetest.Must[[]byte](t)(s.ArchiveChunk(ctx, a.ID, int64(n))); string(got) != part {
				t.Errorf("part %d: got %d bytes, want %d", n, len(got), len(part))
			}
		}
		if _, err := s.ArchiveChunk(ctx, a.ID, 2); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("past the end: got %v", err)
		}
	})
}

// What is ready is complete: nothing is added to it, it is not finished twice, and it is not removed.
func TestReadyArchiveStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := putArchive(t, s, "my-connector", "5ha")
		for what, change := range map[string]func(*store.Tx) error{
			"another part": func(tx *store.Tx) error { return tx.AddArchiveChunk(ctx, a.ID, 1, []byte("more")) },
			"another end":  func(tx *store.Tx) error { return tx.FinishArchive(ctx, a) },
		} {
			if err := s.Update(ctx, change); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: got %v", what, err)
			}
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.DropArchive(ctx, a.ID) })
		storetest.Must[store.Archive](t)(s.Archive(ctx, a.ID))
		storetest.Must[[]byte](t)(s.ArchiveChunk(ctx, a.ID, 0))
	})
}

func TestSameContentIsOneArchive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		putArchive(t, s, "my-connector", "5ha")
		var second store.Archive
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if second, err = tx.AddArchive(ctx, "again.zip", uploader); err != nil {
				return err
			}
			return tx.AddArchiveChunk(ctx, second.ID, 0, []byte("PK"))
		})
		second.SHA256 = "5ha"
		if err := s.Update(ctx, func(tx *store.Tx) error { return tx.FinishArchive(ctx, second) }); !errors.Is(err, store.ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
		c.Advance(time.Hour)
		if left := storetest.Must[[]string](t)(s.LeftArchives(ctx, c.Now().Add(-time.Minute), 10)); len(left) != 1 || left[0] != second.ID {
			t.Errorf("got the broken uploads %v, want %s", left, second.ID)
		}
		if left := storetest.Must[[]string](t)(s.LeftArchives(ctx, c.Now().Add(-time.Hour), 10)); len(left) != 0 {
			t.Errorf("got the broken uploads %v, want none so old", left)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.DropArchive(ctx, second.ID) })
		if _, err := s.ArchiveChunk(ctx, second.ID, 0); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a part of it is there still: %v", err)
		}
	})
}

func TestArchives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		one, two, three := putArchive(t, s, "one-connector", "1"), putArchive(t, s, "two-connector", "2"), putArchive(t, s, "100%_connector", "3")
		for _, c := range []struct {
			search, before string
			limit          int
			want           []store.Archive
		}{
			{"", "", 10, []store.Archive{three, two, one}},
			{"", "", 2, []store.Archive{three, two}},
			{"", two.ID, 10, []store.Archive{one}},
			{"O-C", "", 10, []store.Archive{two}},
			{"%_", "", 10, []store.Archive{three}},
			{"none", "", 10, nil},
		} {
			if got := storetest.Must[[]store.Archive](t)(s.Archives(ctx, c.search, c.before, c.limit)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%q before %q: got %d archives, want %d", c.search, c.before, len(got), len(c.want))
			}
		}
	})
}
