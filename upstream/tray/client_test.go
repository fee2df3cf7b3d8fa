package tray_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"portico/secret"
	"portico/upstream"
	"portico/upstream/tray"
)

const (
	masterCanary = "canary-master-token"
	userCanary   = "canary-user-token"
)

// request is what the server got.
type request struct {
	OperationName string
	Query         string
	Variables     map[string]any
	token         string
}

// server answers GraphQL by script, in order, and repeats the last answer.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	calls    []upstream.Call
}

type reply func(w http.ResponseWriter)

func body(status int, text string) reply {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func dies(w http.ResponseWriter) { panic(http.ErrAbortHandler) }

func serve(t *testing.T, script ...reply) (*server, *tray.Client) {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := request{token: r.Header.Get("Authorization")}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Errorf("the request is not JSON: %v", err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, got)
		answer := script[min(len(s.requests), len(script))-1]
		s.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(s.Close)
	options := tray.Options("main", masterCanary)
	options.BreakerAfter = 100
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	return s, tray.New(tray.Config{APIURL: s.URL, EmbeddedID: "acme", MasterToken: masterCanary, HTTP: upstream.NewClient(options).HTTP})
}

func failure(t *testing.T, err error) *upstream.Error {
	t.Helper()
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *upstream.Error", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %s", failed, *failed, failed.Message), "canary") {
		t.Errorf("the error holds a secret: %+v", *failed)
	}
	return failed
}

