package connectsim

import (
	"time"

	"github.com/google/uuid"
)

// Steps of a deployment's own.
const (
	stepWork       = "work" // nothing but the version changes
	stepDeploying  = "deploying"
	stepBuilding   = "building"
	stepDeployed   = "deployed"
	stepUndeployed = "undeployed"
)

// startDeploying queues a deployment. Its version rises by ten until it is there: the recorded one went from 1 to 11.
func (c *call) startDeploying(d *deployment) {
	d.Status, d.BuildID, d.Report = statusQueued, "", nil
	if c.conf.DeployingFirst {
		d.Status = statusDeploying
	}
	d.plan(c.now, lasting(c.conf.DeployMS, d.has),
		stepDeploying, stepWork, stepBuilding, stepWork, stepWork, stepWork, stepWork, stepWork, stepWork, stepDeployed)
	if d.has(stuck) {
		d.cancel(stepDeployed)
	}
}

// settleDeployment does what was due by now.
func (st *state) settleDeployment(d *deployment, now time.Time) {
	for s, ok := d.next(now); ok; s, ok = d.next(now) {
		d.Version++
		switch s.Do {
		case stepDeploying:
			d.Status = statusDeploying
		case stepBuilding:
			d.BuildID = uuid.NewString()
		case stepDeployed:
			d.endDeploying(s.At)
		case stepUndeployed:
			d.endUndeploying(s.At)
		}
		st.deployments.put(d)
	}
}

// endDeploying says what came of it. When it fails, what ran before goes on running, at the addresses it had.
func (d *deployment) endDeploying(at time.Time) {
	d.Report = &report{}
	lacking := d.lacking()
	for _, l := range lacking {
		e := d.Report.add(at, failure, "Required configuration is missing")
		e.Application, e.Message = l.app, "No value for the required key "+l.key
	}
	switch {
	case d.has(buildFail):
		d.Report.add(at, failure, "Failed during the build of the application").Application = d.firstApp()
	case d.has(healthFail):
		d.Report.add(at, failure, "Health check for application "+d.firstApp()+" failed").Application = d.firstApp()
	}
	if len(d.Report.Entries) > 0 {
		d.Status = statusFailed
		return
	}
	d.Status = statusDeployed
	d.runScripts(at)
	d.address()
}

// firstApp is the application that the switches let fail. A deployment has at least one.
func (d *deployment) firstApp() string { return d.Applications[0].Name }

// runScripts notes what came of each application's postDeploy script. One that fails leaves the deployment Deployed.
func (d *deployment) runScripts(at time.Time) {
	failed := false
	for _, a := range d.Applications {
		app, _ := d.Connector.Specification.application(a.Name)
		kind, title := information, "Post-deployment setup succeeded"
		switch {
		case d.SkipScripts:
			title = "Script for \"postDeploy\" skipped"
		case !app.PostDeploy:
			title = "Script for \"postDeploy\" not defined"
		case d.has(postDeployWarn) && !failed:
			kind, title, failed = warning, "Failed during the execution of 'postDeploy' script", true
		}
		d.Report.add(at, kind, title).Application = a.Name
	}
}
