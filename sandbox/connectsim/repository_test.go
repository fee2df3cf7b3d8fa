package connectsim

import (
	"strings"
	"testing"

	"portico/upstream/commercetools/connectyaml"
)

func TestRepositoriesAreFoundByAnyAddress(t *testing.T) {
	m := start(t)
	for url, code := range map[string]string{
		"git@github.com:acme/loyalty.git":         "",
		"git@github.com:acme/loyalty":             "",
		"ssh://git@github.com/acme/loyalty.git":   "",
		"https://github.com/acme/loyalty.git":     "",
		"https://GitHub.com/acme/loyalty":         "",
		m.url + "/git/acme/loyalty.git":           "",
		"http://localhost:9/git/acme/loyalty.git": "",
		"http://github.com/acme/loyalty.git":      "GitRepositoryNotReachable",
		"https://gitlab.example/acme/loyalty.git": "GitRepositoryNotReachable",
		"http://10.0.0.1/git/acme/loyalty.git":    "GitRepositoryNotReachable",
		"http://localhost/acme/loyalty.git":       "GitRepositoryNotReachable",
		"git@gitlab.example:acme/loyalty.git":     "GitRepositoryNotReachable",
		"git@github.com:acme/none.git":            "GitRepositoryNotReachable",
		"git@github.com:acme/empty.git":           "ConnectorSpecificationFileNotFound",
		"git@github.com:acme/broken.git":          "ConnectorSpecificationFileNotValid",
		"[email protected]:acme/loyalty.git":      "GitRepositoryNotReachable",
		"%":                                       "GitRepositoryNotReachable",
		"":                                        "GitRepositoryNotReachable",
	} {
		status := 400
		if code == "" {
			status = 201
		}
		a := m.try("POST", "/connectors/drafts", someDraft("x", url, "v1.0.0", object{"key": nil}))
		a.want(t, status, code)
		if strings.HasPrefix(code, "Connector") && !strings.Contains(a.at("message").text(), "connect.yaml at "+url+" with the tag v1.0.0") {
			t.Errorf("%s: %s", url, a.raw)
		}
	}
	m.try("POST", "/connectors/drafts", someDraft("xx", loyalty, "v9", nil)).want(t, 400, "GitRepositoryNotReachable")
	m.draft("one", nil)
	for tag, url := range map[string]string{"v9": loyalty, "v1.0.0": "git@github.com:acme/empty.git"} {
		if a := m.update("one", object{"action": "setRepository", "url": url, "tag": tag}); a.status != 400 {
			t.Errorf("setRepository to %s %s: %d %s", url, tag, a.status, a.raw)
		}
	}
	if got := m.at("one").at("version").num(); got != 1 {
		t.Errorf("version %d after refused updates", got)
	}
}

func TestControlledRepositories(t *testing.T) {
	m := start(t)
	file := map[string]string{"connect.yaml": "deployAs:\n  - name: web\n    applicationType: assets\n"}
	m.control("POST", "repositories", object{"name": "acme/secret", "private": true, "tags": object{"v1": file}})
	m.try("POST", "/connectors/drafts", someDraft("aa", "https://github.com/acme/secret.git", "v1", nil)).want(t, 400, "GitRepositoryNotReachable")
	a := m.try("POST", "/connectors/drafts", someDraft("aa", "git@github.com:acme/secret.git", "v1", nil)).want(t, 201, "")
	if a.at("configurations.0.applicationType").text() != "assets" || a.at("configurations.0.standardConfiguration").list() == nil || a.at("configurations.0.securedConfiguration").list() == nil {
		t.Errorf("an application of assets: %s", a.raw)
	}
	m.control("POST", "repositories", object{"name": "acme/secret", "tags": object{"v2": file}})
	m.try("POST", "/connectors/drafts", someDraft("bb", "https://github.com/acme/secret.git", "v1", nil)).want(t, 201, "")
	m.control("POST", "repositories", object{"name": "acme/secret", "unreachable": true})
	m.try("POST", "/connectors/drafts", someDraft("cc", "https://github.com/acme/secret.git", "v2", nil)).want(t, 400, "GitRepositoryNotReachable")
	if got := m.control("GET", "repositories", nil).list(); len(got) != 5 || got[4].at("tags.v2").text() != file["connect.yaml"] {
		t.Errorf("repositories: %v", got)
	}
}