func TestErrorShapes(t *testing.T) {
	said := func(extensions string) string {
		return `{"data":{"updateSolutionInstance":null},"errors":[{"message":"something happened to ` + userCanary + ` and ` + masterCanary +
			`","locations":[{"line":6,"column":7}],"path":["x"],"time_thrown":"now","name":"Old","extensions":` + extensions + `}]}`
	}
	for _, tt := range []struct {
		name      string
		answer    reply
		want      upstream.Kind
		code      string
		requestID string
		unknown   bool // whether the outcome is
	}{
		{"precondition", body(200, said(`{"name":"PreconditionError"}`)), upstream.Refused, "", "", false},
		{"gone", body(200, said(`{"name":"PreconditionError","code":"resource_does_not_exist"}`)), upstream.NotFound, "resource_does_not_exist", "", false},
		{"no such user", body(200, said(`{"name":"PreconditionError","code":"user_does_not_exist"}`)), upstream.NotFound, "user_does_not_exist", "", false},
		{"no such workflow", body(200, said(`{"name":"PreconditionError","code":"workflow_does_not_exist"}`)), upstream.NotFound, "workflow_does_not_exist", "", false},
		{"exists", body(200, said(`{"name":"PreconditionError","code":"resource_already_exists"}`)), upstream.Exists, "resource_already_exists", "", false},
		{"user exists", body(200, said(`{"name":"PreconditionError","code":"user_already_exists"}`)), upstream.Exists, "user_already_exists", "", false},
		{"wrong token", body(200, said(`{"name":"PreconditionError","code":"access_not_allowed"}`)), upstream.Forbidden, "access_not_allowed", "", false},
		{"unauthenticated", body(200, said(`{"code":"UNAUTHENTICATED"}`)), upstream.Unauthorized, "UNAUTHENTICATED", "", false},
		{"not GraphQL", body(200, said(`{"name":"GraphQLError"}`)), upstream.Invalid, "", "", false},
		{"not GraphQL, HTTP 400", body(400, said(`{"name":"GraphQLError"}`)), upstream.Invalid, "", "", false},
		{"Tray's fault", body(200, said(`{"name":"InternalError","errorId":"e-1"}`)), upstream.Unavailable, "", "e-1", true},
		{"no extensions", body(200, said(`null`)), upstream.Refused, "", "", false},
		{"odd extensions", body(200, said(`"text"`)), upstream.Refused, "", "", false},
		{"odd members", body(200, `{"errors":[{"message":7,"extensions":{"name":[],"code":{}}}]}`), upstream.Refused, "", "", false},
		{"data and errors", body(200, `{"data":{"updateSolutionInstance":{"solutionInstance":{"id":"i"}}},"errors":[{"message":"m"}]}`), upstream.Refused, "", "", false},
		{"errors that are no list", body(200, `{"data":{},"errors":"x"}`), upstream.Malformed, "", "", true},
		{"401 JSON", body(401, `{"message":"The request is unauthorized: `+userCanary+`"}`), upstream.Unauthorized, "", "", false},
		{"401 text", body(401, "no "+userCanary), upstream.Unauthorized, "", "", false},
		{"401 with errors", body(401, said(`{"name":"GraphQLError"}`)), upstream.Unauthorized, "", "", false},
		{"403", body(403, `<html>canary-html</html>`), upstream.Forbidden, "", "", false},
		{"404", body(404, ``), upstream.NotFound, "", "", false},
		{"429", body(429, `{"message":"slow down"}`), upstream.Limited, "", "", false},
		{"500", body(500, `{"message":"oh"}`), upstream.Unavailable, "", "", true},
		{"502 page", body(502, `<html>`), upstream.Unavailable, "", "", true},
		{"a redirect", body(302, ``), upstream.Invalid, "", "", false},
		{"cut", body(200, `{"data":{"updateSolutionInstance":{"solutionInstance":{"id":"canary`), upstream.Malformed, "", "", true},
		{"a page", body(200, `<html>canary`), upstream.Malformed, "", "", true},
		{"empty", body(200, ``), upstream.Malformed, "", "", true},
		{"null", body(200, `null`), upstream.Malformed, "", "", true},
		{"no data", body(200, `{}`), upstream.Malformed, "", "", true},
		{"null data", body(200, `{"data":null}`), upstream.Malformed, "", "", true},
		{"no instance", body(200, `{"data":{"updateSolutionInstance":null}}`), upstream.Malformed, "", "", true},
		{"wrong types", body(200, `{"data":{"updateSolutionInstance":{"solutionInstance":{"id":"i","enabled":"canary"}}}}`), upstream.Malformed, "", "", true},
		{"wrong time", body(200, `{"data":{"updateSolutionInstance":{"solutionInstance":{"id":"i","created":"`+userCanary+`"}}}}`), upstream.Malformed, "", "", true},
		{"lost", dies, upstream.Unavailable, "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := serve(t, tt.answer)
			_, err := c.AsUser(userCanary).Enable(t.Context(), "i1")
			got := failure(t, err)
			if got.Kind != tt.want || got.Code != tt.code || got.RequestID != tt.requestID || got.OutcomeUnknown() != tt.unknown {
				t.Errorf("got %+v, unknown %t; want kind %q, code %q, request %q, unknown %t", *got, got.OutcomeUnknown(), tt.want, tt.code, tt.requestID, tt.unknown)
			}
			if got.Platform != "tray" || got.Operation != "EnableInstance" {
				t.Errorf("got %s %s", got.Platform, got.Operation)
			}
			if len(s.requests) != 1 {
				t.Errorf("a mutation was sent %d times", len(s.requests))
			}
			// An answer that is no instance is whole to the transport: only the adapter sees what it lacks.
			adapterOnly := tt.name == "no instance" || strings.HasPrefix(tt.name, "wrong t") && tt.name != "wrong token"
			if len(s.calls) != 1 || s.calls[0].Operation != "EnableInstance" || (s.calls[0].Err == "") != adapterOnly {
				t.Errorf("recorded %+v", s.calls)
			}
			recorded, err := json.Marshal(s.calls)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(recorded), userCanary) || strings.Contains(string(recorded), masterCanary) {
				t.Errorf("recorded a token: %s", recorded)
			}
		})
	}
}

func TestQueriesAreSentAgain(t *testing.T) {
	who := body(200, `{"data":{"viewer":{"details":{"username":"u","email":"e","name":"n"}}}}`)
	for name, first := range map[string]reply{
		"500": body(500, ""), "429": body(429, ""), "lost": dies, "cut": body(200, `{"data":`),
		"internal": body(200, `{"errors":[{"message":"m","extensions":{"name":"InternalError"}}]}`),
	} {
		s, c := serve(t, first, who)
		if got, err := c.WhoAmI(t.Context()); got != "u" || err != nil || len(s.requests) != 2 {
			t.Errorf("%s: got %q, %v after %d requests; want u after 2", name, got, err, len(s.requests))
		}
	}
	s, c := serve(t, body(200, `{"errors":[{"message":"m","extensions":{"name":"PreconditionError"}}]}`), who)
	if _, err := c.WhoAmI(t.Context()); failure(t, err).Kind != upstream.Refused || len(s.requests) != 1 {
		t.Errorf("a refusal: got %v after %d requests", err, len(s.requests))
	}
}

