package api_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"portico/sandbox/cdksim"
	"portico/store"
	"portico/store/storetest"
)

// upload brings an archive in and says which ID it has.
func (c *counter) upload(content []byte) string {
	c.Helper()
	return c.ask("POST", "/cdk/archives?filename=connector.zip", bytes.NewReader(content)).is(200).text("id")
}

func TestAnArchiveIsUploaded(t *testing.T) {
	c := newCounter(t)
	zip := cdksim.DemoArchive("acme-orders", "1.0", "list_orders")
	got := c.ask("POST", "/cdk/archives?filename=build/connector.zip", bytes.NewReader(zip)).is(200)
	if got.text("name") != "acme-orders" || got.text("version") != "1.0" || got.text("filename") != "connector.zip" || got.at("size") != float64(len(zip)) ||
		got.text("operations.0.name") != "list_orders" || got.some("problems") != 0 || got.text("actor.kind") != store.ActorHost {
		t.Errorf("got %s", got.body)
	}
	id := got.text("id")
	payload := fmt.Sprintf(`{"connectorSourceCode":%q}`, base64.StdEncoding.EncodeToString(zip))
	if again := c.ask("POST", "/cdk/archives", strings.NewReader(payload)).is(200); again.text("id") != id {
		t.Errorf("the same in a payload.json is %s", again.body)
	}
	if file := c.ask("GET", "/cdk/archives/"+id+"/file", nil).is(200); !bytes.Equal(file.body, zip) {
		t.Errorf("what comes out are %d bytes that went in as %d others", len(file.body), len(zip))
	}
	if list := c.ask("GET", "/cdk/archives?search=ORDERS&limit=1", nil).is(200); list.some("items") != 1 || list.text("items.0.id") != id || list.text("next") != "" {
		t.Errorf("got %s", list.body)
	}
	c.upload(cdksim.DemoArchive("acme-other", "1.0"))
	first := c.ask("GET", "/cdk/archives?limit=1", nil).is(200)
	if second := c.ask("GET", "/cdk/archives?limit=1&before="+first.text("next"), nil).is(200); second.text("items.0.id") != id || second.text("next") != "" {
		t.Errorf("the second page is %s", second.body)
	}
	c.silentAbout()
}

