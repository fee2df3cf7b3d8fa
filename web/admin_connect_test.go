package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// The overview says what is where, and what stands in the way of an account.
func TestAdminConnect(t *testing.T) {
	s := newShop(t)
	s.get("/admin/connect").says("nav[aria-label]", "commercetools").says("[data-testid=account-us]", "Not looked at yet", "There is no draft", "Nothing is deployed")
	d := s.draft("orders")
	s.copied(time.Minute)
	page := s.get("/admin/connect").says("[data-testid=account-us] table", "Connector orders", "orders", "v1.0.0", "Draft", "Not requested")
	page.says("[data-testid=account-us]", "As of just now", "North America (Google Cloud, Iowa)").says("main", "31 January 2027", "Platform Insights", "Merchant Center")
	page.count("[data-testid=asking]", 0).count("a[href$='/admin/connect/drafts/"+d.ID+"']", 1)

	storetest.Update(t, s.store, func(tx *store.Tx) error {
		if err := tx.SetDeployAccountCheck(s.ctx, s.us.ID, []string{"manage_connectors"}, ""); err != nil {
			return err
		}
		return tx.SetDeployAccountCheck(s.ctx, s.sis.ID, nil, "invalid_client")
	})
	s.asks(d, store.OpFailed, "GitRepositoryNotReachable")
	s.seen(d, func(doc *commercetools.Draft) {
		doc.Status, doc.CertificationInfo.Comments = "FEEDBACK_REQUIRED", []commercetools.Comment{{UserID: "team", Comment: "Please add a logo."}}
	})
	page = s.get("/admin/connect").says("[data-testid=account-us]", "lacks the scope manage_connectors_deployments", "lacks the scope manage_api_clients", "FEEDBACK_REQUIRED", "1 new comment")
	page.says("[data-testid=account-sister]", "does not take the API client", "invalid_client")
	page.says("[data-testid=asking]", "Change the draft orders", "cannot read the repository at this tag", "Failed", "Those who certify have written about Connector orders")

	storetest.Update(t, s.store, func(tx *store.Tx) error { return tx.RetireDeployAccounts(s.ctx, []string{"sister"}) })
	s.get("/admin/connect").says("[data-testid=account-us]", "configured no more").count("[data-testid=account-us] form, [data-testid=account-us] a[href$='/drafts/new']", 0)
	s.post("/admin/connect/accounts/" + s.sis.ID + "/sync").is(303)
	s.post("/admin/connect/accounts/" + s.account.ID + "/sync").is(404)
	s.as(store.StaffViewer)
	s.get("/admin/connect").count("main form", 0).says("table", "Connector orders")
}

// A draft is made: what the API would not take is said beside each field, what will be sent is shown first.
func TestAdminNewDraft(t *testing.T) {
	s := newShop(t)
	path := "/admin/connect/accounts/" + s.us.ID + "/drafts/new"
	page := s.get(path).says("h1", "New draft").count("input[required]", 4)
	if got := page.value("[name='creator.email']"); got != "admin@host.example" {
		t.Errorf("the creator begins as %q", got)
	}
	wrong := s.fill(page, path, "review", "key", "x!", "repository.url", "https://github.com/acme/x", "documentationUrl", "ftp://x", "privateProjects", "shop", "creator.noOfContributors", "-1").is(422)
	wrong.says("[data-testid=faults]", "would not take it for", "nothing was sent", "Key", "Repository", "Name")
	for _, field := range []string{"key", "name", "repository.url", "repository.tag", "documentationUrl", "privateProjects"} {
		if text := wrong.Find(`[id="` + field + `-hint"] .error`).Text(); text == "" || strings.Contains(text, "refusal.") {
			t.Errorf("beside %s is %q", field, text)
		}
		wrong.count(`[data-testid=faults] a[href="#`+field+`"]`, 1).count(`[id="`+field+`"][aria-invalid=true]`, 1)
	}
	if got := wrong.value("[name=key]"); got != "x!" {
		t.Errorf("what was entered became %q", got)
	}
	review := s.fill(wrong, path, "review", "key", "orders", "name", "Orders", "repository.url", shopBloomreach, "repository.tag", "v1.0.0", "documentationUrl", "", "privateProjects", "", "creator.noOfContributors", "",
		"integrationTypes", "oms", "integrationTypes", "erp").is(200)
	review.says("[data-testid=review]", "6 values will be sent", "orders", "Orders", "v1.0.0", "erp, oms", "admin@host.example", "Create the draft", "curl --request POST", "/connectors/drafts")
	review.count("main details form", 1)
	if got := len(storetest.Must[[]store.ConnectorDraft](t)(s.store.ConnectorDrafts(s.ctx, ""))); got != 0 {
		t.Errorf("a look at it has made %d drafts", got)
	}
	made := s.send(review, path).is(303).location
	draft := s.get(made).says("h1", "Orders").says("main", "v1.0.0", "erp, oms", "Only the creator's organisation", "Not yet", "Any")
	draft.says("#configuration", "What a deployment is asked for").says("table", "BLOOMREACH_ENGAGEMENT_API_KEY", "service, event", "Secured")
	draft.says("[data-testid=timeline]", "The draft was made", "Call: POST /connectors/drafts")

	again := s.fill(s.get(path), path, "review", "key", "orders", "name", "Orders", "repository.url", shopBloomreach, "repository.tag", "v1.0.0")
	operation := s.send(again, path).is(303).location
	s.get(operation).says("[data-testid=problem]", "The key is taken already", "Choose another key", "DuplicateField", "HTTP 400").says("h1", "Create the draft orders")
}