func TestMutationsAreNeverSentAgain(t *testing.T) {
	for name, call := range map[string]func(*tray.Client) error{
		"CreateExternalUser":        func(c *tray.Client) error { _, err := c.CreateUser(t.Context(), "n", "x"); return err },
		"RemoveExternalUser":        func(c *tray.Client) error { return c.RemoveUser(t.Context(), "u") },
		"Authorize":                 func(c *tray.Client) error { _, err := c.Authorize(t.Context(), "u"); return err },
		"GenerateAuthorizationCode": func(c *tray.Client) error { _, err := c.AuthorizationCode(t.Context(), "u"); return err },
		"CreateInstance": func(c *tray.Client) error {
			_, err := c.AsUser(userCanary).CreateInstance(t.Context(), "s", "n")
			return err
		},
		"SetInstanceValues": func(c *tray.Client) error {
			_, err := c.AsUser(userCanary).SetValues(t.Context(), "i", nil, nil)
			return err
		},
		"RenameInstance":       func(c *tray.Client) error { _, err := c.AsUser(userCanary).Rename(t.Context(), "i", "n"); return err },
		"EnableInstance":       func(c *tray.Client) error { _, err := c.AsUser(userCanary).Enable(t.Context(), "i"); return err },
		"DisableInstance":      func(c *tray.Client) error { _, err := c.AsUser(userCanary).Disable(t.Context(), "i"); return err },
		"RemoveInstance":       func(c *tray.Client) error { return c.AsUser(userCanary).Remove(t.Context(), "i") },
		"RemoveAuthentication": func(c *tray.Client) error { return c.AsUser(userCanary).RemoveAuthentication(t.Context(), "a") },
	} {
		for reason, answer := range map[string]reply{"500": body(500, ""), "lost": dies, "429": body(429, ""), "null": body(200, `{"data":null}`)} {
			s, c := serve(t, answer)
			got := failure(t, call(c))
			if len(s.requests) != 1 || s.requests[0].OperationName != name || got.Operation != name {
				t.Errorf("%s, %s: sent %d times as %v", name, reason, len(s.requests), got)
			}
			if want := reason != "429"; got.OutcomeUnknown() != want || !got.Temporary() {
				t.Errorf("%s, %s: outcome unknown is %t, temporary %t", name, reason, got.OutcomeUnknown(), got.Temporary())
			}
		}
	}
}

func TestMintingNeedsWhatItMints(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		call   func(*tray.Client) error
	}{
		"user":  {`{"data":{"createExternalUser":{}}}`, func(c *tray.Client) error { _, err := c.CreateUser(t.Context(), "n", "x"); return err }},
		"token": {`{"data":{"authorize":null}}`, func(c *tray.Client) error { _, err := c.Authorize(t.Context(), "u"); return err }},
		"code":  {`{"data":{"generateAuthorizationCode":{"authorizationCode":""}}}`, func(c *tray.Client) error { _, err := c.AuthorizationCode(t.Context(), "u"); return err }},
		"who":   {`{"data":{"viewer":{}}}`, func(c *tray.Client) error { _, err := c.WhoAmI(t.Context()); return err }},
	} {
		_, c := serve(t, body(200, tt.answer))
		if got := failure(t, tt.call(c)); got.Kind != upstream.Malformed {
			t.Errorf("%s: got %v, want malformed", name, got)
		}
	}
}

func TestMintedSecretsAreNotRecorded(t *testing.T) {
	s, c := serve(t, body(200, `{"data":{"authorize":{"accessToken":"canary-minted"}}}`), body(200, `{"data":{"generateAuthorizationCode":{"authorizationCode":"canary-minted"}}}`))
	token, err := c.Authorize(t.Context(), "u")
	if err != nil || token.Reveal() != "canary-minted" || s.requests[0].token != "Bearer "+masterCanary {
		t.Errorf("Authorize: got %v, %v with %q", token, err, s.requests[0].token)
	}
	code, err := c.AuthorizationCode(t.Context(), "u")
	if err != nil || code.Reveal() != "canary-minted" {
		t.Errorf("AuthorizationCode: got %v, %v", code, err)
	}
	for _, call := range s.calls {
		if strings.Contains(fmt.Sprintf("%+v", call), "canary") {
			t.Errorf("recorded %+v", call)
		}
	}
}

