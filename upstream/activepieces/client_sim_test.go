package activepieces_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/upstream"
	"portico/upstream/activepieces"
)

const (
	stripe  = "@activepieces/piece-stripe"
	webhook = "@activepieces/piece-webhook"
)

// simulated is a client of a simulated Activepieces.
type simulated struct {
	*activepieces.Client
	t     *testing.T
	sim   *piecesim.Server
	url   string
	mu    sync.Mutex
	calls []upstream.Call
}

// simulate starts an instance, and calls it with its key, or as its admin where
// there is none, or both.
func simulate(t *testing.T, options piecesim.Options) *simulated {
	t.Helper()
	s := &simulated{t: t, sim: piecesim.New(options)}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url = server.URL
	config := activepieces.Config{Account: "main", URL: s.url, Email: s.sim.AdminEmail(), Password: secret.Text(s.sim.AdminPassword()), Now: s.sim.Clock().Now}
	if options.Edition != "ce" && !options.Unlicensed {
		config.APIKey = secret.Text(s.sim.APIKey())
	}
	upstreamOptions := activepieces.Options("main", config.APIKey, config.Password)
	upstreamOptions.BreakerAfter = 100
	upstreamOptions.MaxTries = 1
	upstreamOptions.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	config.HTTP = upstream.NewClient(upstreamOptions).HTTP
	s.Client = activepieces.New(config)
	return s
}

// control uses the simulator's own controls.
func (s *simulated) control(method, path, body string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+"/_control/"+path, strings.NewReader(body))
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
}

