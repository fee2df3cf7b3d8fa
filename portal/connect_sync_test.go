package portal

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// atConnect calls the simulator as somebody else with the same project would.
func (y *yard) atConnect() *commercetools.Client {
	a := y.connect.Access("us-central1.gcp")
	return commercetools.New(commercetools.Config{
		Account: "other", Region: a.Region, ProjectKey: a.ProjectKey, ClientID: a.ClientID, ClientSecret: secret.Text(a.ClientSecret),
		ConnectURL: y.sim.URL + "/" + a.Region, AuthURL: y.sim.URL + "/" + a.Region, Now: y.clock.Now,
	})
}

// copied is the copy of the simulator's drafts, by key.
func (y *yard) copied() map[string]store.ConnectorDraft {
	y.Helper()
	y.clock.Advance(time.Second)
	y.ok(y.portal.CopyConnect(y.ctx, y.account.ID))
	all, err := y.store.ConnectorDrafts(y.ctx, y.account.ID)
	y.ok(err)
	byKey := map[string]store.ConnectorDraft{}
	for _, d := range all {
		byKey[d.UpstreamKey] = d
	}
	return byKey
}

// What is there is copied whole, with the published connectors; what others do is told, what was there before is not.
func TestCopyFollowsThePlatform(t *testing.T) {
	eachYard(t, func(y *yard) {
		there := y.atConnect()
		first, err := there.CreateDraft(y.ctx, newDraft("first"))
		y.ok(err)
		d := y.copied()["first"]
		if d.UpstreamID != first.ID || d.Version != 1 || len(y.codes(store.SubjectDraft, d.ID)) != 0 {
			y.Fatalf("got %+v with %v", d, y.codes(store.SubjectDraft, d.ID))
		}
		second, err := there.CreateDraft(y.ctx, newDraft("second"))
		y.ok(err)
		found := y.copied()["second"]
		if got := y.codes(store.SubjectDraft, found.ID); !slices.Equal(got, []string{"draft.found"}) {
			y.Errorf("got %v of a draft that somebody else has made", got)
		}
		_, err = there.UpdateDraft(y.ctx, first.ID, 1, commercetools.UpdatePreviewable())
		y.ok(err)
		if d = y.copied()["first"]; d.Previewable != "pending" || d.NotBefore.IsZero() {
			y.Fatalf("got %q, next look %v: what somebody else has begun is not watched", d.Previewable, d.NotBefore)
		}
		d = y.wait(d.ID)
		_, err = there.UpdateDraft(y.ctx, first.ID, d.Version, commercetools.Publish(false))
		y.ok(err)
		d = y.copied()["first"]
		if d = y.wait(d.ID); d.ConnectorVersion == 0 || d.Status != "Published" {
			y.Errorf("got %s, connector %d", d.Status, d.ConnectorVersion)
		}
		if _, ok, err := PublishedConnector(d); !ok || err != nil {
			y.Errorf("got %v, %v, want the connector", ok, err)
		}
		_, err = there.UpdateDraft(y.ctx, second.ID, 1, commercetools.SetRepository(second.Repository.URL, "v1.1.0"))
		y.ok(err)
		y.byOther(y.copied()["second"], fields{"key": ""}) // some have lost theirs
		all := y.copied()
		if all[""].ID != found.ID || all[""].Tag != "v1.1.0" || len(all) != 2 {
			y.Errorf("got %+v, want the draft without its key to be the same one", all)
		}
		_, err = there.DeleteDraft(y.ctx, second.ID)
		y.ok(err)
		y.copied()
		if got := strings.Join(y.codes(store.SubjectDraft, found.ID), " "); got != "draft.found draft.tag draft.gone" {
			y.Errorf("got events %s", got)
		}
	})
}

// A list is longer than a page; each draft is kept once, and nothing is written that has not changed.
func TestCopyOfManyDrafts(t *testing.T) {
	y := newYard(t)
	there := y.atConnect()
	for n := range 21 {
		d := newDraft("")
		d.Name = strings.Repeat("x", n+1)
		_, err := there.CreateDraft(y.ctx, d)
		y.ok(err)
	}
	y.copied()
	y.copied()
	all, err := y.store.ConnectorDrafts(y.ctx, "")
	y.ok(err)
	if len(all) != 21 || !all[0].MovedAt.Before(all[0].SeenAt.Time) {
		t.Errorf("got %d drafts, the first moved %v and seen %v", len(all), all[0].MovedAt, all[0].SeenAt)
	}
}

