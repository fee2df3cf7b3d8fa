package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"portico/portal"
	"portico/sandbox/cdksim"
	"portico/store"
	"portico/store/storetest"
)

// A connector is uploaded and looked into before anything is sent.
func TestAdminCDKUpload(t *testing.T) {
	d := newDock(t)
	page := d.get("/admin/cdk")
	page.says("nav[aria-label]", "Tray CDK").says("main", "Nothing is being deployed", "Nothing was deployed yet", "Up to 10 MiB")
	page.count("form[data-upload][enctype='multipart/form-data'] input[type=file][required]", 1)

	path := d.upload(cdksim.DemoArchive("acme-billing", "1.0", "get_post", "list_posts"))
	found := d.get(path).says("h1", "acme-billing 1.0").says("[data-testid=found]", "Acme billing", "2 operations", "get_post", "list_posts")
	found.says("form[action$='/deploy']", "US token us", "EU token eu", "APAC token ap", "Nobody sees a connector until it is shared", "inside the token's organisation")
	if got := found.value("#name") + " " + found.value("#version"); got != "acme-billing 1.0" {
		t.Errorf("the form begins with %q", got)
	}
	found.count("input[name=account][checked]", 3).count("[data-testid=problems], [data-testid=replaces]", 0)
	d.get("/admin/cdk").says("[data-testid=uploaded]", "acme-billing 1.0", "Uploaded by admin@host.example", "Ready").count("[data-testid=uploaded] a[href$='"+path+"']", 1)
	if again := d.upload(cdksim.DemoArchive("acme-billing", "1.0", "get_post", "list_posts")); again != path {
		t.Errorf("the same content again is at %s, not at %s", again, path)
	}
	if file := d.get(path + "/file"); file.body != string(cdksim.DemoArchive("acme-billing", "1.0", "get_post", "list_posts")) {
		t.Errorf("the file that comes back has %d bytes and is another", len(file.body))
	}
	d.as(store.StaffViewer)
	d.get("/admin/cdk").count("form[data-upload]", 0)
	d.get(path).count("form[action$='/deploy']", 0).says("[data-testid=found]", "get_post")
}

// What cannot be uploaded is said beside the form, and nothing of it is kept.
func TestAdminCDKUploadRefused(t *testing.T) {
	d := newDock(t)
	d.portal.ArchiveLimit = 1 << 20
	noise := func(n int) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), int64(n)) }
	for _, c := range []struct {
		what, filename string
		content        io.Reader
		says           string
	}{
		{"no file at all", "", nil, "There is no file, or it is empty"},
		{"an empty file", "connector.zip", strings.NewReader(""), "There is no file, or it is empty"},
		{"a file that is a little too large", "connector.zip", noise(1<<20 + 1), "more than 1 MiB"},
		{"a file that is larger than any form", "connector.zip", noise(3 << 20), "more than 1 MiB"},
		{"a payload that ends in the middle", "payload.json", strings.NewReader(`{"connectorSourceCode":"UEsDB`), "ends in the middle"},
		{"a payload without its source", "payload.json", strings.NewReader(`{"connectorName":"x"}`), "no connectorSourceCode"},
	} {
		page := d.send(archivesPath, "archive", c.filename, c.content).is(422)
		page.says("form[data-upload] [role=alert]#refused", c.says)
		if described, _ := page.Find("#archive").Attr("aria-describedby"); !strings.Contains(described, "refused") {
			t.Errorf("%s: the field is described by %q alone", c.what, described)
		}
		if at, _ := page.Find("html").Attr("data-path"); at == "/admin/cdk/archives" {
			t.Errorf("%s: the page says that it is at the address of a POST", c.what)
		}
	}
	if codes := d.codes(); len(codes) > 0 {
		t.Errorf("the audit log has %v", codes)
	}
}

// An upload that breaks off is told so, and so is one that is no form.
func TestAdminCDKUploadCutShort(t *testing.T) {
	d := newDock(t)
	head := "--b\r\nContent-Disposition: form-data; name=\"archive\"; filename=\"connector.zip\"\r\n\r\n"
	for _, body := range []string{head + "PK\x03\x04 and no end", head[:30], "--b\r\nnonsense", ""} {
		d.sendBody(archivesPath, "multipart/form-data; boundary=b", io.MultiReader(strings.NewReader(body), iotest.ErrReader(io.ErrUnexpectedEOF))).is(422).says("#refused", "broke off")
	}
	d.sendBody(archivesPath, "text/plain", strings.NewReader("PK")).is(400)
}

