package connectsim

import (
	"net/url"
	"testing"
)

func TestSearch(t *testing.T) {
	m := start(t)
	for _, c := range []object{
		{"key": "tax-one", "name": "Tax", "description": "Counts VAT", "company": "Acme", "url": loyalty, "tag": "v1.0.0", "integration_types": []string{"tax"}},
		{"key": "erp-two", "name": "Ledger", "description": "Books", "company": "Other", "url": loyalty, "tag": "v1.1.0", "integration_types": []string{"erp", "oms"}},
		{"key": "hidden", "name": "Hidden", "company": "Acme", "url": loyalty, "tag": "v1.0.0", "private": true, "private_projects": []string{"us-central1.gcp:shop"}},
		{"key": "ours", "name": "Ours", "company": "Other", "url": loyalty, "tag": "v1.0.0", "private": true,
			"private_projects": []string{"us-central1.gcp:composable-product-dev-sandbox"}},
		{"key": "far", "name": "Far", "region": "us-east-2.aws", "url": loyalty, "tag": "v1.0.0"},
	} {
		m.control("POST", "connectors", c)
	}
	id := m.get("/connectors/key=tax-one").at("id").text()
	for query, want := range map[string]string{
		"": "tax-one, erp-two, ours", "private=true": "ours", "private=false": "tax-one, erp-two, ours",
		"text=vat": "tax-one", "text=OURS": "ours", "text=nothing": "", "creator.company=acme": "tax-one", "creator.company=ac": "",
		"id=" + id: "tax-one", "key=ours&key=erp-two": "erp-two, ours", "id=" + id + "&key=ours": "",
		"integrationTypes=oms": "erp-two", "integrationTypes=oms&integrationTypes=tax": "tax-one, erp-two", "limit=1&offset=1": "erp-two",
		"sort=lastModifiedAt":              "tax-one, erp-two, ours",
		"text=" + url.QueryEscape("books"): "erp-two",
	} {
		if got := m.get("/connectors/search?" + query).at("results").values("key"); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	for _, bad := range []string{"private=maybe", "limit=x", "integrationTypes=x", "sort=name"} {
		m.try("GET", "/connectors/search?"+bad, nil).want(t, 400, "InvalidQueryParam")
	}
	for _, hidden := range []string{"hidden", "far"} {
		m.try("GET", "/connectors/key="+hidden, nil).want(t, 404, "ResourceNotFound")
	}
	if a := m.ask("POST", "/_control/connectors", "", object{"key": "xx", "url": "nowhere", "tag": "v1"}); a.status != 400 {
		t.Errorf("a connector of no repository: %d %s", a.status, a.raw)
	}
}

// A private connector is there for the projects that its draft names, or for its creator's alone.
func TestPrivateProjects(t *testing.T) {
	m := start(t)
	m.control("POST", "projects", object{"key": "sister"})
	sister := m.clientOf("sister")
	m.published("one", nil)
	m.get("/connectors/key=one")
	m.ask("GET", "/connectors/key=one", sister, nil).want(t, 404, "ResourceNotFound")
	m.update("one", object{"action": "addPrivateProject", "privateProject": "us-central1.gcp:sister"}).want(t, 201, "")
	m.ask("GET", "/connectors/key=one", sister, nil).want(t, 200, "")
	m.try("GET", "/connectors/key=one", nil).want(t, 404, "ResourceNotFound")
	m.deploy("dep", "one", nil).want(t, 400, "ConnectorReferenceNotFound")
	m.ask("POST", "/sister/deployments", sister, deployBody("dep", object{"key": "one"}, nil)).want(t, 201, "")
	if got := m.ask("GET", "/connectors/search?private=true", sister, nil).at("total").num(); got != 1 {
		t.Errorf("%d connectors are the sister's", got)
	}

	m.previewed("two", object{"privateProjects": []string{"us-central1.gcp:sister"}})
	staged := deployBody("two", object{"key": "two", "staged": true}, nil)
	m.try("POST", deploymentsPath, staged).want(t, 400, "ConnectorReferenceNotFound")
	m.ask("POST", "/sister/deployments", sister, staged).want(t, 201, "")
}
