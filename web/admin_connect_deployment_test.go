package web

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

// A connector is deployed to two projects at once: what is wrong stands beside its field, and what was typed is not lost.
func TestAdminDeploy(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	draft = s.update(draft.ID, commercetools.AddPrivateProject(s.us.Region+":"+s.us.ProjectKey), commercetools.AddPrivateProject(s.sis.Region+":"+s.sis.ProjectKey))
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	page := s.get(path).says("h1", "Deploy Connector loyalty").says("nav.chips [aria-current]", "The published connector").count("fieldset[data-testid^=target-]", 2)
	page.says("main form", "LOYALTY_API_KEY", "Required", "Secured", "manage_extensions").says("[data-testid=target-us]", "North America")
	if page.value("input[name='v:/SHOP_REGION']") != "europe-west1.gcp" || !strings.Contains(page.Find("textarea[name='v:points/TIERS']").Text(), `"silver": 100`) {
		t.Error("a default is not filled in")
	}
	page.count("input[name='v:/LOYALTY_API_KEY'][type=password][autocomplete=new-password]", 1).count("#schedule-1[placeholder='']", 1)

	// Refused: everything at once, each with a link to its field and the API's code.
	wrong := s.fill(page, path, "review", "v:/LOYALTY_API_KEY", "canary-typed", "s:nightly", "every night", "v:loyalty-admin/CUSTOM_APPLICATION_ID", "", "target", s.us.ID,
		"v:points/TIERS", "{silver").is(422)
	wrong.says("[data-testid=faults]", "SIGNING_KEY of points is required", "value_schedule", "expected to hold JSON").count("[data-testid=review]", 0)
	wrong.count("[aria-invalid=true][name='v:points/SIGNING_KEY']", 1).count("[aria-invalid=true][name='s:nightly']", 1)
	wrong.Find("[data-testid=faults] a").Each(func(_ int, a *goquery.Selection) {
		if id := a.AttrOr("href", ""); wrong.Find(id).Length() != 1 {
			t.Errorf("%s leads nowhere", id)
		}
	})
	if wrong.value("input[name='v:/LOYALTY_API_KEY']") != "" || !strings.Contains(wrong.text("[data-key=LOYALTY_API_KEY]"), "Entered; kept sealed") {
		t.Error("nothing is said of a secret that was entered")
	}
	s.fill(s.get(path), path, "review").is(422).says("[data-testid=faults]", "Choose at least one project")

	// Mended without the secret: it was kept.
	two := append([]string{"s:nightly", "0 3 * * *", "v:points/TIERS", "{}", "target", s.us.ID, "target", s.sis.ID}, loyaltyFields[2:]...)
	review := s.fill(wrong, path, "review", two...).is(200)
	review.says("[data-testid=review]", "This goes to 2 projects", "SHOP_REGION", "europe-west1.gcp", "Entered; kept sealed", "Deploy to 2 projects").count("[data-testid=faults]", 0)
	review.says("[data-testid=review] pre", `"key": "LOYALTY_API_KEY"`, "•••", `"schedule": "0 3 * * *"`).count("[data-testid=review] details.curl", 2)
	review.says("[data-testid=review]", s.us.ProjectKey+"/deployments", "curl --request POST")

	s.send(review, path).is(303)
	for _, o := range s.operations() {
		if o.State != store.OpDone {
			t.Fatalf("%s is %s: %s %s", o.SubjectKey, o.State, o.Problem, o.Detail)
		}
	}
	if n := len(s.operations()); n != 2 {
		t.Fatalf("there are %d operations", n)
	}
	s.copied(42 * time.Second)
	for _, a := range []store.DeployAccount{s.us, s.sis} {
		list := s.get("/admin/connect/accounts/"+a.ID+"/deployments").count("tbody tr", 1).says("tbody", "Connector loyalty", "sandbox", "v1.0.0", "Deployed")
		list.count("nav.chips a", 2)
		s.get("/admin/connect/accounts/"+a.ID+"/deployments?type=preview").count("tbody tr", 0)
	}
	s.post(path, filled(review.Find("[data-testid=review] form"), "send")...).is(422).says("[data-testid=refused]", "not kept any longer")
}

