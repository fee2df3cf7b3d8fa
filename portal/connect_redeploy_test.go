package portal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// states is what a plan says of every value: "application/KEY" to its state, with "+" where it is sent.
func states(p RedeployPlan) map[string]string {
	all := map[string]string{}
	for _, c := range p.Changes {
		name := ValueName(c.Application, c.Key)
		if c.Schedule {
			name = c.Application + " schedule"
		}
		all[name] = c.State
		if c.Sent {
			all[name] += "+"
		}
	}
	return all
}

func wantStates(t *testing.T, p RedeployPlan, want map[string]string) {
	t.Helper()
	for name, state := range states(p) {
		if w, ok := want[name]; ok && w != state || !ok && state != ValueUnchanged {
			t.Errorf("%s is %s, want %q", name, state, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("nothing is said of %s", name)
	}
}

// entered is what a person sends with the form to redeploy.
func (w *installWorld) entered(id string, update bool, entries ...Entry) store.Values {
	w.Helper()
	state, err := w.portal.RedeployForm(w.ctx, id, update)
	w.ok(err)
	return state.Form.Enter(state.Values, Entries{Values: entries}, "Kim", w.clock.Now())
}

func TestRedeploySendsWhatChanged(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	wish := RedeployWish{DeploymentID: d.ID, Version: d.Version, Values: w.entered(d.ID, false,
		Entry{Application: "points", Key: "LOG_LEVEL", Value: "warn"},
		Entry{Application: "points", Key: "TIERS", Value: `{"silver": 1}`},
		Entry{Application: "points", Key: "SIGNING_KEY", Value: "canary-signing"}, // as it is
		Entry{Key: "LOYALTY_API_KEY", Value: "canary-new"},
		Entry{Key: "LOYALTY_WEBHOOK_SECRET"}, // left alone
	)}
	plan, err := w.portal.PlanRedeploy(w.ctx, wish)
	w.ok(err)
	wantStates(t, plan, map[string]string{"points/LOG_LEVEL": "changed+", "/LOYALTY_API_KEY": "changed+"})
	for _, want := range []string{`"configurationValues":[{"applicationName":"points","standardConfiguration":[{"key":"LOG_LEVEL","value":"warn"}],"securedConfiguration":[]}]`,
		`"globalConfiguration":{"securedConfiguration":[{"key":"LOYALTY_API_KEY","value":"•••"}]}`, fmt.Sprintf(`"version":%d`, d.Version)} {
		if !strings.Contains(plan.Body, want) {
			t.Errorf("the body is %s, want %s in it", plan.Body, want)
		}
	}
	wantNoCanary(t, "the plan", fmt.Sprintf("%+v %s %+v", plan.Changes, plan.Body, plan.Request))
	o, err := w.portal.Redeploy(w.ctx, w.actor, wish)
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	there := w.theirs()[0]
	w.wantArrived(there, "points", "LOG_LEVEL", "warn")
	w.wantArrived(there, "", "LOYALTY_API_KEY", "canary-new")
	w.wantArrived(there, "points", "SIGNING_KEY", "canary-signing")
	w.wantArrived(there, "nightly", "EXPIRE_AFTER_DAYS", "30")
	w.atRest(d.ID)
	plan, err = w.portal.PlanRedeploy(w.ctx, wish)
	w.ok(err)
	wantStates(t, plan, map[string]string{})
	state, err := w.portal.RedeployForm(w.ctx, d.ID, false)
	w.ok(err)
	if sent := state.Sent["/LOYALTY_API_KEY"]; !state.Sure || !sent.Set || sent.By != "Kim" || sent.Value != "" {
		t.Errorf("last sent is %+v", sent)
	}
	w.wantSealed()
}

// Of what somebody else may have changed nobody says that it is unchanged, and nothing of ours is put over it unasked.
func TestRedeployAfterSomebodyElse(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	_, err := w.client(w.main).Redeploy(w.ctx, d.UpstreamID, d.Version, commercetools.Redeploy{ConfigurationValues: []commercetools.ApplicationValues{
		{Application: "points", Secured: commercetools.Values{{Key: "SIGNING_KEY", Value: "canary-theirs"}}}}})
	w.ok(err)
	w.clock.Advance(deployTime)
	w.copy()
	plan, err := w.portal.PlanRedeploy(w.ctx, RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false)})
	w.ok(err)
	wantStates(t, plan, map[string]string{})
	plan, err = w.portal.PlanRedeploy(w.ctx, RedeployWish{DeploymentID: d.ID,
		Values: w.entered(d.ID, false, Entry{Application: "points", Key: "SIGNING_KEY", Value: "canary-signing"})})
	w.ok(err)
	wantStates(t, plan, map[string]string{"points/SIGNING_KEY": "unknown+"})
}

