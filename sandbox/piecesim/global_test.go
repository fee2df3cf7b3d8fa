package piecesim

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestGlobalConnectionLists(t *testing.T) {
	m := start(t, Options{})
	one, two := m.project("org_1"), m.project("org_2")
	first := m.global("x", one).want(t, 201, "").body
	if first.at("metadata").v != nil {
		t.Error("the metadata of a global connection was kept")
	}
	if again := m.global("x", one).body; again.at("id").v != first.at("id").v {
		t.Error("the same list made a second row")
	}
	longer := m.global("x", one, two).want(t, 201, "").body
	if longer.at("id").v == first.at("id").v {
		t.Error("a longer list went to the first row")
	}
	shorter := m.global("x", two).want(t, 201, "").body
	if shorter.at("id").v != longer.at("id").v || shorter.at("projectIds").len() != 1 {
		t.Errorf("a shorter list: %v, want it to take a project away from the second row", shorter.v)
	}
	m.global("x", one, one).want(t, 404, "ENTITY_NOT_FOUND")
	m.global("x", badID).want(t, 404, "ENTITY_NOT_FOUND")
	m.global("y").want(t, 201, "")
	m.try("POST", "/app-connections/"+first.at("id").text(), object{"displayName": "x"}).want(t, 403, "AUTHORIZATION")
	m.try("DELETE", "/app-connections/"+first.at("id").text(), nil).want(t, 403, "AUTHORIZATION")
}

func TestGlobalConnectionUpdate(t *testing.T) {
	m := start(t, Options{})
	one, two := m.project("org_1"), m.project("org_2")
	id := m.global("x", one).body.at("id").text()
	m.try("POST", "/global-connections/"+id, object{"projectIds": []string{two}}).want(t, 400, "FST_ERR_VALIDATION")
	got := m.api("POST", "/global-connections/"+id, object{"displayName": "X", "projectIds": []string{two}, "metadata": object{"a": 1}, "preSelectForNewProjects": true})
	if got.at("displayName").text() != "X" || got.at("projectIds.0").text() != two || got.at("metadata").v != nil || got.at("preSelectForNewProjects").v != true {
		t.Errorf("updated: %v", got.v)
	}
	m.try("DELETE", "/global-connections/"+id, nil).want(t, 204, "")
	m.try("DELETE", "/global-connections/"+id, nil).want(t, 404, "ENTITY_NOT_FOUND")
}

// Two first upserts at once make two rows: nothing makes external IDs unique.
func TestTwoFirstUpsertsAtOnce(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.control("PATCH", "settings", object{"worker": false})
	body := object{
		"displayName": "G", "externalId": "g", "pieceName": "@activepieces/piece-stripe", "type": "SECRET_TEXT", "scope": "PLATFORM",
		"value": object{"type": "SECRET_TEXT", "secret_text": "sk_1"}, "projectIds": []string{project},
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { m.try("POST", "/global-connections", body).want(t, http.StatusCreated, "") })
	}
	m.waits(2)
	m.control("PATCH", "settings", object{"worker": true})
	both.Wait()
	rows := m.api("GET", "/global-connections", nil).at("data")
	if rows.len() != 2 || rows.at("0.externalId").v != rows.at("1.externalId").v {
		t.Errorf("rows: %v", rows.v)
	}
}

// Which of two connections of one name a flow gets is chance; that it gets one is not.
func TestExternalIDsAreAmbiguous(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	m.stripe(project, "x", "sk_1").want(t, 201, "")
	m.global("x", project).want(t, 201, "")
	m.s.change(func(st *state, _ time.Time) {
		n, ok := st.resolve("x", project)
		if !ok || len(st.connections.where(func(n *connection) bool { return n.ExternalID == "x" })) != 2 {
			t.Fatalf("x resolves to %v", n)
		}
	})
	if all := m.api("GET", "/app-connections?projectId="+project, nil).at("data").len(); all != 2 {
		t.Errorf("%d connections in the project, want the global one too", all)
	}
	scopes := []string{}
	for _, i := range []string{"0", "1"} {
		scopes = append(scopes, m.api("GET", "/app-connections?projectId="+project, nil).at("data."+i+".scope").text())
	}
	if slices.Sort(scopes); scopes[0] != scopePlatform || scopes[1] != scopeProject {
		t.Errorf("scopes: %v", scopes)
	}
}