// operations is every operation on a deployment that was asked for.
func (s *shop) operations() (all []store.Operation) {
	s.Helper()
	for _, o := range storetest.Must[[]store.Operation](s)(s.store.OperationsBefore(s.ctx, "", 100)) {
		if o.SubjectKind == store.SubjectDeployment {
			all = append(all, o)
		}
	}
	return all
}

// What is sent differs from what was looked at: nothing is sent.
func TestAdminDeployLooksAgain(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	review := s.fill(s.get(path), path, "review", append([]string{"target", s.us.ID}, loyaltyFields...)...).is(200)
	sent := filled(review.Find("[data-testid=review] form"), "send")
	for n := 0; n < len(sent); n += 2 {
		if sent[n] == "key:"+s.us.ID {
			sent[n+1] = "another"
		}
	}
	again := s.post(path, sent...).is(422).says("[data-testid=refused]", "not any more what you looked at")
	if n := len(s.operations()); n != 0 {
		t.Fatalf("there are %d operations", n)
	}
	s.send(again, path).is(303)
	if all := s.operations(); len(all) != 1 || all[0].SubjectKey != "another" {
		t.Errorf("the operations are %v", all)
	}
}

// Warnings are shown, and can be passed over once they were seen.
func TestAdminDeployAllTheSame(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	review := s.fill(s.get(path), path, "review", append([]string{"target", s.us.ID, "v:points/TIERS", "no JSON"}, loyaltyFields...)...).is(200)
	review.says("[data-testid=faults]", "value_not_json", "Something to know").says("#send", "all the same").count("[aria-invalid=true]", 0)
	s.send(review, path).is(303)
}

// Values come from profiles, other deployments and what is pasted; what several applications need is asked once.
func TestAdminDeployValuesFromElsewhere(t *testing.T) {
	s := newShop(t)
	draft := s.published("bloomreach", shopBloomreach, "v1.0.0")
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	page := s.get(path).count("input[name=differ]", 10).says("main form", "Asked once for several applications", "Different in each of service, event")
	page.says("[data-key=CTP_PROJECT_KEY]", "Left empty, each project gets its own: ${PROJECT_KEY}").says("[data-key=BASIC_AUTH_SECRET]", "HTTP basic auth password")
	pasted := s.fill(page, path, "paste", "paste", "export BASIC_AUTH_SECRET='canary-basic'\nservice/X=1\nNOBODY=1\nCTP_REGION=us-central1.gcp").is(200)
	pasted.says("[data-testid=pasted]", "2 keys found their fields", "2 keys are asked for by nobody", "NOBODY")
	if pasted.value("textarea[name=paste]") != "" || pasted.value("input[name='v:/CTP_REGION']") != "us-central1.gcp" {
		t.Error("what was pasted is not where it belongs")
	}
	s.fill(pasted, path, "paste", "paste", "canary-broken line").is(422).says("[data-testid=refused]", "from line 1 on")

	// Different in each application, and back.
	apart := s.fill(pasted, path, "fill", "differ", "CTP_REGION", "v:event/CTP_REGION", "region-a", "v:service/CTP_REGION", "region-b").is(200)
	apart.count("input[name=differ][value=CTP_REGION][checked]", 1)
	if a, b := apart.value("input[name='v:event/CTP_REGION']"), apart.value("input[name='v:service/CTP_REGION']"); a != "region-a" || b != "region-b" {
		t.Errorf("the applications have %q and %q", a, b)
	}

	// Kept as a profile, and applied to another form.
	s.fill(apart, path, "save", "save_as", "").is(422).says("[data-testid=refused]", "Give the profile a name")
	s.fill(apart, path, "save", "save_as", "Stage").is(200).says("[data-testid=saved]", "Saved as the profile Stage")
	profile := storetest.Must[store.ValueSet](t)(s.store.ProfileNamed(s.ctx, "Stage"))
	other := s.fill(s.get(path), path, "profile", "profile", profile.ID).is(200)
	if got := other.value("input[name='v:service/CTP_REGION']"); got != "region-b" {
		t.Errorf("the profile brings %q", got)
	}
	other.says("[data-key=BASIC_AUTH_SECRET]", "Entered; kept sealed")

	s.get("/admin/connect/profiles").says("main", "Stage", "secret")
	one := s.get("/admin/connect/profiles/"+profile.ID).says("[data-testid=values]", "CTP_REGION", "region-a", "hidden")
	s.clean(one)
	env := s.ask("GET", "/admin/connect/profiles/"+profile.ID+"/values?format=env", nil).is(200)
	if !strings.Contains(env.body, "BASIC_AUTH_SECRET= # secured") || strings.Contains(env.body, "canary-") {
		t.Errorf("the file is %s", env.body)
	}
	s.post("/admin/connect/profiles/" + profile.ID + "/remove").is(303)
	s.ask("GET", "/admin/connect/profiles/"+profile.ID, nil).is(404)
	s.fill(other, path, "profile", "profile", profile.ID).is(404)
}

