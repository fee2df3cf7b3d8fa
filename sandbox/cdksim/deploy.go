package cdksim

import (
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// The shapes of a connector's name and version: the CLI makes names so, and cuts 1.0.3 down to 1.0.
var (
	nameShape    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	versionShape = regexp.MustCompile(`^\d+\.\d+$`)
)

// readDeploy takes in {"connectorSourceCode": "<base64 of a zip>"} without holding it, and checks the archive.
func readDeploy(c *call) error {
	err := c.takeArchive()
	// What is left is read too, so that the caller is not cut off before the answer; but not without end.
	_, _ = io.CopyN(io.Discard, c.r.Body, c.conf.BodyLimit)
	if err != nil {
		return err
	}
	c.variables["sha256"], c.variables["bytes"] = c.archive.sum, c.archive.size
	c.code, err = readArchive(c.archive.file, c.archive.size, c.name, c.version)
	return err
}

func (c *call) takeArchive() error {
	if c.r.ContentLength > c.conf.BodyLimit {
		return tooLarge()
	}
	if err := checkContentType(c.r); err != nil {
		return err
	}
	var err error
	if c.archive, err = newSpool(); err != nil {
		return err
	}
	body := &io.LimitedReader{R: c.r.Body, N: c.conf.BodyLimit + 1}
	err = readSource(body, c.archive)
	if body.N <= 0 {
		return tooLarge()
	}
	return err
}

// checkContentType wants JSON, where a caller says what it sends.
func checkContentType(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(given, ";")
	if given != "" && !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return invalid("the content type is %s, not application/json", given)
	}
	return nil
}

// deploy answers POST …/deploy-connector-from-source: 200 says that the archive has passed the preliminary validation and
// is being built; or, with repeatDeployment, that one of the same name and version is, and that this one was not taken.
func deploy(c *call) (any, error) {
	owner := c.st.owner(c.region, c.name)
	if c.who.ReadsOnly || owner != nil && !c.owns(owner) {
		return nil, forbidden()
	}
	if c.bad != nil {
		return nil, c.bad
	}
	if err := c.checkName(); err != nil {
		return nil, err
	}
	if d := c.underWay(); d != nil {
		return c.describe(d, true), c.st.put(line{Mark: &mark{ID: d.ID, Kind: markRepeat, At: c.now.UnixMilli()}})
	}
	d, lines := c.accepted()
	if err := c.st.put(lines...); err != nil {
		return nil, err
	}
	return c.describe(d, false), nil
}

func (c *call) checkName() error {
	switch {
	case !nameShape.MatchString(c.name):
		return unfit("The connector name %q must be hyphenated lower case, such as my-connector", c.name)
	case !versionShape.MatchString(c.version):
		return unfit("The connector version %q must be major.minor, such as 1.0", c.version)
	case c.conf.Namespace != "" && !strings.HasPrefix(c.name, c.conf.Namespace+"-"):
		return unfit("The connector name %q must start with your organization's namespace: %s-", c.name, c.conf.Namespace)
	}
	return nil
}

func (c *call) underWay() *deployment {
	return c.st.newest(c.region, c.name, c.version, func(d *deployment) bool {
		_, running := d.status(c.now)
		return running
	})
}

// accepted is the deployment of what was sent, and the changes that make it. Code that cannot be built fails where a plan
// would have let it be deployed.
func (c *call) accepted() (*deployment, []line) {
	var lines []line
	phases, left, counted := takePlan(c.conf.Plans, c.region, c.name)
	if counted {
		c.conf.Plans = left
		lines = append(lines, line{Settings: &c.conf})
	}
	if last := len(phases) - 1; c.code.Broken != "" && phases[last].Status == statusDeployed {
		phases = append(phases[:last:last], phase{Status: statusFailed})
	}
	d := &deployment{
		ID: uuid.NewString(), Region: c.region, Name: c.name, Version: c.version, TokenID: c.who.ID,
		SHA256: c.archive.sum, Bytes: c.archive.size, At: c.now, Phases: phases, Code: c.code,
	}
	return d, append(lines, line{Deployment: d})
}