func TestArchivesThatCannotBeTaken(t *testing.T) {
	c := newCounter(t)
	large := c.ask("POST", "/cdk/archives", io.LimitReader(zeros{}, 1<<20+1))
	large.refused(413, "archive_large")
	flood := c.ask("POST", "/cdk/archives", io.LimitReader(zeros{}, 8<<20))
	if flood.refused(413, "archive_large"); storetest.Must[[]store.Archive](t)(c.store.Archives(t.Context(), "", "", 10)) != nil {
		t.Error("something of it was kept")
	}
	c.ask("POST", "/cdk/archives", strings.NewReader("")).refused(422, "archive_empty")
	c.ask("POST", "/cdk/archives", strings.NewReader(`{"connectorSourceCode": "not base64 !"}`)).is(422)
	c.send("POST", "/cdk/archives", io.LimitReader(zeros{}, 1<<10)).is(401)
	if got := c.ask("POST", "/cdk/archives", strings.NewReader("no zip at all")).is(200); got.some("problems") == 0 || got.text("problems.0.message") == "" {
		t.Errorf("what is no zip has no problem: %s", got.body)
	}
	c.ask("GET", "/cdk/archives/none", nil).is(404)
	c.ask("GET", "/cdk/archives/none/file", nil).is(404)
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestARelease(t *testing.T) {
	c := newCounter(t)
	archive := c.upload(cdksim.DemoArchive("acme-orders", "1.0"))
	wish := map[string]any{"archive": archive, "regions": []string{"us", "eu"}, "name": "acme-orders", "version": "1.0", "emails": []string{"a@x.example"}}
	began := c.ask("POST", "/cdk/releases", wish).is(202)
	if again := c.ask("POST", "/cdk/releases", wish).is(202); began.some("deployments") != 2 || again.some("deployments") != 2 {
		t.Errorf("got %s", began.body)
	}
	done := c.until("/cdk/releases/"+began.text("id"), func(a answer) bool { return a.at("done") == true })
	if done.at("ok") != true || done.text("deployments.0.state") != "deployed" || done.text("deployments.1.region") != "eu" ||
		done.text("deployments.0.shares.0.state") != "done" || done.text("deployments.0.shares.0.answer") == "" || done.text("actor.kind") != store.ActorHost {
		t.Errorf("got %s", done.body)
	}
	one := "/cdk/deployments/" + done.text("deployments.0.id")
	c.ask("POST", one+"/retry", nil).refused(422, "cdk_not_ended")
	c.ask("POST", one+"/watch", nil).refused(422, "cdk_not_waiting")
	c.ask("POST", one+"/after", map[string]any{"send": true}).is(422)
	c.ask("POST", one+"/shares", map[string]any{"emails": []string{"nobody"}}).refused(422, "cdk_emails")
	shared := c.ask("POST", one+"/shares", map[string]any{"emails": []string{"b@x.example"}}).is(202)
	if shared.some("shares") != 2 {
		t.Errorf("got %s", shared.body)
	}
	c.until("/cdk/releases/"+began.text("id"), func(a answer) bool { return a.text("deployments.0.shares.1.state") == "done" })
	back := c.ask("POST", "/cdk/releases", map[string]any{"again_of": began.text("id"), "accounts": []string{"ap"}}).is(202)
	if back.text("archive") != archive || back.text("again_of") != began.text("id") || back.text("deployments.0.account") != "ap" {
		t.Errorf("got %s", back.body)
	}
	if list := c.ask("GET", "/cdk/releases?limit=1", nil).is(200); list.text("items.0.id") != back.text("id") || list.text("next") == "" {
		t.Errorf("got %s", list.body)
	}
	c.until("/cdk/releases/"+back.text("id"), func(a answer) bool { return a.at("done") == true })
	c.silentAbout()
}

func TestReleasesThatCannotBe(t *testing.T) {
	c := newCounter(t)
	archive := c.upload(cdksim.DemoArchive("acme-orders", "1.0"))
	for code, wish := range map[string]map[string]any{
		"cdk_name_unlike":     {"archive": archive, "regions": []string{"us"}, "name": "other"},
		"cdk_no_region":       {"archive": archive},
		"cdk_account_unknown": {"archive": archive, "accounts": []string{"nobody"}},
		"cdk_emails":          {"archive": archive, "regions": []string{"us"}, "emails": []string{"nobody"}},
		"":                    {"archive": archive, "regions": []string{"mars"}},
	} {
		if code == "" {
			c.ask("POST", "/cdk/releases", wish).is(422)
			continue
		}
		c.ask("POST", "/cdk/releases", wish).refused(422, code)
	}
	c.ask("POST", "/cdk/releases", map[string]any{"archive": "none", "regions": []string{"us"}}).is(404)
	c.ask("POST", "/cdk/releases", map[string]any{"again_of": "none", "regions": []string{"us"}}).is(404)
	c.ask("GET", "/cdk/releases/none", nil).is(404)
	for _, act := range []string{"retry", "watch"} {
		c.ask("POST", "/cdk/deployments/none/"+act, nil).is(404)
	}

	c.control("cdk", "POST", "/faults", `{"operation":"deploy:us","kind":"status","status":403,"times":1}`)
	began := c.ask("POST", "/cdk/releases", map[string]any{"archive": archive, "regions": []string{"us"}}).is(202)
	got := c.until("/cdk/releases/"+began.text("id"), func(a answer) bool { return a.at("done") == true })
	if got.at("ok") != false || got.text("deployments.0.state") != "refused" || got.text("deployments.0.problem") != "forbidden" || len(got.text("deployments.0.message")) < 40 {
		t.Errorf("got %s", got.body)
	}
}
