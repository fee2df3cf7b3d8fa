package portal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// act is what a person does to a draft, and what the simulator then counts of it.
type act struct {
	name    string
	prepare func(*yard) store.ConnectorDraft // the draft it is done to; zero for a new one
	do      func(*yard, *Portal, store.ConnectorDraft) (store.Operation, error)
	route   string         // the simulator's name of the call
	counts  map[string]int // of accepted writes, beside those of prepare
}

func doing(actions ...commercetools.Action) func(*yard, *Portal, store.ConnectorDraft) (store.Operation, error) {
	return func(y *yard, p *Portal, d store.ConnectorDraft) (store.Operation, error) {
		return p.UpdateDraft(y.ctx, y.staff, d.ID, 0, actions)
	}
}

func creating(d commercetools.DraftDraft) func(*yard, *Portal, store.ConnectorDraft) (store.Operation, error) {
	return func(y *yard, p *Portal, _ store.ConnectorDraft) (store.Operation, error) {
		return p.CreateDraft(y.ctx, y.staff, y.account.ID, d)
	}
}

func plainDraft(y *yard) store.ConnectorDraft { return y.made(newDraft("plain")) }

func previewed(y *yard) store.ConnectorDraft {
	d := plainDraft(y)
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	return y.wait(d.ID)
}

func onMarket(y *yard) store.ConnectorDraft {
	d := previewed(y)
	y.wantState(y.update(d.ID, commercetools.Publish(true)), store.OpDone, "")
	y.wait(d.ID)
	y.clock.Advance(time.Minute)
	y.control("POST", "/drafts/"+d.UpstreamID+"/approve", fields{}, nil)
	y.ok(y.portal.LookAgainDraft(y.ctx, d.ID))
	return y.draft(d.ID)
}

func certifying(y *yard) store.ConnectorDraft {
	d := previewed(y)
	y.wantState(y.update(d.ID, commercetools.Publish(true)), store.OpDone, "")
	return y.wait(d.ID)
}

var acts = []act{
	{"create with a key", nil, creating(newDraft("fresh")), "createDraft", map[string]int{"createDraft": 1}},
	{"create without a key", nil, creating(newDraft("")), "createDraft", map[string]int{"createDraft": 1}},
	{"set", plainDraft, doing(commercetools.SetName("New"), commercetools.SetDescription("More")), "updateDraft", map[string]int{"setName": 1, "setDescription": 1}},
	{"set repository", plainDraft, doing(commercetools.SetRepository("https://github.com/composable-com/ct-connect-bloomreach-engagement.git", "v1.1.0"), commercetools.UpdatePreviewable()),
		"updateDraft", map[string]int{"setRepository": 1, "updatePreviewable": 1}},
	{"add project", plainDraft, doing(commercetools.AddPrivateProject("europe-west1.gcp:shop")), "updateDraft", map[string]int{"addPrivateProject": 1}},
	{"preview", plainDraft, doing(commercetools.UpdatePreviewable()), "updateDraft", map[string]int{"updatePreviewable": 1}},
	{"preview again", previewed, doing(commercetools.UpdatePreviewable()), "updateDraft", map[string]int{"updatePreviewable": 1}},
	{"publish", previewed, doing(commercetools.Publish(false)), "updateDraft", map[string]int{"publish": 1}},
	{"certify", previewed, doing(commercetools.Publish(true)), "updateDraft", map[string]int{"publish": 1}},
	{"comment", certifying, doing(commercetools.AddCertificationComment("Done.")), "updateDraft", map[string]int{"addCertificationComment": 1}},
	{"unlist", onMarket, doing(commercetools.Unlist()), "updateDraft", map[string]int{"unlist": 1}},
	{"delete", plainDraft, func(y *yard, p *Portal, d store.ConnectorDraft) (store.Operation, error) {
		return p.DeleteDraft(y.ctx, y.staff, d.ID, "plain")
	}, "deleteDraft", map[string]int{"deleteDraft": 1}},
}

// counted compares what the simulator has accepted in all with what was there before.
func (y *yard) counted() map[string]int {
	y.Helper()
	all := map[string]int{}
	for _, d := range y.drafts() {
		for action, n := range d.Accepted {
			all[action] += n
		}
	}
	return all
}

func (y *yard) wantCounts(before, more map[string]int) {
	y.Helper()
	for action, n := range y.counted() {
		if n-before[action] != more[action] {
			y.Errorf("%s was accepted %d times, want %d", action, n-before[action], more[action])
		}
	}
}