// newProject makes a project.
func (s *simulated) newProject(externalID string) activepieces.Project {
	s.t.Helper()
	p, err := s.CreateProject(s.t.Context(), externalID, activepieces.ProjectName(externalID, ""))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func wants(t *testing.T, what string, err error, want upstream.Kind) {
	t.Helper()
	if got := failure(t, err); got.Kind != want {
		t.Errorf("%s: got %v, want %s", what, got, want)
	}
}

func TestSimulatedInstance(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	flags, err := s.Flags(t.Context())
	if err != nil || flags.Version != "0.86.0" || flags.Edition != activepieces.Enterprise || flags.PublicURL != s.url || flags.WebhookPrefix != s.url+"/api/v1/webhooks" {
		t.Errorf("Flags: got %+v, %v", flags, err)
	}
	if err := s.Health(t.Context()); err != nil {
		t.Errorf("Health: %v", err)
	}
	platform, err := s.PlatformID(t.Context())
	if err != nil || platform == "" {
		t.Fatalf("PlatformID: got %q, %v", platform, err)
	}
	if err := s.AllowEmbedOrigin(t.Context(), "https://portal.example.com"); err != nil {
		t.Errorf("AllowEmbedOrigin: %v", err)
	}
	plan, err := s.Plan(t.Context(), platform)
	if err != nil || !plan.Embedding || !plan.GlobalConnections || plan.TeamProjects != activepieces.UnlimitedTeamProjects ||
		!slices.Equal(plan.AllowedEmbedOrigins, []string{"https://portal.example.com"}) {
		t.Errorf("Plan: got %+v, %v", plan, err)
	}
}

func TestSimulatedProjects(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	made := s.newProject("acme.com")
	if made.DisplayName != "acme-com" || made.Type != activepieces.TypeTeam || made.Created.IsZero() {
		t.Errorf("CreateProject: got %+v", made)
	}
	_, err := s.CreateProject(t.Context(), "acme.com", "Again")
	wants(t, "a second project", err, upstream.Exists)
	_, err = s.CreateProject(t.Context(), "x", "acme.com")
	wants(t, "a name with a dot", err, upstream.Invalid)
	if found, err := s.FindProject(t.Context(), "acme.com"); err != nil || found.ID != made.ID {
		t.Errorf("FindProject: got %+v, %v", found, err)
	}
	_, err = s.FindProject(t.Context(), "acme")
	wants(t, "FindProject", err, upstream.NotFound)
	if renamed, err := s.RenameProject(t.Context(), made.ID, "Acme"); err != nil || renamed.DisplayName != "Acme" || renamed.ExternalID != "acme.com" {
		t.Errorf("RenameProject: got %+v, %v", renamed, err)
	}
	if read, err := s.Project(t.Context(), made.ID); err != nil || read.DisplayName != "Acme" {
		t.Errorf("Project: got %+v, %v", read, err)
	}
	for n := range 12 {
		s.newProject(fmt.Sprint("many ", n))
	}
	if all, err := s.Projects(t.Context(), activepieces.ProjectFilter{Types: []string{activepieces.TypeTeam}}); err != nil || len(all) != 13 {
		t.Errorf("Projects: got %d, %v; want 13", len(all), err)
	}
	if err := s.DeleteProject(t.Context(), made.ID); err != nil {
		t.Errorf("DeleteProject: %v", err)
	}
	wants(t, "DeleteProject again", s.DeleteProject(t.Context(), made.ID), upstream.NotFound)
	if again := s.newProject("acme.com"); again.ID == made.ID {
		t.Errorf("the external ID is not free again: got %+v", again)
	}
}

func TestSimulatedConnections(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	ctx, project := t.Context(), s.newProject("org_1")
	n := activepieces.NewConnection{ExternalID: "http_1", DisplayName: "One", PieceName: "@activepieces/piece-http", ProjectID: project.ID,
		Value: activepieces.Value{Type: activepieces.TypeNoAuth}, Metadata: map[string]string{"tenant": "org_1"}}
	made, err := s.UpsertConnection(ctx, n)
	if err != nil || made.Status != activepieces.StatusActive || made.Scope != activepieces.ScopeProject || !slices.Equal(made.ProjectIDs, []string{project.ID}) || made.PieceVersion == "" {
		t.Fatalf("UpsertConnection: got %+v, %v", made, err)
	}
	n.DisplayName = "Two"
	if again, err := s.UpsertConnection(ctx, n); err != nil || again.ID != made.ID || again.DisplayName != "Two" {
		t.Errorf("UpsertConnection again: got %+v, %v", again, err)
	}
	if renamed, err := s.RenameConnection(ctx, made.ID, "Three"); err != nil || renamed.DisplayName != "Three" {
		t.Errorf("RenameConnection: got %+v, %v", renamed, err)
	}
	refused := n
	refused.PieceName, refused.Value = stripe, activepieces.Value{Type: activepieces.TypeSecretText, SecretText: "not-a-key-of-stripe"}
	_, err = s.UpsertConnection(ctx, refused)
	if got := failure(t, err); got.Kind != upstream.Refused || got.Code != "INVALID_APP_CONNECTION" || got.Message == "" {
		t.Errorf("a credential that the piece refuses: got %+v", *got)
	}
	refused.PieceName = "@activepieces/piece-nope"
	_, err = s.UpsertConnection(ctx, refused)
	wants(t, "an unknown piece", err, upstream.Refused)
	n.ProjectID = strings.Repeat("a", 21)
	_, err = s.UpsertConnection(ctx, n)
	wants(t, "an unknown project", err, upstream.NotFound)
	if all, err := s.Connections(ctx, project.ID); err != nil || len(all) != 1 || all[0].ExternalID != "http_1" {
		t.Errorf("Connections: got %+v, %v", all, err)
	}
	if err := s.DeleteConnection(ctx, made.ID); err != nil {
		t.Errorf("DeleteConnection: %v", err)
	}
	wants(t, "DeleteConnection again", s.DeleteConnection(ctx, made.ID), upstream.NotFound)
}

func TestSimulatedGlobalConnections(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	ctx, first, second := t.Context(), s.newProject("org_1"), s.newProject("org_2")
	n := activepieces.NewConnection{ExternalID: "http_org_1", DisplayName: "One", PieceName: "@activepieces/piece-http", ProjectIDs: []string{first.ID},
		Value: activepieces.Value{Type: activepieces.TypeNoAuth}}
	made, err := s.UpsertGlobalConnection(ctx, n)
	if err != nil || made.Scope != activepieces.ScopePlatform || !slices.Equal(made.ProjectIDs, n.ProjectIDs) {
		t.Fatalf("UpsertGlobalConnection: got %+v, %v", made, err)
	}
	if again, err := s.UpsertGlobalConnection(ctx, n); err != nil || again.ID != made.ID {
		t.Errorf("UpsertGlobalConnection again: got %+v, %v", again, err)
	}
	updated, err := s.UpdateGlobalConnection(ctx, made.ID, "Two", []string{first.ID, second.ID})
	if err != nil || updated.DisplayName != "Two" || len(updated.ProjectIDs) != 2 {
		t.Errorf("UpdateGlobalConnection: got %+v, %v", updated, err)
	}
	if named, err := s.UpdateGlobalConnection(ctx, made.ID, "Three", nil); err != nil || named.DisplayName != "Three" || len(named.ProjectIDs) != 2 {
		t.Errorf("UpdateGlobalConnection of the name alone: got %+v, %v", named, err)
	}
	for k := range 11 {
		n.ExternalID = fmt.Sprint("more_", k)
		if _, err := s.UpsertGlobalConnection(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := s.GlobalConnections(ctx); err != nil || len(all) != 12 {
		t.Errorf("GlobalConnections made in one second: got %d, %v; want 12", len(all), err)
	}
	if err := s.DeleteGlobalConnection(ctx, made.ID); err != nil {
		t.Errorf("DeleteGlobalConnection: %v", err)
	}
	wants(t, "DeleteGlobalConnection again", s.DeleteGlobalConnection(ctx, made.ID), upstream.NotFound)
}

// content is a flow that a webhook starts.
func (s *simulated) content(name string) activepieces.FlowContent {
	s.t.Helper()
	piece, err := s.Piece(s.t.Context(), webhook)
	if err != nil {
		s.t.Fatal(err)
	}
	return activepieces.FlowContent{DisplayName: name, SchemaVersion: "22", Notes: json.RawMessage(`[]`), Trigger: json.RawMessage(fmt.Sprintf(
		`{"name":"trigger","displayName":"Catch","valid":true,"type":"PIECE_TRIGGER","settings":{"pieceName":%q,"pieceVersion":%q,"triggerName":"catch_webhook","input":{"authType":"none","authFields":{}},"propertySettings":{}}}`,
		webhook, piece.Version))}
}

func TestSimulatedFlows(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	ctx, project := t.Context(), s.newProject("org_1")
	made, err := s.CreateFlow(ctx, project.ID, "Orders", map[string]string{"portico": "1"})
	if err != nil || made.Status != activepieces.FlowDisabled || made.PublishedVersionID != "" || made.Metadata["portico"] != "1" || made.Name != "Orders" {
		t.Fatalf("CreateFlow: got %+v, %v", made, err)
	}
	_, err = s.SetFlowStatus(ctx, made.ID, true)
	wants(t, "switching on what was never published", err, upstream.Refused)
	imported, err := s.ImportFlow(ctx, made.ID, s.content("Imported"))
	if err != nil || imported.Name != "Imported" || !imported.Version.Valid || len(imported.Version.Trigger) == 0 {
		t.Fatalf("ImportFlow: got %+v, %v", imported, err)
	}
	published, err := s.PublishFlow(ctx, made.ID, false)
	if err != nil || published.PublishedVersionID == "" || published.Status != activepieces.FlowDisabled || published.Version.State != activepieces.VersionLocked {
		t.Errorf("PublishFlow: got %+v, %v", published, err)
	}
	if on, err := s.SetFlowStatus(ctx, made.ID, true); err != nil || on.Status != activepieces.FlowEnabled {
		t.Errorf("SetFlowStatus: got %+v, %v", on, err)
	}
	if renamed, err := s.RenameFlow(ctx, made.ID, "Renamed"); err != nil || renamed.Name != "Renamed" {
		t.Errorf("RenameFlow: got %+v, %v", renamed, err)
	}
	if read, err := s.Flow(ctx, made.ID); err != nil || read.Name != "Renamed" || read.ProjectID != project.ID {
		t.Errorf("Flow: got %+v, %v", read, err)
	}
	if all, err := s.Flows(ctx, project.ID); err != nil || len(all) != 1 || all[0].ID != made.ID {
		t.Errorf("Flows: got %+v, %v", all, err)
	}
	empty, err := s.CreateFlow(ctx, project.ID, "Empty", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.PublishFlow(ctx, empty.ID, true)
	wants(t, "publishing without a trigger", err, upstream.Refused)
	if err := s.DeleteFlow(ctx, made.ID); err != nil {
		t.Errorf("DeleteFlow: %v", err)
	}
	wants(t, "DeleteFlow again", s.DeleteFlow(ctx, made.ID), upstream.NotFound)
}

func TestSimulatedRuns(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	ctx, project := t.Context(), s.newProject("org_1")
	flow, err := s.CreateFlow(ctx, project.ID, "Orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportFlow(ctx, flow.ID, s.content("Orders")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PublishFlow(ctx, flow.ID, true); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.url+"/api/v1/webhooks/"+flow.ID, "application/json", strings.NewReader(`{"customer":"payload-of-a-customer"}`))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the webhook: %v, %v", resp, err)
	}
	resp.Body.Close()
	s.sim.Clock().Advance(time.Minute)
	runs, err := s.Runs(ctx, activepieces.RunFilter{ProjectID: project.ID, FlowIDs: []string{flow.ID}, Statuses: []string{activepieces.RunSucceeded}, CreatedAfter: flow.Created.Add(-time.Hour), Limit: 5})
	if err != nil || len(runs) != 1 || runs[0].FlowName != "Orders" || runs[0].Finished.IsZero() {
		t.Fatalf("Runs: got %+v, %v", runs, err)
	}
	if run, err := s.Run(ctx, runs[0].ID); err != nil || run.Status != activepieces.RunSucceeded || run.FlowID != flow.ID {
		t.Errorf("Run: got %+v, %v", run, err)
	}
	if again, err := s.RetryRun(ctx, project.ID, runs[0].ID, true); err != nil || again.ID != runs[0].ID {
		t.Errorf("RetryRun from the failed step: got %+v, %v", again, err)
	}
	if latest, err := s.RetryRun(ctx, project.ID, runs[0].ID, false); err != nil || latest.ID == runs[0].ID || latest.Status == "" {
		t.Errorf("RetryRun on the latest version: got %+v, %v", latest, err)
	}
	_, err = s.Run(ctx, strings.Repeat("a", 21))
	wants(t, "an unknown run", err, upstream.NotFound)
}

func TestSimulatedPiecesAndTemplates(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	pieces, err := s.Pieces(t.Context())
	if err != nil || len(pieces) < 10 {
		t.Fatalf("Pieces: got %d, %v", len(pieces), err)
	}
	types := map[string]bool{}
	for _, p := range pieces {
		if p.Version == "" || p.LogoURL == "" || p.DisplayName == "" {
			t.Errorf("a piece without version, logo or name: %+v", p)
		}
		for _, a := range p.Auth {
			types[a.Type] = true
		}
	}
	for _, kind := range []string{activepieces.TypeSecretText, activepieces.TypeBasicAuth, activepieces.TypeCustomAuth, activepieces.TypeOAuth2} {
		if !types[kind] {
			t.Errorf("no piece has the auth %s", kind)
		}
	}
	if one, err := s.Piece(t.Context(), stripe); err != nil || one.Name != stripe || len(one.Auth) != 1 {
		t.Errorf("Piece: got %+v, %v", one, err)
	}
	_, err = s.Piece(t.Context(), "@activepieces/piece-nope")
	wants(t, "an unknown piece", err, upstream.NotFound)
	templates, err := s.Templates(t.Context())
	if err != nil || len(templates) == 0 {
		t.Fatalf("Templates: got %d, %v", len(templates), err)
	}
	read, err := s.Template(t.Context(), templates[0].ID)
	if err != nil || read.Name != templates[0].Name || len(read.Flows) == 0 || !json.Valid(read.Flows[0].Trigger) {
		t.Errorf("Template: got %+v, %v", read, err)
	}
}

func TestSimulatedEmbedding(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	ctx := t.Context()
	key, err := s.CreateSigningKey(ctx, "portal")
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := s.SigningKeys(ctx); err != nil || !slices.ContainsFunc(keys, func(k activepieces.SigningKey) bool { return k.ID == key.ID && k.PrivateKey == "" }) {
		t.Errorf("SigningKeys: got %+v, %v", keys, err)
	}
	block, _ := pem.Decode([]byte(key.PrivateKey.Reveal()))
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	now := s.sim.Clock().Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"version": "v3", "externalUserId": "user_1", "externalProjectId": "org_1", "firstName": "Ann", "lastName": "Lee",
		"role": "EDITOR", "piecesFilterType": "NONE", "piecesTags": []string{}, "exp": now.Add(5 * time.Minute).Unix()})
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := s.Exchange(ctx, secret.Text(signed))
	if err != nil || embedded.Token == "" || embedded.Role != "MEMBER" {
		t.Fatalf("Exchange: got %+v, %v", embedded, err)
	}
	if project, err := s.FindProject(ctx, "org_1"); err != nil || project.ID != embedded.ProjectID || project.PlatformID != embedded.PlatformID {
		t.Errorf("the project of the exchange: got %+v, %v; want %s", project, err, embedded.ProjectID)
	}
	users, err := s.Users(ctx, "user_1")
	if err != nil || len(users) != 1 || users[0].ID != embedded.UserID {
		t.Fatalf("Users: got %+v, %v", users, err)
	}
	if err := s.DeleteUser(ctx, users[0].ID); err != nil {
		t.Errorf("DeleteUser: %v", err)
	}
	if err := s.DeleteSigningKey(ctx, key.ID); err != nil {
		t.Errorf("DeleteSigningKey: %v", err)
	}
	_, err = s.Exchange(ctx, secret.Text(signed))
	wants(t, "a token of a key that is gone", err, upstream.Unauthorized)
	for _, call := range s.calls {
		all := fmt.Sprintf("%+v", call)
		for name, known := range map[string]string{"key": s.sim.APIKey(), "password": s.sim.AdminPassword(), "token": signed, "user's token": embedded.Token.Reveal(), "private key": "BEGIN RSA PRIVATE"} {
			if strings.Contains(all, known) {
				t.Errorf("the records hold the %s: %s", name, call.Operation)
			}
		}
	}
}

func TestSimulatedEditions(t *testing.T) {
	for name, options := range map[string]piecesim.Options{"community": {Edition: "ce"}, "no licence": {Unlicensed: true}} {
		t.Run(name, func(t *testing.T) {
			s := simulate(t, options)
			s.newProject("org_1")
			_, err := s.CreateProject(t.Context(), "org_2", "Two")
			wants(t, "a second project", err, upstream.Unlicensed)
			_, err = s.GlobalConnections(t.Context())
			wants(t, "GlobalConnections", err, upstream.Unlicensed)
			_, err = s.CreateSigningKey(t.Context(), "portal")
			wants(t, "CreateSigningKey", err, upstream.Unlicensed)
		})
	}
}

func TestSimulatedSessionEnds(t *testing.T) {
	s := simulate(t, piecesim.Options{Edition: "ce"})
	s.newProject("org_1")
	s.sim.Clock().Advance(activepieces.TokenLife + time.Minute)
	if _, err := s.FindProject(t.Context(), "org_1"); err != nil {
		t.Errorf("a week later: %v", err)
	}
}

func TestSimulatedWithoutWorker(t *testing.T) {
	s := simulate(t, piecesim.Options{})
	project := s.newProject("org_1")
	options := activepieces.Options("main")
	options.Timeout = 50 * time.Millisecond
	hasty := activepieces.New(activepieces.Config{URL: s.url, APIKey: secret.Text(s.sim.APIKey()), SlowHTTP: upstream.NewClient(options).HTTP})
	s.control(http.MethodPatch, "settings", `{"worker":false}`)
	_, err := hasty.UpsertConnection(t.Context(), activepieces.NewConnection{ExternalID: "stripe_1", DisplayName: "Stripe", PieceName: stripe, ProjectID: project.ID,
		Value: activepieces.Value{Type: activepieces.TypeSecretText, SecretText: "a-key-of-stripe"}})
	if got := failure(t, err); got.Kind != upstream.Unavailable || !got.OutcomeUnknown() {
		t.Errorf("got %+v, want no answer and an unknown outcome", *got)
	}
	if _, err := hasty.Connections(t.Context(), project.ID); err != nil {
		t.Errorf("what needs no worker: %v", err)
	}
	s.control(http.MethodPatch, "settings", `{"worker":true}`)
}

// What the portal does when the outcome of a creation is not known: it looks for
// the external ID, and finds the project if the work was done.
func TestSimulatedFaults(t *testing.T) {
	for _, tt := range []struct {
		kind      string
		want      upstream.Kind
		unknown   bool
		wantFound bool
	}{
		{"lost", upstream.Unavailable, true, true},
		{"malformed", upstream.Malformed, true, true},
		{"500", upstream.Unavailable, true, false},
		{"429", upstream.Limited, false, false},
		{"401", upstream.Unauthorized, false, false},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			s := simulate(t, piecesim.Options{})
			s.control(http.MethodPost, "faults", fmt.Sprintf(`{"operation":%q,"kind":%q,"times":1}`, "createProject", tt.kind))
			_, err := s.CreateProject(t.Context(), "org_1", "One")
			if got := failure(t, err); got.Kind != tt.want || got.OutcomeUnknown() != tt.unknown {
				t.Errorf("got %v, outcome unknown %t; want %s, %t", got, got.OutcomeUnknown(), tt.want, tt.unknown)
			}
			_, err = s.FindProject(t.Context(), "org_1")
			if (err == nil) != tt.wantFound {
				t.Errorf("found: %v, want it there: %t", err, tt.wantFound)
			}
		})
	}
}
