package connectsim

import (
	"slices"
)

// deploymentAction does one update action to a copy of a deployment.
type deploymentAction func(c *call, d *deployment) error

// deploymentActions are all there are: there is none to change a key, a region, a type or to take another connector.
var deploymentActions = map[string]func(s shape) deploymentAction{"redeploy": readRedeploy}

// updateDeployment answers POST /{projectKey}/deployments/{id} and /key={key}.
func updateDeployment(c *call) (any, error) {
	s, err := c.shape()
	if err != nil {
		return nil, err
	}
	version, actions := s.number("version", true, 0), readActions(s, deploymentActions)
	if err := s.err(); err != nil {
		return nil, err
	}
	d, err := c.deployment()
	if err != nil {
		return nil, err
	}
	if version != d.Version {
		return nil, c.conflict(d.ID, d.Key, version, d.Version)
	}
	changed := *d
	changed.Applications = slices.Clone(d.Applications)
	for _, act := range actions {
		if err := act(c, &changed); err != nil {
			return nil, err
		}
	}
	c.st.deployments.put(&changed)
	c.wrote(changed.ID, changed.Key)
	return changed.show(c.conf), nil
}

// redeploy is the fields of the action. A field "configurations", which is that of the create body, is nothing here:
// the real service ignores it and says that all went well.
type redeploy struct {
	apps            []given
	listed          bool
	shared          given
	updateConnector bool
	skipScripts     bool
}

func readRedeploy(s shape) deploymentAction {
	apps, listed := readApplications(s, "configurationValues")
	global, _ := s.inner("globalConfiguration", false)
	r := redeploy{apps, listed, readGiven(global), s.flag("updateConnector", false), s.flag("skipScripts", false)}
	return r.do
}

// transitions say what a deployment is already doing; in any other status it may be changed.
var transitions = map[string]string{
	statusQueued: "Already queued", statusDeploying: "Already deploying", statusUndeploying: "Already undeploying",
}

func (d *deployment) mayChange() error {
	if why, busy := transitions[d.Status]; busy {
		return refuse(codeBadTransition, why)
	}
	return nil
}

// do merges what is given into what was there; what is not named keeps its value and does not fall back to its default.
func (r redeploy) do(c *call, d *deployment) error {
	if err := d.mayChange(); err != nil {
		return err
	}
	if r.listed && len(r.apps) == 0 {
		return refuse(codeNoApp)
	}
	before := d.Connector.Specification
	if r.updateConnector {
		if err := c.updateConnector(d); err != nil {
			return err
		}
	} else if err := c.checkForeign(d, r.apps); err != nil {
		return err
	}
	spec := &d.Connector.Specification
	if len(spec.Applications) == 0 {
		return refuse(codeNoApp)
	}
	if err := together(slices.Concat(checkGiven(spec, r.apps), checkGlobal(spec, r.shared))); err != nil {
		return err
	}
	d.forget(before)
	d.apply(r.apps, r.shared)
	if err := together(c.checkComplete(d)); err != nil {
		return err
	}
	d.Version++
	d.Modified, d.SkipScripts = c.now, r.skipScripts
	c.startDeploying(d)
	return nil
}

// checkForeign refuses an application that the connector has by now and that the deployment, which runs an older
// version, has not.
func (c *call) checkForeign(d *deployment, apps []given) error {
	newest, ok := c.newest(d)
	if !ok {
		return nil
	}
	for _, g := range apps {
		_, has := d.Connector.Specification.application(g.name)
		if _, known := newest.Specification.application(g.name); known && !has {
			return refuse(codeForeignApp, d.ID, d.Key, g.name)
		}
	}
	return nil
}

// newest is what the deployment's connector is now.
func (c *call) newest(d *deployment) (*content, bool) {
	if d.Type == typePreview {
		o, ok := c.st.drafts.get(d.Connector.ID)
		if !ok || o.gone() {
			return nil, false
		}
		return &o.content, true
	}
	k, ok := c.st.connectors.get(d.Connector.ID)
	if !ok || !k.Gone.IsZero() {
		return nil, false
	}
	return &k.content, true
}

// updateConnector moves a deployment to what its connector is now.
func (c *call) updateConnector(d *deployment) error {
	ref := connectorReference{reference: reference{id: d.Connector.ID}, staged: d.Type == typePreview}
	k, err := c.resolve(ref)
	if err == nil {
		err = checkRegion(&k.content, d.Deployed)
	}
	if err != nil {
		return refuse(codeUpdateFailure, d.ID, d.Key, d.Connector.ID, d.Connector.Key, problemOf(err).Error())
	}
	d.Connector = k
	if k.Specification.Scopes != nil && d.APIClient == "" {
		if !c.who.mayMakeClients() {
			return forbidden(c.conf, []string{"manage_api_clients"}, c.project)
		}
		d.APIClient = randomText(24, tokenAlphabet)
	}
	return nil
}
