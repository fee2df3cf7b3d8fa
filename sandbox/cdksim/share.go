package cdksim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxShareBody is the most that is read of a share, in bytes.
const maxShareBody = 1 << 20

// share is one permission: a person of the organisation who sees a connector in the builder. Nobody can take it back.
type share struct {
	Region  string    `json:"region"`
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Email   string    `json:"email"`
	Token   string    `json:"token"` // the label of the one that shared
	At      time.Time `json:"at"`
}

// readShare takes in {"emails": [...]}.
func readShare(c *call) error {
	raw, err := io.ReadAll(io.LimitReader(c.r.Body, maxShareBody+1))
	if err != nil || len(raw) > maxShareBody {
		return tooLarge()
	}
	if err := checkContentType(c.r); err != nil {
		return err
	}
	var body struct {
		Emails []string `json:"emails"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return invalid("%s", err)
	}
	if body.Emails == nil {
		return invalid("Missing required field at 'emails'")
	}
	c.emails, c.variables["emails"] = body.Emails, strings.Join(body.Emails, ",")
	return nil
}

// shareWithEmails answers POST …/share-with-emails. Addresses have to be exactly those of accounts of the organisation,
// a plus included; with one that is not, nothing is shared [?]. Only what is new is counted [?].
func shareWithEmails(c *call) (any, error) {
	if c.who.ReadsOnly {
		return nil, forbidden()
	}
	if c.bad != nil {
		return nil, c.bad
	}
	if !c.mayShare() {
		return nil, refuse(c.conf.ShareRefusal,
			"The connector (Left(%s~%s)) was not found or you don't have permission to access it", c.name, c.version)
	}
	var unknown []string
	var lines []line
	for _, email := range slices.Compact(slices.Sorted(slices.Values(c.emails))) {
		switch {
		case !slices.Contains(c.conf.Emails, email):
			unknown = append(unknown, email)
		case !c.st.sees(c.region, c.name, c.version, email):
			lines = append(lines, line{Share: &share{c.region, c.name, c.version, email, c.who.Label, c.now}})
		}
	}
	if len(unknown) > 0 {
		return nil, refuse(http.StatusBadRequest, "These emails do not belong to users of your organization: %s", strings.Join(unknown, ", "))
	}
	if err := c.st.put(lines...); err != nil {
		return nil, err
	}
	return map[string]string{"message": fmt.Sprintf("%d permissions added", len(lines))}, nil
}

// mayShare says whether the connector is there and is the token's.
func (c *call) mayShare() bool {
	d := c.st.newest(c.region, c.name, c.version, func(d *deployment) bool {
		return c.conf.ShareEarly || d.deployed(c.now)
	})
	return d != nil && c.owns(c.st.owner(c.region, c.name))
}

// deployed says whether it has ended well.
func (d *deployment) deployed(now time.Time) bool {
	status, _ := d.status(now)
	return status == statusDeployed
}

// sees says whether a connector is shared with somebody.
func (st *state) sees(region, name, version, email string) bool {
	return slices.ContainsFunc(st.shares, func(s share) bool {
		return s.Region == region && s.Name == name && s.Version == version && s.Email == email
	})
}
