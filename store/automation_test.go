package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

// project is a workspace's project at an Activepieces, with a person who owns things in it and three who look on.
type project struct {
	world
	s                   *store.Store
	c                   *storetest.Clock
	mate, viewer, admin store.User
}

func newProject(t *testing.T, s *store.Store, c *storetest.Clock) project {
	t.Helper()
	p := project{world: newWorld(t, s), s: s, c: c}
	p.mate = storetest.User(t, s, p.w, "carl", store.RoleMember)
	p.viewer = storetest.User(t, s, p.w, "vera", store.RoleViewer)
	p.admin = storetest.User(t, s, p.w, "adam", store.RoleAdmin)
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		if p.a, err = tx.PutAccount(ctx, store.Account{Platform: store.PlatformActivepieces, Name: "pieces", UserScope: store.ScopeWorkspace, IsDefault: true}); err != nil {
			return err
		}
		if p.i, err = tx.PutIdentity(ctx, store.Identity{AccountID: p.a.ID, WorkspaceID: p.w.ID, ExternalID: "acme"}, "other"); err != nil {
			return err
		}
		p.i.UpstreamID = "project"
		return tx.SetUpstreamUser(ctx, p.i.ID, p.i.UpstreamID)
	})
	p.g = storetest.Integration(t, s, p.a, "Orders")
	return p
}

// owns makes an instance of the owner's whose flow has an ID.
func (p project) owns(t *testing.T, flowID string, shared bool) store.Instance {
	t.Helper()
	in := storetest.Instance(t, p.s, p.u, p.i, p.g, store.Enabled)
	in.UpstreamID, in.Shared, in.WantEnabled = flowID, shared, true
	storetest.Update(t, p.s, func(tx *store.Tx) error { return tx.PutInstance(ctx, in, "") })
	return in
}

// list stores what the platform lists.
func (p project) list(t *testing.T, asked time.Time, flows ...store.Automation) {
	t.Helper()
	storetest.Update(t, p.s, func(tx *store.Tx) error { return tx.PutAutomations(ctx, p.i, flows, asked) })
}

func (p project) names(t *testing.T, u store.User) []string {
	t.Helper()
	var names []string
	for _, c := range storetest.Must[[]store.AutomationCard](t)(p.s.Automations(ctx, u, 0, 100)) {
		names = append(names, c.Name)
	}
	return names
}

// named is the owner's sight of an automation.
func (p project) named(t *testing.T, name string) store.AutomationCard {
	t.Helper()
	all := storetest.Must[[]store.AutomationCard](t)(p.s.Automations(ctx, p.u, 0, 100))
	n := slices.IndexFunc(all, func(c store.AutomationCard) bool { return c.Name == name })
	if n < 0 {
		t.Fatalf("%q is not among %v", name, all)
	}
	return all[n]
}

func (p project) run(t *testing.T, flowID string, r store.Run, asked time.Time) {
	t.Helper()
	storetest.Update(t, p.s, func(tx *store.Tx) error { return tx.PutRun(ctx, p.i.ID, flowID, r, asked) })
}

func TestWhoSeesAnAutomation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		p := newProject(t, s, c)
		p.owns(t, "mine", false)
		p.owns(t, "ours", true)
		gone := p.owns(t, "left over", true)
		gone.State = store.Deleted
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.PutInstance(ctx, gone, "") })
		p.list(t, c.Now(), store.Automation{UpstreamID: "mine", Name: "mine"}, store.Automation{UpstreamID: "ours", Name: "ours"},
			store.Automation{UpstreamID: "built", Name: "built"}, store.Automation{UpstreamID: "left over", Name: "left over"})
		other := storetest.User(t, s, storetest.Workspace(t, s, p.a, "globex"), "eve", store.RoleAdmin)
		for _, tt := range []struct {
			u              store.User
			sees, mayTouch []string
		}{
			{p.u, []string{"built", "mine", "ours"}, []string{"built", "mine", "ours"}},
			{p.mate, []string{"built", "ours"}, []string{"built"}},
			{p.viewer, []string{"built", "ours"}, nil},
			{p.admin, []string{"built", "ours"}, []string{"built", "ours"}},
			{other, nil, nil},
		} {
			if got := p.names(t, tt.u); !slices.Equal(got, tt.sees) {
				t.Errorf("%s sees %q, want %q", tt.u.Name, got, tt.sees)
			}
			for _, name := range []string{"built", "mine", "ours"} {
				one, err := s.Automation(ctx, tt.u, p.named(t, name).ID)
				if seen := slices.Contains(tt.sees, name); seen != (err == nil) || !seen && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s asks for %q: %v", tt.u.Name, name, err)
				}
				if one.Changeable != slices.Contains(tt.mayTouch, name) {
					t.Errorf("%s may change %q: %v", tt.u.Name, name, one.Changeable)
				}
			}
		}
		if second := storetest.Must[[]store.AutomationCard](t)(s.Automations(ctx, p.u, 1, 1)); len(second) != 1 || second[0].Name != "mine" {
			t.Errorf("the second page is %v", second)
		}
	})
}

func TestWhatIsListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		p := newProject(t, s, c)
		in := p.owns(t, "f1", false)
		first := c.Now()
		p.list(t, first, store.Automation{UpstreamID: "f1", Name: "Orders"}, store.Automation{UpstreamID: "f2", Name: "Nightly", Published: true, Valid: true})
		orders, nightly := p.named(t, "Orders"), p.named(t, "Nightly")
		if orders.InstanceID != in.ID || !orders.Enabled || !orders.Switchable() {
			t.Errorf("the instance's is %+v, want it on, as is wished of the instance", orders)
		}
		if nightly.InstanceID != "" || nightly.Enabled || !nightly.Switchable() {
			t.Errorf("the other is %+v", nightly)
		}
		c.Advance(time.Second)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.SetAutomation(ctx, nightly.ID, true, true, true) })
		p.list(t, first, store.Automation{UpstreamID: "f2", Name: "Old news"})
		if got := p.named(t, "Nightly"); !got.Enabled || got.ID != nightly.ID {
			t.Errorf("after an answer that is older than a change here: %+v", got)
		}
		c.Advance(time.Second)
		p.list(t, c.Now(), store.Automation{UpstreamID: "f2", Name: "Hourly", Enabled: true})
		if got := p.names(t, p.u); !slices.Equal(got, []string{"Hourly"}) {
			t.Errorf("what is left is %q, want the one that is still listed", got)
		}
		c.Advance(time.Second)
		p.list(t, c.Now(), store.Automation{UpstreamID: "f1", Name: "Orders"})
		if got := p.named(t, "Orders"); got.ID != orders.ID {
			t.Errorf("the one that is listed again is another: %+v", got)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.ForgetUpstream(ctx, p.i.ID) })
		if got := p.names(t, p.u); len(got) != 0 {
			t.Errorf("of a project that is gone there are %q", got)
		}
	})
}

func TestSwitchable(t *testing.T) {
	for _, tt := range []struct {
		a    store.Automation
		want bool
	}{
		{store.Automation{Published: true, Valid: true}, true},
		{store.Automation{Published: true}, false}, // its trigger is empty: published, and cannot be turned on
		{store.Automation{Valid: true}, false},
		{store.Automation{Enabled: true}, true}, // it can be turned off
		{store.Automation{InstanceID: "n", InstanceState: store.Disabled}, true},
		{store.Automation{InstanceID: "n", InstanceState: store.Authorizing, Published: true, Valid: true}, false},
	} {
		if got := tt.a.Switchable(); got != tt.want {
			t.Errorf("%+v: %v", tt.a, got)
		}
	}
}

func TestRuns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		p := newProject(t, s, c)
		p.list(t, c.Now(), store.Automation{UpstreamID: "f1", Name: "Orders"}, store.Automation{UpstreamID: "f2", Name: "Nightly"})
		for n, id := range []string{"r1", "r2", "r3"} {
			p.run(t, "f1", store.Run{UpstreamID: id, Status: store.RunQueued, At: store.At(c.Now().Add(time.Duration(n/2) * time.Second))}, c.Now())
		}
		p.run(t, "unknown", store.Run{UpstreamID: "r4", Status: "FAILED", At: s.Now()}, c.Now())
		p.run(t, "f1", store.Run{UpstreamID: "r5", Status: "FAILED", At: store.At(c.Now().Add(-31 * 24 * time.Hour))}, c.Now())
		orders := p.named(t, "Orders")
		all := storetest.Must[[]store.Run](t)(s.Runs(ctx, orders.ID, "", 10))
		if len(all) != 3 || all[0].UpstreamID != "r3" || orders.Last != all[0] {
			t.Fatalf("the runs are %+v, the last of the card %+v", all, orders.Last)
		}
		older := storetest.Must[[]store.Run](t)(s.Runs(ctx, orders.ID, all[0].ID, 1))
		rest := storetest.Must[[]store.Run](t)(s.Runs(ctx, orders.ID, older[0].ID, 5))
		if len(older) != 1 || older[0] != all[1] || len(rest) != 1 || rest[0] != all[2] {
			t.Errorf("before the newest are %+v and %+v", older, rest)
		}
		if none := storetest.Must[[]store.Run](t)(s.Runs(ctx, p.named(t, "Nightly").ID, all[0].ID, 5)); len(none) != 0 {
			t.Errorf("another automation has %+v", none)
		}
		if _, err := s.Run(ctx, p.named(t, "Nightly").ID, all[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another automation's run: %v", err)
		}
		if newest := storetest.Must[store.Time](t)(s.NewestRun(ctx, p.i.ID)); newest != all[0].At {
			t.Errorf("the newest is of %v, want %v", newest, all[0].At)
		}
		asked := c.Now()
		c.Advance(time.Minute)
		failed := store.Run{UpstreamID: "r3", Status: "FAILED", Step: "Call", Message: "fetch failed", At: all[0].At, StartedAt: all[0].At, EndedAt: s.Now()}
		p.run(t, "f1", failed, c.Now())
		p.run(t, "f1", store.Run{UpstreamID: "r3", Status: store.RunRunning, At: all[0].At}, asked)
		failed.ID, failed.AutomationID = all[0].ID, orders.ID
		if got := storetest.Must[store.Run](t)(s.Run(ctx, orders.ID, all[0].ID)); got != failed {
			t.Errorf("the run is %+v, want %+v whatever an older answer said", got, failed)
		}
		if left := storetest.Must[[]store.Run](t)(s.UnfinishedRuns(ctx, p.i.ID, 10)); len(left) != 2 {
			t.Errorf("%+v are not over, want two", left)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RemoveRun(ctx, older[0].ID) })
		if n := len(storetest.Must[[]store.Run](t)(s.Runs(ctx, orders.ID, "", 10))); n != 2 {
			t.Errorf("%d runs are left, want 2", n)
		}
		c.Advance(30 * 24 * time.Hour)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RemoveExpired(ctx) })
		if n := len(storetest.Must[[]store.Run](t)(s.Runs(ctx, orders.ID, "", 10))); n != 0 {
			t.Errorf("%d runs are left after 30 days", n)
		}
	})
}