func TestRedeployOfADeploymentOfSomebodyElse(t *testing.T) {
	w := newInstallWorld(t)
	plans, err := planDeploy(w.ctx, w.store, w.wish(w.published("loyalty", loyaltyURL, "v1.0.0"), "theirs"))
	w.ok(err)
	_, err = w.client(w.main).CreateDeployment(w.ctx, plans[0].body)
	w.ok(err)
	w.clock.Advance(deployTime)
	w.copy()
	d, err := w.store.ConnectDeploymentByKey(w.ctx, w.main.ID, "theirs")
	w.ok(err)
	wish := RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false,
		Entry{Application: "points", Key: "SIGNING_KEY", Value: "canary-signing"}, Entry{Application: "nightly", Key: "EXPIRE_AFTER_DAYS", Value: "31"})}
	plan, err := w.portal.PlanRedeploy(w.ctx, wish)
	w.ok(err)
	wantStates(t, plan, map[string]string{"points/SIGNING_KEY": "unknown+", "nightly/EXPIRE_AFTER_DAYS": "changed+"})
	o, err := w.portal.Redeploy(w.ctx, w.actor, wish)
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	w.wantArrived(w.theirs()[0], "points", "SIGNING_KEY", "canary-signing")
	w.wantArrived(w.theirs()[0], "", "LOYALTY_API_KEY", "canary-loyalty")
}

func TestRedeployWithTheNewerConnector(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	draft, err := w.store.ConnectorDraftByUpstreamID(w.ctx, w.main.ID, d.ConnectorID)
	w.ok(err)
	w.update(draft, commercetools.SetRepository(loyaltyURL, "v1.1.0"), commercetools.Publish(false))
	plan, err := w.portal.PlanRedeploy(w.ctx, RedeployWish{DeploymentID: d.ID, UpdateConnector: true, Values: w.entered(d.ID, true)})
	w.ok(err)
	wantStates(t, plan, map[string]string{"points/WELCOME_POINTS": "new"})
	if c := plan.Connector; !c.Newer() || c.FromTag != "v1.0.0" || c.ToTag != "v1.1.0" || len(plan.Faults) > 0 || plan.Sends() != 0 {
		t.Errorf("connector %+v, faults %+v", plan.Connector, plan.Faults)
	}
	stays, err := w.portal.PlanRedeploy(w.ctx, RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false)})
	w.ok(err)
	if stays.Connector.Newer() || stays.Form.Tag != "v1.0.0" {
		t.Errorf("without the newer connector: %+v", stays.Connector)
	}
	o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, UpdateConnector: true, SkipScripts: true,
		Values: w.entered(d.ID, true, Entry{Application: "points", Key: "WELCOME_POINTS", Value: "7"})})
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	now := w.atRest(d.ID)
	w.wantArrived(w.theirs()[0], "points", "WELCOME_POINTS", "7")
	if now.Tag != "v1.1.0" || now.Warnings == 0 { // its scripts were skipped
		t.Errorf("got %+v", now)
	}
}

// A new required key without a value is said before anything is sent.
func TestRedeployLacksARequiredKey(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	spec := strings.Replace(loyaltyNext(w), "- key: WELCOME_POINTS", "- key: MUST\n          description: Must be\n          required: true\n        - key: WELCOME_POINTS", 1)
	w.control("POST", "repositories", map[string]any{"name": "acme/loyalty", "tags": map[string]any{"v2.0.0": map[string]string{"connect.yaml": spec}}})
	draft, err := w.store.ConnectorDraftByUpstreamID(w.ctx, w.main.ID, d.ConnectorID)
	w.ok(err)
	w.update(draft, commercetools.SetRepository(loyaltyURL, "v2.0.0"), commercetools.Publish(false))
	_, err = w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, UpdateConnector: true})
	wantCode(t, err, "deploy_missing")
	rows, err := w.portal.Drift(w.ctx)
	w.ok(err)
	at := slices.IndexFunc(rows, func(r DriftRow) bool { return r.Kind == DriftKeysNew })
	if at < 0 || !slices.Equal(rows[at].Keys, []string{"points/MUST", "points/WELCOME_POINTS"}) || !slices.Equal(rows[at].Required, []string{"points/MUST"}) {
		t.Errorf("drift: %+v", rows)
	}
}