// A copy that fails says so with what it has, and what can be had is kept all the same.
func TestCopyThatFails(t *testing.T) {
	y := newYard(t)
	_, err := y.atConnect().CreateDraft(y.ctx, newDraft("first"))
	y.ok(err)
	y.fault("deployments", "reject", 0, fields{"code": "AuthorizationError"})
	if err := y.portal.CopyConnect(y.ctx, y.account.ID); err == nil {
		t.Error("nothing was said of the deployments")
	}
	sync, err := y.store.ConnectSync(y.ctx, y.account.ID)
	y.ok(err)
	if !strings.Contains(sync.Error, "AuthorizationError") || !sync.DoneAt.IsZero() || sync.TriedAt.IsZero() {
		t.Errorf("got %+v", sync)
	}
	if all, err := y.store.ConnectorDrafts(y.ctx, y.account.ID); err != nil || len(all) != 1 {
		t.Errorf("got %d drafts, %v, want the one that can be had", len(all), err)
	}
	y.control("DELETE", "/faults", nil, nil)
	y.ok(y.portal.SyncConnect(y.ctx, y.account.ID))
	if sync, err = y.store.ConnectSync(y.ctx, y.account.ID); err != nil || sync.Error != "" || sync.DoneAt.IsZero() {
		t.Errorf("got %+v, %v", sync, err)
	}
	asked := y.listings()
	y.ok(y.portal.SyncConnect(y.ctx, y.account.ID)) // somebody is impatient
	if got := y.listings(); got != asked {
		t.Errorf("got %d more lists asked for at once", got-asked)
	}
	wantRefused(t, y.portal.SyncConnect(y.ctx, y.cdkAccount()), "connect_account")
}

// listings counts how often drafts were listed.
func (y *yard) listings() int {
	y.Helper()
	var calls []struct {
		Operation string `json:"operation"`
	}
	y.control("GET", "/requests", nil, &calls)
	n := 0
	for _, c := range calls {
		if c.Operation == "drafts" {
			n++
		}
	}
	return n
}

// cdkAccount is an account at another platform.
func (y *yard) cdkAccount() string {
	y.Helper()
	var a store.DeployAccount
	storetest.Update(y, y.store, func(tx *store.Tx) (err error) {
		a, err = tx.PutDeployAccount(y.ctx, store.DeployAccount{Platform: store.PlatformTrayCDK, Name: "us", Region: "us", APIURL: "https://cdk.example", Secret: "canary-token"})
		return err
	})
	return a.ID
}

// Two accounts of one organisation see the same drafts; each has its own copy, and a change by one is copied to the other.
func TestTwoAccountsOfOneOrganisation(t *testing.T) {
	y := newYard(t)
	y.control("POST", "/projects", fields{"region": "us-central1.gcp", "key": "second-shop"}, nil)
	var made struct{ ID, Secret string }
	y.control("POST", "/clients", fields{"region": "us-central1.gcp", "project": "second-shop"}, &made)
	other := y.addAccount("second", connectsim.Access{Region: "us-central1.gcp", ProjectKey: "second-shop", ClientID: made.ID, ClientSecret: made.Secret})
	d := plainDraft(y)
	y.ok(y.portal.CopyConnect(y.ctx, other.ID))
	theirs, err := y.store.ConnectorDraftByUpstreamID(y.ctx, other.ID, d.UpstreamID)
	y.ok(err)
	if theirs.ID == d.ID {
		t.Fatal("both accounts have the same row")
	}
	y.wantState(y.update(theirs.ID, commercetools.SetName("By the second")), store.OpDone, "")
	o := y.update(d.ID, commercetools.SetDescription("By the first"))
	y.wantState(o, store.OpDone, "")
	if got := saidOf(o.Moved); got != "name: Connector plain → By the second" {
		t.Errorf("got %s", got)
	}
}

