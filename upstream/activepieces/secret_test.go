package activepieces_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"portico/secret"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// values are one of each type, full of canaries.
func values() map[string]activepieces.Value {
	full := activepieces.Value{
		SecretText: "canary-secret-text", Username: "canary-user-name", Password: "canary-password",
		Props:    map[string]any{"apiKey": secret.Text("canary-prop"), "store": "canary-store", "deep": map[string]any{"list": []any{"canary-deep"}}, "n": 7.0},
		ClientID: "client-7", ClientSecret: "canary-client-secret", Code: "canary-code", Scope: "read", RedirectURL: "https://p.test/redirect",
		CodeVerifier: "canary-verifier", GrantType: "client_credentials", AuthorizationMethod: "BODY",
	}
	all := map[string]activepieces.Value{}
	for _, kind := range []string{activepieces.TypeSecretText, activepieces.TypeBasicAuth, activepieces.TypeCustomAuth, activepieces.TypeOAuth2,
		activepieces.TypePlatformOAuth2, activepieces.TypeCloudOAuth2, activepieces.TypeOIDC, activepieces.TypeNoAuth} {
		full.Type = kind
		all[kind] = full
	}
	return all
}

func TestValuesAsTheyAreSent(t *testing.T) {
	const props = `"props":{"apiKey":"canary-prop","deep":{"list":["canary-deep"]},"n":7,"store":"canary-store"}`
	want := map[string]string{
		activepieces.TypeSecretText: `{"secret_text":"canary-secret-text","type":"SECRET_TEXT"}`,
		activepieces.TypeBasicAuth:  `{"password":"canary-password","type":"BASIC_AUTH","username":"canary-user-name"}`,
		activepieces.TypeCustomAuth: `{` + props + `,"type":"CUSTOM_AUTH"}`,
		activepieces.TypeOIDC:       `{` + props + `,"type":"OIDC"}`,
		activepieces.TypeNoAuth:     `{"type":"NO_AUTH"}`,
		activepieces.TypeOAuth2: `{"authorization_method":"BODY","client_id":"client-7","client_secret":"canary-client-secret","code":"canary-code","code_challenge":"canary-verifier","grant_type":"client_credentials",` +
			props + `,"redirect_url":"https://p.test/redirect","scope":"read","type":"OAUTH2"}`,
		activepieces.TypePlatformOAuth2: `{"authorization_method":"BODY","client_id":"client-7","code":"canary-code","code_challenge":"canary-verifier",` +
			props + `,"redirect_url":"https://p.test/redirect","scope":"read","type":"PLATFORM_OAUTH2"}`,
		activepieces.TypeCloudOAuth2: `{"authorization_method":"BODY","client_id":"client-7","code":"canary-code","code_challenge":"canary-verifier",` +
			props + `,"scope":"read","type":"CLOUD_OAUTH2"}`,
	}
	for kind, value := range values() {
		s, c := withKey(t, says(201, `{"id":"c"}`))
		if _, err := c.UpsertConnection(t.Context(), activepieces.NewConnection{ExternalID: "e", ProjectID: "p", Value: value}); err != nil {
			t.Fatal(err)
		}
		sent := s.got()[0].body
		got, err := json.Marshal(sent["value"])
		if err != nil || string(got) != want[kind] || sent["type"] != kind {
			t.Errorf("%s: sent %s as %v, want %s", kind, got, sent["type"], want[kind])
		}
	}
	s, c := withKey(t, says(201, `{"id":"c"}`))
	_, err := c.UpsertConnection(t.Context(), activepieces.NewConnection{Value: activepieces.Value{Type: "OAUTH9"}})
	if got := failure(t, err); got.Kind != upstream.Invalid || got.OutcomeUnknown() || len(s.got()) != 0 {
		t.Errorf("an unknown type: got %+v, want invalid and nothing sent", *got)
	}
	unmarshallable := activepieces.Value{Type: activepieces.TypeCustomAuth, Props: map[string]any{"canary": func() {}}}
	_, err = c.UpsertConnection(t.Context(), activepieces.NewConnection{Value: unmarshallable})
	if got := failure(t, err); got.Kind != upstream.Invalid || got.OutcomeUnknown() || len(s.got()) != 0 {
		t.Errorf("props that are no JSON: got %+v, want invalid and nothing sent", *got)
	}
}

func TestValuesAreNotPrinted(t *testing.T) {
	for kind, value := range values() {
		n := activepieces.NewConnection{Value: value}
		marshalled, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, printed := range []string{fmt.Sprintf("%v %+v %#v %s %x", value, value, value, value, value), fmt.Sprintf("%v %+v %#v", n, n, &n), string(marshalled)} {
			if strings.Contains(printed, "canary") || strings.Contains(printed, fmt.Sprintf("%x", "canary")) || !strings.Contains(printed, kind) {
				t.Errorf("%s prints as %s", kind, printed)
			}
		}
	}
}

