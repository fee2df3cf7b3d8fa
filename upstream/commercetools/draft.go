package commercetools

// Preview says whether a draft may be deployed for tests. The API writes it as a string, of which "false" is one.
type Preview string

// What Preview can be; another text is kept.
const (
	PreviewNone    Preview = "none"    // nobody has asked
	PreviewPending Preview = "pending" // being looked at: minutes
	PreviewTrue    Preview = "true"
	PreviewFalse   Preview = "false" // asked and rejected
)

// UnmarshalJSON reads the string, and a boolean as the same word.
func (p *Preview) UnmarshalJSON(raw []byte) error {
	*p = PreviewNone
	if word := scalar(raw); word != "" {
		*p = Preview(word)
	}
	return nil
}

// Draft is a connector as its makers work at it (ConnectorStaged). Version rises by itself while the service works, so
// read it again before each update.
type Draft struct {
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
	PrivateProjects     []string      `json:"privateProjects,omitempty"`  // "region:projectKey"
	SupportedRegions    []string      `json:"supportedRegions,omitempty"` // empty is any
	CertificationInfo   Certification `json:"certificationInfo,omitzero"`
	Status              Status        `json:"status"`
	PublishingReport    Report        `json:"publishingReport,omitzero"`
	AlreadyListed       bool          `json:"alreadyListed"` // published and ready for use
	HasChanges          bool          `json:"hasChanges"`    // against the published connector
	Certified           bool          `json:"certified,omitempty"`
	IsPreviewable       Preview       `json:"isPreviewable"`
	PreviewableReport   Report        `json:"previewableReport,omitzero"`
	DocumentationURL    string        `json:"documentationUrl,omitempty"`
}

// UnmarshalJSON reads a draft; what is absent or of another type is as in a new one.
func (d *Draft) UnmarshalJSON(raw []byte) error {
	type plain Draft
	p := plain{Status: StatusDraft, IsPreviewable: PreviewNone}
	err := read(raw, &p)
	*d = Draft(p)
	return err
}

// Public reports whether everybody may install the connector: it is published, and not for chosen projects alone.
func (d Draft) Public() bool { return d.AlreadyListed && (d.Certified || !d.Private) }

// Certification is what was said while a draft was being certified, oldest first.
type Certification struct {
	Comments []Comment `json:"comments"`
}

// Comment is one of them. UserID is the key of a project, for the service knows no people.
type Comment struct {
	UserID   string `json:"userId"`
	Datetime Moment `json:"datetime,omitzero"`
	Comment  string `json:"comment"`
}

// DraftDraft is a draft that is to be made (ConnectorStagedDraft). Name, Creator.Email and Repository are required.
type DraftDraft struct {
	Key              string     `json:"key,omitempty"`
	Name             string     `json:"name"`
	Description      string     `json:"description,omitempty"`
	IntegrationTypes []string   `json:"integrationTypes,omitempty"`
	Creator          Creator    `json:"creator"`
	Repository       Repository `json:"repository"`
	SupportedRegions []string   `json:"supportedRegions,omitempty"` // empty is any
	PrivateProjects  []string   `json:"privateProjects,omitempty"`  // empty is its creator alone
	DocumentationURL string     `json:"documentationUrl,omitempty"`
}

// IntegrationTypes are the words for what a connector integrates.
var IntegrationTypes = []string{"tax", "marketplace", "oms", "psp", "pim", "promotion", "search", "erp", "crm", "email",
	"analytics", "shipping", "giftcard", "other"}