// An answer that was on its way for long does not undo what is known since.
func TestOldAnswersAreLeftOut(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	old, err := DraftDocument(d)
	y.ok(err)
	asked := y.clock.Now()
	y.clock.Advance(time.Second)
	y.wantState(y.update(d.ID, commercetools.SetName("New")), store.OpDone, "")
	keep := func(doc commercetools.Draft, asked time.Time) store.ConnectorDraft {
		storetest.Update(y, y.store, func(tx *store.Tx) error {
			_, err := y.portal.keepDraft(y.ctx, tx, y.account, doc, asked, false)
			return err
		})
		return y.draft(d.ID)
	}
	if got := keep(old, asked); got.Name != "New" {
		t.Error("an old answer was taken for the truth")
	}
	y.clock.Advance(time.Second)
	if got := keep(old, y.clock.Now()); got.Name != "New" {
		t.Error("an answer with an older version was taken for the truth a moment later")
	}
	y.clock.Advance(2 * laggingFor)
	if got := keep(old, y.clock.Now()); got.Name != old.Name {
		t.Error("a service that was put back is not followed")
	}
	o, err := y.portal.DeleteDraft(y.ctx, y.staff, d.ID, "plain")
	y.ok(err)
	y.wantState(o, store.OpDone, "")
	if got := keep(old, asked); got.GoneAt.IsZero() {
		t.Error("an old answer has brought a removed draft back")
	}
	y.clock.Advance(time.Second)
	if got := keep(old, y.clock.Now()); !got.GoneAt.IsZero() {
		t.Error("a draft that is there again is not followed")
	}
}

// Deployments are copied, watched to their end, and what is gone while it is undeployed was undeployed. Their secured values
// are never kept, whatever the platform shows.
func TestCopyOfDeployments(t *testing.T) {
	y := newYard(t)
	d := previewed(y)
	there := y.atConnect()
	draft, err := DraftDocument(d)
	y.ok(err)
	values := []commercetools.ApplicationValues{}
	for _, a := range draft.Configurations {
		v := commercetools.ApplicationValues{Application: a.Name}
		for _, k := range a.Standard {
			v.Standard = append(v.Standard, commercetools.Value{Key: k.Key, Value: "shown"})
		}
		for _, k := range a.Secured {
			v.Secured = append(v.Secured, commercetools.Value{Key: k.Key, Value: "canary-secured"})
		}
		values = append(values, v)
	}
	made, err := there.CreateDeployment(y.ctx, commercetools.DeploymentDraft{
		Key: "deployed", Connector: commercetools.Reference{ID: d.UpstreamID, Staged: true}, Region: "us-central1.gcp", Configurations: values,
	})
	y.ok(err)
	y.copied()
	all, err := y.store.ConnectDeployments(y.ctx, y.account.ID)
	y.ok(err)
	if len(all) != 1 || all[0].UpstreamKey != "deployed" || all[0].Type != "preview" || all[0].NotBefore.IsZero() || all[0].ConnectorID != d.UpstreamID {
		t.Fatalf("got %+v", all)
	}
	row := y.watched(all[0].ID)
	if row.Status != "Deployed" || row.Region != "us-central1.gcp" || row.Tag != "v1.0.0" {
		t.Errorf("got %+v", row)
	}
	made, err = there.Deployment(y.ctx, made.ID)
	y.ok(err)
	for i := range made.Applications { // a platform that masks nothing
		for n := range made.Applications[i].Secured {
			made.Applications[i].Secured[n].Value = "canary-secured"
		}
	}
	made.Version++
	storetest.Update(y, y.store, func(tx *store.Tx) error {
		row, err = y.portal.keepDeployment(y.ctx, tx, y.account, made, y.clock.Now(), false)
		return err
	})
	if strings.Contains(row.Document, "canary") || !strings.Contains(row.Document, "shown") {
		t.Error("the copy shows a secured value, or hides a standard one")
	}
	if got := made.Applications[0].Secured[0].Value.Reveal(); got != "canary-secured" {
		t.Errorf("the deployment itself was changed: %s", got)
	}
	_, err = there.DeleteDeployment(y.ctx, made.ID)
	y.ok(err)
	y.clock.Advance(leastPause)
	y.ok(y.portal.LookAgainDeployment(y.ctx, row.ID))
	row = y.watched(row.ID)
	codes := y.codes(store.SubjectDeployment, row.ID)
	if row.GoneAt.IsZero() || codes[len(codes)-1] != "deployment.undeployed" {
		t.Errorf("got %v, %v", row.GoneAt, codes)
	}
}

// watched watches a deployment until it rests, as the job does.
func (y *yard) watched(id string) store.ConnectDeployment {
	y.Helper()
	for range 100 {
		pause, err := y.portal.watchConnect(y.ctx, store.SubjectDeployment, id)
		y.ok(err)
		if pause == 0 {
			row, err := y.store.ConnectDeployment(y.ctx, id)
			y.ok(err)
			return row
		}
		y.clock.Advance(pause)
	}
	y.Fatal("the deployment does not come to rest")
	return store.ConnectDeployment{}
}
