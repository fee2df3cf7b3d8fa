package web

import (
	"testing"

	"portico/store"
)

// The same answer of Tray is told in other words where a deployment goes on all the same, and where nothing goes on any more.
func TestTroubleIsToldAsItIs(t *testing.T) {
	d := newDock(t)
	path := d.deploy("acme-billing", []string{"us"})
	d.settle()
	row, now := d.row(path, "us"), store.At(d.clock.Now())
	for _, c := range []struct {
		state, problem string
		ended          store.Time
		says           []string
	}{
		{store.CDKQueued, store.CDKLimited, store.Time{}, []string{"Nothing was sent; Portico waits"}},
		{store.CDKBuilding, store.CDKLimited, store.Time{}, []string{"Building,", "goes on at Tray", "Nobody has to do anything"}},
		{store.CDKDeploying, store.CDKUnauthorized, store.Time{}, []string{"Deploying,", "goes on at Tray", "HTTP 418"}},
		{store.CDKBehind, store.CDKUnreachable, store.Time{}, []string{"Send it when that one ends?", "how far it is"}},
		{store.CDKRefused, store.CDKUnreachable, now, []string{"has not answered for half an hour", "try again"}},
		{store.CDKRefused, store.CDKUnauthorized, now, []string{"Nothing was deployed"}},
	} {
		d.change(row, func(r *store.CDKDeployment) {
			*r = row
			r.State, r.Problem, r.EndedAt, r.WatchFrom, r.HTTPStatus = c.state, c.problem, c.ended, now, 418
		})
		d.get(path).says("[data-testid=region-us]", c.says...)
	}
}
