package cdksim

import (
	"net/http"
	"time"
)

// deployment is one archive that was taken and is built, or was.
type deployment struct {
	ID      string    `json:"id"`
	Region  string    `json:"region"`
	Name    string    `json:"name"`
	Version string    `json:"version"`
	TokenID string    `json:"token_id"` // the one that it was sent with
	SHA256  string    `json:"sha256"`   // of the archive, in hexadecimal
	Bytes   int64     `json:"bytes"`
	At      time.Time `json:"at"`
	Phases  []phase   `json:"phases"`
	Code    code      `json:"code"`
	Polls   []int64   `json:"polls,omitempty"`   // when it was asked for by its ID, Unix milliseconds
	Repeats []int64   `json:"repeats,omitempty"` // when the same was to be deployed while it ran
}

func (d *deployment) mark(m mark) {
	if m.Kind == markRepeat {
		d.Repeats = append(d.Repeats, m.At)
	} else {
		d.Polls = append(d.Polls, m.At)
	}
}

// status is what it is at a time, and whether it still goes on.
func (d *deployment) status(now time.Time) (status string, running bool) {
	return statusAfter(d.Phases, now.Sub(d.At))
}

// deploymentAnswer is all that Tray says of a deployment: no times, no log, no reason.
type deploymentAnswer struct {
	ID      string `json:"id"`
	Name    string `json:"connectorName"`
	Version string `json:"connectorVersion"`
	Status  string `json:"deploymentStatus"`
	Repeat  *bool  `json:"repeatDeployment,omitempty"`
}

func (c *call) describe(d *deployment, repeat bool) deploymentAnswer {
	a := deploymentAnswer{ID: d.ID, Name: d.Name, Version: d.Version}
	a.Status, _ = d.status(c.now)
	if repeat || c.conf.RepeatAlways {
		a.Repeat = &repeat
	}
	return a
}

// deployment is one by its ID, or nil.
func (st *state) deployment(id string) *deployment { return st.byID[id] }

// newest is the latest deployment of a connector's version that fits, or nil.
func (st *state) newest(region, name, version string, fits func(*deployment) bool) *deployment {
	for i := len(st.deployments) - 1; i >= 0; i-- {
		d := st.deployments[i]
		if d.Region == region && d.Name == name && d.Version == version && fits(d) {
			return d
		}
	}
	return nil
}

func anyDeployment(*deployment) bool { return true }

// owner is the token that first deployed a connector, whatever its version and whatever became of it; nil when nobody has.
func (st *state) owner(region, name string) *token {
	for _, d := range st.deployments {
		if d.Region == region && d.Name == name {
			return st.token(d.TokenID)
		}
	}
	return nil
}

// showDeployment answers GET …/{id}.
func showDeployment(c *call) (any, error) {
	d := c.st.deployment(c.r.PathValue("id"))
	if d != nil && (d.Region != c.region || d.Name != c.name || d.Version != c.version) {
		d = nil
	}
	return c.show(d)
}

// latest answers GET …/latest with the newest, which on a pipeline's repeat may be another's.
func latest(c *call) (any, error) {
	return c.show(c.st.newest(c.region, c.name, c.version, anyDeployment))
}

func (c *call) show(d *deployment) (any, error) {
	if d == nil {
		return nil, refuse(http.StatusNotFound, "No deployment of the connector %s~%s was found", c.name, c.version)
	}
	if !c.conf.OthersRead && !c.owns(c.st.owner(c.region, c.name)) {
		return nil, forbidden()
	}
	return c.describe(d, false), nil
}
