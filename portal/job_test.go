package portal

import (
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"portico/store"
)

func (w *world) jobs(kind string) int {
	w.Helper()
	all, err := w.store.JobList(w.ctx, 1000, rivertype.JobStates()...)
	w.ok(err)
	n := 0
	for _, j := range all {
		if j.Kind == kind {
			n++
		}
	}
	return n
}

// However long a platform is silent, what has to be done does not pile up.
func TestJobsDoNotPileUp(t *testing.T) {
	w := newWorld(t, nil)
	in := w.enabled(1)
	w.sync()
	w.control("PATCH", "/settings", map[string]any{"down": true})
	w.ok(w.portal.TurnOff(w.ctx, w.who, in.ID))
	advancing, copying := w.jobs("advance_instance"), w.jobs("sync_identity")
	for range 3 {
		w.clock.Advance(personEvery)
		if wait, err := w.portal.Advance(w.ctx, in.ID); err != nil || wait == 0 {
			t.Fatalf("a silent Tray: wait %v, %v", wait, err)
		}
		w.clock.Advance(leftAfter / 2)
		w.ok(w.portal.care(w.ctx))
	}
	if got := w.jobs("advance_instance"); got != advancing {
		t.Errorf("%d jobs go on with the instance, want the %d there were", got, advancing)
	}
	if got := w.jobs("sync_identity"); got != copying+1 {
		t.Errorf("%d jobs copy what the person has, want one more than %d", got, copying)
	}
}

// Who has been copied once is copied again when care comes round; who never was waits for the platform.
func TestCopyOfASilentPlatform(t *testing.T) {
	w := newWorld(t, nil)
	i, err := w.store.UserIdentity(w.ctx, w.who.User, w.who.Workspace.AccountID)
	w.ok(err)
	w.control("PATCH", "/settings", map[string]any{"down": true})
	var snoozed *river.JobSnoozeError
	if err := w.portal.copyOrLeave(w.ctx, i.ID); !errors.As(err, &snoozed) {
		t.Errorf("the first copy: got %v, want to be asked again soon", err)
	}
	w.control("PATCH", "/settings", map[string]any{"down": false})
	w.clock.Advance(time.Minute)
	w.sync()
	w.control("PATCH", "/settings", map[string]any{"down": true})
	if err := w.portal.copyOrLeave(w.ctx, i.ID); err != nil {
		t.Errorf("a later copy: got %v, want it left to care", err)
	}
	if i, err = w.store.Identity(w.ctx, i.ID); err != nil || i.SyncError == "" {
		t.Errorf("nobody can see that the copy is old: %+v, %v", i, err)
	}
}

// What a killed process left behind is gone on with, and what waits for somebody is not in its way.
func TestCareFindsWhatIsLeft(t *testing.T) {
	w := newWorld(t, nil)
	in := w.connect(w.integration(withSignins(1)))
	put := func(change func(*store.Instance)) {
		w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
			now, err := tx.LockInstance(w.ctx, in.ID)
			if err != nil {
				return err
			}
			change(&now)
			return tx.PutInstance(w.ctx, now, "")
		}))
		w.clock.Advance(2 * leftAfter)
	}
	before := w.jobs("advance_instance")
	put(func(in *store.Instance) { in.State, in.Attention = store.Enabling, causeRefused })
	w.ok(w.portal.care(w.ctx))
	if got := w.jobs("advance_instance"); got != before {
		t.Errorf("what waits for somebody got %d jobs", got-before)
	}
	put(func(in *store.Instance) { in.Attention = causeUnavailable })
	w.ok(w.portal.care(w.ctx))
	if got := w.jobs("advance_instance"); got != before+1 {
		t.Errorf("what is under way got %d jobs, want 1", got-before)
	}
}
