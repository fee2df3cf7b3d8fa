package portal

import (
	"slices"
	"strings"
	"testing"

	"portico/upstream/commercetools"
)

// kindsOf is what differs, in a line.
func (w *installWorld) drifts() string {
	w.Helper()
	rows, err := w.portal.Drift(w.ctx)
	w.ok(err)
	var all []string
	for _, r := range rows {
		all = append(all, strings.Join(slices.DeleteFunc([]string{r.Kind, r.From, r.To, strings.Join(r.Keys, ",")}, func(s string) bool { return s == "" }), " "))
	}
	return strings.Join(all, "; ")
}

func (w *installWorld) wantDrift(want string) {
	w.Helper()
	if got := w.drifts(); got != want {
		w.Errorf("drift: got %q, want %q", got, want)
	}
}

func TestDrift(t *testing.T) {
	w := newInstallWorld(t)
	d := w.deployed("one")
	w.wantDrift("")
	draft, err := w.store.ConnectorDraftByUpstreamID(w.ctx, w.main.ID, d.ConnectorID)
	w.ok(err)
	draft = w.update(draft, commercetools.SetName("Another name"))
	w.wantDrift("changes v1.0.0 v1.0.0")
	draft = w.update(draft, commercetools.SetRepository(loyaltyURL, "v1.1.0"))
	w.wantDrift("tag v1.0.0 v1.1.0")
	w.update(draft, commercetools.Publish(false))
	w.wantDrift("connector v1.0.0 v1.1.0; keys_new points/WELCOME_POINTS")
	o, err := w.portal.Redeploy(w.ctx, w.actor, RedeployWish{DeploymentID: d.ID, UpdateConnector: true})
	w.ok(err)
	w.settled(o.ID)
	w.atRest(d.ID)
	w.wantDrift("")
	w.update(draft, commercetools.SetRepository(loyaltyURL, "v1.0.0"), commercetools.Publish(false))
	w.wantDrift("connector v1.1.0 v1.0.0; keys_gone points/WELCOME_POINTS")
	all, err := w.portal.DeployConnector(w.ctx, w.actor, w.wish(draft, "two"))
	w.ok(err)
	w.settled(all[0].ID)
	if got := w.drifts(); !strings.HasSuffix(got, "; several") {
		t.Errorf("drift: %q", got)
	}
}

// The version of a draft rises by itself: only another tag leaves a preview behind.
func TestDriftOfPreviews(t *testing.T) {
	w := newInstallWorld(t)
	draft := w.update(w.drafted("loyalty", loyaltyURL, "v1.0.0"), commercetools.UpdatePreviewable())
	f, err := w.portal.DeployForm(w.ctx, draft.ID, true)
	w.ok(err)
	all, err := w.portal.DeployConnector(w.ctx, w.actor, DeployWish{DraftID: draft.ID, Staged: true, Targets: []DeployTarget{{AccountID: w.main.ID, Key: "preview"}}, Values: w.enter(f, loyaltyEntries())})
	w.ok(err)
	o := w.settled(all[0].ID)
	w.wantState(o, "done", "")
	if d := w.atRest(o.SubjectID); d.Type != commercetools.DeployPreview || d.Status != "Deployed" {
		t.Fatalf("got %+v", d)
	}
	draft = w.update(draft, commercetools.SetName("Another name"))
	w.wantDrift("")
	w.update(draft, commercetools.SetRepository(loyaltyURL, "v1.1.0"))
	w.wantDrift("connector v1.0.0 v1.1.0; keys_new points/WELCOME_POINTS")
}
