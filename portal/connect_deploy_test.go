package portal

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"portico/store"
	"portico/upstream/commercetools"
)

func TestDeployConnector(t *testing.T) {
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	wish := w.wish(row, "loyalty-one")
	planned, err := w.portal.PlannedDeployments(w.ctx, wish)
	w.ok(err)
	all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
	w.ok(err)
	o := w.settled(all[0].ID)
	w.wantState(o, store.OpDone, "")
	there := w.theirs()
	if len(there) != 1 || there[0].Key != "loyalty-one" || there[0].Type != "sandbox" || there[0].Deployed != usCentral {
		t.Fatalf("got %+v, want one deployment", there)
	}
	for name, value := range map[string]string{
		"/SHOP_REGION": usCentral, "/LOYALTY_API_KEY": "canary-loyalty", "points/SIGNING_KEY": "canary-signing", "points/TIERS": `{"silver": 1}`,
		"nightly/EXPIRE_AFTER_DAYS": "30", "loyalty-admin/CUSTOM_APPLICATION_ID": "app-1",
	} {
		application, key, _ := strings.Cut(name, "/")
		w.wantArrived(there[0], application, key, value)
	}
	if d := w.atRest(o.SubjectID); d.Status != "Deployed" || d.UpstreamID != there[0].ID {
		t.Errorf("the copy is %+v", d)
	}
	set, err := w.store.DeploymentValues(w.ctx, o.SubjectID)
	w.ok(err)
	if v, ok := valueFor(set.Values, "points", ConfigField{Key: "SIGNING_KEY", Secured: true}); !ok || v.Value.Reveal() != "canary-signing" || v.By != "Kim" {
		t.Errorf("last sent: %+v", v)
	}
	body, err := w.store.OperationBody(w.ctx, o.ID)
	w.ok(err)
	if body != "" || len(planned) != 1 || !strings.HasSuffix(planned[0].URL, "/composable-product-dev-sandbox/deployments") {
		t.Errorf("body %q is kept, or planned is %+v", body, planned)
	}
	wantNoCanary(t, "the planned request", planned[0].Body)
	w.wantSealed()
}

// wantSealed looks for what is secret wherever it could have been written down.
func (w *installWorld) wantSealed() {
	w.Helper()
	known := false
	for _, name := range []string{w.file, w.file + "-wal"} {
		b, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue
		}
		w.ok(err)
		wantNoCanary(w.T, name, string(b))
		known = known || strings.Contains(string(b), "LOYALTY_API_KEY")
	}
	if !known {
		w.Error("what is no secret is not in the database's files either: they are not its files")
	}
}

// second is an account of another project of the same organisation.
func (w *installWorld) second() store.DeployAccount {
	w.Helper()
	w.control("POST", "projects", map[string]any{"key": "second", "production": true})
	client, _ := w.control("POST", "clients", map[string]any{"project": "second"}).(map[string]any)
	access := w.sim.Access(usCentral)
	access.ProjectKey = "second"
	access.ClientID, _ = client["id"].(string)
	access.ClientSecret, _ = client["secret"].(string)
	return w.account("second", access)
}

func TestDeployToSeveralTargets(t *testing.T) {
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	second := w.second()
	targets, err := w.portal.ProposeTargets(w.ctx, row.ID, false)
	w.ok(err)
	if len(targets) != 2 || targets[0].AccountID != w.main.ID || targets[1].AccountID != second.ID || targets[1].Key != "loyalty-us-central1-gcp" || targets[1].Account.Secret != "" {
		t.Fatalf("proposed: %+v", targets)
	}
	wish := w.wish(row, "")
	wish.Targets = []DeployTarget{targets[0].DeployTarget, targets[1].DeployTarget, {AccountID: w.main.ID, Key: "elsewhere", Region: euWest, Type: "production"}}
	all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
	w.ok(err)
	w.wantState(w.settled(all[0].ID), store.OpDone, "")
	w.wantState(w.settled(all[1].ID), store.OpFailed, commercetools.CodeReferenceNotFound) // it is private to the first project
	w.wantState(w.settled(all[2].ID), store.OpDone, "")
	var got []string
	for _, d := range w.theirs() {
		got = append(got, d.Key+" "+d.Type+" "+d.Deployed)
	}
	for _, want := range []string{"loyalty-us-central1-gcp sandbox us-central1.gcp", "elsewhere production europe-west1.gcp"} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	again, err := w.portal.ProposeTargets(w.ctx, row.ID, false)
	w.ok(err)
	if again[0].Key != "loyalty-us-central1-gcp-2" || len(again[0].Deployments) != 2 {
		t.Errorf("proposed next: %+v", again[0])
	}
}

