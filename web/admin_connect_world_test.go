package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"portico/portal"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// platform asks the simulator's control API, as a colleague in the Merchant Center or somebody who certifies would.
func (s *shop) platform(method, path string, body any) {
	s.Helper()
	b := storetest.Must[[]byte](s)(json.Marshal(body))
	r := storetest.Must[*http.Request](s)(http.NewRequestWithContext(s.ctx, method, s.address+"/_control"+path, bytes.NewReader(b)))
	answer := storetest.Must[*http.Response](s)(http.DefaultClient.Do(r))
	defer answer.Body.Close() //nolint:errcheck // nothing is read of it
	if answer.StatusCode != http.StatusOK {
		s.Fatalf("%s %s answers %s", method, path, answer.Status)
	}
}

// draft is a new draft, made through the portal.
func (s *shop) draft(key string) store.ConnectorDraft {
	s.Helper()
	o := storetest.Must[store.Operation](s)(s.portal.CreateDraft(s.ctx, s.actor, s.us.ID, commercetools.DraftDraft{
		Key: key, Name: "Connector " + key, Description: "Sends orders", Creator: commercetools.Creator{Email: "kim@acme.example", Company: "Acme"},
		IntegrationTypes: []string{"oms"}, Repository: commercetools.Repository{URL: shopBloomreach, Tag: "v1.0.0"},
	}))
	return storetest.Must[store.ConnectorDraft](s)(s.store.ConnectorDraft(s.ctx, s.settle(o.ID).SubjectID))
}

// seen stores a draft as it might be at commercetools, whatever way it has come there.
func (s *shop) seen(d store.ConnectorDraft, change func(*commercetools.Draft)) {
	s.Helper()
	doc := storetest.Must[commercetools.Draft](s)(portal.DraftDocument(d))
	change(&doc)
	storetest.Update(s, s.store, func(tx *store.Tx) error {
		now, err := tx.LockConnectorDraft(s.ctx, d.ID)
		if err != nil {
			return err
		}
		now.Document = string(storetest.Must[[]byte](s)(json.Marshal(doc)))
		now.Status, now.Previewable, now.HasChanges, now.Listed = string(doc.Status), string(doc.IsPreviewable), doc.HasChanges, doc.AlreadyListed
		now.Comments = len(doc.CertificationInfo.Comments)
		return tx.PutConnectorDraft(s.ctx, now)
	})
}

// asks is an operation of an API code that has failed, as its page shows it.
func (s *shop) asks(d store.ConnectorDraft, state, problem string) store.Operation {
	s.Helper()
	var o store.Operation
	storetest.Update(s, s.store, func(tx *store.Tx) (err error) {
		o, err = tx.AddOperation(s.ctx, store.Operation{
			AccountID: s.us.ID, Kind: store.OpDraftUpdate, SubjectKind: store.SubjectDraft, SubjectID: d.ID, SubjectKey: d.UpstreamKey, State: store.OpWaiting,
			Body: `[{"action":"setName","name":"x"}]`, Intent: "{}", BaseVersion: 1, Actor: s.actor,
		}, `[{"action":"setName","name":"x"}]`)
		if err != nil {
			return err
		}
		o.State, o.Problem, o.Detail, o.HTTPStatus, o.UpstreamRequest = state, problem, "The words of the platform.", 400, "req-9"
		if state == store.OpFailed {
			o.EndedAt = store.At(s.clock.Now())
		}
		return tx.PutOperation(s.ctx, o, "")
	})
	return o
}

// look asks commercetools how a draft is, after a time.
func (s *shop) look(d store.ConnectorDraft, after time.Duration) {
	s.Helper()
	s.clock.Advance(after)
	s.post("/admin/connect/drafts/" + d.ID + "/look").is(303)
}
