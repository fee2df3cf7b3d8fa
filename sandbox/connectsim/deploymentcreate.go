package connectsim

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// connectorReference is which connector a deployment is to run.
type connectorReference struct {
	reference
	staged  bool
	version int // 0: the current one
}

func readConnectorReference(s shape) connectorReference {
	in, ok := s.inner("connector", true)
	if !ok {
		return connectorReference{}
	}
	ref := connectorReference{
		reference: reference{id: in.text("id", false), key: in.text("key", false)},
		staged:    in.flag("staged", false), version: in.number("version", false, 0),
	}
	if ref.id == "" && ref.key == "" {
		in.fault("id", "either id or key is required")
	}
	return ref
}

// createDeployment answers POST /{projectKey}/deployments.
func createDeployment(c *call) (any, error) {
	s, err := c.shape()
	if err != nil {
		return nil, err
	}
	ref := readConnectorReference(s)
	d := &deployment{
		ID: uuid.NewString(), Region: c.region, Project: c.project, Version: 1, Key: s.key("key"),
		Type:     s.choice("type", false, []string{typePreview, typeSandbox, typeProduction}),
		Deployed: s.choice("region", true, regionNames), Applications: []deployedApp{},
	}
	apps, listed := readApplications(s, "configurations")
	global, _ := s.inner("globalConfiguration", false)
	shared := readGiven(global)
	if err := s.err(); err != nil {
		return nil, err
	}
	if err := c.mayDeploy(d, ref); err != nil {
		return nil, err
	}
	if err := c.fill(d, apps, listed, shared); err != nil {
		return nil, err
	}
	d.begin(c.now, tripsOf(d.Key))
	c.startDeploying(d)
	c.st.deployments.put(d)
	c.wrote(d.ID, d.Key)
	return d.show(c.conf), nil
}

// mayDeploy finds the connector and says whether it may be deployed like this.
func (c *call) mayDeploy(d *deployment, ref connectorReference) error {
	var err error
	if d.Connector, err = c.resolve(ref); err != nil {
		return err
	}
	usual := typeSandbox
	if ref.staged {
		usual = typePreview
	}
	d.Type = cmp.Or(d.Type, usual)
	if err := c.checkType(d.Connector, ref.staged, d.Type); err != nil {
		return err
	}
	if d.Type == typeProduction && (!c.who.project.Production || d.has(productionDisabled)) {
		return refuse(codeNoProduction)
	}
	if err := checkRegion(&d.Connector.content, d.Deployed); err != nil {
		return err
	}
	if d.Connector.Specification.Scopes != nil && (!c.who.mayMakeClients() || d.has(noAPIClientScope)) {
		return forbidden(c.conf, []string{"manage_api_clients"}, c.project)
	}
	return c.st.freeDeploymentKey(d)
}

// resolve finds what a reference means: a draft when it is staged, else a published connector; either one of a version
// that is not the current one is not found.
func (c *call) resolve(ref connectorReference) (deployedConnector, error) {
	name := cmp.Or(ref.id, ref.key)
	version := "latest"
	if ref.version > 0 {
		version = strconv.Itoa(ref.version)
	}
	k, previewable, ok := c.candidate(ref)
	if !ok || ref.version > 0 && ref.version != k.Version {
		return k, refuse(codeNoReference, name, version)
	}
	if !previewable {
		return k, refuse(codeNotPreviewable, k.ID, k.Key, k.Version)
	}
	return k, nil
}

func (c *call) candidate(ref connectorReference) (k deployedConnector, previewable, ok bool) {
	if !ref.staged {
		p, ok := c.connector(ref.reference)
		if !ok {
			return k, false, false
		}
		return deployedConnector{p.content, p.ID, p.Version, p.Certified}, true, true
	}
	d, ok := c.st.drafts.find(func(d *draft) bool {
		return c.sees(d) && ref.names(d.ID, d.Key) && (!d.Private || d.admits(c.who.project))
	})
	if !ok {
		return k, false, false
	}
	return deployedConnector{d.content, d.ID, d.Version, d.Certified}, d.Previewable == previewYes, true
}

// freeDeploymentKey says whether a key may be taken: it is unique in the project.
func (st *state) freeDeploymentKey(d *deployment) error {
	_, taken := st.deployments.find(func(o *deployment) bool {
		return d.Key != "" && o.Key == d.Key && o.Region == d.Region && o.Project == d.Project && !o.gone()
	})
	if taken {
		return refuse(codeDuplicate, d.Key, "key").with("field", "key").with("duplicateValue", d.Key)
	}
	return nil
}

// fill gives a new deployment its applications with their values: those of the request first, in its order.
func (c *call) fill(d *deployment, apps []given, listed bool, shared given) error {
	spec := &d.Connector.Specification
	if listed && len(apps) == 0 || len(spec.Applications) == 0 {
		return refuse(codeNoApp)
	}
	if err := together(slices.Concat(checkGiven(spec, apps), checkGlobal(spec, shared))); err != nil {
		return err
	}
	d.apply(apps, shared)
	if spec.Scopes != nil {
		d.APIClient = randomText(24, tokenAlphabet)
	}
	return together(c.checkComplete(d))
}
