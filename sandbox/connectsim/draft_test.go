package connectsim

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

func TestDraftsAreChecked(t *testing.T) {
	m := start(t)
	body := func(more object) object { return someDraft("a-draft", loyalty, "v1.0.0", more) }
	for name, c := range map[string]struct {
		body   any
		detail string // of the first error
		errors int
	}{
		"no JSON":             {`{"name": `, "unexpected end of JSON input", 1},
		"two values":          {`{} {}`, "invalid character '{' after top-level value", 1},
		"a brace too many":    {`{} }`, "invalid character '}' after top-level value", 1},
		"too long":            {`{"name": "` + strings.Repeat("x", maxBody) + `"}`, "unexpected end of JSON input", 1},
		"a list":              {`[]`, "the body is not a JSON object", 1},
		"nothing":             {object{}, "name: a required field is missing", 3},
		"a null":              {body(object{"name": nil}), "name: a required field is missing", 1},
		"a number":            {body(object{"name": 7}), "name: expected a string", 1},
		"a short key":         {body(object{"key": "a"}), "key: does not match", 1},
		"a key with a dot":    {body(object{"key": "a.b"}), "key: does not match", 1},
		"no e-mail":           {body(object{"creator": object{"name": "x"}}), "creator.email: a required field is missing", 1},
		"a creator's text":    {body(object{"creator": "x"}), "creator: expected an object", 1},
		"no tag":              {body(object{"repository": object{"url": "x"}}), "repository.tag: a required field is missing", 1},
		"a wrong type":        {body(object{"integrationTypes": []string{"tax", "magic"}}), "integrationTypes[1]: expected one of tax", 1},
		"a wrong region":      {body(object{"supportedRegions": []string{"eastus.azure"}}), "supportedRegions[0]: expected one of europe-west1.gcp", 1},
		"regions as text":     {body(object{"supportedRegions": "us-central1.gcp"}), "supportedRegions: expected an array", 1},
		"projects of no text": {body(object{"privateProjects": []int{7}}), "privateProjects[0]: expected a string", 2},
		"a wrong project":     {body(object{"privateProjects": []string{"my-project"}}), `privateProjects: "my-project" is not of the form`, 1},
		"too few":             {body(object{"creator": object{"email": "x", "noOfContributors": 1.5}}), "creator.noOfContributors: expected an integer", 1},
		"two faults at all":   {body(object{"name": nil, "description": false}), "name: a required field is missing", 2},
	} {
		a := m.try("POST", "/connectors/drafts", c.body)
		if a.status != 400 || a.at("message").text() != "Request body does not contain valid JSON." || len(a.at("errors").list()) != c.errors ||
			a.at("errors.0.code").text() != "InvalidJsonInput" || !strings.HasPrefix(a.at("errors.0.detailedErrorMessage").text(), c.detail) {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if got := m.get("/connectors/drafts").at("total").num(); got != 0 {
		t.Errorf("%d drafts were made of that", got)
	}
}

func TestDraftKeysAreUnique(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	a := m.try("POST", "/connectors/drafts", someDraft("one", loyalty, "v1.0.0", nil)).want(t, 400, "DuplicateField")
	if a.at("errors.0.field").text() != "key" || a.at("errors.0.duplicateValue").text() != "one" || a.at("message").text() != "A duplicate value one exists for field key." {
		t.Errorf("duplicate: %s", a.raw)
	}
	for range 2 {
		keyless := m.try("POST", "/connectors/drafts", someDraft("x", loyalty, "v1.0.0", object{"key": nil})).want(t, 201, "")
		if keyless.has("key") {
			t.Errorf("a draft without a key: %s", keyless.raw)
		}
		m.get("/connectors/drafts/" + strings.ToUpper(keyless.at("id").text()))
	}
	m.try("DELETE", "/connectors/drafts/key=one", nil).want(t, 200, "")
	m.draft("one", nil)

	m.control("POST", "projects", object{"key": "elsewhere", "organization": "another"})
	m.control("POST", "projects", object{"key": "sister"})
	other, sister := m.clientOf("elsewhere"), m.clientOf("sister")
	m.ask("GET", "/connectors/drafts/key=one", other, nil).want(t, 404, "ResourceNotFound")
	m.ask("POST", "/connectors/drafts", other, someDraft("one", loyalty, "v1.0.0", nil)).want(t, 201, "")
	m.ask("GET", "/connectors/drafts/key=one", sister, nil).want(t, 200, "") // drafts are the organisation's
}

// clientOf is a token of a new API client that may everything in a project.
func (m *sim) clientOf(project string) string {
	m.t.Helper()
	made := m.control("POST", "clients", object{"project": project})
	return m.tokenOf(Access{Region: defaultRegion, ClientID: made.at("id").text(), ClientSecret: made.at("secret").text()})
}

func TestDraftsArePaged(t *testing.T) {
	m := start(t)
	for i := range 5 {
		more := object{"integrationTypes": []string{"tax"}}
		if i%2 == 1 {
			more = object{"integrationTypes": []string{"erp", "search"}}
		}
		m.draft(fmt.Sprintf("draft-%d", i), more)
		m.pass(time.Second)
	}
	m.update("draft-0", object{"action": "setName", "name": "New"}).want(t, 201, "")
	for query, want := range map[string]string{
		"": "0 1 2 3 4 of 5, limit 20", "?limit=2": "0 1 of 5, limit 2", "?limit=2&offset=4": "4 of 5, limit 2", "?limit=0": "of 5, limit 0",
		"?offset=10000": "of 5, limit 20", "?sort=createdAt%20desc&limit=2": "4 3 of 5, limit 2", "?sort=createdAt": "0 1 2 3 4 of 5, limit 20",
		"?sort=lastModifiedAt%20desc&limit=1": "0 of 5, limit 1", "?sort=createdAt&sort=lastModifiedAt+asc&limit=1": "0 of 5, limit 1",
		"?integrationTypes=tax": "0 2 4 of 3, limit 20", "?integrationTypes=tax&integrationTypes=erp": "0 1 2 3 4 of 5, limit 20",
		"?integrationTypes=psp": "of 0, limit 20", "?isPrivate=true&limit=1": "0 of 5, limit 1", "?isPrivate=false": "of 0, limit 20", "?version=7": "0 1 2 3 4 of 5, limit 20",
	} {
		a := m.get("/connectors/drafts" + query)
		var keys []string
		for _, d := range a.at("results").list() {
			keys = append(keys, strings.TrimPrefix(d.at("key").text(), "draft-"))
		}
		got := strings.TrimSpace(fmt.Sprintf("%s of %d, limit %d", strings.Join(keys, " "), a.at("total").num(), a.at("limit").num()))
		if got != want || a.at("count").num() != len(keys) {
			t.Errorf("%s: %s, count %d; want %s", query, got, a.at("count").num(), want)
		}
	}
	for _, query := range []string{
		"limit=501", "limit=-1", "limit=many", "offset=10001", "offset=x", "sort=name", "sort=createdAt%20up", "isPrivate=yes", "integrationTypes=magic",
	} {
		a := m.try("GET", "/connectors/drafts?"+query, nil).want(t, 400, "InvalidQueryParam")
		if a.at("errors.0.detailedErrorMessage").text() == "" {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	m.try("GET", "/connectors/drafts?limit=x&offset=x", nil).want(t, 400, "InvalidQueryParam, InvalidQueryParam")
}

func TestEachUpdateAction(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	for _, c := range []struct {
		action object
		path   string
		want   any
	}{
		{object{"action": "setName", "name": "N"}, "name", "N"},
		{object{"action": "setDescription", "description": "D"}, "description", "D"},
		{object{"action": "setIntegrationTypes", "integrationTypes": []string{"oms"}}, "integrationTypes.0", "oms"},
		{object{"action": "setDocumentationUrl", "documentationUrl": "https://d.example"}, "documentationUrl", "https://d.example"},
		{object{"action": "setRepository", "url": bloomreach, "tag": "v1.1.0"}, "repository.tag", "v1.1.0"},
		{object{"action": "setSupportedRegions", "regions": []string{"us-east-2.aws"}}, "supportedRegions.0", "us-east-2.aws"},
		{object{"action": "addPrivateProject", "privateProject": "us-central1.gcp:shop"}, "privateProjects.0", "us-central1.gcp:shop"},
		{object{"action": "addPrivateProject", "privateProject": "us-central1.gcp:shop"}, "privateProjects.1", nil},
		{object{"action": "removePrivateProject", "privateProject": "us-central1.gcp:shop"}, "privateProjects.0", nil},
		{object{"action": "setCreatorName", "creatorName": "C"}, "creator.name", "C"},
		{object{"action": "setCreatorTitle", "creatorTitle": "Dr"}, "creator.title", "Dr"},
		{object{"action": "setCreatorEmail", "creatorEmail": "c@acme.example"}, "creator.email", "c@acme.example"},
		{object{"action": "setCreatorCompany", "creatorCompany": "Acme"}, "creator.company", "Acme"},
		{object{"action": "setCreatorLogo", "logoUrl": "https://l.example"}, "creator.logoUrl", "https://l.example"},
		{object{"action": "setCreatorNoOfContributors", "creatorNoOfContributors": 3}, "creator.noOfContributors", 3.0},
		{object{"action": "setCreatorSupportUrl", "creatorSupportUrl": "https://s.example"}, "creator.supportUrl", "https://s.example"},
		{object{"action": "addCertificationComment", "comment": "Hello"}, "certificationInfo.comments.0.comment", "Hello"},
		{object{"action": "updatePreviewable"}, "isPreviewable", "pending"},
		{object{"action": "publish", "certification": false}, "status", "Processing"},
	} {
		before := m.at("one").at("version").num()
		a := m.update("one", c.action).want(t, 201, "")
		if got := a.at(c.path).v; got != c.want || a.at("version").num() != before+1 {
			t.Errorf("%v: %s is %v at version %d, want %v at %d", c.action, c.path, got, a.at("version").num(), c.want, before+1)
		}
		lame := maps.Clone(c.action)
		for field := range c.action {
			if field != "action" {
				delete(lame, field)
				m.update("one", lame).want(t, 400, "InvalidJsonInput"+strings.Repeat(", InvalidJsonInput", len(c.action)-1-len(lame)))
			}
		}
	}
	if len(draftActions) != 19 {
		t.Errorf("%d actions are known, 19 of them were met", len(draftActions))
	}
}

func TestUpdatesAreChecked(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	for name, body := range map[string]any{
		"no JSON": `{`, "no version": object{"actions": []object{}}, "no actions": object{"version": 1}, "a version as text": object{"version": "1", "actions": []object{}},
		"no action's name":   object{"version": 1, "actions": []object{{"name": "x"}}},
		"an action as text":  object{"version": 1, "actions": []string{"setName"}},
		"an unknown one":     object{"version": 1, "actions": []object{{"action": "setKey", "key": "two"}}},
		"one that was":       object{"version": 1, "actions": []object{{"action": "triggerCertification"}}},
		"no region":          object{"version": 1, "actions": []object{{"action": "setSupportedRegions", "regions": []string{}}}},
		"an unknown region":  object{"version": 1, "actions": []object{{"action": "setSupportedRegions", "regions": []string{"mars"}}}},
		"nobody contributes": object{"version": 1, "actions": []object{{"action": "setCreatorNoOfContributors", "creatorNoOfContributors": 0}}},
		"a wrong project":    object{"version": 1, "actions": []object{{"action": "addPrivateProject", "privateProject": "x"}}},
		"certification?":     object{"version": 1, "actions": []object{{"action": "publish", "certification": "true"}}},
	} {
		a := m.try("POST", "/connectors/drafts/key=one", body)
		if a.status != 400 || a.at("errors.0.code").text() != "InvalidJsonInput" || a.at("errors.0.detailedErrorMessage").text() == "" {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	m.try("POST", "/connectors/drafts/key=none", object{"version": 1, "actions": []object{}}).want(t, 404, "ResourceNotFound")

	// All actions or none, and nothing at all is no change.
	m.update("one", object{"action": "setName", "name": "changed"}, object{"action": "removePrivateProject", "privateProject": "us-central1.gcp:shop"}).
		want(t, 400, "FieldValueNotFound")
	if d := m.at("one"); d.at("version").num() != 1 || d.at("name").text() != "Connector one" {
		t.Errorf("half of an update was done: %s", d.raw)
	}
	if a := m.update("one").want(t, 201, ""); a.at("version").num() != 1 {
		t.Errorf("an update of nothing: %s", a.raw)
	}
	m.update("one", object{"action": "setName", "name": "A"}, object{"action": "setDescription", "description": "B"}).want(t, 201, "")
	if d := m.at("one"); d.at("version").num() != 2 || d.at("name").text() != "A" || d.at("description").text() != "B" {
		t.Errorf("two actions: %s", d.raw)
	}
}

func TestStaleVersion(t *testing.T) {
	m := start(t)
	id := m.draft("one", nil).at("id").text()
	body := object{"version": 7, "actions": []object{{"action": "setName", "name": "x"}}}
	a := m.try("POST", "/connectors/drafts/"+id, body).want(t, 409, "ConcurrentModification")
	want := "Object id=" + id + " or key=one has a different version than expected. Expected: 7 - Actual: 1)"
	if a.at("errors.0.expectedVersion").num() != 7 || a.at("errors.0.currentVersion").num() != 1 || a.at("message").text() != want {
		t.Errorf("conflict: %s", a.raw)
	}
	m.set(object{"short_conflict": true})
	a = m.try("POST", "/connectors/drafts/"+id, body).want(t, 409, "ConcurrentModification")
	if a.at("errors.0").has("currentVersion") || a.at("message").text() != "Version mismatch. Concurrent modification." {
		t.Errorf("the short form: %s", a.raw)
	}
}

func TestDraftsAreDeleted(t *testing.T) {
	m := start(t)
	id := m.draft("one", nil).at("id").text()
	if a := m.try("DELETE", "/connectors/drafts/key=one", nil).want(t, 200, ""); a.at("id").text() != id {
		t.Errorf("deleted: %s", a.raw)
	}
	m.try("DELETE", "/connectors/drafts/key=one", nil).want(t, 404, "ResourceNotFound")
	m.try("GET", "/connectors/drafts/"+id, nil).want(t, 404, "ResourceNotFound")

	m.previewed("deployed", nil)
	m.try("POST", deploymentsPath, deployBody("dep", object{"key": "deployed", "staged": true}, nil)).want(t, 201, "")
	m.try("DELETE", "/connectors/drafts/key=deployed", nil).want(t, 400, codeNotAllowed)
	m.pass(40 * time.Second)
	m.try("DELETE", deploymentsPath+"/key=dep", nil).want(t, 202, "")
	m.pass(15 * time.Second)
	m.try("DELETE", "/connectors/drafts/key=deployed", nil).want(t, 200, "")

	m.published("published", nil)
	m.try("DELETE", "/connectors/drafts/key=published", nil).want(t, 400, codeNotAllowed)
	m.draft("reviewed", nil)
	m.update("reviewed", object{"action": "publish", "certification": true}).want(t, 201, "")
	m.try("DELETE", "/connectors/drafts/key=reviewed", nil).want(t, 400, codeNotAllowed)
	m.pass(30 * time.Second)
	m.try("DELETE", "/connectors/drafts/key=reviewed", nil).want(t, 400, codeNotAllowed)
	m.control("POST", "drafts/reviewed/approve", nil)
	m.update("reviewed", object{"action": "unlist"}).want(t, 201, "")
	id = m.at("reviewed").at("id").text()
	m.try("DELETE", "/connectors/drafts/key=reviewed", nil).want(t, 200, "")
	m.try("GET", "/connectors/"+id, nil).want(t, 404, "ResourceNotFound")
}