// An edit sends only what differs, and shows it old beside new before that.
func TestAdminEditDraft(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	path := "/admin/connect/drafts/" + d.ID + "/edit"
	page := s.get(path).says("h1", "Edit Connector orders").count("[name=key]", 0)
	s.fill(page, path, "review").is(200).says("[data-testid=review]", "0 values will be sent", "Nothing differs from what is there").count("#send", 0)
	s.fill(page, path, "review", "supportedRegions", "").is(200)
	review := s.fill(page, path, "review", "description", "Sends orders and more", "repository.tag", "v1.1.0", "creator.company", "").is(200)
	review.says("[data-testid=review]", "3 values will be sent", "Send 3 changes", "Sends orders and more", "preview has to be requested again", "nothing")
	if got := review.text("[data-testid=review] del"); got != "Sends ordersv1.0.0Acme" {
		t.Errorf("the old values are %q", got)
	}
	body := review.text("[data-testid=review] .curl pre")
	for _, action := range []string{"setDescription", "setRepository", "setCreatorCompany"} {
		if strings.Count(body, action) != 1 {
			t.Errorf("%s is not sent once: %s", action, body)
		}
	}
	if strings.Contains(body, "setName") {
		t.Errorf("what did not change is sent: %s", body)
	}
	s.send(review, path).is(303)
	s.get("/admin/connect/drafts/"+d.ID).says("main", "Sends orders and more", "v1.1.0").says("[data-testid=timeline]", "another repository or tag", "commercetools has taken it")
	wrong := s.fill(s.get(path), path, "review", "name", "", "supportedRegions", "moon-1").is(422)
	wrong.says("[data-testid=faults]", "Name", "no region moon-1").count("input[value=moon-1][checked]", 1)
	s.ask("GET", "/admin/connect/drafts/none/edit", nil).is(404)
}

// Somebody else has changed the same field meanwhile: a person sees old beside new, and decides.
func TestAdminOperationMoved(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	path := "/admin/connect/drafts/" + d.ID + "/edit"
	change := func(theirs, ours string) string {
		s.platform("PATCH", "/drafts/"+d.UpstreamID, map[string]any{"name": theirs})
		return s.send(s.fill(s.get(path), path, "review", "name", ours).is(200), path).is(303).location
	}
	at := change("Theirs", "Ours")
	page := s.get(at).says("h1", "Change the draft orders").says("main", "Has moved", "What it is to change has changed meanwhile", "Nothing was changed")
	page.says("[data-testid=moved]", "Name", "Connector orders", "Theirs", "As you saw it").says("main form", "Send it all the same", "Leave it").says("#sent", "What is sent")
	page.says(".curl pre", "setName", "Ours", "version")
	s.get("/admin/connect").says("[data-testid=asking]", "Change the draft orders", "Has moved")
	s.get("/admin/connect/drafts/"+d.ID).says("[data-testid=operations]", "Change the draft orders")
	s.post(at + "/repeat").is(303)
	s.get(at).says("main", "commercetools has done it").count("main form", 0)
	s.get("/admin/connect/drafts/"+d.ID).says("h1", "Ours").count("[data-testid=operations]", 0)
	s.post(at+"/repeat").is(409).says("main [role=alert]", "")

	at = change("Theirs again", "Ours again")
	s.post(at + "/drop").is(303)
	s.get(at).says("[data-testid=problem]", "Somebody decided against it").count("main form", 0)
	s.get("/admin/connect").count("[data-testid=asking]", 0)
	s.as(store.StaffSupport)
	s.get(at).count("main form", 0)
	s.ask("GET", "/admin/connect/operations/none", nil).is(404)
}

