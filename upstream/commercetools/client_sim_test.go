package commercetools_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/sandbox/clock"
	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// simulated is a client of a simulated Connect, whose clock the test moves.
type simulated struct {
	*commercetools.Client
	t     *testing.T
	sim   *connectsim.Server
	url   string
	mu    sync.Mutex
	calls []upstream.Call
}

// simulate starts a service and calls it for the demo project, as an API client with all scopes.
func simulate(t *testing.T) *simulated {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	sim, err := connectsim.Open(connectsim.Options{Clock: clock.From(func() time.Time { return at })})
	if err != nil {
		t.Fatal(err)
	}
	s := &simulated{t: t, sim: sim}
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		server.Close()
		_ = sim.Close()
	})
	s.url = server.URL
	s.Client = s.client(sim.Access("us-central1.gcp"))
	return s
}

// client is that of one API client.
func (s *simulated) client(a connectsim.Access) *commercetools.Client {
	options := commercetools.Options("main", secret.Text(a.ClientSecret))
	options.MaxTries = 1
	options.BreakerAfter = 1000
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	return commercetools.New(commercetools.Config{Account: "main", Region: a.Region, ProjectKey: a.ProjectKey, ClientID: a.ClientID, ClientSecret: secret.Text(a.ClientSecret),
		ConnectURL: s.url + "/" + a.Region, AuthURL: s.url + "/" + a.Region, HTTP: upstream.NewClient(options).HTTP, Now: s.sim.Clock().Now})
}

// control uses the simulator's own controls, and reads their answer into v.
func (s *simulated) control(method, path string, body, v any) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.url+"/_control/"+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if v != nil {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *simulated) pass(d time.Duration) { s.sim.Clock().Advance(d) }