// A ready payload.json is the archive in it; lines in its base64 are joined, and said.
func TestAdminCDKPayload(t *testing.T) {
	d := newDock(t)
	archive := cdksim.DemoArchive("acme-crm", "1.0")
	code := base64.StdEncoding.EncodeToString(archive)
	payload := func(code string) io.Reader {
		b := storetest.Must[[]byte](t)(json.Marshal(map[string]string{"connectorName": "acme-crm", "connectorVersion": "1.0", "connectorSourceCode": code}))
		return bytes.NewReader(b)
	}
	path := d.send(archivesPath, "archive", "payload.json", payload(code)).is(303).location
	d.get(path).says("h1", "acme-crm 1.0").count("[data-testid=warnings]", 0)
	if same := d.upload(archive); same != path {
		t.Errorf("the archive itself is at %s, not at %s", same, path)
	}
	other := base64.StdEncoding.EncodeToString(cdksim.DemoArchive("acme-erp", "1.0"))
	wrapped := d.send(archivesPath, "archive", "payload.json", payload(other[:76]+"\n"+other[76:])).is(303).location
	d.get(wrapped).says("[data-testid=warnings]", "broken into lines", "base64 -w0").count("form[action$='/deploy']", 1)
}

// An archive that Tray would not take says what is wrong and what to do, and cannot be deployed.
func TestAdminCDKProblems(t *testing.T) {
	d := newDock(t)
	path := d.upload(cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{
		"src/get_post/handler.ts": "", "src/get_post/test.ctx.json": `{"auth":{}}`, "node_modules/a/index.js": "x", "../../etc/passwd": "x",
	}))
	page := d.get(path).says("h1", "acme-billing")
	page.says("[data-testid=problems]", "Cannot be deployed", "no handler.ts", "Add the missing file", "test.ctx.json", "change the secrets in it", "Nothing was sent to Tray")
	page.says("[data-testid=problems]", "leads out of the archive")
	page.count("form[action$='/deploy']", 0)
	if strings.Contains(page.text("main"), "archive.problem.") || strings.Contains(page.text("main"), "<no value>") {
		t.Errorf("a text is missing: %s", page.text("[data-testid=problems]"))
	}
	d.post(path+"/deploy", "name", "acme-billing", "version", "1.0", "account", d.accounts["us"].ID).is(422)
	d.get("/admin/cdk").says("main", "Nothing was deployed yet")

	d.get(d.send(archivesPath, "archive", "notes.zip", strings.NewReader("not a zip")).is(303).location).says("h1", "notes.zip").says("[data-testid=problems]", "not a zip archive")
	odd := d.get(d.upload(cdksim.DemoArchive("acme-billing", "2.3")))
	odd.says("[data-testid=warnings]", "Can be deployed", "only 1.0").count("form[action$='/deploy']", 1)
}

// What stands in the way of deploying is said beside the form, which keeps what was entered.
func TestAdminCDKDeployRefused(t *testing.T) {
	d := newDock(t)
	path := d.upload(cdksim.DemoArchive("acme-billing", "1.0"))
	us, eu := d.accounts["us"].ID, d.accounts["eu"].ID
	for _, c := range []struct {
		form []string
		says string
	}{
		{[]string{"name", "acme-billing", "version", "1.0"}, "Choose at least one region"},
		{[]string{"name", "acme-crm", "version", "1.0", "account", us}, "the form says acme-crm"},
		{[]string{"name", "acme-billing", "version", "1.1", "account", us}, "the form says 1.1"},
		{[]string{"name", "acme-billing", "version", "1.0", "account", us, "emails", "a@x.example, not-one"}, "Not an e-mail address: not-one"},
		{[]string{"name", "acme-billing", "version", "1.0", "account", "nobody"}, "There is no such token"},
	} {
		page := d.post(path+"/deploy", c.form...).is(422).says("form[action$='/deploy'] [role=alert]", c.says)
		if got := page.value("#name") + page.value("#version"); got != c.form[1]+c.form[3] {
			t.Errorf("%s: the form has %q", c.says, got)
		}
		if eu := page.Find("input[value='" + eu + "'][checked]").Length(); eu != 0 {
			t.Errorf("%s: a region is chosen that was not", c.says)
		}
	}
	d.post(path+"/deploy", "name", "acme-billing", "version", "1.0", "emails", "a@x.example; b").is(422).says("#emails", "a@x.example; b")
	d.ask("GET", "/admin/cdk/archives/none", nil).is(404)
}