func (a act) begin(y *yard) store.ConnectorDraft {
	if a.prepare == nil {
		return store.ConnectorDraft{}
	}
	return a.prepare(y)
}

// Whatever becomes of an answer, what was wished for is done once.
func TestLostAnswersAreLookedForAndNothingIsDoneTwice(t *testing.T) {
	for n, a := range acts {
		for _, fault := range []string{"lost", "500", "malformed", "500_after", "429"} {
			for times := 1; times <= 2; times++ {
				if often := fault == "lost" || fault == "500"; times == 2 && !often || n > 2 && n < len(acts)-1 && !often {
					continue // these differ from the first in what is asked for alone
				}
				t.Run(fmt.Sprintf("%s/%s/%d", a.name, fault, times), func(t *testing.T) {
					y := newYard(t)
					d := a.begin(y)
					before := y.counted()
					y.fault(a.route, fault, times)
					o, err := a.do(y, y.portal, d)
					y.ok(err)
					o = y.settle(y.portal, o.ID)
					y.wantState(o, store.OpDone, "")
					y.wantCounts(before, a.counts)
					y.wantCopied(o)
				})
			}
		}
	}
}

// wantCopied says that an operation's draft is as the platform has it.
func (y *yard) wantCopied(o store.Operation) {
	y.Helper()
	d := y.draft(o.SubjectID)
	x := y.there(d)
	if x.Gone != !d.GoneAt.IsZero() {
		y.Errorf("the draft is gone: %v there, %v here", x.Gone, !d.GoneAt.IsZero())
	}
	if !x.Gone && (x.Tag != d.Tag || x.Status != d.Status || x.Previewable != d.Previewable) {
		y.Errorf("got %+v, want as it is there: %+v", d, x)
	}
}

// A process that is killed at any of its calls, before or after the platform has done its work, is gone on with by another,
// and nothing is done twice.
func TestKilledProcessesAreGoneOnWith(t *testing.T) {
	for _, a := range acts {
		for call := 1; call <= 2; call++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/call %d/after %v", a.name, call, after), func(t *testing.T) {
					y := newYard(t)
					d := a.begin(y)
					before := y.counted()
					_, err := a.do(y, y.doomed(call, after), d)
					if err != nil && !strings.Contains(err.Error(), "closed") {
						t.Fatal(err)
					}
					y.ok(y.portal.careForConnect(y.ctx)) // has nothing to do yet, and does no harm
					all, err := y.store.OperationsUnderWay(y.ctx, 10)
					y.ok(err)
					for _, o := range all {
						y.wantState(y.settle(y.portal, o.ID), store.OpDone, "")
					}
					y.wantCounts(before, a.counts)
				})
			}
		}
	}
}

// What the platform refuses for good is said in its own code, and changes nothing.
func TestRefusedOperationsFailWithThePlatformsCode(t *testing.T) {
	codes := []string{
		"InvalidJsonInput", "InvalidQueryParam", "InvalidPathParam", "DuplicateField", "FieldValueNotFound", "AuthenticationError", "AuthorizationError",
		"ConnectorAlreadyCertified", "ConnectorStagedInCertification", "ConnectorStagedNotPreviewable", "ConnectorStagedNotPrivate",
		"ConnectorStagedPreviewRequestUnderProcess", "GitRepositoryNotReachable", "ConnectorSpecificationFileNotFound", "ConnectorSpecificationFileNotValid",
	}
	y := newYard(t)
	d := plainDraft(y)
	for _, code := range codes {
		for _, a := range []act{acts[0], acts[2]} {
			before := y.counted()
			y.fault(a.route, "reject", 2, fields{"code": code}) // a 401 is asked twice
			o, err := a.do(y, y.portal, d)
			y.ok(err)
			o = y.settle(y.portal, o.ID)
			y.control("DELETE", "/faults", nil, nil)
			y.wantState(o, store.OpFailed, code)
			if o.Detail == "" || o.HTTPStatus < 400 || o.UpstreamRequest == "" || o.EndedAt.IsZero() {
				t.Errorf("%s: got %+v, want the platform's words, status and request", code, o)
			}
			y.wantCounts(before, nil)
			y.ok(y.portal.DropOperation(y.ctx, y.staff, o.ID))
		}
	}
}

