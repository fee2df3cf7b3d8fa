package connectsim

import (
	"slices"
	"time"
)

// What isPreviewable says: a text, not a boolean.
const (
	previewNone    = "none"
	previewPending = "pending"
	previewYes     = "true"
	previewNo      = "false"
)

// The statuses of a draft. Controls may set any other text.
const (
	statusDraft           = "Draft"
	statusProcessing      = "Processing"
	statusReady           = "ReadyForCertification"
	statusInCertification = "InCertification"
	statusPublished       = "Published"
	statusFailed          = "Failed"
)

// draft is a ConnectorStaged. It belongs to an organisation in a region.
type draft struct {
	content
	ID           string `json:"id"`
	Region       string `json:"region"`
	Organization string `json:"organization"`
	Project      string `json:"project"` // that it was created by
	Version      int    `json:"version"`

	Private         bool      `json:"private"`
	PrivateProjects []string  `json:"private_projects"`
	Comments        []comment `json:"comments,omitempty"`
	Status          string    `json:"status"`
	Publishing      *report   `json:"publishing,omitempty"`
	AlreadyListed   bool      `json:"already_listed"`
	HasChanges      bool      `json:"has_changes"`
	Previewable     string    `json:"previewable"`
	Previewing      *report   `json:"previewing,omitempty"`
	Certified       bool      `json:"certified"`
	ForReview       bool      `json:"for_review,omitempty"` // what is being published is to be certified

	progress
}

func (d *draft) rowID() string { return d.ID }

// draft finds the one that the path names, among those of the caller's organisation.
func (c *call) draft() (*draft, error) {
	d, ok := c.st.drafts.find(func(d *draft) bool { return c.sees(d) && c.ref.names(d.ID, d.Key) })
	if !ok {
		return nil, notThere(kindDraft, c.ref)
	}
	return d, c.trip(&d.progress, &d.Version, func() { c.st.drafts.put(d) })
}

func (c *call) sees(d *draft) bool {
	return d.Region == c.region && d.Organization == c.who.project.Organization && !d.gone()
}

// getDraft answers GET /connectors/drafts/{id} and /key={key}.
func getDraft(c *call) (any, error) {
	d, err := c.draft()
	if err != nil {
		return nil, err
	}
	c.st.polls.add(d.ID, c.now)
	return d.show(), nil
}

// queryDrafts answers GET /connectors/drafts.
func queryDrafts(c *call) (any, error) {
	f := &filters{c: c}
	private, types := f.flag("isPrivate"), f.texts("integrationTypes", integrationTypes)
	rows := c.st.drafts.where(func(d *draft) bool {
		return c.sees(d) && (private == nil || *private == d.Private) && overlaps(types, d.IntegrationTypes)
	})
	return paged(f, rows, (*draft).show)
}

// show is the draft as the API has it.
func (d *draft) show() object {
	o := d.content.show()
	o["id"], o["version"], o["status"], o["isPreviewable"] = d.ID, d.Version, d.Status, d.Previewable
	o["private"], o["privateProjects"], o["alreadyListed"], o["hasChanges"] = d.Private, d.PrivateProjects, d.AlreadyListed, d.HasChanges
	if d.Specification.Scopes != nil {
		o["apiClient"] = object{"scopes": d.Specification.Scopes}
	}
	if d.Previewing != nil {
		o["previewableReport"] = d.Previewing.show()
	}
	if d.Publishing != nil {
		o["publishingReport"] = d.Publishing.show()
	}
	if len(d.Comments) > 0 {
		o["certificationInfo"] = object{"comments": d.Comments}
	}
	return o
}

// admits says whether a project may use what the draft or its private connector offers: one of privateProjects, or the
// creator's own when there are none.
func (d *draft) admits(p *project) bool {
	if len(d.PrivateProjects) == 0 {
		return p.Key == d.Project
	}
	return slices.Contains(d.PrivateProjects, p.rowID())
}

// deleteDraft answers DELETE /connectors/drafts/{id} and /key={key}. What it refuses, and how, is not known beside the
// 400 that the API description has [?].
func deleteDraft(c *call) (any, error) {
	d, err := c.draft()
	if err != nil {
		return nil, err
	}
	_, deployed := c.st.deployments.find(func(o *deployment) bool { return o.Connector.ID == d.ID && !o.gone() })
	switch {
	case d.AlreadyListed || d.Status == statusProcessing || d.inCertification():
		return nil, refuse(codeNotAllowed, "The ConnectorStaged is published or being published and cannot be deleted")
	case deployed:
		return nil, refuse(codeNotAllowed, "The ConnectorStaged is deployed and cannot be deleted")
	}
	c.st.removeDraft(d, c.now)
	c.wrote(d.ID, d.Key)
	return d.show(), nil
}

// removeDraft takes a draft away, and its connector with it.
func (st *state) removeDraft(d *draft, now time.Time) {
	d.end(now)
	st.drafts.put(d)
	if k, ok := st.connectors.get(d.ID); ok {
		k.Listed, k.Gone = false, now
		st.connectors.put(k)
	}
}

func (d *draft) times() (created, modified time.Time) { return d.Created, d.Modified }