// Of several tokens of a region one deploys, or none.
func TestAdminCDKSeveralTokens(t *testing.T) {
	d := newDock(t)
	d.token("us-old", "us", d.sim.OtherToken("us"))
	path := d.upload(cdksim.DemoArchive("acme-billing", "1.0"))
	page := d.get(path).count("[data-testid=tokens-us] input[type=radio]", 3).count("[data-testid=tokens-us] input[checked]", 1)
	page.says("[data-testid=tokens-us]", "Not to US", "token us", "token us-old").count("input[type=checkbox][name=account]", 2)
	form := []string{"name", "acme-billing", "version", "1.0"}
	release := d.post(path+"/deploy", append(form, "account-us", d.accounts["us-old"].ID)...).is(303).location
	d.get(release).says("[data-testid=region-us]", "token us-old").count("[data-testid=region-eu]", 0)
	refused := d.post(path+"/deploy", append(form, "account-us", "")...).is(422)
	refused.says("[role=alert]", "Choose at least one region")
	if chosen := refused.Find("[data-testid=tokens-us] input[value=''][checked]").Length(); chosen != 1 {
		t.Error("that nothing goes to US was not kept")
	}
	d.post(path+"/deploy", append(form, "account", d.accounts["us"].ID, "account-us", d.accounts["us-old"].ID)...).is(422).says("[role=alert]", "Choose one token a region")
}

// A connector goes to three regions, is followed to its end, shared, and deployed again.
func TestAdminCDKRelease(t *testing.T) {
	d := newDock(t)
	path := d.deploy("acme-billing", []string{"us", "eu", "ap"}, "emails", "jane.doe@domain.com\njohn.doe@domain.com")
	going := d.get(path).says("h1", "acme-billing 1.0").says("[data-testid=region-eu]", "EU", "token eu", "Building")
	going.count("[hx-get]", 1).says("main", "Goes on without you").says("[data-testid=timeline]", "Asked to deploy it to US")
	going.says("[aria-labelledby=by-hand]", "curl --request POST", `"$(base64 -w0 'connector.zip')" > payload.json`, "$TRAY_TOKEN_US", "$TRAY_TOKEN_EU", "$TRAY_TOKEN_AP")
	overview := d.get("/admin/cdk").says("#under-way", "acme-billing 1.0", "Building").count("#under-way [hx-get]", 1)
	overview.says("table", "acme-billing", "US Building", "admin@host.example")

	d.settle()
	d.get(path).says("[data-testid=region-us]", "Is being shared with jane.doe@domain.com").count("[hx-get]", 1)
	d.shared("2 permissions added")
	done := d.get(path).count("[hx-get]", 0)
	for _, region := range []string{"us", "eu", "ap"} {
		done.says("[data-testid=region-"+region+"]", "Deployed in", "Shared with jane.doe@domain.com, john.doe@domain.com", "2 permissions added")
	}
	done.says("[data-testid=timeline]", "It is deployed in APAC", "Call: deploy", "sha256")
	d.get("/admin/cdk").says("main", "Nothing is being deployed").says("table .pill.good", "US", "EU", "APAC")
	d.get("/admin/cdk?q=billing").says("table", "acme-billing")
	d.get("/admin/cdk?q=nothing").says("main", "No connector whose name has “nothing” in it")

	at := "/admin/cdk/deployments/" + d.row(path, "eu").ID
	wrong := d.post(at+"/share", "emails", "nobody").is(422)
	wrong.says("[data-testid=region-eu] [role=alert]", "Not an e-mail address: nobody").says("[data-testid=region-eu] textarea", "nobody")
	wrong.count("[role=alert]", 1).count("[data-testid=region-us] details[open]", 0)
	d.post(at+"/share", "emails", "jane.doe@domain.com").is(303)
	d.post(at+"/share", "emails", "ann@elsewhere.example").is(303)
	shares := d.get(path).says("[data-testid=region-eu]", "Shared with jane.doe@domain.com", "Not shared with ann@elsewhere.example", "the connector stays deployed")
	if strings.Contains(shares.text("[data-testid=region-eu]"), "Nothing was deployed") {
		t.Error("a share that was refused reads as a deployment that was")
	}

	archive := "/admin/cdk/archives/" + storetest.Must[store.Release](t)(d.store.Release(d.ctx, strings.TrimPrefix(path, "/admin/cdk/releases/"))).ArchiveID
	before := d.get(archive).says("[data-testid=replaces]", "was deployed before", "reaches everybody who uses it", "Last by", "go back to it")
	before.says("#earlier", "Where this archive was deployed")
	d.get(archive+"?again="+strings.TrimPrefix(path, "/admin/cdk/releases/")).says("form[action$='/deploy']", "brings the earlier code back").count("input[name=again]", 1)
	again := d.post(path + "/again").is(303).location
	d.get(again).says("[data-testid=region-us]", "Building")
}