// A platform that is silent is asked three times where nobody knows what came of it, and for an hour where nothing did.
func TestOperationsAreGivenUp(t *testing.T) {
	t.Run("lost", func(t *testing.T) {
		y := newYard(t)
		d := plainDraft(y)
		y.fault("updateDraft", "500", 0)
		o := y.update(d.ID, commercetools.SetName("New"))
		y.wantState(o, store.OpFailed, problemLost)
		if o.Tries != mostTries {
			t.Errorf("got %d tries, want %d", o.Tries, mostTries)
		}
		y.control("DELETE", "/faults", nil, nil)
		again, err := y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
		y.ok(err)
		y.wantState(y.settle(y.portal, again.ID), store.OpDone, "")
		if x := y.there(d); x.Accepted["setName"] != 1 {
			t.Errorf("got %v, want the name set once", x.Accepted)
		}
	})
	t.Run("limited", func(t *testing.T) {
		y := newYard(t)
		d := plainDraft(y)
		y.fault("updateDraft", "429", 0)
		began := y.clock.Now()
		o := y.update(d.ID, commercetools.SetName("New"))
		y.wantState(o, store.OpFailed, problemUnavailable)
		if took := y.clock.Now().Sub(began); took < silentFor || took > silentFor+10*time.Minute {
			t.Errorf("it was given up after %v, want about %v", took, silentFor)
		}
		y.wantCounts(map[string]int{"createDraft": 1}, nil)
	})
	t.Run("cannot be looked for", func(t *testing.T) {
		y := newYard(t)
		d := plainDraft(y)
		y.fault("updateDraft", "lost", 1)
		y.fault("draft", "429", 0)
		y.wantState(y.update(d.ID, commercetools.SetName("New")), store.OpFailed, problemLost)
	})
}

// A lost creation that is sent again by a person is looked for first.
func TestRepeatedCreationIsLookedForFirst(t *testing.T) {
	y := newYard(t)
	y.fault("createDraft", "lost", 1)
	y.fault("drafts", "429", 0)
	o, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft(""))
	y.ok(err)
	y.wantState(y.settle(y.portal, o.ID), store.OpFailed, problemUnavailable) // what is there could not even be listed before
	y.control("DELETE", "/faults", nil, nil)
	y.wantCounts(nil, nil)

	o, err = y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft("once"))
	y.ok(err)
	y.wantState(y.settle(y.portal, o.ID), store.OpDone, "")

	y.fault("createDraft", "lost", 1)
	o, err = y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft(""))
	y.ok(err)
	y.fault("drafts", "429", 0)
	o = y.settle(y.portal, o.ID)
	y.wantState(o, store.OpFailed, problemLost)
	y.control("DELETE", "/faults", nil, nil)
	again, err := y.portal.RepeatOperation(y.ctx, y.staff, o.ID)
	y.ok(err)
	y.wantState(y.settle(y.portal, again.ID), store.OpDone, "")
	y.wantCounts(nil, map[string]int{"createDraft": 2})
}

// A draft whose creation nobody has heard of can be found by a copy, and changed or removed, before it is looked for: it is
// not made once more.
func TestDraftThatWasFoundBeforeItWasLookedFor(t *testing.T) {
	for _, key := range []string{"", "found"} {
		for _, removed := range []bool{false, true} {
			y := newYard(t)
			y.fault("createDraft", "lost", 1)
			o, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft(key))
			y.ok(err)
			d := y.copied()[key]
			if removed {
				gone, err := y.portal.DeleteDraft(y.ctx, y.staff, d.ID, TypedName(d))
				y.ok(err)
				y.wantState(gone, store.OpDone, "")
			} else {
				y.wantState(y.update(d.ID, commercetools.SetName("Another")), store.OpDone, "")
			}
			o = y.settle(y.portal, o.ID)
			y.wantState(o, store.OpDone, "")
			if made := y.counted()["createDraft"]; made != 1 || o.SubjectID != d.ID {
				t.Errorf("key %q, removed %v: %d drafts were made, the operation says %s, want %s", key, removed, made, o.SubjectID, d.ID)
			}
			if got := y.draft(d.ID); got.GoneAt.IsZero() == removed {
				t.Errorf("key %q: gone at %v, removed %v", key, got.GoneAt, removed)
			}
		}
	}
}

