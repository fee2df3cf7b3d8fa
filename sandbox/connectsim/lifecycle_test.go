package connectsim

import (
	"strings"
	"testing"
	"time"
)

// The version rises by itself while a preview runs, so that whoever does not read again gets a 409.
func TestVersionsRiseByThemselves(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	m.update("one", object{"action": "updatePreviewable"}).want(t, 201, "")
	for _, want := range []int{2, 3, 4, 5, 6, 7, 7} {
		if d := m.at("one"); d.at("version").num() != want || (d.at("isPreviewable").text() == "pending") != (want < 7) {
			t.Errorf("version %d, preview %s; want version %d", d.at("version").num(), d.at("isPreviewable").text(), want)
		}
		m.pass(6 * time.Second)
	}
}

func TestPreviewRules(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	m.update("one", object{"action": "updatePreviewable"}).want(t, 201, "")
	m.update("one", object{"action": "updatePreviewable"}).want(t, 400, "ConnectorStagedPreviewRequestUnderProcess")
	m.pass(30 * time.Second)
	if got := m.at("one").at("isPreviewable").v; got != "true" { // a text
		t.Errorf("isPreviewable is %#v", got)
	}
	d := m.update("one", object{"action": "setRepository", "url": loyalty, "tag": "v1.1.0"}).want(t, 201, "")
	if d.at("isPreviewable").text() != "none" || d.has("previewableReport") {
		t.Errorf("after another tag: %s", d.raw)
	}
	m.update("one", object{"action": "updatePreviewable"}).want(t, 201, "")
	d = m.update("one", object{"action": "setRepository", "url": loyalty, "tag": "v1.0.0"}).want(t, 201, "")
	m.pass(30 * time.Second)
	if got := m.at("one"); got.at("isPreviewable").text() != "none" || got.at("version").num() != d.at("version").num() {
		t.Errorf("a preview of another tag ended: %s", got.raw)
	}
}

// A preview and a publication may run at once: both come to their end.
func TestPreviewAndPublicationAtOnce(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	m.update("one", object{"action": "updatePreviewable"}, object{"action": "publish", "certification": false}).want(t, 201, "")
	m.pass(20 * time.Second)
	if d := m.at("one"); d.at("status").text() != "Published" || d.at("isPreviewable").text() != "pending" {
		t.Errorf("after 20 s: %s", d.raw)
	}
	m.pass(10 * time.Second)
	if d := m.at("one"); d.at("isPreviewable").text() != "true" || d.at("hasChanges").v != false || d.at("version").num() != 10 {
		t.Errorf("after 30 s: %s", d.raw)
	}
	m.update("one", object{"action": "publish", "certification": true}).want(t, 201, "")
	m.pass(20 * time.Second)
	m.control("POST", "drafts/one/approve", nil)
	m.pass(time.Minute)
	if got := m.at("one").at("status").text(); got != "Published" {
		t.Errorf("approved before the review began: %s", got)
	}
}

func TestPreviewsThatEndOtherwise(t *testing.T) {
	m := start(t)
	for _, c := range []struct {
		tag    string
		after  time.Duration
		ends   string
		titles string
	}{
		{"v1.0.0-previewFail", 30 * time.Second, "false", "SAST and SCA analysis check failed, Connector specification file validation check succeeded"},
		{"v1.0.0-previewCancel", 30 * time.Second, "none", ""},
		{"v1.0.0-stuck", 24 * time.Hour, "pending", ""},
		{"v1.0.0-slow", 299 * time.Second, "pending", ""},
		{"v1.0.0-slow", 300 * time.Second, "true", "Image security analysis check succeeded, SAST and SCA analysis check succeeded, Connector specification file validation check succeeded"},
	} {
		made := m.try("POST", "/connectors/drafts", someDraft("xx", loyalty, c.tag, object{"key": nil})).want(t, 201, "")
		path := "/connectors/drafts/" + made.at("id").text()
		m.try("POST", path, object{"version": 1, "actions": []object{{"action": "updatePreviewable"}}}).want(t, 201, "")
		m.pass(c.after)
		d := m.get(path)
		if d.at("isPreviewable").text() != c.ends || d.at("previewableReport.entries").values("title") != c.titles {
			t.Errorf("%s after %s: %s, %s", c.tag, c.after, d.at("isPreviewable").text(), d.at("previewableReport.entries").values("title"))
		}
		if c.ends == "false" && d.at("previewableReport.entries.0.type").text() != "Error" {
			t.Errorf("%s: %s", c.tag, d.raw)
		}
	}
}

// A tag that is moved while the preview runs is read again at its end.
func TestPreviewReadsTheRepositoryAgain(t *testing.T) {
	m := start(t)
	for tag, files := range map[string]map[string]string{
		"Connector specification file not found": {"README.md": "x"},
		"Connector specification file not valid": {"connect.yaml": "deployAs: 7"},
	} {
		m.control("POST", "repositories", object{"name": "acme/moving", "tags": object{"v1": map[string]string{"connect.yaml": "deployAs: []"}}})
		key := strings.ReplaceAll(tag, " ", "-")
		m.try("POST", "/connectors/drafts", someDraft(key, "git@github.com:acme/moving.git", "v1", nil)).want(t, 201, "")
		m.update(key, object{"action": "updatePreviewable"}).want(t, 201, "")
		m.control("POST", "repositories", object{"name": "acme/moving", "tags": object{"v1": files}})
		m.pass(30 * time.Second)
		d := m.at(key)
		if d.at("isPreviewable").text() != "false" || d.at("previewableReport.entries.0.title").text() != tag || d.at("previewableReport.entries.0.type").text() != "Error" {
			t.Errorf("%s: %s", tag, d.raw)
		}
	}
	m.control("POST", "repositories", object{"name": "acme/moving", "unreachable": true})
	m.update("Connector-specification-file-not-found", object{"action": "updatePreviewable"}).want(t, 201, "")
	m.pass(30 * time.Second)
	if got := m.at("Connector-specification-file-not-found").at("previewableReport.entries.0.title").text(); got != "Repository with the tag is not reachable" {
		t.Errorf("unreachable: %s", got)
	}
}