// The page of a deployment says where it is reached, and what it has; nothing that is secured.
func TestAdminDeployment(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	d := s.deployed(draft)
	path := "/admin/connect/deployments/" + d.ID
	page := s.get(path).says("h1", "Connector loyalty").says("[data-testid=status]", "Deployed").says("[data-testid=applications]", "points", "service", "https://", "nightly", "0 2 * * *")
	page.says("[data-testid=values]", "SHOP_REGION", "europe-west1.gcp", "LOYALTY_API_KEY", "hidden", "set by admin").says("[data-testid=timeline]", "commercetools has taken the deployment")
	page.count("#watch", 0).count("#act-redeploy", 1).count("#act-undeploy", 1)
	s.clean(page)
	for _, format := range []string{"env", "json"} {
		file := s.ask("GET", path+"/values?format="+format, nil).is(200)
		if strings.Contains(file.body, "canary-") || !strings.Contains(file.body, "LOYALTY_API_KEY") {
			t.Errorf("the file is %s", file.body)
		}
	}
	s.post(path + "/look").is(303)
	s.post(path+"/profile", "name", " ").is(422).says("[role=alert]", "Give the profile a name")
	s.get(s.post(path+"/profile", "name", "Live").is(303).location).says("h1", "Live").says("[data-testid=values]", "LOYALTY_API_KEY")
	s.post(path + "/values/forget").is(303)
	s.get(path).says("[data-testid=values]", "not set from here").count("#forget", 0)
	viewer := s.as(store.StaffViewer).get(path).count("main form", 0).count("#act-redeploy", 0).says("[data-testid=values]", "hidden")
	s.clean(viewer)
	for _, rest := range []string{"/redeploy", "/undeploy", "/values"} {
		s.ask("GET", path+rest, nil).is(403)
	}
}

// Old stands beside new, only what differs is sent, and a newer connector is said with what it asks for.
func TestAdminRedeploy(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	d := s.deployed(draft)
	path := "/admin/connect/deployments/" + d.ID + "/redeploy"
	page := s.get(path).count("input[name=update][checked]", 0).says("[data-key=LOYALTY_API_KEY]", "set by admin@host.example")
	if page.value("input[name='v:loyalty-admin/CUSTOM_APPLICATION_ID']") != "app-1" || !strings.Contains(page.Find("input[name='v:/LOYALTY_API_KEY']").AttrOr("placeholder", ""), "Kept") {
		t.Error("the form does not begin with what is there")
	}
	review := s.fill(page, path, "review", "v:points/LOG_LEVEL", "warn", "v:/LOYALTY_API_KEY", "canary-new", "v:points/SIGNING_KEY", "canary-signing").is(200)
	review.says("[data-testid=review] header", "2 values change", "8 stay").says("#send", "Redeploy, 2 values change")
	review.says("[data-testid=review] tbody tr:nth-child(1)", "LOYALTY_API_KEY", "set by admin@host.example", "Changes").says("[data-testid=review] del", "info").says("[data-testid=review] ins", "warn")
	review.says("[data-testid=review] pre", `"configurationValues"`, "•••")
	s.get(s.send(review, path).is(303).location)
	s.copied(42 * time.Second)
	page = s.get("/admin/connect/deployments/"+d.ID).says("[data-testid=values]", "warn")

	// A newer connector.
	s.update(draft.ID, commercetools.SetRepository(shopLoyalty, "v1.1.0"), commercetools.Publish(false))
	s.get("/admin/connect/deployments/"+d.ID).says("[data-testid=drift]", "It runs v1.0.0, and v1.1.0 is there", "WELCOME_POINTS").says("[data-testid=actions]", "v1.1.0 is there")
	s.get("/admin/connect").says("[data-testid=drift]", "Connector is behind", "loyalty-us")
	page = s.get(path).count("input[name=update][checked]", 1).count("input[name='v:points/WELCOME_POINTS']", 1).says("main form", "Move to the connector's tag v1.1.0")
	review = s.fill(page, path, "review", "skip", "1").is(200).says("[data-testid=review]", "v1.0.0", "v1.1.0", "WELCOME_POINTS", "New", "scripts of the connector do not run")
	s.send(review, path).is(303)
	s.copied(42 * time.Second)
	s.get("/admin/connect/deployments/"+d.ID).says("dl", "v1.1.0").says("[data-testid=status]", "Deployed, with warnings").says("[data-testid=report]", "skipped")
}