// loyaltyNext is acme/loyalty's connect.yaml at v1.1.0.
func loyaltyNext(w *installWorld) string {
	w.Helper()
	all, _ := w.control("GET", "repositories", nil).([]any)
	for _, one := range all {
		repository, _ := one.(map[string]any)
		tags, _ := repository["tags"].(map[string]any)
		if text, ok := tags["v1.1.0"].(string); ok && repository["name"] == "acme/loyalty" {
			return text
		}
	}
	w.Fatal("the simulator has no acme/loyalty")
	return ""
}

func TestRedeployThroughFaults(t *testing.T) {
	for _, operation := range []string{"redeploy", "deployment"} {
		for _, kind := range []string{"lost", "malformed", "500_after", "500", "429", "401"} {
			for _, entry := range []Entry{{Application: "points", Key: "LOG_LEVEL", Value: "warn"}, {Application: "points", Key: "SIGNING_KEY", Value: "canary-new"}} {
				t.Run(operation+" "+kind+" "+entry.Key, func(t *testing.T) {
					t.Parallel()
					w := newInstallWorld(t)
					d := w.deployed("one")
					w.fault(operation, kind, 1)
					o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false, entry)})
					w.ok(err)
					w.wantState(w.settled(o.ID), store.OpDone, "")
					there := w.theirs()[0]
					w.wantArrived(there, "points", entry.Key, entry.Value.Reveal())
					if there.Accepted["redeploy"] != 1 {
						t.Errorf("it was redeployed %d times", there.Accepted["redeploy"])
					}
					state, err := w.portal.RedeployForm(w.ctx, w.atRest(d.ID).ID, false)
					w.ok(err)
					if !state.Sure {
						t.Error("our own redeployment counts as somebody else's")
					}
				})
			}
		}
	}
}

func TestRedeployRefusedByPlatform(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	for _, code := range []string{
		"InvalidJsonInput", "AuthorizationError", "DeploymentUnknownApplicationConfiguration", "DeploymentUnknownApplicationConfigurationKey",
		"DeploymentInvalidStatusTransition", "DeploymentApplicationDoNotBelong", "DeploymentApplicationRequired", "DeploymentConnectorUpdateFailure",
		"DeploymentUnknownGlobalConfigurationKey", "DeploymentEmptyRequiredGlobalConfigurationKey", "SomethingNew",
	} {
		w.reject("redeploy", code)
		o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false, Entry{Application: "points", Key: "LOG_LEVEL", Value: "warn"})})
		w.ok(err)
		w.wantState(w.settled(o.ID), store.OpFailed, code)
	}
	if there := w.theirs()[0]; there.Accepted["redeploy"] != 0 {
		t.Errorf("it was redeployed: %+v", there)
	}
	w.control("POST", "deployments/one/remove", nil)
	o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID})
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpFailed, commercetools.CodeResourceNotFound)
	_, err = w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID})
	wantCode(t, err, "deployment_gone")
}

func TestRedeployWhatMoved(t *testing.T) {
	raise := func(w *installWorld, d store.ConnectDeployment) {
		w.control("PATCH", "deployments/one", map[string]any{"switches": []string{}})
	}
	another := func(key, value string) func(*installWorld, store.ConnectDeployment) {
		return func(w *installWorld, d store.ConnectDeployment) {
			_, err := w.client(w.main).Redeploy(w.ctx, d.UpstreamID, d.Version, commercetools.Redeploy{ConfigurationValues: []commercetools.ApplicationValues{
				{Application: "points", Standard: commercetools.Values{{Key: key, Value: textOf(value)}}}}})
			w.ok(err)
			w.clock.Advance(deployTime)
		}
	}
	for name, tt := range map[string]struct {
		meanwhile func(*installWorld, store.ConnectDeployment)
		state     string
		field     string
	}{
		"the version alone": {raise, store.OpDone, ""},
		"another value":     {another("TIERS", `{"gold": 2}`), store.OpDone, "points/TIERS"},
		"the same value":    {another("LOG_LEVEL", "error"), store.OpMoved, "points/LOG_LEVEL"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newInstallWorld(t)
			d := w.deployed("one")
			tt.meanwhile(w, d)
			o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, Version: d.Version,
				Values: w.entered(d.ID, false, Entry{Application: "points", Key: "LOG_LEVEL", Value: "warn"})})
			w.ok(err)
			o = w.settled(o.ID)
			if o.State != tt.state || tt.field != "" && (len(o.Moved) != 1 || o.Moved[0].Field != tt.field) {
				t.Fatalf("got %s, moved %+v", o.State, o.Moved)
			}
			if o.State == store.OpMoved {
				o, err = w.portal.RepeatOperation(w.ctx, w.actor, o.ID)
				w.ok(err)
				w.wantState(w.settled(o.ID), store.OpDone, "")
			}
			w.wantArrived(w.theirs()[0], "points", "LOG_LEVEL", "warn")
		})
	}
}

