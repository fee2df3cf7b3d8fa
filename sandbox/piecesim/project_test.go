package piecesim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestDuplicateProjectIsTheDatabasesError(t *testing.T) {
	m := start(t, Options{})
	answers := make(chan string, 4)
	for range 4 {
		go func() {
			a := m.try("POST", "/projects", object{"displayName": "race", "externalId": "race_1"})
			answers <- fmt.Sprint(a.status, " ", a.body.at("code").text())
		}()
	}
	got := []string{<-answers, <-answers, <-answers, <-answers}
	slices.Sort(got)
	if want := []string{"201 ", "500 23505", "500 23505", "500 23505"}; !slices.Equal(got, want) {
		t.Errorf("answers %q, want %q", got, want)
	}
	if n := m.api("GET", "/projects?externalId=race_1", nil).at("data").len(); n != 1 {
		t.Errorf("%d projects, want 1", n)
	}
}

func TestProjectLimit(t *testing.T) {
	for _, o := range []Options{{Unlicensed: true}, {Edition: "ce"}} {
		m := start(t, o)
		admin := m.admin()
		m.ask("POST", "/api/v1/projects", admin, object{"displayName": "one", "externalId": "one"}).want(t, 201, "")
		m.ask("POST", "/api/v1/projects", admin, object{"displayName": "one", "externalId": "one"}).want(t, 402, "FEATURE_DISABLED")
	}
	m := start(t, Options{})
	m.project("one")
	m.project("two")
	m.control("PATCH", "settings", object{"lacks": []string{"teamProjectsLimit"}})
	m.try("POST", "/projects", object{"displayName": "three"}).want(t, 402, "FEATURE_DISABLED")
}

func TestProjectNames(t *testing.T) {
	m := start(t, Options{})
	for _, name := range []string{"acme.com", "a/b", ""} {
		m.try("POST", "/projects", object{"displayName": name}).want(t, 400, "FST_ERR_VALIDATION")
	}
	id := m.api("POST", "/projects", object{"displayName": "Åcme <b> GmbH", "externalId": nil, "metadata": nil}).at("id").text()
	m.try("POST", "/projects/"+id, object{"displayName": "acme.com"}).want(t, 400, "FST_ERR_VALIDATION")
}

func TestDeletedProject(t *testing.T) {
	m := start(t, Options{})
	first := m.project("org_1")
	m.stripe(first, "stripe_a", "sk_1").want(t, 201, "")
	m.flow(first, DemoTemplates()[0].Flows[0])
	m.global("gelato_org_1", first).want(t, 201, "")
	m.try("DELETE", "/projects/"+first, nil).want(t, 204, "")
	m.try("GET", "/projects/"+first, nil).want(t, 404, "ENTITY_NOT_FOUND")
	m.try("DELETE", "/projects/"+first, nil).want(t, 404, "ENTITY_NOT_FOUND")
	if second := m.project("org_1"); second == first {
		t.Error("the project is back")
	}
	counts := m.control("GET", "counts", nil)
	if counts.at("connections").v != 1.0 || counts.at("flows").v != 0.0 {
		t.Errorf("left: %v", counts.v)
	}
}

func TestProjectUpdate(t *testing.T) {
	m := start(t, Options{})
	first, second := m.project("org_1"), m.project("org_2")
	m.try("POST", "/projects/"+first, object{"externalId": "org_2"}).want(t, 409, "PROJECT_EXTERNAL_ID_ALREADY_EXISTS")
	m.global("a", first).want(t, 201, "")
	m.global("b", second).want(t, 201, "")
	got := m.api("POST", "/projects/"+second, object{
		"displayName": "Two", "metadata": object{"a": 1}, "globalConnectionExternalIds": []string{"a"},
		"plan": object{"piecesFilterType": "ALLOWED", "pieces": []string{"@activepieces/piece-stripe"}},
	})
	if got.at("displayName").text() != "Two" || got.at("plan.pieces").len() != 1 || got.at("externalId").text() != "org_2" {
		t.Errorf("updated: %v", got.v)
	}
	if n := m.api("GET", "/app-connections?projectId="+second, nil); n.at("data").len() != 1 || n.at("data.0.externalId").text() != "a" {
		t.Errorf("its global connections: %v", n.v)
	}
	m.ask("GET", "/api/v1/pieces?projectId="+second, "", nil).want(t, 200, "")
	if n := m.api("GET", "/pieces?projectId="+second, nil).len(); n != 1 {
		t.Errorf("%d pieces in a project that may use one", n)
	}
}

// What members may do: nothing in other projects, and viewers change nothing in theirs.
func TestMembers(t *testing.T) {
	m := start(t, Options{})
	mine, other := m.project("mine"), m.project("other")
	tokens := map[string]string{}
	m.s.change(func(st *state, now time.Time) {
		for _, role := range []string{"Editor", memberViewer} {
			u := st.users.put(&user{ID: newID(), Status: "ACTIVE", Role: roleMember, Created: now})
			st.setMember(u.ID, mine, role, now)
			tokens[role] = st.newSession(u, now)
		}
	})
	for role, token := range tokens {
		if n := m.ask("GET", "/api/v1/projects", token, nil).want(t, 200, "").body.at("data").len(); n != 1 {
			t.Errorf("%s sees %d projects", role, n)
		}
		m.ask("GET", "/api/v1/flows?projectId="+other, token, nil).want(t, 403, "AUTHORIZATION")
		m.ask("GET", "/api/v1/users", token, nil).want(t, 403, "AUTHORIZATION")
		m.ask("GET", "/api/v1/global-connections", token, nil).want(t, 403, "AUTHORIZATION")
	}
	flow := object{"displayName": "x", "projectId": mine}
	m.ask("POST", "/api/v1/flows", tokens["Editor"], flow).want(t, 201, "")
	m.ask("POST", "/api/v1/flows", tokens[memberViewer], flow).want(t, 403, "PERMISSION_DENIED")
}
