package cdksim

import (
	"net/http"

	"github.com/google/uuid"

	"portico/sandbox/control"
)

// connectorRow is a line of the list of connectors.
type connectorRow struct {
	Name        string     `json:"name"`
	Version     string     `json:"version"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Service     serviceRow `json:"service"`
}

// serviceRow is a service as the list of connectors has it: with a number for its version.
type serviceRow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// publicConnectors are some of those that everybody sees.
func publicConnectors() []connectorRow {
	return []connectorRow{
		{"slack", "9.0", "Slack", "", serviceRow{"3e21b055-1597-40ae-bcc2-72af0843b283", "slack", 4}},
		{"twilio-output", "2.1", "Twilio", "", serviceRow{"55d1154c-4fd8-4c2c-ba22-041deabfcbfd", "twilio", 1}},
		{"shopify", "4.1", "Shopify", "", serviceRow{"e0b2cbd7-657d-4917-8362-31d028968e0b", "shopify", 4}},
	}
}

// listConnectors answers GET /core/v1/connectors with what the token's user sees: what is public, and what is shared with
// them; not what they have only deployed. The list has no pages.
func listConnectors(c *call) (any, error) {
	rows := publicConnectors()
	for _, s := range c.st.shares {
		if s.Region != c.region || s.Email != c.who.Username {
			continue
		}
		if d := c.inUse(s.Name, s.Version); d != nil {
			rows = append(rows, d.row())
		}
	}
	return map[string]any{"elements": rows}, nil
}

// inUse is the deployment whose code runs: the newest that has ended well.
func (c *call) inUse(name, version string) *deployment {
	return c.st.newest(c.region, name, version, func(d *deployment) bool { return d.deployed(c.now) })
}

func (d *deployment) row() connectorRow {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte("portico/sandbox/tray/service/"+d.Code.Service.Name)).String()
	return connectorRow{
		d.Name, d.Version, d.Code.Title, d.Code.Description, serviceRow{id, d.Code.Service.Name, d.Code.Service.Version},
	}
}

// listOperations answers GET /core/v1/connectors/{name}/versions/{version}/operations. Private ones are left out [?].
func listOperations(c *call) (any, error) {
	d := c.inUse(c.name, c.version)
	if d == nil || !c.st.sees(c.region, c.name, c.version, c.who.Username) {
		return nil, refuse(http.StatusNotFound, "The connector %s~%s was not found", c.name, c.version)
	}
	var rows []map[string]any
	for _, op := range d.Code.Operations {
		if op.Type != "private" {
			rows = append(rows, map[string]any{
				"name": op.Name, "title": op.Title, "description": op.Description, "inputSchema": op.Input, "outputSchema": op.Output,
				"hasDynamicOutput": false,
			})
		}
	}
	return map[string]any{"elements": control.Some(rows)}, nil
}
