package commercetools_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/upstream"
	"portico/upstream/commercetools"
)

// TestDraftsAsTheyAre reads answers that were published, with all that they have.
func TestDraftsAsTheyAre(t *testing.T) {
	_, c := serve(t, says(200, file(t, "draft-created")), says(200, file(t, "draft-failed")), says(200, file(t, "draft-previewable")), says(200, file(t, "bloomreach-draft")))
	draft := func() commercetools.Draft {
		t.Helper()
		d, err := c.Draft(t.Context(), draftID)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	created := draft()
	want := commercetools.Draft{
		ID: draftID, Key: "connector-key", Version: 1, Name: "Connector's name", Description: "Connector's description",
		IntegrationTypes: []string{"other"},
		Creator:          commercetools.Creator{Title: "Mr", Name: "John Doe", Email: "john.doe@example.com", Company: "commercetools", Contributors: 200},
		Repository:       commercetools.Repository{URL: "git@github.com:commercetools/connect-application-kit.git", Tag: "0.0.0"},
		Configurations: []commercetools.Application{{Name: "app-1", Type: commercetools.TypeService,
			Standard: []commercetools.Key{{Key: "CONFIG_KEY", Description: "config key description"}},
			Secured:  []commercetools.Key{{Key: "CONFIG_SECRET_KEY", Description: "config secret description"}}}},
		Private: true, PrivateProjects: []string{}, SupportedRegions: []string{"us-central1.gcp", "europe-west1.gcp"},
		Status: commercetools.StatusDraft, IsPreviewable: commercetools.PreviewNone,
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("a new draft (-want +got):\n%s", diff)
	}

	failed := draft()
	entry := commercetools.ReportEntry{Type: "Error", Title: "Connector specification file not found",
		CreatedAt: commercetools.Moment{Time: time.Date(2023, 8, 8, 17, 0, 59, 327e6, time.UTC)}}
	if got := failed.PublishingReport.Errors(); failed.Status != commercetools.StatusFailed || failed.IsPreviewable != commercetools.PreviewFalse || len(got) != 1 || got[0] != entry {
		t.Errorf("got %s, %s, %+v", failed.Status, failed.IsPreviewable, got)
	}
	if key := failed.Configurations[0].Standard[0]; !key.Required || key.Default == nil || *key.Default != "config default value" {
		t.Errorf("got %+v", key)
	}

	previewable := draft()
	if got := previewable.PreviewableReport; previewable.IsPreviewable != commercetools.PreviewTrue || previewable.Configurations != nil || len(got.Entries) != 3 || got.Warnings() != nil {
		t.Errorf("got %+v", previewable)
	}
	if len(previewable.PublishingReport.Entries) != 0 || !previewable.Public() {
		t.Errorf("got %+v", previewable)
	}

	bloomreach := draft()
	if bloomreach.Version != 7 || len(bloomreach.Configurations) != 2 || len(bloomreach.Configurations[1].Secured) != 9 || bloomreach.Creator.Email != "it@orium.example" || bloomreach.Public() {
		t.Errorf("got %+v", bloomreach)
	}
}

func TestDraftsThatAreNotAsSpecified(t *testing.T) {
	for body, check := range map[string]func(commercetools.Draft) bool{
		`{"id":"a","version":3}`: func(d commercetools.Draft) bool {
			return d.Status == commercetools.StatusDraft && d.IsPreviewable == commercetools.PreviewNone && d.Version == 3
		},
		`{"id":"a","isPreviewable":false,"status":"FEEDBACK_REQUIRED"}`: func(d commercetools.Draft) bool {
			return d.IsPreviewable == commercetools.PreviewFalse && d.Status == "FEEDBACK_REQUIRED"
		},
		`{"id":"a","isPreviewable":true}`:     func(d commercetools.Draft) bool { return d.IsPreviewable == commercetools.PreviewTrue },
		`{"id":"a","isPreviewable":null}`:     func(d commercetools.Draft) bool { return d.IsPreviewable == commercetools.PreviewNone },
		`{"id":"a","isPreviewable":"other"}`:  func(d commercetools.Draft) bool { return d.IsPreviewable == "other" },
		`{"id":"a","key":null,"status":null}`: func(d commercetools.Draft) bool { return d.Key == "" && d.Status == commercetools.StatusDraft },
		`{"id":"a","configurations":null,"creator":null,"repository":null,"supportedRegions":null,"apiClient":null,"globalConfiguration":null}`: func(d commercetools.Draft) bool {
			return d.Configurations == nil && d.APIClient == nil && d.SupportedRegions == nil
		},
		`{"id":"a","apiClient":{},"private":"yes","hasChanges":1,"name":7,"version":2}`: func(d commercetools.Draft) bool {
			return d.APIClient != nil && d.Version == 2 && d.Name == ""
		},
		`{"id":"a","certificationInfo":{"comments":[{"userId":"p","datetime":"soon","comment":"c"},{"datetime":null}]},"name":"n"}`: func(d commercetools.Draft) bool {
			return len(d.CertificationInfo.Comments) == 2 && d.CertificationInfo.Comments[0].Comment == "c" && d.CertificationInfo.Comments[0].Datetime.IsZero() && d.Name == "n"
		},
		`{"id":"a","publishingReport":{"entries":null},"previewableReport":[]}`: func(d commercetools.Draft) bool {
			return d.PublishingReport.Entries == nil && d.PreviewableReport.Entries == nil
		},
	} {
		_, c := serve(t, says(200, body))
		d, err := c.DraftByKey(t.Context(), "a-key")
		if err != nil || !check(d) {
			t.Errorf("%s is read as %+v, %v", body, d, err)
		}
	}
}

// TestDraftsOutliveJSON keeps what is stored as JSON the same.
func TestDraftsOutliveJSON(t *testing.T) {
	for _, name := range []string{"draft-created", "draft-failed", "draft-previewable", "bloomreach-draft"} {
		var first, second commercetools.Draft
		if err := json.Unmarshal([]byte(file(t, name)), &first); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		first.PrivateProjects = nil // empty and absent are the same
		if err := json.Unmarshal(raw, &second); err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%s: %v, %s", name, err, cmp.Diff(first, second))
		}
	}
}

