package traysim

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNewInstance(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	i := m.newInstance(token, "HubSpot contacts")
	if i.at("enabled").v != false || i.at("owner").text() != user {
		t.Errorf("instance: %v", i.v)
	}
	if got := i.at("created").text(); got != "2026-11-20T09:00:00.000000Z" {
		t.Errorf("created = %q", got)
	}
	url := i.at("workflows.edges.0.node.triggerUrl").text()
	if !strings.HasPrefix(url, m.url+"/webhook/") {
		t.Errorf("triggerUrl = %q", url)
	}
	if got := i.at("workflows.edges.1.node.triggerUrl").v; got != nil {
		t.Errorf("triggerUrl of a scheduled workflow = %v, want null", got)
	}
	if again := m.newInstance(token, "HubSpot contacts"); again.at("id").v == i.at("id").v {
		t.Error("a second create call was taken for the first")
	}
}

func TestUsersAreUniqueAndTakeTheirsAlong(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	wantError(t, m.ask(m.s.MasterToken(), `mutation { createExternalUser(input: {name: "other", externalUserId: "ada"}) { userId } }`, nil),
		"PreconditionError", "user_already_exists")
	m.newInstance(token, "Notion notes")
	m.newAuth(user, "notion")
	m.data(m.s.MasterToken(), `mutation($u: ID!) { removeExternalUser(input: {userId: $u, clientMutationId: "x"}) { clientMutationId } }`, map[string]any{"u": user})

	state := m.control("GET", "state", "")
	if state.at("instances").len()+state.at("authentications").len()+state.at("users").len() != 0 {
		t.Errorf("left behind: %v", state.v)
	}
	if status, _ := m.do("POST", "/graphql", token, `{"query":"{ viewer { details { name } } }"}`); status != http.StatusUnauthorized {
		t.Errorf("the removed user's token: %d, want 401", status)
	}
	wantError(t, m.ask(m.s.MasterToken(), `mutation($u: ID!) { authorize(input: {userId: $u}) { accessToken } }`, map[string]any{"u": user}),
		"PreconditionError", "user_does_not_exist")
}

func authValue(slot, id string) map[string]any {
	return map[string]any{"externalId": slot, "authId": id}
}

func TestValuesMergeOrReplace(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Slack alerts for Salesforce deals").at("id").text()
	sf, slack := m.newAuth(user, "salesforce"), m.newAuth(user, "slack")
	set := func(values ...map[string]any) tree {
		return m.data(token, updateQuery, map[string]any{"id": id, "auths": values}).at("updateSolutionInstance.solutionInstance.authValues")
	}
	set(authValue("external_salesforce_authentication", sf))
	if got := set(authValue("external_slack_authentication", slack)); got.len() != 2 {
		t.Errorf("merged: %v, want both", got.v)
	}
	m.control("PATCH", "settings", `{"replace_values": true}`)
	if got := set(authValue("external_slack_authentication", slack)); got.len() != 1 {
		t.Errorf("replaced: %v, want one", got.v)
	}
	// A variable that was not sent is not a list that was emptied.
	m.data(token, updateQuery, map[string]any{"id": id, "on": false})
	state := m.control("GET", "state", "")
	if got := state.at("instances.0.auth_values").len(); got != 1 {
		t.Errorf("%d auth values after an update that names none, want 1", got)
	}
}

func TestConfigValuesAreJSONText(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	id := m.newInstance(token, "Google Sheets export").at("id").text()
	got := m.data(token, updateQuery, map[string]any{"id": id, "configs": []any{
		map[string]any{"externalId": "external_sheet_name", "value": `"people"`},
		map[string]any{"externalId": "external_header", "value": true},
	}}).at("updateSolutionInstance.solutionInstance.configValues")
	if got.at("0.value").text() != `"people"` || got.at("1.value").text() != "true" {
		t.Errorf("config values: %v", got.v)
	}
	slots := m.data(token, `{ viewer { solutions { edges { node { title configSlots { externalId defaultValue } } } } } }`, nil)
	if !strings.Contains(encode(t, slots.v), `"defaultValue":"\"leads\""`) {
		t.Errorf("the default value is not JSON text: %v", slots.v)
	}
}

func TestForeignAuthentication(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	other, _ := m.newUser("eve")
	id := m.newInstance(token, "Notion notes").at("id").text()
	auth := func(id string) []any { return []any{authValue("external_notion_authentication", id)} }
	wantError(t, m.ask(token, updateQuery, map[string]any{"id": id, "auths": auth(m.newAuth(other, "notion"))}), "PreconditionError", "access_not_allowed")
	wantError(t, m.ask(token, updateQuery, map[string]any{"id": id, "auths": auth("nope")}), "PreconditionError", "resource_does_not_exist")
	wantError(t, m.ask(token, updateQuery, map[string]any{"id": id, "auths": []any{authValue("external_nope", "x")}}), "PreconditionError", "resource_does_not_exist")
}

