package connectsim

import (
	"time"
)

// deleteDeployment answers DELETE /{projectKey}/deployments/{id} and /key={key}: it begins to undeploy.
func deleteDeployment(c *call) (any, error) {
	d, err := c.deployment()
	if err != nil {
		return nil, err
	}
	if err := d.mayChange(); err != nil {
		return nil, err
	}
	d.Status = statusUndeploying
	d.Version++
	d.Modified = c.now
	d.plan(c.now, lasting(c.conf.UndeployMS, d.has), stepWork, stepUndeployed)
	if d.has(stuck) {
		d.cancel(stepUndeployed)
	}
	c.st.deployments.put(d)
	c.wrote(d.ID, d.Key)
	return d.show(c.conf), nil
}

// endUndeploying takes a deployment away; with the switch the first attempt fails.
func (d *deployment) endUndeploying(at time.Time) {
	if d.has(undeployFail) && !d.UndeployErr {
		d.Status, d.UndeployErr = statusUndeployFailed, true
		d.Report = &report{}
		e := d.Report.add(at, failure, "Failed during the execution of 'preUndeploy' script")
		e.Application = d.firstApp()
		return
	}
	d.end(at)
}