func page(list, edges string, more bool, cursor string) reply {
	return body(200, fmt.Sprintf(`{"data":{"viewer":{%q:{"edges":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":%q}}}}}`, list, edges, more, cursor))
}

func TestIntegrations(t *testing.T) {
	s, c := serve(t,
		page("solutions", `{"node":{"id":"s1","title":"T","description":null,"tags":["a"],"customFields":[{"key":"Image","value":"u"},{"key":"forceUnique","value":"true"}],
			"configSlots":[{"externalId":"e","title":"E","defaultValue":"\"x\""},{"externalId":"f","title":"F","defaultValue":null}]}}`, true, "c1"),
		page("solutions", `{"node":{"id":"s2"}}`, false, "c2"))
	got, err := c.Integrations(t.Context())
	if err != nil || len(got) != 2 || got[1].ID != "s2" {
		t.Fatalf("got %+v, %v", got, err)
	}
	first := got[0]
	if first.CustomFields["image"] != "u" || first.CustomFields["forceunique"] != "true" || len(first.ConfigSlots) != 2 || first.ConfigSlots[0].Default != `"x"` || first.ConfigSlots[1].Default != "null" {
		t.Errorf("got %+v", first)
	}
	for i, want := range []any{nil, "c1"} {
		if v := s.requests[i].Variables; v["first"] != 100.0 || v["after"] != want {
			t.Errorf("page %d was asked for with %v", i+1, v)
		}
	}
	if _, sent := s.requests[0].Variables["after"]; sent {
		t.Error("the first page was asked for with an empty cursor")
	}
}

