package connectsim

import (
	"github.com/google/uuid"
)

// createDraft answers POST /connectors/drafts.
func createDraft(c *call) (any, error) {
	s, err := c.shape()
	if err != nil {
		return nil, err
	}
	d := &draft{
		content: readContent(s), ID: uuid.NewString(), Region: c.region, Organization: c.who.project.Organization,
		Project: c.who.project.Key, Version: 1, Private: true, PrivateProjects: readProjects(s), Status: statusDraft,
		Previewable: previewNone,
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	if err := c.st.freeDraftKey(d); err != nil {
		return nil, err
	}
	if err := c.specifyDraft(d); err != nil {
		return nil, err
	}
	d.begin(c.now, tripsOf(d.Key))
	c.st.drafts.put(d)
	c.wrote(d.ID, d.Key)
	return d.show(), nil
}

// readProjects reads privateProjects: "{region}:{projectKey}" each.
func readProjects(s shape) []string {
	list := s.texts("privateProjects", false, nil)
	for _, p := range list {
		if !projectShape.MatchString(p) {
			s.fault("privateProjects", "%q is not of the form {region}:{projectKey}", p)
		}
	}
	return list
}

// specifyDraft reads the repository while the caller waits, unless a setting puts that off until the preview.
func (c *call) specifyDraft(d *draft) error {
	if c.conf.ReadLater {
		d.Specification = specification{Applications: []application{}}
		return nil
	}
	spec, err := c.st.inspect(d.Repository)
	d.Specification = spec
	return err
}

// freeDraftKey says whether a key may be taken: it is unique in the organisation.
func (st *state) freeDraftKey(d *draft) error {
	_, taken := st.drafts.find(func(o *draft) bool {
		return d.Key != "" && o.Key == d.Key && o.Region == d.Region && o.Organization == d.Organization && !o.gone()
	})
	if taken {
		return refuse(codeDuplicate, d.Key, "key").with("field", "key").with("duplicateValue", d.Key)
	}
	return nil
}
