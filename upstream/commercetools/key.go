package commercetools

// Types of applications.
const (
	TypeService           = "service"
	TypeEvent             = "event"
	TypeJob               = "job"
	TypeCustomApplication = "merchant-center-custom-application"
	TypeCustomView        = "merchant-center-custom-view"
	TypeAssets            = "assets"
)

// Key is one value that a connector wants, as its connect.yaml declares it (StandardConfigurationKey and
// SecuredConfigurationKey). Its application gets it as an environment variable.
type Key struct {
	Key         string  `json:"key"`
	Description string  `json:"description"`
	Required    bool    `json:"required,omitempty"`
	Default     *string `json:"default,omitempty"` // nil when there is none; secured keys never have one
}

// Application is what one application of a connector wants (ConnectorConfigurationApplication). Where it is reached, its
// scripts and its schedule are in connect.yaml alone.
type Application struct {
	Name     string `json:"applicationName"`
	Type     string `json:"applicationType"` // TypeService …; another text is kept
	Standard []Key  `json:"standardConfiguration"`
	Secured  []Key  `json:"securedConfiguration"`
}

// Global is what a connector wants once for all its applications (inheritAs.configuration).
type Global struct {
	Standard []Key `json:"standardConfiguration,omitempty"`
	Secured  []Key `json:"securedConfiguration,omitempty"`
}

// APIClient says that each deployment gets an API client of its own, made by the service: its scopes without the project
// key, and in a deployment its client ID as Name.
type APIClient struct {
	Name   string   `json:"name,omitempty"`
	Scopes []string `json:"scopes"`
}

// Creator is who has made a connector. Only Email is required. Contributors is 0 where nobody has said.
type Creator struct {
	Name         string `json:"name,omitempty"`
	Title        string `json:"title,omitempty"`
	Email        string `json:"email"`
	Company      string `json:"company,omitempty"`
	LogoURL      string `json:"logoUrl,omitempty"`
	Contributors int    `json:"noOfContributors,omitempty"`
	SupportURL   string `json:"supportUrl,omitempty"`
}

// Repository is where a connector's code is: an HTTPS or SSH address at GitHub, and a Git tag. A private repository has
// to be an SSH address, and readable for GitHub's user connect-mu.
type Repository struct {
	URL string `json:"url"`
	Tag string `json:"tag"`
}
