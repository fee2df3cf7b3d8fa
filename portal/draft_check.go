package portal

import (
	"encoding/json"
	"regexp"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// DraftFault is something in a draft that the API would not take. Field is the API's name of it ("repository.tag"), the
// Refusal says it to a person.
type DraftFault struct {
	Field   string
	Refusal *Refusal
}

// Limits of what a draft says of itself, in characters: the API gives none, and pages show them.
const (
	mostDraftName = 256
	mostDraftText = 10_000
)

// Shapes of the official client.
var (
	emailShape   = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	projectShape = regexp.MustCompile(`^[a-zA-Z0-9-_.]+:[a-zA-Z0-9-_]{2,36}$`)
)

// CheckDraft finds everything that the API would not take in a draft, by the rules that it and its official client publish.
// What only the service knows, such as a key that is taken, it does not find.
func (p *Portal) CheckDraft(d commercetools.DraftDraft) []DraftFault {
	c := &draftChecks{local: p.LocalRepositories}
	if d.Key != "" && !commercetools.ValidKey(d.Key) {
		c.wrong("key", "draft_key")
	}
	c.name("name", d.Name)
	c.text("description", d.Description)
	c.types("integrationTypes", d.IntegrationTypes)
	c.email("creator.email", d.Creator.Email)
	c.text("creator.name", d.Creator.Name)
	c.text("creator.title", d.Creator.Title)
	c.text("creator.company", d.Creator.Company)
	c.address("creator.logoUrl", d.Creator.LogoURL)
	c.address("creator.supportUrl", d.Creator.SupportURL)
	if d.Creator.Contributors < 0 {
		c.wrong("creator.noOfContributors", "draft_contributors")
	}
	c.repository(d.Repository.URL, d.Repository.Tag)
	c.regions("supportedRegions", d.SupportedRegions)
	for _, project := range d.PrivateProjects {
		c.project("privateProjects", project)
	}
	c.address("documentationUrl", d.DocumentationURL)
	return c.faults
}

// CheckAction finds everything that the API would not take in an action on a draft as it is.
func (p *Portal) CheckAction(there commercetools.Draft, a commercetools.Action) []DraftFault {
	c := &draftChecks{local: p.LocalRepositories}
	text := func(field string) string { s, _ := a.Field(field).(string); return s }
	list := func(field string) []string { l, _ := a.Field(field).([]string); return l }
	switch a.Name() {
	case "setName":
		c.name("name", text("name"))
	case "setDescription":
		c.text("description", text("description"))
	case "setIntegrationTypes":
		c.types("integrationTypes", list("integrationTypes"))
	case "setDocumentationUrl":
		c.address("documentationUrl", text("documentationUrl"))
	case "setRepository":
		c.repository(text("url"), text("tag"))
	case "setSupportedRegions":
		c.regions("supportedRegions", list("regions"))
		if len(list("regions")) == 0 {
			c.wrong("supportedRegions", "draft_regions_none")
		}
	case "addPrivateProject", "removePrivateProject":
		c.project("privateProjects", text("privateProject"))
		if !there.Private {
			c.wrong("privateProjects", "draft_not_private")
		}
	case "addCertificationComment":
		if strings.TrimSpace(text("comment")) == "" {
			c.wrong("comment", "draft_missing")
		}
		c.text("comment", text("comment"))
	default:
		c.creator(a, text)
	}
	return c.faults
}

func (c *draftChecks) creator(a commercetools.Action, text func(string) string) {
	switch a.Name() {
	case "setCreatorEmail":
		c.email("creator.email", text("creatorEmail"))
	case "setCreatorLogo":
		c.address("creator.logoUrl", text("logoUrl"))
	case "setCreatorSupportUrl":
		c.address("creator.supportUrl", text("creatorSupportUrl"))
	case "setCreatorName":
		c.text("creator.name", text("creatorName"))
	case "setCreatorTitle":
		c.text("creator.title", text("creatorTitle"))
	case "setCreatorCompany":
		c.text("creator.company", text("creatorCompany"))
	case "setCreatorNoOfContributors":
		if n, _ := a.Field("creatorNoOfContributors").(int); n < 1 {
			c.wrong("creator.noOfContributors", "draft_contributors")
		}
	}
}

// tidyDraft takes the blanks from around what people enter.
func tidyDraft(d commercetools.DraftDraft) commercetools.DraftDraft {
	for _, field := range []*string{&d.Key, &d.Name, &d.Creator.Email, &d.Creator.Name, &d.Creator.Title, &d.Creator.Company, &d.Creator.LogoURL, &d.Creator.SupportURL,
		&d.Repository.URL, &d.Repository.Tag, &d.DocumentationURL} {
		*field = strings.TrimSpace(*field)
	}
	return d
}

// plannedJSON is plannedCall with a body that holds no secrets.
func plannedJSON(a store.DeployAccount, method, path string, body any) (store.PlannedRequest, error) {
	text, err := json.Marshal(body)
	return plannedCall(a, method, path, text), err
}
