package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

func titles(offers []store.Offer) string {
	var all []string
	for _, o := range offers {
		all = append(all, o.Title)
	}
	return strings.Join(all, " ")
}

func putIntegration(t *testing.T, s *store.Store, g store.Integration) {
	t.Helper()
	storetest.Update(t, s, func(tx *store.Tx) error { _, err := tx.PutIntegration(ctx, g); return err })
}

// TestWhoSeesWhat: visibility is decided in the query, for lists, for counts and for one integration alike.
func TestWhoSeesWhat(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		crm, hidden, gone := storetest.Integration(t, s, w.a, "CRM", "crm", "sales"), storetest.Integration(t, s, w.a, "Hidden", "crm"), storetest.Integration(t, s, w.a, "Gone", "crm")
		ours, theirs := storetest.Integration(t, s, w.a, "Ours", "crm"), storetest.Integration(t, s, w.a, "Theirs", "crm")
		storetest.Integration(t, s, storetest.Account(t, s, "eu"), "Elsewhere", "crm")
		globex := storetest.Workspace(t, s, w.a, "globex")
		hidden.Shown, ours.Restricted, theirs.Restricted = false, true, true
		for _, g := range []store.Integration{hidden, ours, theirs} {
			putIntegration(t, s, g)
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			_, err := tx.MarkIntegrationsGone(ctx, w.a.ID, map[string]bool{w.g.ID: true, crm.ID: true, hidden.ID: true, ours.ID: true, theirs.ID: true})
			return errors.Join(err, tx.SetAudience(ctx, ours.ID, []string{w.w.ID}), tx.SetAudience(ctx, theirs.ID, []string{globex.ID}))
		})
		for name, tt := range map[string]struct {
			tags []string
			want string
		}{
			"all":       {nil, "CRM Ours Slack"},
			"crm":       {[]string{"crm"}, "CRM Ours"},
			"two":       {[]string{"sales", "messaging"}, "CRM Slack"},
			"no such":   {[]string{"none"}, ""},
			"none":      {[]string{}, ""},
			"injection": {[]string{"') OR ('' = '"}, ""},
		} {
			u := w.u
			u.Tags = tt.tags
			got := titles(storetest.Must[[]store.Offer](t)(s.Offers(ctx, store.Browse{User: u, Account: w.a.ID, Limit: 50})))
			if got != tt.want {
				t.Errorf("%s: sees %q, want %q", name, got, tt.want)
			}
			f := storetest.Must[store.Facets](t)(s.Facets(ctx, u, w.a.ID))
			if f.Total != len(strings.Fields(tt.want)) {
				t.Errorf("%s: counts %d, want %q", name, f.Total, tt.want)
			}
			for _, g := range []store.Integration{w.g, crm, hidden, gone, ours, theirs} {
				_, err := s.VisibleIntegration(ctx, u, w.a.ID, g.ID)
				if see := strings.Contains(tt.want, g.Title); (err == nil) != see {
					t.Errorf("%s: asking for %s by its ID: %v, want seen %v", name, g.Title, err, see)
				}
			}
		}
	})
}

