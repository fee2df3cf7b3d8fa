package cdksim

import (
	"errors"
	"slices"
	"time"
)

// The states that Tray is known to answer. Any other word can be one too: Tray's list is not closed.
const (
	statusBuilding  = "Building"
	statusDeploying = "Deploying"
	statusDeployed  = "Deployed"
	statusFailed    = "Failed"
)

// phase is a status that a deployment has for a time.
type phase struct {
	Status string `json:"status"`
	MS     int64  `json:"ms,omitempty"` // on the sandbox's clock; of no meaning in the last phase, which does not end
}

// usualPhases are what a deployment goes through that nobody has planned otherwise.
func usualPhases() []phase {
	return []phase{{statusBuilding, 20_000}, {statusDeploying, 40_000}, {Status: statusDeployed}}
}

// statusAfter is what a deployment is a time after it was taken, and whether it still goes on. One whose last phase is
// Building or Deploying goes on for ever.
func statusAfter(phases []phase, passed time.Duration) (status string, running bool) {
	last := len(phases) - 1
	for _, p := range phases[:last] {
		if passed -= time.Duration(p.MS) * time.Millisecond; passed < 0 {
			return p.Status, true
		}
	}
	status = phases[last].Status
	return status, status == statusBuilding || status == statusDeploying
}

func checkPhases(phases []phase) error {
	bad := func(p phase) bool { return p.Status == "" || p.MS < 0 }
	if len(phases) == 0 || slices.ContainsFunc(phases, bad) {
		return errors.New(`phases are [{"status":"Building","ms":20000}, ..., {"status":"Failed"}]: one or more, each with a status, ms of 0 or more`)
	}
	return nil
}

// plan is what deployments are to go through that are taken from now on.
type plan struct {
	Region string  `json:"region,omitempty"` // empty: all
	Name   string  `json:"name,omitempty"`   // of the connector; empty: all
	Phases []phase `json:"phases"`
	Times  int     `json:"times,omitempty"` // for how many deployments; 0 is all until plans are cleared
}

func (p plan) check() error {
	if p.Times < 0 {
		return errors.New("times is how many deployments a plan is for, 0 for all")
	}
	return checkPhases(p.Phases)
}

// takePlan finds the phases of a deployment to come: the newest plan that fits counts. When that plan is for so many
// deployments only, left are the plans from now on.
func takePlan(plans []plan, region, name string) (phases []phase, left []plan, counted bool) {
	for i, p := range slices.Backward(plans) {
		if p.Region != "" && p.Region != region || p.Name != "" && p.Name != name {
			continue
		}
		if p.Times == 0 {
			return p.Phases, nil, false
		}
		left = slices.Clone(plans)
		if left[i].Times--; left[i].Times == 0 {
			left = slices.Delete(left, i, i+1)
		}
		return p.Phases, left, true
	}
	return usualPhases(), nil, false
}
