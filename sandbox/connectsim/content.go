package connectsim

// content is what a draft says of a connector, what a published connector is made of, and what a deployment remembers of
// the one that it runs.
type content struct {
	Key              string        `json:"key,omitempty"`
	Name             string        `json:"name"`
	Description      string        `json:"description"`
	IntegrationTypes []string      `json:"integration_types"`
	Creator          creator       `json:"creator"`
	Repository       repository    `json:"repository"`
	SupportedRegions []string      `json:"supported_regions"`
	DocumentationURL string        `json:"documentation_url,omitempty"`
	Specification    specification `json:"specification"`
}

// creator is who made a connector.
type creator struct {
	Name           string `json:"name,omitempty"`
	Title          string `json:"title,omitempty"`
	Email          string `json:"email"`
	Company        string `json:"company,omitempty"`
	LogoURL        string `json:"logoUrl,omitempty"`
	NoContributors int    `json:"noOfContributors,omitempty"`
	SupportURL     string `json:"supportUrl,omitempty"`
}

// repository is where a connector's source is: an address and a tag.
type repository struct {
	URL string `json:"url"`
	Tag string `json:"tag"`
}

// integrationTypes are those of the API description.
var integrationTypes = []string{
	"tax", "marketplace", "oms", "psp", "pim", "promotion", "search", "erp", "crm", "email", "analytics", "shipping", "giftcard",
	"other",
}

// show is what drafts, connectors and deployments say alike.
func (c *content) show() object {
	o := object{
		"name": c.Name, "description": c.Description, "integrationTypes": c.IntegrationTypes, "creator": c.Creator,
		"repository": c.Repository, "supportedRegions": c.SupportedRegions, "configurations": c.Specification.show(),
	}
	add(o, "key", c.Key)
	add(o, "documentationUrl", c.DocumentationURL)
	if c.Specification.Global != nil {
		o["globalConfiguration"] = c.Specification.Global.show()
	}
	return o
}

// add puts an optional field in when it has a value.
func add(o object, name, value string) {
	if value != "" {
		o[name] = value
	}
}

// readContent reads what a ConnectorStagedDraft has of it.
func readContent(s shape) content {
	c := content{
		Key: s.key("key"), Name: s.text("name", true), Description: s.text("description", false),
		IntegrationTypes: s.texts("integrationTypes", false, integrationTypes),
		SupportedRegions: s.texts("supportedRegions", false, regionNames),
		DocumentationURL: s.text("documentationUrl", false),
	}
	if in, ok := s.inner("creator", true); ok {
		c.Creator = creator{
			Name: in.text("name", false), Title: in.text("title", false), Email: in.text("email", true),
			Company: in.text("company", false), LogoURL: in.text("logoUrl", false),
			NoContributors: in.number("noOfContributors", false, 0), SupportURL: in.text("supportUrl", false),
		}
	}
	if in, ok := s.inner("repository", true); ok {
		c.Repository = repository{URL: in.text("url", true), Tag: in.text("tag", true)}
	}
	return c
}
