package portal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico/store"
	"portico/upstream/commercetools"
)

// gamble is a yard in which anything happens.
type gamble struct {
	*yard
	r       *rapid.T
	portal2 *Portal
	wished  map[string]commercetools.DraftDraft // by name
	names   map[string]string                   // that drafts were to be given, by operation
	n       int
}

// Whatever people do, whatever breaks, and whichever process is killed: finally every draft that was wished for is there
// once, every change was made once or a person knows why not, and the copies are as the platform is.
func TestWhateverHappensDraftsAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := &gamble{yard: newYard(t), r: r, wished: map[string]commercetools.DraftDraft{}, names: map[string]string{}}
		g.portal2 = g.process()
		for range rapid.IntRange(4, 16).Draw(r, "steps") {
			g.step()
		}
		g.agree()
	})
}

func (g *gamble) pick() (store.ConnectorDraft, bool) {
	all, err := g.store.ConnectorDrafts(g.ctx, g.account.ID)
	g.ok(err)
	if len(all) == 0 {
		return store.ConnectorDraft{}, false
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(g.r, "which")], true
}

func (g *gamble) process2() *Portal {
	switch rapid.IntRange(0, 5).Draw(g.r, "process") {
	case 0:
		return g.doomed(rapid.IntRange(1, 3).Draw(g.r, "killed at call"), rapid.Bool().Draw(g.r, "after"))
	case 1, 2:
		return g.portal2
	}
	return g.portal
}

func (g *gamble) step() {
	d, there := g.pick()
	action := rapid.SampledFrom([]string{"create", "create", "rename", "rename", "preview", "publish", "delete", "other", "fault", "fault", "wait", "copy", "advance", "watch"}).Draw(g.r, "action")
	if !there && action != "fault" && action != "wait" {
		action = "create"
	}
	switch action { // that one fails is part of the game
	case "create":
		g.create()
	case "rename":
		g.n++
		name := fmt.Sprintf("Name %d", g.n)
		if o, err := g.process2().UpdateDraft(g.ctx, g.staff, d.ID, 0, []commercetools.Action{commercetools.SetName(name)}); err == nil {
			g.names[o.ID] = name
		}
	case "preview":
		_, _ = g.process2().UpdateDraft(g.ctx, g.staff, d.ID, 0, []commercetools.Action{commercetools.UpdatePreviewable()})
	case "publish":
		_, _ = g.process2().UpdateDraft(g.ctx, g.staff, d.ID, 0, []commercetools.Action{commercetools.Publish(false)})
	case "delete":
		_, _ = g.process2().DeleteDraft(g.ctx, g.staff, d.ID, TypedName(d))
	case "other":
		if !g.there(d).Gone {
			g.byOther(d, rapid.SampledFrom([]fields{{"switches": []string{"slow"}}, {"name": "Theirs"}}).Draw(g.r, "what"))
		}
	case "fault":
		operation := rapid.SampledFrom([]string{"createDraft", "updateDraft", "deleteDraft", "draft", "drafts", "token"}).Draw(g.r, "operation")
		g.fault(operation, rapid.SampledFrom([]string{"500", "429", "lost", "malformed", "500_after"}).Draw(g.r, "kind"), rapid.IntRange(1, 2).Draw(g.r, "times"))
	case "wait":
		g.clock.Advance(time.Duration(rapid.IntRange(1, 200).Draw(g.r, "seconds")) * time.Second)
	case "copy":
		_ = g.process2().CopyConnect(g.ctx, g.account.ID)
	case "advance":
		for _, o := range g.underWay() {
			_, _ = g.process2().AdvanceOperation(g.ctx, o.ID)
		}
	case "watch":
		_, _ = g.process2().watchConnect(g.ctx, store.SubjectDraft, d.ID)
	}
}