func TestBrowse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		for n, title := range []string{"Zebra 100%", "Ärzte-Post", "Apple under_score"} {
			g := storetest.Integration(t, s, w.a, title, "tag "+title)
			g.Position, g.StaffDescription = n+1, "Words about "+title
			putIntegration(t, s, g)
		}
		for _, tt := range []struct {
			search, tag, want string
			offset, limit     int
		}{
			{want: "Slack Zebra 100% Ärzte-Post Apple under_score", limit: 9}, // the staff's order, then by title
			{want: "Zebra 100% Ärzte-Post", offset: 1, limit: 2},
			{search: "WORDS apple", want: "Apple under_score", limit: 9},
			{search: "ärzte", want: "Ärzte-Post", limit: 9},
			{search: "ÄRZTE", want: "Ärzte-Post", limit: 9},
			{search: "100%", want: "Zebra 100%", limit: 9},
			{search: "r_s", want: "Apple under_score", limit: 9},
			{search: `\`, want: "", limit: 9},
			{search: "zebra apple", want: "", limit: 9},
			{tag: "messaging", want: "Slack", limit: 9},
			{tag: "messaging", search: "zebra", want: "", limit: 9},
		} {
			b := store.Browse{User: w.u, Account: w.a.ID, Search: tt.search, Tag: tt.tag, Offset: tt.offset, Limit: tt.limit}
			if got := titles(storetest.Must[[]store.Offer](t)(s.Offers(ctx, b))); got != tt.want {
				t.Errorf("search %q, tag %q, from %d: %q, want %q", tt.search, tt.tag, tt.offset, got, tt.want)
			}
		}
		storetest.Instance(t, s, w.u, w.i, w.g, store.Enabled)
		if got := storetest.Must[[]store.Offer](t)(s.Offers(ctx, store.Browse{User: w.u, Account: w.a.ID, Tag: "messaging", Limit: 9})); len(got) != 0 {
			t.Errorf("what is connected is still offered: %v", got)
		}
	})
}

// TestWhatFollowsFromFieldsAndSlots: the platform's custom fields mean what they mean in Tray's samples.
func TestWhatFollowsFromFieldsAndSlots(t *testing.T) {
	auth, config := store.IntegrationSlot{Kind: store.SlotAuth, ExternalID: "a"}, store.IntegrationSlot{Kind: store.SlotConfig, ExternalID: "c"}
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		for name, tt := range map[string]struct {
			fields map[string]string
			known  bool
			slots  []store.IntegrationSlot
			staff  string
			kind   string
			mode   string
			unique bool
			image  string
		}{
			"sign-ins":      {known: true, slots: []store.IntegrationSlot{auth}, kind: store.KindAuth, mode: store.EnableAuto},
			"settings":      {known: true, slots: []store.IntegrationSlot{auth, config}, kind: store.KindWizard, mode: store.EnableAuto},
			"nothing":       {known: true, kind: store.KindNone, mode: store.EnableAuto},
			"slots unknown": {kind: store.KindWizard, mode: store.EnableAuto},
			"unique":        {fields: map[string]string{"forceunique": " Yes "}, known: true, kind: store.KindNone, mode: store.EnableAuto, unique: true},
			"not by itself": {fields: map[string]string{"disableautoenable": "TRUE", "image": "/i.png", "icon": "/x.png"}, known: true, kind: store.KindNone, mode: store.EnableManual, image: "/i.png"},
			"staff decide":  {fields: map[string]string{"disableautoenable": "yes", "forceunique": "no", "icon": "/x.png"}, known: true, staff: store.EnableChecked, kind: store.KindNone, mode: store.EnableChecked, image: "/x.png"},
		} {
			g := storetest.Integration(t, s, w.a, name)
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				for _, kind := range []string{store.SlotAuth, store.SlotConfig} {
					of := slices.DeleteFunc(slices.Clone(tt.slots), func(s store.IntegrationSlot) bool { return s.Kind != kind })
					err = errors.Join(err, tx.SetIntegrationSlots(ctx, g.ID, kind, of))
				}
				g.CustomFields, g.AuthSlotsKnown, g.StaffEnableMode, g.StaffTitle = tt.fields, tt.known, tt.staff, "Staff's "+name
				_, put := tx.PutIntegration(ctx, g)
				return errors.Join(err, put)
			})
			got := storetest.Must[store.Integration](t)(s.Integration(ctx, g.ID))
			if got.Kind != tt.kind || got.EnableMode != tt.mode || got.ForceUnique != tt.unique || got.ImageURL != tt.image || got.Title != "Staff's "+name {
				t.Errorf("%s: %+v", name, got)
			}
			if slots := storetest.Must[[]store.IntegrationSlot](t)(s.IntegrationSlots(ctx, g.ID)); len(slots) != len(tt.slots) {
				t.Errorf("%s has %d slots, want %d", name, len(slots), len(tt.slots))
			}
		}
	})
}

func TestGoneAndBackAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		mark := func(kept map[string]bool) (n int) {
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				n, err = tx.MarkIntegrationsGone(ctx, w.a.ID, kept)
				return err
			})
			return n
		}
		if first, second := mark(nil), mark(nil); first != 1 || second != 0 {
			t.Errorf("marked %d, and again %d, want 1 and 0", first, second)
		}
		storetest.Update(t, s, func(tx *store.Tx) error {
			for upstreamID, want := range map[string]bool{w.g.UpstreamID: true, "unheard of": false} {
				if known, err := tx.KnowsIntegration(ctx, w.a.ID, upstreamID); err != nil || known != want {
					t.Errorf("%s is known: %t (%v), want %t", upstreamID, known, err, want)
				}
			}
			g, err := tx.IntegrationByUpstreamID(ctx, w.a.ID, w.g.UpstreamID, "another title")
			if g.ID != w.g.ID || g.GoneAt.IsZero() {
				t.Errorf("the same one is found as %+v", g)
			}
			g.GoneAt = store.Time{}
			_, put := tx.PutIntegration(ctx, g)
			return errors.Join(err, put)
		})
		if _, err := s.VisibleIntegration(ctx, w.u, w.a.ID, w.g.ID); err != nil {
			t.Errorf("what came back is not seen: %v", err)
		}
	})
}

func TestIcon(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		icon := &store.Icon{ID: "abc", Body: []byte{0, 1, 255}, Type: "image/png"}
		for range 2 {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetIcon(ctx, w.g.ID, "https://x/i.png", icon) })
		}
		got := storetest.Must[store.Icon](t)(s.Icon(ctx, "abc"))
		g := storetest.Must[store.Integration](t)(s.Integration(ctx, w.g.ID))
		if string(got.Body) != string(icon.Body) || g.Icon != "abc" || g.ImageFetched != "https://x/i.png" {
			t.Errorf("the icon is %v, the integration's %q from %q", got, g.Icon, g.ImageFetched)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetIcon(ctx, w.g.ID, "https://x/broken", nil) })
		if g := storetest.Must[store.Integration](t)(s.Integration(ctx, w.g.ID)); g.Icon != "" || g.ImageFetched != "https://x/broken" {
			t.Errorf("without an icon it has %q from %q", g.Icon, g.ImageFetched)
		}
		if _, err := s.Icon(ctx, "nope"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an icon that is not there: %v", err)
		}
	})
}

// What staff and a sync change at once is there in the end, from both.
func TestIntegrationChangedTwiceAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		w := newWorld(t, s)
		const times = 25
		change := func(read func(*store.Tx) (store.Integration, error), set func(*store.Integration, int)) error {
			for n := range times {
				err := s.Update(ctx, func(tx *store.Tx) error {
					g, err := read(tx)
					if err != nil {
						return err
					}
					for range 20 { // time for the other to come between
						if _, err := tx.IntegrationSlots(ctx, g.ID); err != nil {
							return err
						}
					}
					set(&g, n)
					_, err = tx.PutIntegration(ctx, g)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
		noErrors(t, atOnce(2, func(n int) error {
			if n == 0 {
				return change(func(tx *store.Tx) (store.Integration, error) {
					return tx.IntegrationByUpstreamID(ctx, w.a.ID, w.g.UpstreamID, "")
				}, func(g *store.Integration, n int) { g.UpstreamDescription = fmt.Sprint(n) })
			}
			return change(func(tx *store.Tx) (store.Integration, error) { return tx.LockIntegration(ctx, w.g.ID) },
				func(g *store.Integration, n int) { g.Position = n })
		}))
		got := storetest.Must[store.Integration](t)(s.Integration(ctx, w.g.ID))
		if got.UpstreamDescription != fmt.Sprint(times-1) || got.Position != times-1 {
			t.Errorf("got description %q, position %d, want the last of each", got.UpstreamDescription, got.Position)
		}
	})
}