// Every code that commercetools may answer with has its sentence and what to do, on the page of the operation.
func TestAdminOperationProblems(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	for _, code := range append(commercetools.Codes(), "moved", "lost", "unavailable", "left", "other_project", "SomethingNew") {
		page := s.get("/admin/connect/operations/" + s.asks(d, store.OpFailed, code).ID)
		text := page.text("[data-testid=problem]")
		if strings.Contains(text, "connect.problem.") || strings.Contains(text, "<no value>") || strings.Count(text, ". ") < 2 {
			t.Errorf("%s: %s", code, text)
		}
		if strings.Contains(text, "commercetools said no") && code != "SomethingNew" {
			t.Errorf("%s has no sentence of its own", code)
		}
		page.says("[data-testid=problem]", code, "HTTP 400", "The words of the platform.", "req-9").says("main form", "Send it again", "Leave it")
	}
}

// Only what a draft's state allows is offered; the rest is greyed, with the reason.
func TestAdminDraftGuards(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	for _, c := range []struct {
		what string
		is   func(*commercetools.Draft)
		open string // what can be pressed
		says []string
	}{
		{"new", func(*commercetools.Draft) {}, "preview publish certify delete", []string{"It was not previewed: commercetools may refuse", "not in the marketplace", "request a preview and wait"}},
		{"pending", func(d *commercetools.Draft) { d.IsPreviewable = commercetools.PreviewPending }, "", []string{"A preview has been requested already", "a change now could spoil it"}},
		{"previewed", func(d *commercetools.Draft) { d.IsPreviewable = commercetools.PreviewTrue }, "preview publish certify deployPreview delete", nil},
		{"processing", func(d *commercetools.Draft) { d.Status = commercetools.StatusProcessing }, "", []string{"Being published"}},
		{"certifying", func(d *commercetools.Draft) { d.Status = commercetools.StatusInCertification }, "", []string{"In certification"}},
		{"on the market", func(d *commercetools.Draft) {
			d.Status, d.AlreadyListed, d.Certified, d.Private, d.IsPreviewable = commercetools.StatusPublished, true, true, false, commercetools.PreviewTrue
		}, "preview unlist deployPreview delete", []string{"Everybody"}},
		{"unknown", func(d *commercetools.Draft) { d.Status = "FEEDBACK_REQUIRED" }, "", []string{"FEEDBACK_REQUIRED"}},
	} {
		s.seen(d, c.is)
		page := s.get("/admin/connect/drafts/"+d.ID).says("main", c.says...)
		var open []string
		for _, act := range []string{"preview", "publish", "certify", "unlist", "deployPreview", "delete"} {
			button := page.Find("#act-" + act + ":not([disabled]), [data-testid=actions] a[id='act-" + act + "']")
			if button.Length() > 0 {
				open = append(open, act)
				continue
			}
			why := page.Find("#why-" + act)
			if strings.TrimSpace(why.Text()) == "" || strings.Contains(why.Text(), "refusal.") {
				t.Errorf("%s: why %s cannot be done is %q", c.what, act, why.Text())
			}
			page.count("[data-testid=actions] [disabled][aria-describedby='why-"+act+"']", 1)
		}
		if got := strings.Join(open, " "); got != c.open {
			t.Errorf("%s: open is %q, want %q", c.what, got, c.open)
		}
	}
	s.post("/admin/connect/drafts/"+d.ID+"/act", "act", "nonsense").is(400)
	s.as(store.StaffViewer)
	s.get("/admin/connect/drafts/"+d.ID).count("[data-testid=actions], main form", 0)
}