func TestListsThatDoNotEnd(t *testing.T) {
	for name, script := range map[string][]reply{
		"a repeating cursor": {page("solutions", `{"node":{"id":"s"}}`, true, "c1")},
		"a circle":           {page("solutions", ``, true, "c1"), page("solutions", ``, true, "c2"), page("solutions", ``, true, "c1")},
		"no cursor":          {page("solutions", ``, true, "")},
		"no edges":           {body(200, `{"data":{"viewer":{"solutions":{"pageInfo":{}}}}}`)},
		"no list":            {body(200, `{"data":{"viewer":null}}`)},
		"no ID":              {page("solutions", `{"node":null}`, false, "")},
	} {
		_, c := serve(t, script...)
		if got, err := c.Integrations(t.Context()); failure(t, err).Kind != upstream.Malformed || got != nil {
			t.Errorf("%s: got %v, %v; want malformed", name, got, err)
		}
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	_, c := serve(t, page("solutions", ``, false, ""))
	if got, err := c.Integrations(t.Context()); err != nil || got == nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	_, c = serve(t, page("authentications", ``, false, ""))
	if got, err := c.AsUser(userCanary).Authentications(t.Context()); err != nil || got == nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAuthSlots(t *testing.T) {
	_, c := serve(t, page("solutions", `{"node":{"id":"s1","authSlots":[{"externalId":"e","title":"E"}]}},{"node":{"id":"s2","authSlots":[]}}`, false, ""))
	got, err := c.AuthSlots(t.Context())
	if err != nil || len(got) != 2 || !slices.Equal(got["s1"], []tray.Slot{{ExternalID: "e", Title: "E"}}) || got["s2"] == nil || len(got["s2"]) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, answer := range map[string]reply{
		"unknown field":           body(200, `{"errors":[{"message":"Cannot query field \"authSlots\" on type \"Solution\".","extensions":{"name":"GraphQLError"}}]}`),
		"unknown field, HTTP 400": body(400, `{"errors":[{"message":"Cannot query field"}]}`),
		"null":                    page("solutions", `{"node":{"id":"s1","authSlots":null}}`, false, ""),
	} {
		_, c := serve(t, answer)
		if _, err := c.AuthSlots(t.Context()); !errors.Is(err, tray.ErrNoAuthSlots) {
			t.Errorf("%s: got %v, want ErrNoAuthSlots", name, err)
		}
	}
	_, c = serve(t, body(401, ""))
	if _, err := c.AuthSlots(t.Context()); failure(t, err).Kind != upstream.Unauthorized {
		t.Errorf("unauthorized: got %v", err)
	}
}

func TestFindUser(t *testing.T) {
	users := func(edges string, more bool, cursor string) reply {
		return body(200, fmt.Sprintf(`{"data":{"users":{"edges":[%s],"pageInfo":{"hasNextPage":%t,"endCursor":%q}}}}`, edges, more, cursor))
	}
	_, c := serve(t, users(`{"node":{"id":"u0","name":"N","externalUserId":"x10"}}`, true, "c"), users(`{"node":{"id":"u1","name":"N","externalUserId":"x1"}}`, false, ""))
	if got, err := c.FindUser(t.Context(), "x1"); err != nil || got != (tray.User{ID: "u1", Name: "N", ExternalID: "x1"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, c = serve(t, users(`{"node":{"id":"u0","externalUserId":"x10"}}`, false, ""))
	if _, err := c.FindUser(t.Context(), "x1"); failure(t, err).Kind != upstream.NotFound {
		t.Errorf("got %v, want not found", err)
	}
}

const fullInstance = `{"id":"i1","name":"N · 1","enabled":true,"owner":"u1","created":"2023-07-20T10:38:37.757272Z","solution":{"id":"s1","title":"Shop to CRM"},
	"authValues":[{"externalId":"a","authId":"auth1"}],
	"configValues":[{"externalId":"c","value":"\"leads\""},{"externalId":"external_form_id","value":"Zx86yu9P"},{"externalId":"n"}],
	"workflows":{"edges":[{"node":{"id":"w1","sourceWorkflowId":"sw1","sourceWorkflowName":"W","triggerUrl":null}}]},
	"solutionVersionFlags":{"hasNewerVersion":true,"requiresUserInputToUpdateVersion":true,"requiresSystemInputToUpdateVersion":false}}`

func TestInstance(t *testing.T) {
	s, c := serve(t, page("solutionInstances", `{"node":{"id":"other"}},{"node":`+fullInstance+`}`, false, ""))
	got, err := c.AsUser(userCanary).Instance(t.Context(), "i1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "N · 1" || !got.Enabled || got.Owner != "u1" || got.SolutionID != "s1" || got.Created.UnixMicro() != 1689849517757272 || !got.HasNewerVersion || !got.NeedsUserInput || got.NeedsSystemInput {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(got.AuthValues, []tray.AuthValue{{ExternalID: "a", AuthID: "auth1"}}) ||
		!slices.Equal(got.ConfigValues, []tray.ConfigValue{{ExternalID: "c", Value: `"leads"`}, {ExternalID: "external_form_id", Value: `"Zx86yu9P"`}, {ExternalID: "n", Value: "null"}}) ||
		!slices.Equal(got.Workflows, []tray.Workflow{{ID: "w1", SourceID: "sw1", Name: "W"}}) {
		t.Errorf("got %+v", got)
	}
	if criteria, ok := s.requests[0].Variables["criteria"].(map[string]any); !ok || len(criteria) != 1 || criteria["id"] != "i1" || s.requests[0].token != "Bearer "+userCanary {
		t.Errorf("asked with %+v", s.requests[0])
	}
	_, c = serve(t, page("solutionInstances", `{"node":{"id":"other"}}`, false, ""))
	if _, err := c.AsUser(userCanary).Instance(t.Context(), "i1"); failure(t, err).Kind != upstream.NotFound {
		t.Errorf("got %v, want not found", err)
	}
}

func TestInstancesWithoutCriteria(t *testing.T) {
	unknown := body(200, `{"errors":[{"message":"Field \"name\" is not defined","extensions":{"name":"GraphQLError"}}]}`)
	s, c := serve(t, unknown, page("solutionInstances", `{"node":`+fullInstance+`},{"node":{"id":"i2","name":"N","solution":{"id":"s1"}}}`, false, ""))
	got, err := c.AsUser(userCanary).Instances(t.Context(), tray.InstanceFilter{SolutionID: "s1", Name: "N · 1"})
	if err != nil || len(got) != 1 || got[0].ID != "i1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if criteria, ok := s.requests[1].Variables["criteria"].(map[string]any); !ok || len(criteria) != 1 || criteria["solutionId"] != "s1" {
		t.Errorf("asked again with %v", s.requests[1].Variables)
	}
}

func TestEachInstance(t *testing.T) {
	s, c := serve(t, page("solutionInstances", `{"node":{"id":"i1"}},{"node":{"id":"i2"}}`, true, "c"), page("solutionInstances", `{"node":{"id":"i3"}}`, false, ""))
	var got []string
	err := c.EachInstance(t.Context(), tray.InstanceFilter{}, func(page []tray.Instance) error {
		for _, i := range page {
			got = append(got, i.ID)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, []string{"i1", "i2", "i3"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, sent := s.requests[0].Variables["criteria"]; sent {
		t.Error("an empty filter was sent as criteria")
	}
	stop := errors.New("stop")
	if err := c.EachInstance(t.Context(), tray.InstanceFilter{}, func([]tray.Instance) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of the function", err)
	}
}

func TestAuthentications(t *testing.T) {
	s, c := serve(t,
		body(200, `{"data":{"viewer":{"authentications":{"edges":[{"node":{"id":"a1","name":"N","service":{"id":"x","name":"slack","title":"Slack","icon":"u"}}}],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}}}`),
		page("authentications", `{"node":{"id":"a2"}}`, false, ""))
	got, err := c.AsUser(userCanary).Authentications(t.Context())
	want := []tray.Authentication{{ID: "a1", Name: "N", ServiceName: "slack", ServiceTitle: "Slack", ServiceIcon: "u"}, {ID: "a2"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(s.requests[0].Variables) != 0 || strings.Contains(s.requests[0].Query, "first:") {
		t.Errorf("the first page was asked for with paging arguments: %+v", s.requests[0])
	}
	if s.requests[1].Variables["after"] != "c" {
		t.Errorf("the second page was asked for with %v", s.requests[1].Variables)
	}
}

func TestSetValuesOnTheWire(t *testing.T) {
	answer := body(200, `{"data":{"updateSolutionInstance":{"solutionInstance":`+fullInstance+`}}}`)
	s, c := serve(t, answer)
	u := c.AsUser(userCanary)
	if _, err := u.SetValues(t.Context(), "i1", []tray.AuthValue{{ExternalID: "a", AuthID: "b"}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, sent := s.requests[0].Variables["configValues"]; sent || len(s.requests[0].Variables) != 2 {
		t.Errorf("an empty list was sent: %v", s.requests[0].Variables)
	}
	if _, err := u.SetValues(t.Context(), "i1", nil, []tray.ConfigValue{{"t", `"leads"`}, {"n", "7"}, {"b", "true"}, {"o", `{"a":1}`}, {"z", ""}}); err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(s.requests[1].Variables["configValues"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"externalId":"t","value":"\"leads\""},{"externalId":"n","value":"7"},{"externalId":"b","value":"true"},{"externalId":"o","value":"{\"a\":1}"},{"externalId":"z","value":"null"}]`
	if string(sent) != want {
		t.Errorf("got %s, want %s", sent, want)
	}
	if _, err := u.Enable(t.Context(), "i1"); err != nil || !strings.Contains(s.requests[2].Query, "errorOnEnablingWithMissingValues:true") {
		t.Errorf("Enable does not check for missing values: %v, %s", err, s.requests[2].Query)
	}
}

func TestUnreachable(t *testing.T) {
	s, c := serve(t, body(200, ""))
	s.Close()
	_, err := c.AsUser(userCanary).CreateInstance(t.Context(), "s", "n")
	if got := failure(t, err); got.Kind != upstream.Unavailable || got.OutcomeUnknown() || !got.Temporary() {
		t.Errorf("got %+v, want unavailable and not sent", got)
	}
	_, err = tray.New(tray.Config{APIURL: "::", MasterToken: masterCanary}).CreateUser(t.Context(), "n", "x")
	if got := failure(t, err); got.Kind != upstream.Invalid || got.OutcomeUnknown() || got.Temporary() {
		t.Errorf("an invalid address: got %+v", got)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, c := serve(t, func(w http.ResponseWriter) { cancel(); io.WriteString(w, strings.Repeat(" ", 1<<20)) })
	_, err := c.AsUser(userCanary).CreateInstance(ctx, "s", "n")
	if got := failure(t, err); got.Kind != upstream.Canceled || !got.OutcomeUnknown() {
		t.Errorf("got %+v, want canceled with an unknown outcome", got)
	}
}

func TestClientDoesNotPrintItsTokens(t *testing.T) {
	c := tray.New(tray.Config{MasterToken: masterCanary})
	if got := fmt.Sprintf("%v %+v %#v %+v", c, *c, *c, c.AsUser(secret.Text(userCanary))); strings.Contains(got, "canary") {
		t.Errorf("got %s", got)
	}
}