// A deployment goes when its key is typed, and comes back with the values that were sent to it.
func TestAdminUndeploy(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	d := s.deployed(draft)
	path := "/admin/connect/deployments/" + d.ID
	s.get(path+"/undeploy").says("h1", "Undeploy loyalty-us?").says("main", "4 applications", "The address of points goes", "new addresses", "Type loyalty-us")
	s.post(path+"/undeploy", "key", "loyalty").is(422).says("[role=alert]", "Type loyalty-us exactly")
	s.post(path+"/undeploy", "key", "loyalty-us").is(303)
	s.get(path).says("[data-testid=status]", "Undeploying").count("#act-redeploy", 0).says("#why-redeploy", "commercetools is working").count("#watch", 1)
	s.get(path+"/redeploy").says("[data-testid=guard]", "commercetools is working")
	s.copied(5 * time.Minute)
	gone := s.get(path).says("[data-testid=gone]", "not at commercetools any more").count("#watch", 0)
	again := s.post(gone.Find("[data-testid=gone] form").AttrOr("action", "")[len("/in"):], filled(gone.Find("[data-testid=gone] form"), "copy")...).is(200)
	again.count("input[name=target][checked]", 1).says("[data-key=LOYALTY_API_KEY]", "Entered; kept sealed")
	s.clean(again)
	to := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	s.send(s.fill(again, to, "review").is(200), to).is(303)
}

// What was refused at commercetools comes back as a form, with the secrets that were entered.
func TestAdminDeployMended(t *testing.T) {
	s := newShop(t)
	draft := s.published("loyalty", shopLoyalty, "v1.0.0")
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	s.get("/admin/connect/drafts/"+draft.ID).count("#deploy-published[href$='/deploy?what=published']", 1)
	s.control("faults", `{"operation": "createDeployment", "kind": "reject", "code": "ConnectorReferenceNotFound", "times": 1}`, nil)
	review := s.fill(s.get(path), path, "review", append([]string{"target", s.us.ID, "key:" + s.us.ID, "mended"}, loyaltyFields...)...).is(200)
	failed := s.get(s.send(review, path).is(303).location).says("[data-testid=problem]", "ConnectorReferenceNotFound")
	form := s.post(failed.Find("#mend").Closest("form").AttrOr("action", "")[len("/in"):]).is(200)
	form.says("[data-key=LOYALTY_API_KEY]", "Entered; kept sealed").count("input[name=target][checked][value='"+s.us.ID+"']", 1)
	if got := form.value("input[name='key:" + s.us.ID + "']"); got != "mended" {
		t.Errorf("the key is %q", got)
	}
	s.clean(form)
	s.send(s.fill(form, path, "review").is(200), path).is(303)
	if all := s.operations(); len(all) != 2 || all[0].State != store.OpDone {
		t.Errorf("the operations are %v", all)
	}
}