// Of two clicks one asks.
func TestRetryIsClaimedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		p := newProject(t, s, c)
		p.list(t, c.Now(), store.Automation{UpstreamID: "f1", Name: "Orders"})
		p.run(t, "f1", store.Run{UpstreamID: "r1", Status: "FAILED", At: s.Now()}, c.Now())
		id := p.named(t, "Orders").Last.ID
		claim := func() (ok bool) {
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				ok, err = tx.ClaimRetry(ctx, id, 10*time.Second)
				return err
			})
			return ok
		}
		if first, second := claim(), claim(); !first || second {
			t.Errorf("the first click gets %v, the second %v", first, second)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.FreeRetry(ctx, id) })
		if !claim() {
			t.Error("what came to nothing cannot be asked for again")
		}
		c.Advance(10 * time.Second)
		if !claim() {
			t.Error("it cannot be asked for again later")
		}
	})
}

func TestWhoseAutomationsAreCopied(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		p := newProject(t, s, c)
		stale := func() int {
			now := c.Now()
			got := storetest.Must[[]string](t)(s.StaleAutomations(ctx, now.Add(-24*time.Hour), now.Add(-10*time.Minute), now.Add(-30*time.Second), 9))
			if len(got) > 1 || len(got) == 1 && got[0] != p.i.ID {
				t.Fatalf("got %v, want the project alone", got)
			}
			return len(got)
		}
		begin := func(unless time.Duration) (ok bool) {
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				ok, err = tx.BeginAutomationSync(ctx, p.i.ID, c.Now(), unless)
				return err
			})
			return ok
		}
		want := func(what string, n int) {
			t.Helper()
			if got := stale(); got != n {
				t.Errorf("%s: %d are to be copied, want %d", what, got, n)
			}
		}
		want("after a visit", 1)
		if first, again := begin(0), begin(time.Second); !first || again {
			t.Errorf("beginning gives %v, beginning again at once %v", first, again)
		}
		want("when just tried", 0)
		p.list(t, c.Now(), store.Automation{UpstreamID: "f1", Name: "Orders"})
		p.run(t, "f1", store.Run{UpstreamID: "r1", Status: store.RunRunning, At: s.Now()}, c.Now())
		c.Advance(time.Minute)
		want("with a run under way", 1)
		p.run(t, "f1", store.Run{UpstreamID: "r1", Status: "SUCCEEDED", At: s.Now()}, c.Now())
		want("with that over", 0)
		c.Advance(10 * time.Minute)
		want("ten minutes later", 1)
		c.Advance(24 * time.Hour)
		want("a day after the last visit", 0)
		p.owns(t, "f2", false)
		want("with an instance", 1)

		began := c.Now()
		begin(0)
		c.Advance(time.Second)
		for _, problem := range []string{"", "silent"} {
			storetest.Update(t, s, func(tx *store.Tx) error { return tx.EndAutomationSync(ctx, p.i.ID, began, problem) })
		}
		if got := storetest.Must[store.AutomationSync](t)(s.AutomationSync(ctx, p.i.ID)); got.DoneAt != store.At(began) || got.Error != "silent" {
			t.Errorf("after a success and a failure: %+v", got)
		}
	})
}
