package piecesim

import (
	"encoding/json"
	"image/png"
	"strings"
	"testing"

	"portico/sandbox/tile"
)

func TestDemoPieces(t *testing.T) {
	m := start(t, Options{})
	list := m.ask("GET", "/api/v1/pieces?limit=3", "", nil).want(t, 200, "").body
	if list.len() != len(DemoPieces()) || list.len() < 13 {
		t.Errorf("%d pieces, want all %d whatever the limit", list.len(), len(DemoPieces()))
	}
	types := map[string]int{}
	for _, p := range DemoPieces() {
		whole := m.ask("GET", "/api/v1/pieces/"+p.Name, "", nil).want(t, 200, "").body
		if whole.at("version").text() != p.Version {
			t.Errorf("%s: %v", p.Name, whole.v)
		}
		if p.Auth == "" {
			types["none"]++
			continue
		}
		if !json.Valid([]byte(p.Auth)) {
			t.Errorf("%s: its auth is no JSON: %s", p.Name, p.Auth)
		}
		if _, isList := whole.at("auth").v.([]any); isList {
			types["several"]++
		}
		types[whole.at("auth.type").text()]++
		picture := m.ask("GET", strings.TrimPrefix(whole.at("logoUrl").text(), m.url), "", nil)
		if img, err := png.Decode(strings.NewReader(picture.raw)); err != nil || img.Bounds().Dx() != tile.Size {
			t.Errorf("%s: its picture: %v", p.Name, err)
		}
	}
	for _, kind := range []string{"none", "several", "SECRET_TEXT", "BASIC_AUTH", "CUSTOM_AUTH", "OAUTH2"} {
		if types[kind] == 0 {
			t.Errorf("no demo piece of auth %s", kind)
		}
	}
	m.ask("GET", "/api/v1/pieces?release=0.86.0", "", nil).want(t, 400, "PIECE_SYNC_NOT_SUPPORTED")
	if tags := m.ask("GET", "/api/v1/pieces?searchQuery=gelato&includeTags=true", "", nil).body.at("0.tags"); tags.len() != 1 {
		t.Errorf("tags of Gelato: %v", tags.v)
	}
	if n := len(m.s.pieces.tagged([]string{"finance"})); n != 2 {
		t.Errorf("%d pieces tagged finance, want Stripe and Square", n)
	}
}

// Every demo template can be imported and published as it is; one of them has two flows.
func TestDemoTemplatesWork(t *testing.T) {
	m := start(t, Options{})
	project := m.project("org_1")
	double := 0
	for _, d := range DemoTemplates() {
		if len(d.Flows) > 1 {
			double++
		}
		for _, f := range d.Flows {
			got := m.api("GET", "/flows/"+m.flow(project, f), nil)
			if got.at("version.valid").v != true || got.at("status").text() != statusEnabled {
				t.Errorf("%s: %v", d.Name, got.v)
			}
		}
	}
	if double != 1 {
		t.Errorf("%d templates of two flows, want 1", double)
	}
}

func TestFlags(t *testing.T) {
	m := start(t, Options{URL: "http://pieces.example/", Version: "0.81.0", Edition: "ce"})
	flags := m.ask("GET", "/api/v1/flags", "", nil).want(t, 200, "").body
	for name, want := range map[string]string{
		"CURRENT_VERSION": "0.81.0", "EDITION": "ce", "PUBLIC_URL": "http://pieces.example/",
		"WEBHOOK_URL_PREFIX": "http://pieces.example/api/v1/webhooks", "THIRD_PARTY_AUTH_PROVIDER_REDIRECT_URL": "http://pieces.example/redirect",
	} {
		if got := flags.at(name).text(); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}
