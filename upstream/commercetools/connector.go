package commercetools

import (
	"context"
	"strconv"
)

// Connector is a published connector, which can be deployed to sandbox and production. It has the ID of its draft.
type Connector struct {
	ID                  string        `json:"id"`
	Key                 string        `json:"key,omitempty"`
	Version             int           `json:"version"`
	Name                string        `json:"name"`
	Description         string        `json:"description,omitempty"`
	IntegrationTypes    []string      `json:"integrationTypes,omitempty"`
	Creator             Creator       `json:"creator"`
	Repository          Repository    `json:"repository"`
	Configurations      []Application `json:"configurations"` // nil when the service has not said
	GlobalConfiguration Global        `json:"globalConfiguration,omitzero"`
	APIClient           *APIClient    `json:"apiClient,omitempty"` // nil when deployments get none
	Private             bool          `json:"private"`
	SupportedRegions    []string      `json:"supportedRegions,omitempty"` // empty is any
	Certified           bool          `json:"certified"`
	DocumentationURL    string        `json:"documentationUrl,omitempty"`
}

// Connector reads a published connector (GET /connectors/{id}).
func (c *Client) Connector(ctx context.Context, id string) (Connector, error) {
	return one[Connector](ctx, c, c.get("GET /connectors/{id}", at(connectorsPath).id(id), nil))
}

// ConnectorByKey reads a published connector (GET /connectors/key={key}).
func (c *Client) ConnectorByKey(ctx context.Context, key string) (Connector, error) {
	return one[Connector](ctx, c, c.get("GET /connectors/key={key}", at(connectorsPath).key(key), nil))
}

// SearchConnectors is one page of the published connectors that the project may install (GET /connectors/search). text is
// looked for in names and descriptions, "" is all. private: true is only those assigned to the project, false or nil all.
// A limit of 0 is the API's 20.
func (c *Client) SearchConnectors(ctx context.Context, text string, private *bool, limit, offset int) (Page[Connector], error) {
	values := paging(limit, offset, nil)
	if text != "" {
		values.Set("text", text)
	}
	if private != nil {
		values.Set("private", strconv.FormatBool(*private))
	}
	return page[Connector](ctx, c, c.get("GET /connectors/search", at(connectorsPath+"/search"), values))
}