// Everything that can become of a deployment has its word, its reason, what to do, and the buttons for it.
func TestAdminCDKStates(t *testing.T) {
	d := newDock(t)
	path := d.deploy("acme-billing", []string{"us"})
	d.settle()
	row, now := d.row(path, "us"), store.At(d.clock.Now())
	end := func(state, problem string) func(*store.CDKDeployment) {
		return func(r *store.CDKDeployment) {
			*r = row
			r.State, r.Problem, r.EndedAt, r.HTTPStatus, r.Detail, r.UpstreamReq = state, problem, now, 418, "short and stout", "req-7"
		}
	}
	for _, c := range []struct {
		what    string
		is      func(*store.CDKDeployment)
		says    []string
		buttons string
	}{
		{"refused", end(store.CDKRefused, store.CDKUnauthorized), []string{"Refused", "does not know the token", "Nothing was deployed", "puts a valid API token", "HTTP 418", "short and stout", "req-7"}, "retry"},
		{"failed", end(store.CDKFailed, store.CDKBuildFailed), []string{"Failed", "its build failed", "still in use", "tray-cdk connector test"}, "retry"},
		{"lost", func(r *store.CDKDeployment) {
			end(store.CDKFailed, store.CDKLost)(r)
			r.AcceptedAt = store.Time{}
		}, []string{"Failed", "the answer was lost", "sent twice does no harm"}, "watch retry"},
		{"an unknown word", func(r *store.CDKDeployment) {
			end(store.CDKFailed, store.CDKUnknownStatus)(r)
			r.UpstreamStatus = "Marinating"
		}, []string{"Failed", "Marinating", "look again here"}, "watch retry"},
		{"waited out", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.WaitedOut, r.EndedAt = store.CDKBuilding, true, store.Time{}
		}, []string{"Still running", "more than half an hour", "Nobody waits for it any more"}, "watch"},
		{"behind", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.EndedAt, r.WatchFrom = store.CDKBehind, store.Time{}, now
		}, []string{"Already running", "your new code was not sent", "Send it when that one ends?"}, "afteryes afterno"},
		{"behind, to be sent", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.EndedAt, r.SendAfter, r.WatchFrom = store.CDKBehind, store.Time{}, true, now
		}, []string{"Already running", "is sent when that one has ended"}, "afterno"},
		{"behind one that has ended", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.EndedAt, r.WatchFrom = store.CDKBehind, store.Time{}, store.Time{}
		}, []string{"Already running", "has ended", "Send it now?"}, "afteryes afterno"},
		{"left behind", func(r *store.CDKDeployment) {
			*r = row
			r.State = store.CDKBehind
		}, []string{"It was left", "your code was not sent", "Send it now"}, "retry"},
		{"queued", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.EndedAt, r.SentAt, r.AcceptedAt = store.CDKQueued, store.Time{}, store.Time{}, store.Time{}
		}, []string{"Queued", "Waits for its turn"}, ""},
		{"limited", func(r *store.CDKDeployment) {
			*r = row
			r.State, r.EndedAt, r.Problem = store.CDKQueued, store.Time{}, store.CDKLimited
		}, []string{"Queued", "asked too often", "Nobody has to do anything"}, ""},
	} {
		d.change(row, c.is)
		page := d.get(path).says("[data-testid=region-us]", c.says...)
		var buttons []string
		page.Find("[data-testid=region-us] button[id]").Each(func(_ int, b *selection) {
			buttons = append(buttons, strings.TrimSuffix(b.AttrOr("id", ""), row.ID))
		})
		if got := strings.Join(buttons, " "); got != c.buttons {
			t.Errorf("%s: the buttons are %q, want %q", c.what, got, c.buttons)
		}
		d.get("/admin/cdk").says("table", "acme-billing")
	}
	d.as(store.StaffSupport)
	d.change(row, end(store.CDKRefused, store.CDKUnauthorized))
	d.get(path).count("[data-testid=region-us] button", 0).says("[data-testid=region-us]", "Refused")
}

