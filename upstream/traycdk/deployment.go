package traycdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"portico/upstream"
)

// Deployment is what Tray says of one: no more than this, neither times nor a log.
type Deployment struct {
	ID        string // a UUID
	Connector string
	Version   string
	Status    string // Tray's own word; see StatusOf
	// Repeat: the deploy did nothing, because one of the same name and version is
	// under way; ID is that one's. What was sent now is lost.
	Repeat bool
}

// State is what a status means.
type State string

// The states of a deployment. Tray's documents name Deploying, Deployed and Failed;
// its own scripts know Building, too.
const (
	Building  State = "building"
	Deploying State = "deploying"
	Deployed  State = "deployed"
	Failed    State = "failed"
	// Unknown is any other word: to be shown as it is, and taken as an end that is
	// no success, which is what Tray's own script does.
	Unknown State = "unknown"
)

// StatusOf says what a status of Tray means.
func StatusOf(status string) State {
	switch state := State(strings.ToLower(strings.TrimSpace(status))); state {
	case Building, Deploying, Deployed, Failed:
		return state
	}
	return Unknown
}

// UnderWay reports whether a deployment in this state goes on.
func (s State) UnderWay() bool { return s == Building || s == Deploying }

// Deploy sends the archive that open gives, which has size bytes, and returns the
// deployment that has begun, or the one that was under way already (POST
// /cdk/v1/deployments/connectors/{name}/versions/{version}/deploy-connector-from-source).
// That only says that the preliminary checks are passed. The archive is opened twice,
// first to see that all of it can be read, and never lies in memory whole. It is sent
// once: when the outcome is unknown (upstream.Error.OutcomeUnknown), look at Latest.
func (c *Client) Deploy(ctx context.Context, name, version string, open func() (io.ReadCloser, error), size int64) (Deployment, error) {
	const operation = "deploy"
	sum, err := digest(open, size)
	if err != nil {
		return Deployment{}, &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Invalid,
			Err: fmt.Errorf("%w: reading the archive: %w", upstream.ErrNotSent, err)}
	}
	var d Deployment
	err = c.do(ctx, call{
		operation: operation,
		method:    http.MethodPost,
		path:      cdkPath("cdk/v1/deployments", name, version, "deploy-connector-from-source"),
		body:      sourceBody(open, size, sum),
		slow:      true,
		reads:     func(answer []byte) error { return d.read(answer) },
	})
	if err != nil {
		return Deployment{}, err
	}
	if d.Status == "" {
		d.Status = "Deploying" // what a 200 means, says its documentation
	}
	return d.of(name, version), nil
}

// Deployment returns one by its ID (GET
// /cdk/v1/deployments/connectors/{name}/versions/{version}/{id}). It is asked for
// once: who waits for a deployment comes again anyway, and no more often than that.
func (c *Client) Deployment(ctx context.Context, name, version, id string) (Deployment, error) {
	const operation = "deployment"
	if !uuidShape.MatchString(id) {
		return Deployment{}, &upstream.Error{Platform: Platform, Operation: operation, Kind: upstream.Invalid,
			Err: fmt.Errorf("%w: %w", upstream.ErrNotSent, errNoUUID)}
	}
	return c.look(upstream.Once(ctx), operation, name, version, id)
}

// latest stands in the path for the newest deployment.
const latest = "latest"

// Latest returns the newest deployment of a version (GET
// /cdk/v1/deployments/connectors/{name}/versions/{version}/latest); the error is of
// kind NotFound when there is none. Whose it is nobody says: compare its ID.
func (c *Client) Latest(ctx context.Context, name, version string) (Deployment, error) {
	return c.look(ctx, latest, name, version, latest)
}

func (c *Client) look(ctx context.Context, operation, name, version, which string) (Deployment, error) {
	var d Deployment
	err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodGet,
		path:      cdkPath("cdk/v1/deployments", name, version, which),
		reads: func(answer []byte) error {
			switch err := d.read(answer); {
			case err != nil:
				return err
			case d.Status == "":
				return errors.New("the answer has no status")
			case which != latest && !strings.EqualFold(d.ID, which):
				return errors.New("the answer is about another deployment")
			}
			return nil
		},
	})
	if err != nil {
		return Deployment{}, err
	}
	return d.of(name, version), nil
}

// of fills in what an answer left out.
func (d Deployment) of(name, version string) Deployment {
	if d.Connector == "" {
		d.Connector = name
	}
	if d.Version == "" {
		d.Version = version
	}
	return d
}

// uuidShape is any UUID: Tray's documents show one of version 5, others have seen
// version 4.
var uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

var errNoUUID = errors.New("the deployment's ID is not a UUID")

// read takes d from an answer.
func (d *Deployment) read(answer []byte) error {
	var got struct {
		ID               text `json:"id"`
		ConnectorName    text `json:"connectorName"`
		ConnectorVersion text `json:"connectorVersion"`
		DeploymentStatus text `json:"deploymentStatus"`
		RepeatDeployment text `json:"repeatDeployment"`
	}
	if err := object(answer, &got); err != nil {
		return err
	}
	if !uuidShape.MatchString(string(got.ID)) {
		return errNoUUID
	}
	*d = Deployment{
		ID:        string(got.ID),
		Connector: string(got.ConnectorName),
		Version:   string(got.ConnectorVersion),
		Status:    string(got.DeploymentStatus),
		Repeat:    strings.EqualFold(string(got.RepeatDeployment), "true"),
	}
	return nil
}