// TestRecordsHoldNoSecrets lets the platform repeat all that it is sent.
func TestRecordsHoldNoSecrets(t *testing.T) {
	const everything = `canary-secret-text canary-user-name canary-password canary-prop canary-store canary-deep canary-client-secret canary-code canary-verifier canary-host-token ` + keyCanary
	echo := says(400, `{"code":"INVALID_APP_CONNECTION","params":{"error":"refused: `+everything+`"}}`)
	for kind, value := range values() {
		s, c := withKey(t, echo)
		connection := activepieces.NewConnection{ExternalID: "e", ProjectID: "p", PieceName: "@activepieces/piece-kept", Value: value}
		_, err := c.UpsertConnection(t.Context(), connection)
		sameKind(t, s, err, kind, value)
		_, err = c.UpsertGlobalConnection(t.Context(), connection)
		sameKind(t, s, err, kind, value)
		for _, call := range s.calls {
			if !strings.Contains(call.Request, "@activepieces/piece-kept") || !strings.Contains(call.Request, `"type":"`+kind+`"`) {
				t.Errorf("%s: the record does not say what was asked: %s", kind, call.Request)
			}
		}
	}
}

// sameKind checks that the error and the records hold none of the value's
// secrets; those of the other types were not sent and are not known.
func sameKind(t *testing.T, s *server, err error, kind string, value activepieces.Value) {
	t.Helper()
	if !upstream.IsKind(err, upstream.Refused) {
		t.Fatalf("%s: got %v, want refused", kind, err)
	}
	for _, call := range s.calls {
		all := fmt.Sprintf("%+v %s", call, err)
		for _, known := range []string{keyCanary, value.SecretText.Reveal(), value.Password.Reveal(), value.ClientSecret.Reveal(), value.Code.Reveal(), value.CodeVerifier.Reveal(),
			"canary-prop", "canary-store", "canary-deep"} {
			if strings.Contains(all, known) {
				t.Errorf("%s: %s is in %s", kind, known, all)
			}
		}
		if strings.Contains(call.Request, "canary") {
			t.Errorf("%s: the request is recorded as %s", kind, call.Request)
		}
	}
}

func TestRecordsHoldNoTokens(t *testing.T) {
	m := signedIn(t, "")
	if err := m.project(t); err != nil {
		t.Fatal(err)
	}
	m.refuse(says(401, `{"code":"INVALID_CREDENTIALS","params":{"message":"not `+passwordCanary+`"}}`))
	m.revoke()
	failure(t, m.project(t))

	s, c := withKey(t, says(200, `{"projectId":"p","token":"canary-of-the-user","note":"canary-of-the-host"}`), says(200, `{"id":"k","privateKey":"canary-private"}`))
	if _, err := c.Exchange(t.Context(), "canary-of-the-host"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateSigningKey(t.Context(), "portal"); err != nil {
		t.Fatal(err)
	}
	calls := append(m.calls, s.calls...)
	if len(calls) != 6 {
		t.Errorf("%d calls are recorded, want 6", len(calls))
	}
	for _, call := range calls {
		if all := fmt.Sprintf("%+v", call); strings.Contains(all, "canary") {
			t.Errorf("recorded %s", all)
		}
	}
}

func TestWhatWentThroughFlowsIsNotRecorded(t *testing.T) {
	const payload = `"steps":{"trigger":{"output":{"body":{"customer":"payload-of-a-customer"}}}}`
	s, c := withKey(t, says(200, `{"id":"r","status":"FAILED",`+payload+`,"data":[{"id":"r",`+payload+`}]}`))
	run, err := c.Run(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := c.Runs(t.Context(), activepieces.RunFilter{ProjectID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.RetryRun(t.Context(), "p", "r", true)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%+v %+v %+v %+v", run, runs, again, s.calls); strings.Contains(all, "payload-of-a-customer") {
		t.Errorf("the payload is in %s", all)
	}
	if len(s.calls) != 3 || !strings.Contains(s.calls[0].Answer, "not kept") {
		t.Errorf("recorded %+v", s.calls)
	}
}

func TestClientsAreNotPrintedWithSecrets(t *testing.T) {
	c := activepieces.New(activepieces.Config{URL: "https://ap.test", APIKey: keyCanary, Email: "a@b.c", Password: passwordCanary})
	config := activepieces.Config{APIKey: keyCanary, Password: passwordCanary}
	if printed := fmt.Sprintf("%v %+v %#v %+v", c, *c, config, config); strings.Contains(printed, "canary") {
		t.Errorf("printed %s", printed)
	}
}

func TestHugeSecret(t *testing.T) {
	huge := secret.Text(strings.Repeat("canary-", 5<<20/7))
	s, c := withKey(t, says(413, `{"statusCode":413,"code":"FST_ERR_CTP_BODY_TOO_LARGE","error":"Payload Too Large","message":"Request body is too large"}`))
	_, err := c.UpsertConnection(context.Background(), activepieces.NewConnection{ProjectID: "p", Value: activepieces.Value{Type: activepieces.TypeSecretText, SecretText: huge}})
	if got := failure(t, err); got.Kind != upstream.Invalid || got.Message != "Request body is too large" {
		t.Errorf("got %+v, want invalid with the platform's words", *got)
	}
	if recorded := s.calls[0].Request; strings.Contains(recorded, "canary") || len(recorded) > 16<<10 {
		t.Errorf("recorded %d bytes: %.200s", len(recorded), recorded)
	}
}
