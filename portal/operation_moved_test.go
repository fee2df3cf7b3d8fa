package portal

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// byOther changes a draft at the platform as somebody else would.
func (y *yard) byOther(d store.ConnectorDraft, change fields) {
	y.Helper()
	y.control("PATCH", "/drafts/"+d.UpstreamID, change, nil)
}

func saidOf(moved []store.Moved) string {
	var names []string
	for _, m := range moved {
		names = append(names, m.Field+": "+m.Old+" → "+m.New)
	}
	return strings.Join(names, ", ")
}

// A version that has risen by itself, or with something that does not matter to what is wanted, stops nobody: it is said.
func TestUnrelatedChangesDoNotStopAnybody(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.byOther(d, fields{"switches": []string{"slow"}}) // the version alone
	o := y.update(d.ID, commercetools.SetDescription("More"))
	y.wantState(o, store.OpDone, "")
	if len(o.Moved) != 0 || o.SentVersion != 2 {
		t.Errorf("got moved %v with version %d, want nothing with 2", o.Moved, o.SentVersion)
	}
	y.byOther(d, fields{"name": "Theirs"})
	o = y.update(d.ID, commercetools.SetDescription("Even more"))
	y.wantState(o, store.OpDone, "")
	if got := saidOf(o.Moved); got != "name: Connector plain → Theirs" {
		t.Errorf("got %s said to have moved", got)
	}
	if !slices.Contains(y.codes(store.SubjectDraft, d.ID), "draft.update.anew") {
		t.Error("the timeline does not say that it was sent anew")
	}
}

// What matters to the wish and has changed is shown, and a person decides: they send it all the same, or leave it.
func TestRelatedChangesAskAPerson(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.byOther(d, fields{"name": "Theirs"})
	o := y.update(d.ID, commercetools.SetName("Ours"))
	y.wantState(o, store.OpMoved, problemMoved)
	if got := saidOf(o.Moved); got != "name: Connector plain → Theirs" || !o.EndedAt.IsZero() {
		t.Fatalf("got %s", got)
	}
	asking, err := y.store.OperationsAsking(y.ctx, 10)
	y.ok(err)
	if len(asking) != 1 || asking[0].ID != o.ID {
		t.Errorf("got %v, want that it asks a person", asking)
	}
	again, err := y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
	y.ok(err)
	y.wantState(y.settle(y.portal, again.ID), store.OpDone, "")
	if got := y.draft(d.ID).Name; again.ID != o.ID || got != "Ours" {
		t.Errorf("got the name %q, want ours", got)
	}
	_, err = y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
	wantRefused(t, err, "operation_not_repeatable")

	y.byOther(d, fields{"name": "Theirs again"})
	o = y.update(d.ID, commercetools.SetName("Ours again"))
	y.wantState(o, store.OpMoved, problemMoved)
	y.ok(y.portal.DropOperation(y.ctx, y.staff, o.ID))
	y.wantState(y.operation(o.ID), store.OpFailed, problemLeft)
	wantRefused(t, y.portal.DropOperation(y.ctx, y.staff, o.ID), "operation_not_repeatable")
	if asking, err = y.store.OperationsAsking(y.ctx, 10); err != nil || len(asking) != 0 {
		t.Errorf("got %v, %v, want that nobody is asked any more", asking, err)
	}
	if x := y.there(d); x.Accepted["setName"] != 1 {
		t.Errorf("got %v, want one name set", x.Accepted)
	}
}

// When things move once more after a person has decided, they are asked again, about what is new alone.
func TestPersonIsAskedAgainOnlyAboutWhatIsNew(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.byOther(d, fields{"name": "Second"})
	o := y.update(d.ID, commercetools.SetName("Ours"), commercetools.SetDescription("Words"))
	y.wantState(o, store.OpMoved, problemMoved)
	y.byOther(d, fields{"name": "Third"})
	o, err := y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
	y.ok(err)
	o = y.settle(y.portal, o.ID)
	y.wantState(o, store.OpMoved, problemMoved)
	if got := saidOf(o.Moved); got != "name: Second → Third" {
		t.Errorf("got %s", got)
	}
}

// Somebody who has looked at an old version decides about that one: what has changed since is compared with what they saw.
func TestOldVersionIsWhatThePersonSaw(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	saw := d.Version
	y.byOther(d, fields{"name": "Theirs"})
	y.clock.Advance(time.Minute)
	y.ok(y.portal.CopyConnect(y.ctx, y.account.ID)) // a page that is open does not notice
	change := func(a commercetools.Action) store.Operation {
		o, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, saw, []commercetools.Action{a})
		y.ok(err)
		return y.settle(y.portal, o.ID)
	}
	y.wantState(change(commercetools.SetName("Ours")), store.OpMoved, problemMoved)
	o := change(commercetools.SetDescription("Words"))
	y.wantState(o, store.OpDone, "")
	if got := saidOf(o.Moved); got != "name: Connector plain → Theirs" {
		t.Errorf("got %s", got)
	}
	_, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 99, []commercetools.Action{commercetools.SetName("x")})
	wantRefused(t, err, "draft_old")
}