func TestRedeployWhileBusy(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	wish := RedeployWish{DeploymentID: d.ID, Values: w.entered(d.ID, false, Entry{Application: "points", Key: "LOG_LEVEL", Value: "warn"})}
	_, err := w.portal.Redeploy(w.ctx, w.actor, wish)
	w.ok(err)
	_, err = w.portal.Redeploy(w.ctx, w.actor, wish)
	wantCode(t, err, "deployment_busy")
	_, err = w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
	wantCode(t, err, "deployment_busy")
	w.control("PATCH", "deployments/one", map[string]any{"status": "Hibernating"})
	w.copy()
	_, err = w.portal.Redeploy(w.ctx, w.actor, wish)
	wantCode(t, err, "deployment_status")
}

// A job's schedule can be set otherwise, and is sent only when it is another one.
func TestRedeploySchedule(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	state, err := w.portal.RedeployForm(w.ctx, d.ID, false)
	w.ok(err)
	wish := RedeployWish{DeploymentID: d.ID, Values: state.Form.Enter(state.Values, Entries{Schedules: map[string]string{"nightly": "30 3 * * *", "points": "30 3 * * *"}}, "Kim", w.clock.Now())}
	plan, err := w.portal.PlanRedeploy(w.ctx, wish)
	w.ok(err)
	wantStates(t, plan, map[string]string{"nightly schedule": "changed+"})
	o, err := w.portal.Redeploy(w.ctx, w.actor, wish)
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	w.atRest(d.ID)
	plan, err = w.portal.PlanRedeploy(w.ctx, wish)
	w.ok(err)
	wantStates(t, plan, map[string]string{"nightly schedule": "unchanged"})
}

// Whatever is there and whatever is wanted: what the plan sends, merged by the platform, makes what was wanted.
func TestLawOfRedeployment(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	values := []string{"", "a", "b", "${PROJECT_KEY}", "two\nlines"}
	rapid.Check(t, func(r *rapid.T) {
		state, err := w.portal.RedeployForm(w.ctx, d.ID, false)
		w.ok(err)
		before := w.theirs()[0].Fingerprints
		var entries []Entry
		for _, c := range state.Form.Fields {
			if rapid.Bool().Draw(r, c.Key) {
				e := Entry{Key: c.Key, Value: secret.Text(rapid.SampledFrom(values).Draw(r, c.Key+" value")), Clear: !c.Required && rapid.Bool().Draw(r, c.Key+" clear")}
				if c.Required && e.Value == "" && !c.Hidden {
					e.Value = "x"
				}
				if !c.Shared {
					e.Application = c.Applications[0]
				}
				entries = append(entries, e)
			}
		}
		wish := RedeployWish{DeploymentID: d.ID, Values: state.Form.Enter(state.Values, Entries{Values: entries}, "Kim", w.clock.Now()), Anyway: true}
		plan, err := w.portal.PlanRedeploy(w.ctx, wish)
		w.ok(err)
		o, err := w.portal.Redeploy(w.ctx, w.actor, wish)
		w.ok(err)
		w.wantState(w.settled(o.ID), store.OpDone, "")
		after := w.theirs()[0].Fingerprints
		for _, c := range state.Form.Fields {
			application := c.places()[0]
			want := before[application][c.Key]
			for _, e := range entries {
				if e.Application == application && e.Key == c.Key && (e.Value != "" || !c.Hidden || e.Clear) {
					want = sha256Of(strings.ReplaceAll(e.Value.Reveal(), "${PROJECT_KEY}", w.main.ProjectKey))
				}
			}
			if got := after[application][c.Key]; got != want && !(got == "" && want == sha256Of("")) {
				r.Fatalf("%s/%s is not what was wanted, by %s", application, c.Key, plan.Body)
			}
		}
		for _, c := range plan.Changes {
			if same := before[c.Application][c.Key] == after[c.Application][c.Key]; !c.Schedule && c.State == ValueUnchanged != same {
				r.Fatalf("%s/%s is said to be %s", c.Application, c.Key, c.State)
			}
		}
		w.atRest(d.ID)
	})
}