// Whatever goes wrong at whichever call, there is one deployment in the end.
func TestDeployThroughFaults(t *testing.T) {
	for _, key := range []string{"one", ""} {
		for _, operation := range []string{"createDeployment", "deployments", "deployment", "*"} {
			for _, kind := range []string{"lost", "malformed", "500_after", "500", "429", "401"} {
				t.Run(key+" "+operation+" "+kind, func(t *testing.T) {
					t.Parallel()
					w := newInstallWorld(t)
					wish := w.wish(w.published("loyalty", loyaltyURL, "v1.0.0"), key)
					w.fault(operation, kind, 1)
					all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
					w.ok(err)
					w.wantState(w.settled(all[0].ID), store.OpDone, "")
					if there := w.theirs(); len(there) != 1 || there[0].Accepted["createDeployment"] != 1 {
						t.Errorf("got %+v, want one deployment", there)
					}
				})
			}
		}
	}
}

func TestDeployDoesNotTakeAnothersForItsOwn(t *testing.T) {
	for _, key := range []string{"one", ""} {
		t.Run(key, func(t *testing.T) {
			w := newInstallWorld(t)
			wish := w.wish(w.published("loyalty", loyaltyURL, "v1.0.0"), key)
			plans, err := planDeploy(w.ctx, w.store, wish)
			w.ok(err)
			_, err = w.client(w.main).CreateDeployment(w.ctx, plans[0].body) // somebody else was first
			w.ok(err)
			w.fault("createDeployment", "500", 1)
			all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
			w.ok(err)
			o := w.settled(all[0].ID)
			if key != "" {
				w.wantState(o, store.OpFailed, commercetools.CodeDuplicateField)
				return
			}
			w.wantState(o, store.OpDone, "")
			if n := len(w.theirs()); n != 2 {
				t.Errorf("got %d deployments, want theirs and ours", n)
			}
		})
	}
}

// Each error that commercetools has for a new deployment ends the operation with its code, and what was entered can be
// mended.
func TestDeployRefusedByPlatform(t *testing.T) {
	codes := []string{
		"InvalidJsonInput", "DuplicateField", "FieldValueNotFound", "AuthorizationError", "ConnectorStagedNotPreviewable", "ConnectorReferenceNotFound",
		"DeploymentUnsupportedRegion", "DeploymentUnknownApplicationConfiguration", "DeploymentUnknownApplicationConfigurationKey", "DeploymentInvalidType",
		"DeploymentProductionDeactivated", "DeploymentApplicationRequired", "DeploymentUnknownGlobalConfigurationKey", "DeploymentMissingGlobalConfigurationKey",
		"DeploymentEmptyRequiredGlobalConfigurationKey", "SomethingNew",
	}
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	for _, code := range codes {
		w.reject("createDeployment", code)
		all, err := w.portal.DeployConnector(w.ctx, w.actor, w.wish(row, "one"))
		w.ok(err)
		o := w.settled(all[0].ID)
		w.wantState(o, store.OpFailed, code)
		target, values, err := w.portal.OperationValues(w.ctx, o.ID)
		w.ok(err)
		if v, ok := valueFor(values, "points", ConfigField{Key: "SIGNING_KEY", Secured: true}); !ok || v.Value.Reveal() != "canary-signing" || target.Key != "one" {
			t.Errorf("%s: what was entered is lost: %+v", code, target)
		}
	}
	if there := w.theirs(); len(there) != 0 {
		t.Errorf("something was deployed: %+v", there)
	}
	w.wantSealed()
}

// What would be refused is not sent. The API gives the same code for the same body.
func TestDeployCheckedBeforeSending(t *testing.T) {
	w := newInstallWorld(t)
	published := w.published("loyalty", loyaltyURL, "v1.0.0")
	draft := w.drafted("other", loyaltyURL, "v1.0.0")
	for name, tt := range map[string]struct {
		change func(*DeployWish)
		code   string
		key    string
		warns  bool
		ours   bool // the API has no code of its own for it
	}{
		"no target":       {func(d *DeployWish) { d.Targets = nil }, "deploy_target", "/targets", false, true},
		"key":             {func(d *DeployWish) { d.Targets[0].Key = "x" }, "InvalidJsonInput", "/key", false, false},
		"type":            {func(d *DeployWish) { d.Targets[0].Type = "preview" }, "DeploymentInvalidType", "/type", false, false},
		"not previewable": {func(d *DeployWish) { d.DraftID, d.Staged = draft.ID, true }, "ConnectorStagedNotPreviewable", "/connector", false, false},
		"global missing":  {without("", "LOYALTY_API_KEY"), "DeploymentMissingGlobalConfigurationKey", "/LOYALTY_API_KEY", false, false},
		"missing":         {without("points", "SIGNING_KEY"), "required_missing", "points/SIGNING_KEY", false, true},
		"a mask":          {with("points", "SIGNING_KEY", true, "*****"), "masked_value", "points/SIGNING_KEY", false, true},
		"not json":        {with("points", "TIERS", false, "{silver"), "value_not_json", "points/TIERS", true, true},
		"schedule":        {schedule("0 2 * *"), "value_schedule", "nightly/schedule", false, true},
		"odd schedule":    {schedule("0 0 2 * * *"), "value_schedule_unclear", "nightly/schedule", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			wish := w.wish(published, "one")
			tt.change(&wish)
			faults, err := w.portal.CheckDeploy(w.ctx, wish)
			w.ok(err)
			if len(faults) != 1 || faults[0].Code != tt.code || faults[0].Name() != tt.key || faults[0].Warning != tt.warns {
				t.Fatalf("got %+v, want %s at %s", faults, tt.code, tt.key)
			}
			_, err = w.portal.DeployConnector(w.ctx, w.actor, wish)
			wantCode(t, err, faults[0].Refusal.Code)
			if tt.ours {
				return
			}
			plans, err := planDeploy(w.ctx, w.store, wish)
			w.ok(err)
			if _, err = w.client(w.main).CreateDeployment(w.ctx, plans[0].body); err == nil || !strings.Contains(err.Error(), tt.code) {
				t.Errorf("the API says %v", err)
			}
		})
	}
	if there := w.theirs(); len(there) != 0 {
		t.Errorf("something was deployed: %+v", there)
	}
	wish := w.wish(published, "one")
	with("points", "TIERS", false, "{silver")(&wish)
	wish.Anyway = true
	all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
	w.ok(err)
	w.wantState(w.settled(all[0].ID), store.OpDone, "")
	_, err = w.portal.DeployConnector(w.ctx, w.actor, w.wish(published, "one"))
	wantCode(t, err, "deploy_key_taken")
	_, err = w.portal.DeployConnector(w.ctx, w.actor, DeployWish{DraftID: draft.ID, Targets: wish.Targets})
	wantCode(t, err, "deploy_not_published")
}