// A draft that is never at rest is tried some times, and then left to a person; with patience they get through.
func TestStormOfConflicts(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.byOther(d, fields{"trips": slices.Repeat([]string{"409-next"}, 3)})
	o := y.update(d.ID, commercetools.SetName("Ours"))
	y.wantState(o, store.OpDone, "")
	y.byOther(d, fields{"trips": slices.Repeat([]string{"409-next"}, mostConflicts+1)})
	o = y.update(d.ID, commercetools.SetName("Ours again"))
	y.wantState(o, store.OpMoved, problemMoved)
	if len(o.Moved) != 0 {
		t.Errorf("got %v moved, want the version alone", o.Moved)
	}
	o, err := y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
	y.ok(err)
	y.wantState(y.settle(y.portal, o.ID), store.OpDone, "")
	if x := y.there(d); x.Accepted["setName"] != 2 {
		t.Errorf("got %v, want two names set", x.Accepted)
	}
}

// The platform need not say which version is there.
func TestConflictWithoutVersions(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.control("PATCH", "/settings", fields{"short_conflict": true}, nil)
	y.byOther(d, fields{"switches": []string{"slow"}})
	y.wantState(y.update(d.ID, commercetools.SetName("Ours")), store.OpDone, "")
}

// What somebody else has begun meanwhile is not begun again behind a person's back.
func TestSomebodyElseWasQuicker(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.byOther(d, fields{"previewable": "false"})
	o := y.update(d.ID, commercetools.UpdatePreviewable())
	y.wantState(o, store.OpMoved, problemMoved)
	if got := saidOf(o.Moved); got != "isPreviewable: none → false" {
		t.Errorf("got %s", got)
	}
	if x := y.there(d); x.Accepted["updatePreviewable"] != 0 {
		t.Errorf("got %v", x.Accepted)
	}
}

// One that has failed can be sent again, with what is there then; one under way can be left only before it was sent.
func TestFailedOperationsAreRepeatedAsNewOnes(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.fault("updateDraft", "reject", 1, fields{"code": "GitRepositoryNotReachable"})
	failed := y.update(d.ID, commercetools.SetName("Ours"))
	y.wantState(failed, store.OpFailed, "GitRepositoryNotReachable")
	y.byOther(d, fields{"switches": []string{"slow"}})
	again, err := y.portal.RepeatOperation(y.ctx, y.staff, failed.ID)
	y.ok(err)
	y.wantState(again, store.OpDone, "")
	if again.ID == failed.ID || y.operation(failed.ID).DroppedAt.IsZero() {
		t.Error("the failed one still asks for somebody")
	}
	y.fault("updateDraft", "429", 1)
	waiting, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("Later")})
	y.ok(err)
	y.ok(y.portal.DropOperation(y.ctx, y.staff, waiting.ID))
	y.wantState(y.settle(y.portal, waiting.ID), store.OpFailed, problemLeft)
	y.fault("updateDraft", "500", 1)
	unsure, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("Later")})
	y.ok(err)
	wantRefused(t, y.portal.DropOperation(y.ctx, y.staff, unsure.ID), "operation_under_way")
	_, err = y.portal.RepeatOperation(y.ctx, y.staff, unsure.ID)
	wantRefused(t, err, "operation_not_repeatable")
	y.wantState(y.settle(y.portal, unsure.ID), store.OpDone, "")
}

// Where an answer was lost and somebody else has changed the same thing since, nobody can tell whether it was done: a person
// is told so, also once they have left it.
func TestLostAndOvertaken(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.fault("updateDraft", "lost", 1)
	o, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("Ours")})
	y.ok(err)
	y.byOther(d, fields{"name": "Theirs"})
	o = y.settle(y.portal, o.ID)
	y.wantState(o, store.OpMoved, problemLost)
	if got := saidOf(o.Moved); got != "name: Connector plain → Theirs" {
		t.Errorf("got %s", got)
	}
	events, err := y.store.EventsByCode(y.ctx, "draft.update.moved", 1)
	y.ok(err)
	if len(events) != 1 || events[0].Args["lost"] != "true" {
		t.Errorf("got %+v, want that the timeline says it may have been done", events)
	}
	y.ok(y.portal.DropOperation(y.ctx, y.staff, o.ID))
	y.wantState(y.operation(o.ID), store.OpFailed, problemLost)
	y.wantCounts(map[string]int{"createDraft": 1}, map[string]int{"setName": 1})
}
