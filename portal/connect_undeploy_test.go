package portal

import (
	"slices"
	"testing"

	"portico/store"
	"portico/upstream/commercetools"
)

func TestUndeploy(t *testing.T) {
	for _, kind := range []string{"", "lost", "malformed", "500_after", "500", "429", "401"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newInstallWorld(t)
			d := w.deployed("one")
			_, err := w.portal.Undeploy(w.ctx, w.actor, d.ID, "two")
			wantCode(t, err, "deployment_typed")
			if kind != "" {
				w.fault("deleteDeployment", kind, 1)
			}
			o, err := w.portal.Undeploy(w.ctx, w.actor, d.ID, " one ")
			w.ok(err)
			w.wantState(w.settled(o.ID), store.OpDone, "")
			if gone := w.atRest(d.ID); gone.GoneAt.IsZero() || len(w.theirs()) != 0 {
				t.Errorf("it is still there: %+v", gone)
			}
			events, err := w.store.Events(w.ctx, store.SubjectDeployment, d.ID, "", 20)
			w.ok(err)
			if !slices.ContainsFunc(events, func(e store.Event) bool { return e.Code == "deployment.undeployed" }) && kind != "lost" {
				t.Errorf("nobody is told that it has succeeded: %+v", events)
			}
			if v, err := w.portal.ValuesOf(w.ctx, d.ID); err != nil || len(v.Applications["points"]) == 0 {
				t.Errorf("what was sent is lost: %v", err)
			}
			w.ok(w.portal.ForgetValues(w.ctx, w.actor, d.ID))
			if _, err := w.store.DeploymentValues(w.ctx, d.ID); !isNotFound(err) {
				t.Errorf("what was sent is not forgotten: %v", err)
			}
		})
	}
}

func TestUndeployThatFails(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	w.control("PATCH", "deployments/one", map[string]any{"switches": []string{"undeployFail"}})
	o, err := w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	d = w.atRest(d.ID)
	if d.Status != "UndeployFailed" || !deploymentGuard(d, commercetools.ActUndeploy).OK {
		t.Fatalf("got %+v", d)
	}
	o, err = w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	if gone := w.atRest(d.ID); gone.GoneAt.IsZero() {
		t.Errorf("it is still there: %+v", gone)
	}
}

func TestUndeployWhatIsGone(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	w.control("POST", "deployments/one/remove", nil)
	o, err := w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
	w.ok(err)
	w.wantState(w.settled(o.ID), store.OpDone, "")
	_, err = w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
	wantCode(t, err, "deployment_gone")
}

func TestUndeployRefusedByPlatform(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	for _, code := range []string{"AuthorizationError", "DeploymentInvalidStatusTransition", "SomethingNew"} {
		w.reject("deleteDeployment", code)
		o, err := w.portal.Undeploy(w.ctx, w.actor, d.ID, "one")
		w.ok(err)
		w.wantState(w.settled(o.ID), store.OpFailed, code)
	}
	if len(w.theirs()) != 1 {
		t.Error("it was taken away")
	}
}