// Each problem that a deployment may have has a sentence and what to do, without holes.
func TestAdminCDKProblemTexts(t *testing.T) {
	d := newDock(t)
	path := d.deploy("acme-billing", []string{"us"})
	d.settle()
	row := d.row(path, "us")
	for _, problem := range store.CDKProblems {
		d.change(row, func(r *store.CDKDeployment) {
			r.State, r.Problem, r.UpstreamStatus, r.EndedAt = store.CDKFailed, problem, "Odd", store.At(d.clock.Now())
		})
		page := d.get(path)
		text := page.text("[data-testid=region-us]")
		for _, hole := range []string{"<no value>", "cdk.problem.", "{{"} {
			if strings.Contains(text, hole) {
				t.Errorf("%s: %s", problem, text)
			}
		}
		if len(strings.Split(text, ". ")) < 3 {
			t.Errorf("%s says too little: %s", problem, text)
		}
	}
}

// The buttons of a deployment do what they say; what comes too late is said in its row.
func TestAdminCDKActs(t *testing.T) {
	d := newDock(t)
	d.fault("deploy:us", "401")
	path := d.deploy("acme-billing", []string{"us"})
	at := "/admin/cdk/deployments/" + d.row(path, "us").ID
	d.get(path).says("[data-testid=region-us]", "Refused", "Tray does not know the token")
	d.post(at + "/retry").is(303)
	d.get(path).says("[data-testid=region-us]", "Building")
	d.post(at+"/retry").is(422).says("[data-testid=region-us] [role=alert]", "nothing to send again")

	second := d.deploy("acme-billing", []string{"us"})
	behind := "/admin/cdk/deployments/" + d.row(second, "us").ID
	d.get(second).says("[data-testid=region-us]", "Already running")
	d.post(behind+"/after", "answer", "yes").is(303)
	d.get(second).says("[data-testid=region-us]", "is sent when that one has ended")
	d.settle()
	d.get(second).says("[data-testid=region-us]", "Deployed in")
	d.post(behind+"/after", "answer", "yes").is(422).says("[role=alert]", "does not wait for another one")
	d.post(behind+"/watch").is(422).says("[role=alert]", "come to its end")
	d.post("/admin/cdk/deployments/none/retry").is(404)
	d.ask("GET", "/admin/cdk/releases/none", nil).is(404)
}

// A token that is gone, or is another now, is said where only the old one helps.
func TestAdminCDKTokens(t *testing.T) {
	d := newDock(t)
	path := d.deploy("acme-billing", []string{"us", "eu"})
	d.settle()
	d.token("us", "us", d.sim.OtherToken("us"))
	storetest.Update(t, d.store, func(tx *store.Tx) error { return tx.RetireDeployAccounts(d.ctx, []string{"us", "ap"}) })
	page := d.get(path).says("[data-testid=region-us]", "another token is configured now").says("[data-testid=region-eu]", "is configured no more")
	page.count("[data-testid=region-us] form[action$='/share'], [data-testid=region-eu] form[action$='/share']", 0)
	d.post("/admin/cdk/deployments/"+d.row(path, "eu").ID+"/share", "emails", "a@acme.example").is(422).says("[role=alert]", "configured no more")

	d.fault("deploy:us", "401")
	refused := d.deploy("acme-crm", []string{"us"})
	d.token("us", "us", d.sim.Token("us"))
	d.get(refused).count("[data-testid=region-us] button[id^=retry]", 1).count("[data-testid=region-us] small.error", 0)
}

// The list is read in pages.
func TestAdminCDKHistory(t *testing.T) {
	d := newDock(t)
	a := storetest.Must[store.Archive](t)(d.portal.ReceiveArchive(d.ctx, store.Actor{}, "connector.zip", bytes.NewReader(cdksim.DemoArchive("acme-billing", "1.0"))))
	d.control("POST", "/plans", map[string]any{"times": 1000, "phases": []any{map[string]any{"status": "Deployed"}}})
	for range adminSecond + 1 {
		if _, err := d.portal.DeployArchive(d.ctx, store.Actor{Name: "Kim"}, portal.ReleaseWish{ArchiveID: a.ID, Name: a.Name, Version: a.Version, Accounts: []string{d.accounts["us"].ID}}); err != nil {
			t.Fatal(err)
		}
		d.settle()
	}
	page := d.get("/admin/cdk").count("tbody tr", adminSecond)
	next, _ := page.Find("a[rel=next]").Attr("href")
	d.get(strings.TrimPrefix(next, "/in")).count("tbody tr", 1).count(".pager a", 1)
}
