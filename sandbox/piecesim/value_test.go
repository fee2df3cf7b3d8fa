package piecesim

import (
	"fmt"
	"strings"
	"testing"
)

func TestValuesByType(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	for _, c := range []struct {
		piece, kind string
		value       object
		status      int
		code        string
	}{
		{"discord", "SECRET_TEXT", object{"type": "SECRET_TEXT", "secret_text": "x"}, 201, ""},
		{"discord", "SECRET_TEXT", object{"type": "SECRET_TEXT", "secret_text": ""}, 400, "FST_ERR_VALIDATION"},
		{"discord", "SECRET_TEXT", object{"type": "CUSTOM_AUTH", "props": object{}}, 400, "FST_ERR_VALIDATION"},
		{"discord", "SECRET_TEXT", object{"type": "SECRET_TEXT", "props": object{}}, 400, "FST_ERR_VALIDATION"},
		{"discord", "SECRET_TEXT", nil, 400, "FST_ERR_VALIDATION"},
		{"twilio", "BASIC_AUTH", object{"type": "BASIC_AUTH", "username": "a", "password": "b"}, 201, ""},
		{"twilio", "BASIC_AUTH", object{"type": "BASIC_AUTH", "username": "a", "password": ""}, 400, "FST_ERR_VALIDATION"},
		{"twilio", "BASIC_AUTH", object{"type": "BASIC_AUTH", "username": "a"}, 400, "FST_ERR_VALIDATION"},
		{"zendesk", "CUSTOM_AUTH", object{"type": "CUSTOM_AUTH", "props": object{"email": "a"}}, 201, ""},
		{"zendesk", "CUSTOM_AUTH", object{"type": "CUSTOM_AUTH", "props": "text"}, 400, "FST_ERR_VALIDATION"},
		{"http", "NO_AUTH", object{"type": "NO_AUTH"}, 201, ""},
		{"http", "OAUTH9", object{"type": "OAUTH9"}, 400, "FST_ERR_VALIDATION"},
		{"stripe", "CUSTOM_AUTH", object{"type": "CUSTOM_AUTH", "props": object{}}, 400, "INVALID_APP_CONNECTION"},
		{"nope", "NO_AUTH", object{"type": "NO_AUTH"}, 404, "ENTITY_NOT_FOUND"},
		{"slack", "OAUTH2", object{"type": "OAUTH2", "client_id": "a", "client_secret": "b", "code": "c", "scope": "d", "redirect_url": "e"}, 400, "INVALID_CLAIM"},
		{"slack", "OAUTH2", object{"type": "OAUTH2", "client_id": "a", "code": "c", "scope": "d", "redirect_url": "e"}, 400, "FST_ERR_VALIDATION"},
		{"slack", "CLOUD_OAUTH2", object{"type": "CLOUD_OAUTH2", "client_id": "a", "code": "c", "scope": "d"}, 400, "INVALID_CLOUD_CLAIM"},
	} {
		t.Run(fmt.Sprintf("%s %v", c.kind, len(c.value)), func(t *testing.T) {
			body := object{
				"projectId": project, "externalId": c.piece, "displayName": "x", "pieceName": named(c.piece), "type": c.kind, "value": c.value,
			}
			m.try("POST", "/app-connections", body).want(t, c.status, c.code)
		})
	}
	oauth := object{"type": "PLATFORM_OAUTH2", "client_id": "nobody", "code": "c", "scope": "d", "redirect_url": "e"}
	body := object{"projectId": project, "externalId": "s", "displayName": "x", "pieceName": named("slack"), "type": "PLATFORM_OAUTH2", "value": oauth}
	if a := m.try("POST", "/app-connections", body); a.status != 500 || !strings.Contains(a.raw, "oauth_app") {
		t.Errorf("without an OAuth app: %d %s", a.status, a.raw)
	}
	oauth["client_id"] = "portico-slack"
	m.try("POST", "/app-connections", body).want(t, 400, "INVALID_CLAIM")
	body["pieceVersion"], body["type"], body["value"] = "9.9.9", "NO_AUTH", object{"type": "NO_AUTH"}
	m.try("POST", "/app-connections", body).want(t, 409, "VALIDATION")
}

func TestUpsertKeepsTheID(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	placeholder := object{"projectId": project, "externalId": "stripe", "displayName": "Later", "pieceName": named("stripe"), "type": "PLACEHOLDER"}
	first := m.try("POST", "/app-connections", placeholder).want(t, 201, "").body
	if first.at("status").text() != "MISSING" || first.at("type").text() != "NO_AUTH" {
		t.Errorf("a placeholder: %v", first.v)
	}
	real := m.stripe(project, "stripe", "sk_1").want(t, 201, "").body
	if real.at("id").v != first.at("id").v || real.at("status").text() != "ACTIVE" {
		t.Errorf("the real one: %v", real.v)
	}
	if again := m.try("POST", "/app-connections", placeholder).want(t, 201, "").body; again.at("status").text() != "ACTIVE" || again.at("displayName").text() != "stripe" {
		t.Errorf("a placeholder overwrote it: %v", again.v)
	}
	other := m.project("org_2")
	if there := m.stripe(other, "stripe", "sk_1").body; there.at("id").v == real.at("id").v {
		t.Error("two projects share a connection")
	}
	seen := m.control("GET", "connections?project="+project, nil)
	before := seen.at("0.value_sha256").text()
	m.stripe(project, "stripe", "sk_2").want(t, 201, "")
	seen = m.control("GET", "connections?project="+project, nil)
	if seen.at("0.value_sha256").text() == before || seen.at("0.upserts").v != 2.0 {
		t.Errorf("a new value is not told from the old one: %v", seen.v)
	}
}

func TestMetadataOfProjectConnectionsIsKept(t *testing.T) {
	m := start(t, Options{})
	made := m.api("POST", "/app-connections", object{
		"projectId": m.project("org_1"), "externalId": "x", "displayName": "x", "pieceName": named("http"), "type": "NO_AUTH",
		"value": object{"type": "NO_AUTH"}, "metadata": object{"tenant": "org_1"},
	})
	if made.at("metadata.tenant").text() != "org_1" {
		t.Errorf("made: %v", made.v)
	}
	renamed := m.api("POST", "/app-connections/"+made.at("id").text(), object{"displayName": "y"})
	if renamed.at("metadata.tenant").text() != "org_1" || renamed.at("displayName").text() != "y" {
		t.Errorf("renamed: %v", renamed.v)
	}
}