func TestPublishPrivately(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	d := m.update("one", object{"action": "publish", "certification": false}).want(t, 201, "")
	id := d.at("id").text()
	m.try("GET", "/connectors/"+id, nil).want(t, 404, "ResourceNotFound")
	for _, action := range []string{"updatePreviewable", "unlist"} {
		m.update("one", object{"action": action}).want(t, 400, codeNotAllowed)
	}
	m.pass(20 * time.Second)
	d = m.at("one")
	if d.at("status").text() != "Published" || d.at("alreadyListed").v != true || d.at("hasChanges").v != false || d.at("private").v != true ||
		d.at("publishingReport.entries.0.title").text() != "Connector image build check succeeded" {
		t.Errorf("published: %s", d.raw)
	}
	k := m.get("/connectors/key=one")
	if k.at("id").text() != id || k.at("private").v != true || k.at("certified").v != false || k.at("version").num() != d.at("version").num() {
		t.Errorf("the connector: %s", k.raw)
	}
	m.update("one", object{"action": "setName", "name": "Newer"}).want(t, 201, "")
	if d = m.at("one"); d.at("hasChanges").v != true || m.get("/connectors/key=one").at("name").text() == "Newer" {
		t.Errorf("an edit changed the published connector: %s", d.raw)
	}
	d = m.publish("one")
	if got := m.get("/connectors/key=one"); got.at("name").text() != "Newer" || got.at("id").text() != id || got.at("version").num() <= k.at("version").num() {
		t.Errorf("published again: %s", got.raw)
	}
	m.update("one", object{"action": "unlist"}).want(t, 400, codeNotAllowed) // only what is certified
}

func TestPublishFails(t *testing.T) {
	m := start(t)
	m.draft("one-publishFail", nil)
	m.update("one-publishFail", object{"action": "publish", "certification": true}).want(t, 201, "")
	m.pass(20 * time.Second)
	d := m.at("one-publishFail")
	if d.at("status").text() != "Failed" || d.at("publishingReport.entries.0.type").text() != "Error" || d.at("alreadyListed").v != false {
		t.Errorf("failed: %s", d.raw)
	}
	m.set(object{"read_later": true})
	m.try("POST", "/connectors/drafts", someDraft("later", "git@github.com:acme/empty.git", "v1.0.0", nil)).want(t, 201, "")
	m.update("later", object{"action": "publish", "certification": false}).want(t, 201, "")
	m.pass(20 * time.Second)
	if got := m.at("later").at("publishingReport.entries.0.title").text(); got != "Connector specification file not found" {
		t.Errorf("no file: %s", got)
	}
}

func TestCertificationRules(t *testing.T) {
	m := start(t)
	m.draft("one", nil)
	certify := object{"action": "publish", "certification": true}
	m.update("one", certify).want(t, 201, "")
	m.pass(20 * time.Second)
	d := m.at("one")
	if d.at("publishingReport.entries").values("type") != "Information, Error, Error, Error" || !strings.Contains(d.raw, "Connector runtime security check skipped") {
		t.Errorf("report of what is ready: %s", d.raw)
	}
	m.update("one", certify).want(t, 400, "ConnectorStagedInCertification")
	m.pass(10 * time.Second)
	m.update("one", certify).want(t, 400, "ConnectorStagedInCertification")
	m.control("POST", "drafts/one/status", object{"status": "FEEDBACK_REQUIRED"})
	m.update("one", certify).want(t, 400, "ConnectorStagedInCertification")
	m.control("POST", "drafts/one/reject", object{"title": "Not yet", "message": "Two findings"})
	d = m.at("one")
	if d.at("status").text() != "Failed" || d.at("publishingReport.entries.0.message").text() != "Two findings" {
		t.Errorf("rejected: %s", d.raw)
	}
	m.update("one", certify).want(t, 201, "")
	m.pass(30 * time.Second)
	m.control("POST", "drafts/one/comment", object{"comment": "Fine"})
	m.control("POST", "drafts/one/approve", nil)
	m.update("one", certify).want(t, 400, "ConnectorAlreadyCertified")
	for _, action := range []string{"addPrivateProject", "removePrivateProject"} {
		m.update("one", object{"action": action, "privateProject": "us-central1.gcp:shop"}).want(t, 400, "ConnectorStagedNotPrivate")
	}
	if got := m.get("/connectors/drafts?isPrivate=false").at("results").values("key"); got != "one" {
		t.Errorf("public drafts: %s", got)
	}
	m.update("one", object{"action": "unlist"}).want(t, 201, "")
	if d = m.at("one"); d.at("alreadyListed").v != false || m.get("/connectors/search").at("total").num() != 0 {
		t.Errorf("unlisted: %s", d.raw)
	}
	m.get("/connectors/key=one") // what runs goes on running
	m.update("one", object{"action": "unlist"}).want(t, 400, codeNotAllowed)
	if a := m.ask("POST", "/_control/drafts/one/approve", "", nil); a.status != 400 {
		t.Errorf("approving what is not in certification: %d %s", a.status, a.raw)
	}
}
