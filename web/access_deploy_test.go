package web

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"

	"portico/portal"
	"portico/sandbox/cdksim"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// quay is what a town's staff deploy: of everything one, at platforms that are silent.
type quay struct {
	token, project      store.DeployAccount
	archive             store.Archive
	release             store.Release
	cdk                 store.CDKDeployment
	draft, deployment   string
	operation, pipeline string
	profiles            int
}

func (w *town) newQuay() quay {
	w.Helper()
	var q quay
	silent := httptest.NewServer(nil)
	silent.Close()
	storetest.Update(w, w.store, func(tx *store.Tx) (err error) {
		q.token, err = tx.PutDeployAccount(w.ctx, store.DeployAccount{Platform: store.PlatformTrayCDK, Name: "us", Region: "us", APIURL: silent.URL, Secret: "t"})
		if err != nil {
			return err
		}
		q.project, err = tx.PutDeployAccount(w.ctx, store.DeployAccount{
			Platform: store.PlatformCommercetools, Name: "shop", Region: "us-central1.gcp", APIURL: silent.URL, AuthURL: silent.URL, ProjectKey: "shop", ClientID: "c", Secret: "s",
		})
		return err
	})
	staff := store.Actor{Kind: store.ActorStaff, Name: "Kim"}
	q.archive = storetest.Must[store.Archive](w)(w.portal.ReceiveArchive(w.ctx, staff, "connector.zip", bytes.NewReader(cdksim.DemoArchive("acme", "1.0"))))
	q.release = storetest.Must[store.Release](w)(w.portal.DeployArchive(w.ctx, staff, portal.ReleaseWish{ArchiveID: q.archive.ID, Name: "acme", Version: "1.0", Accounts: []string{q.token.ID}}))
	q.cdk = storetest.Must[[]store.CDKDeployment](w)(w.store.CDKDeploymentsOf(w.ctx, q.release.ID))[0]
	storetest.Update(w, w.store, func(tx *store.Tx) error { return w.atConnect(tx, &q) })
	return q
}

// atConnect stores what there is of a connector.
func (w *town) atConnect(tx *store.Tx, q *quay) error {
	d, err := tx.TakeConnectorDraft(w.ctx, q.project.ID, "there")
	if err != nil {
		return err
	}
	d.Name, d.Version, d.Status, d.Previewable, d.Tag = "Orders", 1, string(commercetools.StatusDraft), string(commercetools.PreviewNone), "v1.0.0"
	d.Document = `{"id":"there","version":1,"name":"Orders","status":"Draft","configurations":[]}`
	if err := tx.PutConnectorDraft(w.ctx, d); err != nil {
		return err
	}
	running, err := tx.TakeConnectDeployment(w.ctx, q.project.ID, "runs")
	if err != nil {
		return err
	}
	running.Version, running.Status, running.ConnectorID, running.Document = 1, string(commercetools.StatusDeployed), "there", `{"id":"runs","version":1,"status":"Deployed","connector":{"id":"there"}}`
	if err := tx.PutConnectDeployment(w.ctx, running); err != nil {
		return err
	}
	o, err := tx.AddOperation(w.ctx, store.Operation{
		AccountID: q.project.ID, Kind: store.OpDraftUpdate, SubjectKind: store.SubjectDraft, SubjectID: d.ID, State: store.OpMoved, Body: "[]", Intent: "{}",
	}, "[]")
	if err != nil {
		return err
	}
	p, err := tx.AddPipeline(w.ctx, store.Pipeline{AccountID: q.project.ID, DraftID: d.ID, Tag: "v1.0.0"}, store.Values{}, []store.PipelineStep{{N: 1, Kind: store.StepRead, State: store.StepWaiting}})
	q.draft, q.deployment, q.operation, q.pipeline = d.ID, running.ID, o.ID, p.ID
	return err
}

// newProfile is a profile that nobody has removed yet.
func (w *town) newProfile() string {
	w.Helper()
	w.quay.profiles++
	var s store.ValueSet
	storetest.Update(w, w.store, func(tx *store.Tx) (err error) {
		s, err = tx.PutValueSet(w.ctx, store.ValueSet{Kind: store.SetProfile, Name: fmt.Sprint("usual ", w.quay.profiles)})
		return err
	})
	return s.ID
}

// fillDeploy puts what is deployed into a route's path.
func (w *town) fillDeploy(path string) string {
	if strings.Contains(path, ":profile") {
		path = strings.Replace(path, ":profile", w.newProfile(), 1)
	}
	path = strings.Replace(path, "/connect/accounts/:account", "/connect/accounts/"+w.quay.project.ID, 1)
	path = strings.Replace(path, "/cdk/deployments/:deployment", "/cdk/deployments/"+w.quay.cdk.ID, 1)
	return strings.NewReplacer(":archive", w.quay.archive.ID, ":release", w.quay.release.ID, ":draft", w.quay.draft, ":deployment", w.quay.deployment,
		":operation", w.quay.operation, ":pipeline", w.quay.pipeline).Replace(path)
}