func TestDraftCalls(t *testing.T) {
	var want commercetools.DraftDraft
	if err := json.Unmarshal([]byte(file(t, "bloomreach-draft-draft")), &want); err != nil {
		t.Fatal(err)
	}
	s, c := serve(t, says(201, file(t, "draft-created")))
	got, err := c.CreateDraft(t.Context(), want)
	if err != nil || got.ID != draftID {
		t.Fatalf("got %+v, %v", got, err)
	}
	sent := s.got()[0]
	const body = `{"key":"orium-ct-connect-bloomreach-engagement","name":"Bloomreach Engagement connector","description":"Bloomreach Engagement connector",` +
		`"creator":{"name":"IT","title":"Mr","email":"it@orium.example","company":"Orium"},` +
		`"repository":{"url":"git@github.com:composable-com/ct-connect-bloomreach-engagement.git","tag":"v1.0.0"},"supportedRegions":["us-central1.gcp"]}`
	if sent.line != "POST /connectors/drafts" || sent.body != body || sent.kind != "application/json" || sent.token != "canary-token-1" || !strings.HasPrefix(sent.correlation, "portico-") {
		t.Errorf("sent %+v", sent)
	}

	for _, status := range []int{200, 201, 202} {
		s, c := serve(t, says(status, file(t, "draft-updated")))
		d, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.SetName("New Connector name"), commercetools.UpdatePreviewable())
		if err != nil || d.Version != 2 {
			t.Errorf("%d: got %+v, %v", status, d, err)
		}
		if got := s.got()[0]; got.line != "POST /connectors/drafts/"+draftID || got.body != `{"version":1,"actions":[{"action":"setName","name":"New Connector name"},{"action":"updatePreviewable"}]}` {
			t.Errorf("sent %+v", got)
		}
	}
	for body, id := range map[string]string{emptyDraft: draftID, "": "", " \n": ""} {
		s, c := serve(t, says(200, body))
		if d, err := c.DeleteDraft(t.Context(), draftID); err != nil || d.ID != id {
			t.Errorf("deleting answered by %q: got %+v, %v", body, d, err)
		}
		if got := s.got()[0]; got.line != "DELETE /connectors/drafts/"+draftID || got.body != "" || got.kind != "" {
			t.Errorf("sent %+v", got)
		}
	}
}

// TestCallsThatWouldGoElsewhere are not sent: without its ID a path is another one.
func TestCallsThatWouldGoElsewhere(t *testing.T) {
	s, c := serve(t, says(200, emptyDraft))
	other := s.client("my/shop")
	ctx := t.Context()
	for name, send := range map[string]func() error{
		"no ID":             func() error { _, err := c.UpdateDraft(ctx, "", 1, commercetools.Unlist()); return err },
		"two segments":      func() error { _, err := c.Draft(ctx, "a/b"); return err },
		"upwards":           func() error { _, err := c.DeleteDraft(ctx, ".."); return err },
		"a query":           func() error { _, err := c.Deployment(ctx, "a?b"); return err },
		"a key as an ID":    func() error { _, err := c.Connector(ctx, "key=a"); return err },
		"the list":          func() error { _, err := c.Connector(ctx, "drafts"); return err },
		"the search":        func() error { _, err := c.Connector(ctx, "search"); return err },
		"no key":            func() error { _, err := c.DraftByKey(ctx, ""); return err },
		"half a key":        func() error { _, err := c.ConnectorByKey(ctx, "a"); return err },
		"a wrong key":       func() error { _, err := c.DeploymentByKey(ctx, "a b"); return err },
		"no action":         func() error { _, err := c.UpdateDraft(ctx, draftID, 1); return err },
		"an action of none": func() error { _, err := c.UpdateDraft(ctx, draftID, 1, commercetools.Action{}); return err },
		"a wrong project":   func() error { _, err := other.AllDeployments(ctx); return err },
		"redeploy of none": func() error {
			_, err := c.Redeploy(ctx, "", 1, commercetools.Redeploy{})
			return err
		},
	} {
		if got := failure(t, send()); got.Kind != upstream.Invalid || got.OutcomeUnknown() {
			t.Errorf("%s: got %+v, want invalid and not sent", name, *got)
		}
	}
	if got := s.got(); len(got) != 0 {
		t.Errorf("sent %+v", got)
	}
	if slices.ContainsFunc([]string{"", "a", "a b", "a=b", strings.Repeat("a", 257)}, commercetools.ValidKey) || !commercetools.ValidKey("My_key-1") {
		t.Error("keys are not told apart")
	}
}