func (g *gamble) create() {
	g.n++
	want := newDraft(rapid.SampledFrom([]string{"", fmt.Sprintf("key-%d", g.n)}).Draw(g.r, "key"))
	want.Name = fmt.Sprintf("Draft %d", g.n)
	before := len(g.underWay()) + g.ended()
	_, err := g.process2().CreateDraft(g.ctx, g.staff, g.account.ID, want)
	if err == nil || len(g.underWay())+g.ended() > before { // one that is killed may have written the wish, or not
		g.wished[want.Name] = want
	}
}

func (g *gamble) ended() int {
	n := 0
	for _, o := range g.all() {
		if !o.UnderWay() {
			n++
		}
	}
	return n
}

func (g *gamble) underWay() []store.Operation {
	all, err := g.store.OperationsUnderWay(g.ctx, 100)
	g.ok(err)
	return all
}

// all is every operation of the account.
func (g *gamble) all() []store.Operation {
	all, err := g.store.OperationsBefore(g.ctx, "", 1000)
	g.ok(err)
	return all
}

// agree mends everything, lets all come to rest, and compares both sides.
func (g *gamble) agree() {
	g.control("DELETE", "/faults", nil, nil)
	g.clock.Advance(10 * time.Minute)
	for range 3 {
		g.ok(g.portal.careForConnect(g.ctx))
		for _, o := range g.underWay() {
			g.settle(g.portal, o.ID)
		}
		g.clock.Advance(time.Minute)
		g.ok(g.portal.CopyConnect(g.ctx, g.account.ID))
	}
	if left := g.underWay(); len(left) != 0 {
		g.r.Fatalf("operations are left under way: %+v", left)
	}
	g.copiesAgree()
	g.creationsAgree()
	g.changesAgree()
}

func (g *gamble) copiesAgree() {
	all, err := g.store.ConnectorDrafts(g.ctx, g.account.ID)
	g.ok(err)
	byID := map[string]store.ConnectorDraft{}
	for _, d := range all {
		byID[d.UpstreamID] = d
	}
	for _, x := range g.drafts() {
		d, here := byID[x.ID]
		if here == x.Gone {
			g.r.Fatalf("%s is gone there: %v, here: %v", x.ID, x.Gone, !here)
		}
		if here && (d.Version != x.Version || d.Status != x.Status || d.Previewable != x.Previewable) {
			g.r.Fatalf("the copy is %s %s version %d, the platform has %+v", d.Status, d.Previewable, d.Version, x)
		}
	}
}

// creationsAgree says that every draft wished for was made once, unless a person was told that it was not.
func (g *gamble) creationsAgree() {
	made, told := 0, 0
	for _, o := range g.all() {
		switch {
		case o.Kind != store.OpDraftCreate:
		case o.State == store.OpDone:
			made++
		case o.Problem == problemLost || o.State != store.OpFailed:
			g.r.Fatalf("a creation is %s, %s: nobody knows what came of it, though everything was mended", o.State, o.Problem)
		default:
			told++
		}
	}
	created := 0
	for _, x := range g.drafts() {
		created += x.Accepted["createDraft"]
	}
	if created != made || made+told < len(g.wished) {
		g.r.Fatalf("%d drafts were made, %d operations say so, %d say why not, %d were wished for", created, made, told, len(g.wished))
	}
}

// changesAgree says that what the platform has accepted is what operations say is done, action by action.
func (g *gamble) changesAgree() {
	done, told := map[string]int{}, map[string]int{}
	for _, o := range g.all() {
		for _, action := range []string{"setName", "updatePreviewable", "publish"} {
			switch {
			case o.Kind != store.OpDraftUpdate || !strings.Contains(o.Body, `"`+action+`"`):
			case o.State == store.OpDone:
				done[action]++
			case o.Problem == problemLost: // a person was told that it may have happened
				told[action]++
			}
		}
	}
	for _, action := range []string{"setName", "updatePreviewable", "publish"} {
		accepted := 0
		for _, x := range g.drafts() {
			accepted += x.Accepted[action]
		}
		if accepted < done[action] || accepted > done[action]+told[action] {
			g.r.Fatalf("%s was accepted %d times, %d operations did it, %d may have", action, accepted, done[action], told[action])
		}
	}
}
