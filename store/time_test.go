package store_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/store"
	"portico/store/storetest"
)

func TestTimeComesBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		us := rapid.Int64Range(1, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()).Draw(r, "microseconds")
		zone := time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(r, "zone"))
		at := time.UnixMicro(us).Add(time.Duration(rapid.IntRange(0, 999).Draw(r, "nanoseconds"))).In(zone)
		v, err := store.At(at).Value()
		if err != nil {
			r.Fatal(err)
		}
		var got store.Time
		if err := got.Scan(v); err != nil {
			r.Fatal(err)
		}
		if got != store.At(at) || at.Sub(got.Time) < 0 || at.Sub(got.Time) >= time.Microsecond {
			r.Errorf("%v comes back as %v", at, got)
		}
	})
	var zero store.Time
	if v, err := zero.Value(); v != int64(0) || err != nil {
		t.Errorf("no time is kept as %v (%v), want 0", v, err)
	}
	if err := zero.Scan("yesterday"); err == nil {
		t.Error("a time of text is taken")
	}
}

// TestJSONIsReadAsTheDecoderDoes holds the short way to the long one.
func TestJSONIsReadAsTheDecoderDoes(t *testing.T) {
	texts := []string{`null`, `[]`, `["a"]`, `["a","b c"]`, `["a", "b"]`, `[""]`, `["a\"b"]`, `["a\\"]`, `["ä","&"]`, `["a",]`, `["a"`, `"a"`, `["a"]x`, `["a""b"]`, `[1]`, ``,
		`{}`, `{"a":"b"}`, `{"a":"b","c":"d"}`, `{"a":"b","a":"c"}`, `{"a": "b"}`, `{"a":"\n"}`, `{"a":1}`, `{"a":"b",}`, `{"a"}`, `{"a":"b"`, `{"a","b"}`, `{"":""}`}
	for _, text := range texts {
		var list store.JSON[[]string]
		sameAsDecoder(t, text, list.Scan(text), list.V)
		var table store.JSON[map[string]string]
		sameAsDecoder(t, text, table.Scan(text), table.V)
	}
}

func sameAsDecoder[T any](t *testing.T, text string, err error, got T) {
	t.Helper()
	var want T
	wantErr := json.Unmarshal([]byte(text), &want)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s as %T: got %v, want %v", text, got, err, wantErr)
	}
	if diff := cmp.Diff(want, got); wantErr == nil && diff != "" {
		t.Errorf("%s: %s", text, diff)
	}
}

// TestTextAndListsComeBack puts whatever a host may say through both databases.
func TestTextAndListsComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		a := storetest.Account(t, s, "main")
		text := rapid.StringMatching(`[^\x00]*`)
		rapid.Check(t, func(r *rapid.T) {
			put := store.Workspace{
				ExternalID: "w", Name: text.Draw(r, "name"), AccountID: a.ID,
				Attributes: rapid.MapOf(rapid.String(), rapid.String()).Draw(r, "attributes"),
			}
			u := store.User{ExternalID: "u", Name: text.Draw(r, "name"), Role: store.RoleMember, Tags: rapid.SliceOf(rapid.String()).Draw(r, "tags")}
			if err := s.Update(ctx, func(tx *store.Tx) error {
				w, _, err := tx.PutWorkspace(ctx, put)
				if err != nil {
					return err
				}
				u.WorkspaceID = w.ID
				u, _, err = tx.PutUser(ctx, u)
				return err
			}); err != nil {
				r.Fatal(err)
			}
			w, err := s.WorkspaceByExternalID(ctx, "w")
			if err != nil || w.Name != put.Name || !cmp.Equal(w.Attributes, put.Attributes) {
				r.Fatalf("%q %v comes back as %q %v (%v)", put.Name, put.Attributes, w.Name, w.Attributes, err)
			}
			got, err := s.User(ctx, u.ID)
			if err != nil || got.Name != u.Name || !slices.Equal(got.Tags, u.Tags) || (got.Tags == nil) != (u.Tags == nil) {
				r.Fatalf("%q %v comes back as %q %v (%v)", u.Name, u.Tags, got.Name, got.Tags, err)
			}
		})
	})
}

func TestIDsSortByTime(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var ids []string
	for n := range 1000 {
		ids = append(ids, store.NewID(now.Add(time.Duration(n/10)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 1000 {
		t.Error("IDs of one process do not sort in the order in which they were made")
	}
}