// What is pressed is carried out and followed: a preview, its report, and a publication.
func TestAdminDraftActs(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	at := "/admin/connect/drafts/" + d.ID
	s.post(at+"/act", "act", "preview", "base", strconv.Itoa(d.Version)).is(303)
	s.get(at).says("main", "Preview: Pending").says("[data-testid=timeline]", "Asked for a preview").count("[hx-get]", 1)
	refused := s.post(at+"/act", "act", "publish", "base", "2").is(422)
	refused.says("main [role=alert]", "").count("[hx-get]", 0)
	s.look(d, 5*time.Minute)
	s.get(at).says("main", "Preview: Accepted").says("[data-testid=preview-report]", "Information").count("[hx-get]", 0)
	s.post(at+"/act", "act", "publish", "base", "").is(303)
	s.look(d, 5*time.Minute)
	s.look(d, 5*time.Minute)
	s.get(at).says("main", "Published", "Tag v1.0.0, version 1").says("[data-testid=publish-report]", "Information")
}

// Reports are lists; what was skipped is a warning though it is called information.
func TestAdminDraftReports(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	s.seen(d, func(doc *commercetools.Draft) {
		doc.IsPreviewable = commercetools.PreviewFalse
		doc.PreviewableReport.Entries = []commercetools.ReportEntry{
			{Type: commercetools.EntryInformation, Title: "Validation passed"}, {Type: commercetools.EntryInformation, Title: "Post-deploy skipped", Application: "service"},
			{Type: commercetools.EntryError, Title: "SAST failed", Message: "One finding"}, {Type: "Rumour", Title: "Something new"},
		}
	})
	page := s.get("/admin/connect/drafts/"+d.ID).says("[data-testid=preview-report]", "SAST failed", "One finding", "Rumour", "not the findings").says("main", "Preview: Rejected")
	page.count("[data-testid=preview-report] .pill.bad", 1).count("[data-testid=preview-report] .pill.warn", 1).count("[data-testid=preview-report] .pill.good", 2)
}

// Those who certify are heard and answered, also in a state that nobody has announced.
func TestAdminDraftComments(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	at := "/admin/connect/drafts/" + d.ID
	s.post(at+"/act", "act", "certify").is(303)
	s.look(d, 2*time.Minute)
	s.platform("POST", "/drafts/"+d.UpstreamID+"/comment", map[string]any{"comment": "Please add a logo.\nAnd a name."})
	s.platform("POST", "/drafts/"+d.UpstreamID+"/status", map[string]any{"status": "FEEDBACK_REQUIRED"})
	s.look(d, time.Minute)
	s.get("/admin/connect").says("[data-testid=asking]", "1 new comment", "FEEDBACK_REQUIRED")
	page := s.get(at).says("[data-testid=comments]", "Please add a logo.", "connect-certification", "New", "FEEDBACK_REQUIRED", "Answer the reviewers")
	page.says("[data-testid=timeline]", "Its status is FEEDBACK_REQUIRED now")
	s.get(at).count("[data-testid=comments] .pill.warn:contains(New)", 0)
	s.get("/admin/connect").count("[data-testid=asking]", 0)
	s.post(at+"/comment", "comment", " ").is(422).says("main [role=alert]", "Fill this in")
	s.post(at+"/comment", "comment", "It has one now.").is(303)
	s.look(d, time.Minute)
	s.get(at).says("[data-testid=comments]", "It has one now.")
}

// Deleting asks for the key, and takes nothing else.
func TestAdminDeleteDraft(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	path := "/admin/connect/drafts/" + d.ID + "/delete"
	s.get(path).says("h1", "Delete Connector orders?").says("label", "Type orders to confirm")
	s.post(path, "key", "order").is(422).says("[role=alert]", "Type orders exactly", "Nothing was sent")
	at := s.post(path, "key", "orders").is(303).location
	s.get(at).says("main", "commercetools has done it")
	s.copied(time.Minute)
	s.get("/admin/connect/drafts/"+d.ID).says("main", "not at commercetools any more").count("main a[href$='/edit']", 0)
}