// Operations on one draft go one after the other, in the order they were asked for, also in two processes.
func TestOperationsOnOneDraftTakeTurns(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.fault("updateDraft", "429", 1)
	first, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("First")})
	y.ok(err)
	second, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetDescription("Second")})
	y.ok(err)
	if first.State != store.OpWaiting || second.State != store.OpWaiting || second.SentVersion != 0 {
		t.Fatalf("got %s and %s, want both to wait, the second for the first", first.State, second.State)
	}
	if wait, err := y.process().AdvanceOperation(y.ctx, second.ID); err != nil || wait != behindFor {
		t.Fatalf("got %v, %v, want it to wait for its turn", wait, err)
	}
	y.wantState(y.settle(y.portal, first.ID), store.OpDone, "")
	y.wantState(y.settle(y.portal, second.ID), store.OpDone, "")
	if y.operation(second.ID).SentVersion <= y.operation(first.ID).SentVersion {
		t.Error("the second was sent with an older version than the first")
	}
}

// What is sent is sealed while it is needed, and forgotten afterwards.
func TestBodiesAreForgotten(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	body := func(id string) string {
		b, err := y.store.OperationBody(y.ctx, id)
		y.ok(err)
		return b.Reveal()
	}
	done := y.update(d.ID, commercetools.SetName("New"))
	if body(done.ID) != "" {
		t.Error("what was sent is kept though it is done")
	}
	y.fault("updateDraft", "reject", 1, fields{"code": "FieldValueNotFound"})
	failed := y.update(d.ID, commercetools.SetName("Other"))
	y.wantState(failed, store.OpFailed, "FieldValueNotFound")
	if !strings.Contains(body(failed.ID), "Other") {
		t.Error("what failed cannot be sent again")
	}
	y.clock.Advance(bodiesFor + time.Minute)
	y.ok(y.portal.careForConnect(y.ctx))
	if body(failed.ID) != "" {
		t.Error("what failed long ago is kept")
	}
}

// An operation whose job was lost is given another; one that waits for a person, or has ended, is not.
func TestCareFindsOperationsAndWatchesWithoutAJob(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	y.fault("updateDraft", "429", 1)
	o, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft("other"))
	y.ok(err)
	y.wantState(o, store.OpDone, "")
	y.fault("createDraft", "429", 1)
	waiting, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft("third"))
	y.ok(err)
	left := func() (ids []string) {
		operations, err := y.store.LeftOperations(y.ctx, y.clock.Now().Add(-leftAfter), 10)
		y.ok(err)
		watches, err := y.store.LeftWatches(y.ctx, y.clock.Now().Add(-leftAfter), 10)
		y.ok(err)
		for _, w := range watches {
			ids = append(ids, w.ID)
		}
		return append(operations, ids...)
	}
	if got := left(); len(got) != 0 {
		t.Errorf("got %v left at once, want none", got)
	}
	y.clock.Advance(leftAfter + time.Minute)
	if got := left(); !slices.Equal(got, []string{waiting.ID, d.ID}) {
		t.Errorf("got %v left, want %v", got, []string{waiting.ID, d.ID})
	}
	y.ok(y.portal.careForConnect(y.ctx))
	jobs, err := y.store.JobList(y.ctx, 100, "available")
	y.ok(err)
	kinds := map[string]int{}
	for _, j := range jobs {
		kinds[j.Kind]++
	}
	if kinds["advance_operation"] == 0 || kinds["watch_connect"] == 0 {
		t.Errorf("got jobs %v, want some for the operation and for the watch", kinds)
	}
}

// An account that is configured no more, or whose token may not, is refused before anything is stored.
func TestAccountsThatMayNot(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.ok(y.store.Update(y.ctx, func(tx *store.Tx) error {
		return tx.SetDeployAccountCheck(y.ctx, y.account.ID, []string{"view_connectors"}, "")
	}))
	_, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, newDraft("x1"))
	wantRefused(t, err, "connect_scope")
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Args["scope"] != "manage_connectors:"+y.account.ProjectKey {
		t.Errorf("got %+v, want the scope named", r)
	}
	y.ok(y.store.Update(y.ctx, func(tx *store.Tx) error {
		return tx.SetDeployAccountCheck(y.ctx, y.account.ID, []string{"manage_project"}, "")
	}))
	y.fault("updateDraft", "429", 1)
	waiting, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("New")})
	y.ok(err)
	y.ok(y.store.Update(y.ctx, func(tx *store.Tx) error { return tx.RetireDeployAccounts(y.ctx, nil) }))
	y.wantState(y.settle(y.portal, waiting.ID), store.OpFailed, "deploy_account_gone")
	_, err = y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("New")})
	wantRefused(t, err, "deploy_account_gone")
	y.ok(y.portal.CopyConnect(y.ctx, y.account.ID))
}