func TestTheRepositoryCanBeReadLater(t *testing.T) {
	m := start(t)
	m.set(object{"read_later": true})
	a := m.try("POST", "/connectors/drafts", someDraft("one", loyalty, "v1.0.0", nil)).want(t, 201, "")
	if len(a.at("configurations").list()) != 0 {
		t.Errorf("configurations before the preview: %s", a.raw)
	}
	m.try("POST", "/connectors/drafts", someDraft("two", "git@github.com:acme/none.git", "v1.0.0", nil)).want(t, 201, "")
}

// What a draft shows of the demo connector with everything: inherited configuration, an own API client, defaults.
func TestSpecification(t *testing.T) {
	m := start(t)
	d := m.draft("one", nil)
	if got := d.at("configurations").values("applicationType"); got != "service, job, merchant-center-custom-application, assets" {
		t.Errorf("applications: %s", got)
	}
	tiers := d.at("configurations.0.standardConfiguration.0")
	if tiers.at("key").text() != "TIERS" || tiers.at("default").text() != `{"silver": 100, "gold": 500}` || tiers.at("required").v != true {
		t.Errorf("a key with a default: %v", tiers.v)
	}
	if signing := d.at("configurations.0.securedConfiguration.0"); signing.at("required").v != true || signing.has("default") {
		t.Errorf("a secured key: %v", signing.v)
	}
	if d.at("globalConfiguration.securedConfiguration.0.key").text() != "LOYALTY_API_KEY" || d.at("apiClient.scopes.0").text() != "manage_extensions" {
		t.Errorf("inherited: %s", d.raw)
	}
	if log := d.at("configurations.0.standardConfiguration.1"); log.at("required").v != false {
		t.Errorf("an optional key: %v", log.v)
	}
}

// Answers of 2023 and answers with nulls, which a client has to survive.
func TestShapesOfAnswers(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	m.set(object{"nulls": true})
	d := m.at("one")
	if !d.has("previewableReport") || d.at("previewableReport").v != nil || !d.at("configurations.0.securedConfiguration.0").has("default") || d.at("key").text() != "one" {
		t.Errorf("with nulls: %s", d.raw)
	}
	m.set(object{"nulls": false, "old": true})
	d = m.at("one")
	if d.has("integrationTypes") || d.has("privateProjects") || d.at("configurations.0.securedConfiguration.0").has("required") {
		t.Errorf("of 2023: %s", d.raw)
	}
	m.update("one", object{"action": "updatePreviewable"}).want(t, 201, "")
	m.pass(30e9)
	if got := m.at("one").at("previewableReport.entries.0.type").text(); got != "Information" {
		t.Errorf("a report of 2023 has no types: %q", got)
	}
}

// The repositories can also be read by whoever speaks Git, so that a pipeline reads the same file as the service.
func TestRepositoriesAreServed(t *testing.T) {
	m := start(t)
	refs := func(name string) answer {
		t.Helper()
		return m.ask("GET", "/git/"+name+".git/info/refs?service=git-upload-pack", "", nil)
	}
	if a := refs(demoRepository); a.status != 200 || !strings.Contains(a.raw, "refs/tags/v1.0.0") || !strings.Contains(a.raw, "refs/tags/v1.1.0") {
		t.Errorf("the demo repository: %d %s", a.status, a.raw)
	}
	m.control("POST", "repositories", object{"name": "acme/new", "tags": object{"v7": object{"connect.yaml": "deployAs: []"}}})
	if a := refs("acme/new"); a.status != 200 || !strings.Contains(a.raw, "refs/tags/v7") {
		t.Errorf("a new repository: %d %s", a.status, a.raw)
	}
	m.control("POST", "repositories", object{"name": "acme/new", "private": true})
	if a := refs("acme/new"); a.status == 200 {
		t.Errorf("a private repository: %d %s", a.status, a.raw)
	}
}

// The demo connectors are good examples: all but the broken one are valid and nothing is to be said against them.
func TestDemoFilesAreValid(t *testing.T) {
	for _, f := range demoFixtures() {
		for tag, files := range f.Tags {
			text, ok := files[specificationFile]
			r := connectyaml.Parse([]byte(text))
			if ok != (f.Name != "acme/empty") || r.Valid != (ok && f.Name != "acme/broken") || r.Valid && len(r.Warnings) > 0 {
				t.Errorf("%s %s: %v %v %v", f.Name, tag, r.Valid, r.Problems, r.Warnings)
			}
		}
	}
}
