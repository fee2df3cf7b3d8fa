package connectsim

import (
	"cmp"
	"time"
)

// The statuses of a deployment.
const (
	statusQueued         = "Queued"
	statusDeploying      = "Deploying"
	statusDeployed       = "Deployed"
	statusUndeploying    = "Undeploying"
	statusUndeployFailed = "UndeployFailed"
)

// The types of deployments.
const (
	typePreview    = "preview"
	typeSandbox    = "sandbox"
	typeProduction = "production"
)

// deployment is one installation of a connector, staged or published, in a project.
type deployment struct {
	ID           string            `json:"id"`
	Region       string            `json:"region"` // of the project
	Project      string            `json:"project"`
	Key          string            `json:"key,omitempty"`
	Version      int               `json:"version"`
	Type         string            `json:"type"`
	Connector    deployedConnector `json:"connector"`
	Deployed     string            `json:"deployed_region"`
	Applications []deployedApp     `json:"applications"`
	Global       *values           `json:"global,omitempty"`
	APIClient    string            `json:"api_client,omitempty"` // the ID of the one that was made for it
	Status       string            `json:"status"`
	BuildID      string            `json:"build_id,omitempty"`
	Report       *report           `json:"report,omitempty"`
	SkipScripts  bool              `json:"skip_scripts,omitempty"`
	UndeployErr  bool              `json:"undeploy_failed,omitempty"` // once

	progress
}

// deployedConnector is the connector as it was when it was deployed.
type deployedConnector struct {
	content
	ID        string `json:"id"`
	Version   int    `json:"version"`
	Certified bool   `json:"certified"`
}

// deployedApp is one application of a deployment.
type deployedApp struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Values   values `json:"values"`
	Schedule string `json:"schedule,omitempty"` // instead of that of connect.yaml
	// Where it runs, once it has been built: a URL or a topic.
	URL   string `json:"url,omitempty"`
	Topic string `json:"topic,omitempty"`
	Built bool   `json:"built,omitempty"`
}

func (d *deployment) rowID() string { return d.ID }

func (d *deployment) times() (created, modified time.Time) { return d.Created, d.Modified }

// getDeployment answers GET /{projectKey}/deployments/{id} and /key={key}.
func getDeployment(c *call) (any, error) {
	d, err := c.deployment()
	if err != nil {
		return nil, err
	}
	c.st.polls.add(d.ID, c.now)
	return d.show(c.conf), nil
}

// queryDeployments answers GET /{projectKey}/deployments.
func queryDeployments(c *call) (any, error) {
	f := &filters{c: c}
	types := f.texts("integrationTypes", integrationTypes)
	kind := c.query.Get("deploymentType")
	if kind != "" {
		f.texts("deploymentType", []string{typePreview, typeSandbox, typeProduction})
	}
	rows := c.st.deployments.where(func(d *deployment) bool {
		return c.owns(d) && overlaps(types, d.Connector.IntegrationTypes) && (kind == "" || kind == d.Type)
	})
	return paged(f, rows, func(d *deployment) object { return d.show(c.conf) })
}

func (c *call) owns(d *deployment) bool {
	return d.Region == c.region && d.Project == c.project && !d.gone()
}

// deployment finds the one that the path names, among those of the project.
func (c *call) deployment() (*deployment, error) {
	d, ok := c.st.deployments.find(func(d *deployment) bool { return c.owns(d) && c.ref.names(d.ID, d.Key) })
	if !ok {
		return nil, notThere(kindDeployment, c.ref)
	}
	return d, c.trip(&d.progress, &d.Version, func() { c.st.deployments.put(d) })
}

// show is the deployment as the API has it. What is made by the build shows only after it.
func (d *deployment) show(conf *settings) object {
	apps := make([]object, len(d.Applications))
	for i, a := range d.Applications {
		apps[i] = a.show(conf, d.Connector.Specification)
	}
	o := object{
		"id": d.ID, "version": d.Version, "type": d.Type, "connector": d.Connector.show(), "details": d.details(),
		"deployedRegion": d.Deployed, "applications": apps, "preview": d.Type == typePreview, "status": d.Status,
	}
	add(o, "key", d.Key)
	if d.Global != nil {
		o["globalConfiguration"] = d.Global.show(conf.MaskByLength)
	}
	if d.APIClient != "" {
		scopes := []string{}
		for _, s := range d.Connector.Specification.Scopes {
			scopes = append(scopes, s+":"+d.Project)
		}
		o["apiClient"] = object{"name": d.APIClient, "scopes": scopes}
	}
	return o
}

// details is empty at first, although the API description requires more.
func (d *deployment) details() object {
	if d.BuildID == "" {
		return object{}
	}
	build := object{"id": d.BuildID}
	if d.Report != nil {
		build["report"] = d.Report.show()
	}
	return object{"build": build}
}

func (k deployedConnector) show() object {
	o := k.content.show()
	o["id"], o["version"], o["certified"] = k.ID, k.Version, k.Certified
	return o
}

func (a deployedApp) show(conf *settings, spec specification) object {
	o := a.Values.show(conf.MaskByLength)
	o["id"], o["applicationName"] = a.ID, a.Name
	if !a.Built {
		return o
	}
	add(o, "url", a.URL)
	add(o, "topic", a.Topic)
	declared, _ := spec.application(a.Name)
	add(o, "schedule", cmp.Or(a.Schedule, declared.Schedule))
	return o
}