func TestEnabling(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	i := m.newInstance(token, "Notion notes")
	id := i.at("id").text()
	hook := strings.TrimPrefix(i.at("workflows.edges.0.node.triggerUrl").text(), m.url)
	enable := map[string]any{"id": id, "on": true, "check": true}

	m.advance(2 * time.Second)
	refused := m.ask(token, updateQuery, enable)
	wantError(t, refused, "PreconditionError", "")
	if !strings.Contains(refused.at("errors.0.message").text(), "external_notion_authentication") {
		t.Errorf("message: %v", refused.at("errors.0.message").v)
	}
	if status, _ := m.do("GET", hook, "", ""); status != http.StatusNotFound {
		t.Errorf("webhook of a disabled instance: %d, want 404", status)
	}
	enable["auths"] = []any{authValue("external_notion_authentication", m.newAuth(user, "notion"))}
	if got := m.data(token, updateQuery, enable).at("updateSolutionInstance.solutionInstance.enabled").v; got != true {
		t.Errorf("enabled = %v", got)
	}
	for _, method := range []string{"GET", "POST"} {
		if status, body := m.do(method, hook, "", ""); status != http.StatusOK || body != "" {
			t.Errorf("%s webhook: %d %q, want 200 and nothing", method, status, body)
		}
	}
	if runs := m.control("GET", "state", "").at("runs"); runs.len() != 2 || runs.at("0.outcome").text() != "successful" {
		t.Errorf("runs: %v", runs.v)
	}
}

func TestEnablingTooEarly(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	i := m.newInstance(token, "Exchange rates")
	hook := strings.TrimPrefix(i.at("workflows.edges.0.node.triggerUrl").text(), m.url)
	on := map[string]any{"id": i.at("id").v, "on": true, "check": true}
	off := map[string]any{"id": i.at("id").v, "on": false}

	m.control("PATCH", "settings", `{"early_enable": "error"}`)
	answer := m.ask(token, updateQuery, on)
	wantError(t, answer, "InternalError", "")
	if answer.at("errors.0.extensions.errorId").text() == "" {
		t.Error("an InternalError without errorId")
	}
	m.control("PATCH", "settings", `{"early_enable": "ok"}`)
	m.data(token, updateQuery, on)
	m.control("POST", "clock", `{"advance": "3s"}`)
	if status, _ := m.do("GET", hook, "", ""); status != http.StatusNotFound {
		t.Errorf("workflow of an instance enabled too early: %d, want 404", status)
	}
	m.data(token, updateQuery, off)
	m.data(token, updateQuery, on)
	if status, _ := m.do("GET", hook, "", ""); status != http.StatusOK {
		t.Errorf("after off and on: %d, want 200", status)
	}
}

const flagsQuery = `{ viewer { solutionInstances { edges { node { solutionVersionFlags {
	hasNewerVersion requiresUserInputToUpdateVersion requiresSystemInputToUpdateVersion } } } } } }`

func TestReleases(t *testing.T) {
	for _, c := range []struct {
		kind         string
		user, system bool
	}{{"lazy", false, false}, {"user", true, false}, {"system", false, true}} {
		t.Run(c.kind, func(t *testing.T) {
			m := start(t, Options{})
			_, token := m.newUser("ada")
			m.newInstance(token, "Exchange rates")
			flags := func() tree {
				return m.data(token, flagsQuery, nil).at("viewer.solutionInstances.edges.0.node.solutionVersionFlags")
			}
			if flags().at("hasNewerVersion").v != false {
				t.Error("a new instance has a newer version")
			}
			m.control("POST", "solutions/"+solutionID("Exchange rates")+"/publish", `{"kind": "`+c.kind+`"}`)
			got := flags()
			if got.at("hasNewerVersion").v != true || got.at("requiresUserInputToUpdateVersion").v != c.user || got.at("requiresSystemInputToUpdateVersion").v != c.system {
				t.Errorf("flags: %v", got.v)
			}
			m.advance(2 * time.Minute)
			if stays := flags().at("hasNewerVersion").v; stays != (c.kind != "lazy") {
				t.Errorf("hasNewerVersion after two minutes = %v", stays)
			}
		})
	}
}

func TestUpgrade(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Exchange rates").at("id").text()
	m.control("POST", "solutions/"+solutionID("Exchange rates")+"/publish", `{"kind": "user", "service": "xero"}`)
	values := []any{authValue("external_xero_v1_authentication", m.newAuth(user, "xero"))}
	const upgrade = `mutation($id: ID!, $auths: [AuthValue!]) { upgradeSolutionInstance(input: {solutionInstanceId: $id, authValues: $auths}) {
		solutionInstance { solutionVersionFlags { hasNewerVersion } authValues { authId } } } }`

	wantError(t, m.ask(token, updateQuery, map[string]any{"id": id, "auths": values}), "PreconditionError", "resource_does_not_exist")
	wantError(t, m.ask(token, upgrade, map[string]any{"id": id}), "PreconditionError", "")
	got := m.data(token, upgrade, map[string]any{"id": id, "auths": values}).at("upgradeSolutionInstance.solutionInstance")
	if got.at("solutionVersionFlags.hasNewerVersion").v != false || got.at("authValues").len() != 1 {
		t.Errorf("upgraded: %v", got.v)
	}
}