func without(application, key string) func(*DeployWish) {
	return func(d *DeployWish) { with(application, key, true, "")(d) }
}

func with(application, key string, secured bool, value string) func(*DeployWish) {
	return func(d *DeployWish) {
		put(&d.Values, application, store.SetValue{Key: key, Secured: secured, Value: textOf(value)})
	}
}

func schedule(text string) func(*DeployWish) {
	return func(d *DeployWish) { d.Values.Schedules["nightly"] = text }
}

// A client that may not make API clients cannot deploy a connector that is given one, and is told so before.
func TestDeployWithoutScope(t *testing.T) {
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	limited := w.account("limited", w.sim.LimitedAccess(usCentral))
	wish := w.wish(row, "one")
	wish.Targets[0].AccountID = limited.ID
	all, err := w.portal.DeployConnector(w.ctx, w.actor, wish) // what it may do is not known yet
	w.ok(err)
	w.wantState(w.settled(all[0].ID), store.OpFailed, commercetools.CodeAuthorizationError)
	w.ok(w.portal.CheckDeployAccount(w.ctx, limited.ID))
	_, err = w.portal.DeployConnector(w.ctx, w.actor, wish)
	wantCode(t, err, "connect_scope")
}

// Where a connector may not run, or not be installed, is said for the target that it is about.
func TestDeployChecksThePlace(t *testing.T) {
	w := newInstallWorld(t)
	second := w.second()
	row := w.update(w.drafted("loyalty", loyaltyURL, "v1.0.0"), commercetools.SetSupportedRegions(euWest),
		commercetools.AddPrivateProject(usCentral+":"+w.main.ProjectKey), commercetools.Publish(false))
	wish := w.wish(row, "one")
	wish.Targets = append(wish.Targets, DeployTarget{AccountID: w.main.ID, Key: "one", Region: euWest}, DeployTarget{AccountID: second.ID, Region: euWest})
	faults, err := w.portal.CheckDeploy(w.ctx, wish)
	w.ok(err)
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprint(f.Target, " ", f.Code, " ", f.Warning))
	}
	want := []string{"0 DeploymentUnsupportedRegion false", "1 DuplicateField false", "2 deploy_private_project true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	targets, err := w.portal.ProposeTargets(w.ctx, row.ID, false)
	w.ok(err)
	if targets[0].Region != euWest {
		t.Errorf("proposed in %s", targets[0].Region)
	}
}

// Two processes and one that is killed after each step make one deployment.
func TestDeployByManyProcesses(t *testing.T) {
	w := newInstallWorld(t)
	wish := w.wish(w.published("loyalty", loyaltyURL, "v1.0.0"), "one")
	var o store.Operation
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error {
		all, err := w.portal.askDeploy(w.ctx, tx, w.actor, "", wish)
		o = all[0]
		return err
	}))
	w.fault("createDeployment", "lost", 1)
	second := w.process()
	done := make(chan error, 2)
	for _, p := range []*Portal{w.portal, second} {
		go func() {
			_, err := p.AdvanceOperation(w.ctx, o.ID)
			done <- err
		}()
	}
	w.ok(<-done)
	w.ok(<-done)
	w.ok(w.store.TakeOver(w.ctx)) // as a process that starts after one was killed
	w.wantState(w.settledBy(w.process(), o.ID), store.OpDone, "")
	if there := w.theirs(); len(there) != 1 || there[0].Accepted["createDeployment"] != 1 {
		t.Errorf("got %+v, want one deployment", there)
	}
}