// draft reads a draft as it is now.
func (s *simulated) draft(id string) commercetools.Draft {
	s.t.Helper()
	d, err := s.Draft(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// update carries out actions on a draft as it is now.
func (s *simulated) update(id string, actions ...commercetools.Action) commercetools.Draft {
	s.t.Helper()
	d, err := s.UpdateDraft(s.t.Context(), id, s.draft(id).Version, actions...)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// previewed makes a draft of a repository, and has it looked at.
func (s *simulated) previewed(key, repository, tag string) commercetools.Draft {
	s.t.Helper()
	d, err := s.CreateDraft(s.t.Context(), commercetools.DraftDraft{Key: key, Name: "Connector " + key, Creator: commercetools.Creator{Email: "kim@acme.example"},
		Repository: commercetools.Repository{URL: "git@github.com:" + repository + ".git", Tag: tag}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.update(d.ID, commercetools.UpdatePreviewable())
	s.pass(30 * time.Second)
	return s.draft(d.ID)
}

// settled moves the clock until a deployment rests.
func (s *simulated) settled(id string) commercetools.Deployment {
	s.t.Helper()
	for range 20 {
		d, err := s.Deployment(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if d.Resting() {
			return d
		}
		s.pass(10 * time.Second)
	}
	s.t.Fatal("the deployment does not come to rest")
	return commercetools.Deployment{}
}

// fingerprints are those of the values that a deployment has at the service, by application and key.
func (s *simulated) fingerprints(id string) map[string]map[string]string {
	s.t.Helper()
	var all []struct {
		ID           string
		Fingerprints map[string]map[string]string
	}
	s.control("GET", "deployments", nil, &all)
	for _, d := range all {
		if d.ID == id {
			return d.Fingerprints
		}
	}
	s.t.Fatalf("there is no deployment %s", id)
	return nil
}

func fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// TestTheWalkThrough is the official one, from a draft to a deployment, and on to a second one with other values.
func TestTheWalkThrough(t *testing.T) {
	s := simulate(t)
	ctx := t.Context()
	if scopes, err := s.Scopes(ctx); err != nil || len(scopes) != 6 || scopes[0] != commercetools.ScopeManageProject {
		t.Fatalf("scopes: %v, %v", scopes, err)
	}
	var wanted commercetools.DraftDraft
	var deployment commercetools.DeploymentDraft
	if json.Unmarshal([]byte(file(t, "bloomreach-draft-draft")), &wanted) != nil || json.Unmarshal([]byte(file(t, "bloomreach-deployment-draft")), &deployment) != nil {
		t.Fatal("the examples cannot be read")
	}
	created, err := s.CreateDraft(ctx, wanted)
	if err != nil || created.Version != 1 || created.Status != commercetools.StatusDraft || created.IsPreviewable != commercetools.PreviewNone || len(created.Configurations) != 2 {
		t.Fatalf("created %+v, %v", created, err)
	}
	if _, err := s.CreateDraft(ctx, wanted); !upstream.IsKind(err, upstream.Exists) {
		t.Errorf("a second one: got %v, want exists", err)
	}
	if d := s.update(created.ID, commercetools.UpdatePreviewable()); d.Resting() || d.IsPreviewable != commercetools.PreviewPending {
		t.Errorf("asked for a preview: got %+v", d)
	}
	s.pass(30 * time.Second)
	draft := s.draft(created.ID)
	if draft.Version != 7 || draft.IsPreviewable != commercetools.PreviewTrue || !draft.Resting() || len(draft.PreviewableReport.Entries) != 3 {
		t.Fatalf("looked at: got %+v", draft)
	}
	_, err = s.UpdateDraft(ctx, draft.ID, 1, commercetools.Publish(true))
	if expected, current, ok := commercetools.Conflict(err); !ok || expected != 1 || current != 7 {
		t.Errorf("an old version: got %v", err)
	}

	if got := deployment.Check(draft, []string{commercetools.ScopeManageProject}); got != nil {
		t.Errorf("before sending: %+v", got)
	}
	made, err := s.CreateDeployment(ctx, deployment)
	if err != nil || made.Version != 1 || !made.Preview || made.Resting() || made.Report().Entries != nil {
		t.Fatalf("got %+v, %v", made, err)
	}
	done := s.settled(made.ID)
	if done.Status != commercetools.StatusDeployed || done.Version != 11 || len(done.Applications) != 2 || !done.Applications[0].Secured[0].Masked() {
		t.Errorf("got %+v", done)
	}
	s.redeployOneValue(done)
	if _, err := s.DeleteDeployment(ctx, done.ID); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Minute)
	if _, err := s.Deployment(ctx, done.ID); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("after undeploying: got %v", err)
	}
	for _, call := range s.calls {
		if raw, err := json.Marshal(call); err != nil || strings.Contains(string(raw), "en-US") || strings.Contains(string(raw), s.sim.ClientSecret()) || strings.Contains(string(raw), "canary") {
			t.Errorf("recorded %s, %v", raw, err)
		}
	}
}

// redeployOneValue sends one secured value alone, and looks whether the others stayed.
func (s *simulated) redeployOneValue(d commercetools.Deployment) {
	s.t.Helper()
	before := s.fingerprints(d.ID)
	change := commercetools.Redeploy{ConfigurationValues: []commercetools.ApplicationValues{{Application: "event", Secured: commercetools.Values{{Key: "BASIC_AUTH_SECRET", Value: "canary-new <&>"}}}}}
	if got := change.Check(d, d.Connector, nil); got != nil {
		s.t.Errorf("before sending: %+v", got)
	}
	if _, err := s.Redeploy(s.t.Context(), d.ID, 1, change); !upstream.IsKind(err, upstream.Refused) {
		s.t.Errorf("an old version: got %v", err)
	}
	if _, err := s.Redeploy(s.t.Context(), d.ID, d.Version, change); err != nil {
		s.t.Fatal(err)
	}
	s.settled(d.ID)
	after := s.fingerprints(d.ID)
	if after["event"]["BASIC_AUTH_SECRET"] != fingerprint("canary-new <&>") || before["event"]["BASIC_AUTH_SECRET"] == after["event"]["BASIC_AUTH_SECRET"] {
		s.t.Error("the new value has not arrived as it is")
	}
	for app, values := range before {
		for key, print := range values {
			if same := after[app][key] == print; same == (app == "event" && key == "BASIC_AUTH_SECRET") {
				s.t.Errorf("%s of %s is the same: %v", key, app, same)
			}
		}
	}
}

// TestPublishing is private at first, and for everybody after people have asked.
func TestPublishing(t *testing.T) {
	s := simulate(t)
	ctx := t.Context()
	draft := s.previewed("acme-points", "acme/loyalty", "v1.0.0")
	if draft.APIClient == nil || len(draft.GlobalConfiguration.Secured) != 2 || *draft.GlobalConfiguration.Standard[1].Default != "gcp-eu" {
		t.Errorf("read from connect.yaml: %+v", draft)
	}
	s.update(draft.ID, commercetools.Publish(false))
	if ok, why := s.draft(draft.ID).May(commercetools.ActEdit); ok || why != commercetools.WhyProcessing {
		t.Errorf("while it is published: %v %s", ok, why)
	}
	s.pass(20 * time.Second)
	draft = s.draft(draft.ID)
	if ok, why := draft.May(commercetools.ActPublish); ok || why != commercetools.WhyNoChanges || draft.Public() {
		t.Errorf("published for projects: %v %s, %+v", ok, why, draft)
	}
	byKey, err := s.ConnectorByKey(ctx, "acme-points")
	if err != nil || byKey.ID != draft.ID || byKey.Certified || byKey.APIClient == nil {
		t.Errorf("got %+v, %v", byKey, err)
	}
	private := true
	if found, err := s.SearchConnectors(ctx, "points", &private, 20, 0); err != nil || len(found.Results) != 1 || found.Results[0].ID != draft.ID {
		t.Errorf("found %+v, %v", found, err)
	}

	s.update(draft.ID, commercetools.Publish(true))
	s.pass(30 * time.Second)
	s.control("POST", "drafts/"+draft.ID+"/status", map[string]string{"status": "FEEDBACK_REQUIRED"}, nil)
	s.control("POST", "drafts/"+draft.ID+"/comment", map[string]string{"comment": "Which region?"}, nil)
	asked := s.draft(draft.ID)
	if ok, _ := asked.May(commercetools.ActComment); !ok || asked.Status != "FEEDBACK_REQUIRED" || asked.CertificationInfo.Comments[0].Comment != "Which region?" {
		t.Errorf("asked: %+v", asked)
	}
	answered := s.update(draft.ID, commercetools.AddCertificationComment("Iowa"))
	if got := answered.CertificationInfo.Comments; len(got) != 2 || got[1].UserID != s.sim.ProjectKey() || got[1].Datetime.IsZero() {
		t.Errorf("answered: %+v", got)
	}
	s.control("POST", "drafts/"+draft.ID+"/status", map[string]string{"status": "InCertification"}, nil)
	s.control("POST", "drafts/"+draft.ID+"/approve", nil, nil)
	if got := s.draft(draft.ID); !got.Public() || got.Status != commercetools.StatusPublished {
		t.Errorf("approved: %+v", got)
	}
	if unlisted := s.update(draft.ID, commercetools.Unlist()); unlisted.ID != draft.ID {
		t.Errorf("unlisted: %+v", unlisted)
	}
}

// TestEveryActionIsTaken sends each action of the API once.
func TestEveryActionIsTaken(t *testing.T) {
	s := simulate(t)
	draft := s.previewed("acme-all", "acme/loyalty", "v1.0.0")
	s.update(draft.ID, commercetools.SetRepository("https://github.com/acme/loyalty.git", "v1.1.0"))
	if got := s.draft(draft.ID); got.IsPreviewable != commercetools.PreviewNone || got.Repository.Tag != "v1.1.0" {
		t.Errorf("after another tag: %+v", got)
	}
	after := s.update(draft.ID, commercetools.SetName("Points"), commercetools.SetDescription("d"), commercetools.SetIntegrationTypes("tax", "erp"), commercetools.SetDocumentationURL("https://d.example"),
		commercetools.SetSupportedRegions("eu-central-1.aws"), commercetools.AddPrivateProject("eu-central-1.aws:shop-1"), commercetools.AddPrivateProject("eu-central-1.aws:shop-2"),
		commercetools.RemovePrivateProject("eu-central-1.aws:shop-1"), commercetools.SetCreatorName("Kim"), commercetools.SetCreatorTitle("Dr"), commercetools.SetCreatorEmail("k@acme.example"),
		commercetools.SetCreatorCompany("Acme"), commercetools.SetCreatorLogo("https://l.example"), commercetools.SetCreatorContributors(3), commercetools.SetCreatorSupportURL("https://s.example"))
	want := commercetools.Creator{Name: "Kim", Title: "Dr", Email: "k@acme.example", Company: "Acme", LogoURL: "https://l.example", Contributors: 3, SupportURL: "https://s.example"}
	if after.Creator != want || after.Name != "Points" || after.Description != "d" || strings.Join(after.IntegrationTypes, " ") != "tax erp" || after.DocumentationURL != "https://d.example" ||
		strings.Join(after.SupportedRegions, " ") != "eu-central-1.aws" || strings.Join(after.PrivateProjects, " ") != "eu-central-1.aws:shop-2" {
		t.Errorf("got %+v", after)
	}
	gone, err := s.DeleteDraft(t.Context(), draft.ID)
	if err != nil || gone.ID != draft.ID {
		t.Errorf("got %+v, %v", gone, err)
	}
	if _, err := s.DraftByKey(t.Context(), "acme-all"); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("after deleting: got %v", err)
	}
}

// TestTokensThatEnd are renewed without anybody noticing.
func TestTokensThatEnd(t *testing.T) {
	s := simulate(t)
	draft := s.previewed("acme-token", "acme/loyalty", "v1.0.0")
	s.control("POST", "tokens/revoke", nil, nil)
	version := draft.Version
	for _, name := range []string{"one", "two"} {
		got, err := s.UpdateDraft(t.Context(), draft.ID, version, commercetools.SetName(name))
		if err != nil || got.Name != name || got.Version != version+1 {
			t.Fatalf("got %+v, %v", got, err)
		}
		version = got.Version
		s.pass(48 * time.Hour)
	}
}

// TestOthersSeeNothing is of an API client without the scope, and of another project's key.
func TestOthersSeeNothing(t *testing.T) {
	s := simulate(t)
	access := s.sim.LimitedAccess("us-central1.gcp")
	limited := s.client(access)
	if scopes, err := limited.Scopes(t.Context()); err != nil || strings.Join(scopes, " ") != "manage_connectors manage_connectors_deployments" {
		t.Errorf("scopes: %v, %v", scopes, err)
	}
	access.ProjectKey = "another-shop"
	other := s.client(access)
	if _, err := other.Scopes(t.Context()); failure(t, err).Code != commercetools.CodeOtherProject {
		t.Errorf("another project: %v", err)
	}
	if _, err := other.AllDeployments(t.Context()); !upstream.IsKind(err, upstream.Forbidden) {
		t.Errorf("its deployments: %v", err)
	}
	access.ClientSecret = "wrong-secret"
	if _, err := s.client(access).Scopes(t.Context()); failure(t, err).Code != "invalid_client" {
		t.Errorf("a wrong secret: %v", err)
	}
}

// TestAnswersOf2023 are those that the service once gave, and those full of nulls.
func TestAnswersOf2023(t *testing.T) {
	for _, form := range []map[string]any{{"old": true}, {"nulls": true}, {"short_conflict": true, "unauthorized": "AuthenticationError", "forbidden": "insufficient_scope", "deploying_first": true}} {
		s := simulate(t)
		s.control("PATCH", "settings", form, nil)
		draft := s.previewed("acme-old", "composable-com/ct-connect-bloomreach-engagement", "v1.0.0")
		if len(draft.Configurations) != 2 || len(draft.PreviewableReport.Entries) != 3 {
			t.Errorf("%v: got %+v", form, draft)
		}
		_, err := s.UpdateDraft(t.Context(), draft.ID, 1, commercetools.Unlist())
		if _, _, ok := commercetools.Conflict(err); !ok {
			t.Errorf("%v: got %v", form, err)
		}
		s.control("POST", "tokens/revoke", nil, nil)
		made, err := s.CreateDeployment(t.Context(), commercetools.DeploymentDraft{Region: "us-central1.gcp", Connector: commercetools.Reference{ID: draft.ID, Staged: true},
			Configurations: []commercetools.ApplicationValues{{Application: "event"}, {Application: "service"}}})
		if err != nil {
			t.Fatalf("%v: %v", form, err)
		}
		if got := s.settled(made.ID); got.Status != commercetools.StatusDeployed || got.Type != commercetools.DeployPreview {
			t.Errorf("%v: got %+v", form, got)
		}
		if all, err := s.AllDeployments(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%v: got %v, %v", form, all, err)
		}
		if all, err := s.AllDrafts(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%v: got %v, %v", form, all, err)
		}
	}
}