func TestUnpublish(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	m.newInstance(token, "Exchange rates")
	m.control("POST", "solutions/"+solutionID("Exchange rates")+"/unpublish", "")
	list := m.data(token, `{ viewer { solutions { edges { node { title } } } solutionInstances { edges { node { solution { title } } } } } }`, nil)
	if strings.Contains(encode(t, list.at("viewer.solutions").v), "Exchange rates") {
		t.Error("an unpublished solution is listed")
	}
	if got := list.at("viewer.solutionInstances.edges.0.node.solution.title").text(); got != "Exchange rates" {
		t.Errorf("the instance's solution = %q", got)
	}
	wantError(t, m.ask(token, createQuery, map[string]any{"s": solutionID("Exchange rates"), "n": "x"}), "PreconditionError", "resource_does_not_exist")
}

func TestAuthenticationsAndConnectors(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	hubspot := serviceByName("hubspot")
	id := m.data(token, `mutation($i: CreateUserAuthenticationInput!) { createUserAuthentication(input: $i) { authenticationId } }`, map[string]any{"i": map[string]any{
		"name": "Imported", "serviceId": hubspot.id(), "serviceEnvironmentId": hubspot.environmentID(), "data": `{"api_key":"s3cret-key"}`,
	}}).at("createUserAuthentication.authenticationId").text()
	_, requests := m.do("GET", "/_control/requests", "", "")
	if strings.Contains(requests, "s3cret-key") || !strings.Contains(requests, "Imported") {
		t.Error("the journal must keep the variables and not the credentials")
	}
	own := m.data(token, `{ viewer { authentications { edges { node { id name service { name icon } serviceEnvironment { title } } } pageInfo { hasNextPage } } } }`, nil)
	if own.at("viewer.authentications.edges.0.node.service.name").text() != "hubspot" {
		t.Errorf("own: %v", own.v)
	}
	if all := m.data(m.s.MasterToken(), `{ viewer { authentications { edges { node { id } } } } }`, nil); all.at("viewer.authentications.edges").len() != 0 {
		t.Errorf("the master token sees end users' authentications: %v", all.v)
	}
	const call = `mutation($o: String!, $a: String) { callConnector(input: {connector: "hubspot", version: "2.0", operation: $o, authId: $a, input: "{}"}) { output } }`
	ddl := m.data(token, call, map[string]any{"o": "list_lists_ddl", "a": id}).at("callConnector.output").text()
	if decode(t, ddl).at("result").len() != 2 {
		t.Errorf("output = %q", ddl)
	}
	if got := m.ask(token, call, map[string]any{"o": "fly"}).at("errors.0.message").text(); got != "The connector operation fly was not found" {
		t.Errorf("message = %q", got)
	}
	m.control("POST", "authentications/"+id+"/expire", "")
	wantError(t, m.ask(token, call, map[string]any{"o": "get_contacts", "a": id}), "PreconditionError", "")

	inst := m.newInstance(token, "HubSpot contacts").at("id").text()
	m.data(token, updateQuery, map[string]any{"id": inst, "auths": []any{authValue("external_hubspot_authentication", m.newAuth(user, "hubspot"))}})
	used := m.control("GET", "state", "").at("instances.0.auth_values.0.value").text()
	m.data(token, `mutation($a: ID!) { removeAuthentication(input: {authenticationId: $a}) { clientMutationId } }`, map[string]any{"a": used})
	if got := m.control("GET", "state", "").at("instances.0.auth_values").len(); got != 0 {
		t.Errorf("%d values left of a removed authentication", got)
	}
}

func TestStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tray.json")
	first := start(t, Options{File: file})
	user, token := first.newUser("ada")
	code := first.code(user)
	id := first.newInstance(token, "Notion notes").at("id").text()

	again := start(t, Options{File: file})
	if again.s.MasterToken() != first.s.MasterToken() || again.s.EmbeddedID() != first.s.EmbeddedID() {
		t.Error("the credentials have changed")
	}
	got := again.data(token, `{ viewer { solutionInstances { edges { node { id solution { title } } } } } }`, nil)
	if got.at("viewer.solutionInstances.edges.0.node.id").text() != id {
		t.Errorf("after a restart: %v", got.v)
	}
	if status, _ := again.do("GET", "/external/solutions/"+again.s.EmbeddedID()+"/configure/"+id+"?code="+code, "", ""); status != http.StatusOK {
		t.Errorf("the code after a restart: %d", status)
	}
	if got := len(again.s.state.Solutions.Rows); got != len(DemoSolutions()) {
		t.Errorf("%d solutions after a restart", got)
	}
}
