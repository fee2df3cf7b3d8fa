package connectsim

import (
	"regexp"
	"slices"
)

// projectShape is how privateProjects names a project.
var projectShape = regexp.MustCompile(`^[a-zA-Z0-9-_.]+:[a-zA-Z0-9-_]{2,36}$`)

// draftAction does one update action to a copy of a draft.
type draftAction func(c *call, d *draft) error

// edit is an action that changes what a connector is, so that a published one differs from its draft.
func edit(change func(d *draft)) draftAction {
	return func(_ *call, d *draft) error {
		change(d)
		d.HasChanges = d.HasChanges || d.AlreadyListed
		return nil
	}
}

// draftActions read the fields of each update action that the API description has.
var draftActions = map[string]func(s shape) draftAction{
	"setName":              setText("name", func(d *draft) *string { return &d.Name }),
	"setDescription":       setText("description", func(d *draft) *string { return &d.Description }),
	"setDocumentationUrl":  setText("documentationUrl", func(d *draft) *string { return &d.DocumentationURL }),
	"setCreatorName":       setText("creatorName", func(d *draft) *string { return &d.Creator.Name }),
	"setCreatorTitle":      setText("creatorTitle", func(d *draft) *string { return &d.Creator.Title }),
	"setCreatorEmail":      setText("creatorEmail", func(d *draft) *string { return &d.Creator.Email }),
	"setCreatorCompany":    setText("creatorCompany", func(d *draft) *string { return &d.Creator.Company }),
	"setCreatorLogo":       setText("logoUrl", func(d *draft) *string { return &d.Creator.LogoURL }),
	"setCreatorSupportUrl": setText("creatorSupportUrl", func(d *draft) *string { return &d.Creator.SupportURL }),
	"setCreatorNoOfContributors": func(s shape) draftAction {
		n := s.number("creatorNoOfContributors", true, 1)
		return edit(func(d *draft) { d.Creator.NoContributors = n })
	},
	"setIntegrationTypes": func(s shape) draftAction {
		types := s.texts("integrationTypes", true, integrationTypes)
		return edit(func(d *draft) { d.IntegrationTypes = types })
	},
	"setSupportedRegions":  setRegions,
	"setRepository":        setRepository,
	"addPrivateProject":    func(s shape) draftAction { return privateProject(s, addProject) },
	"removePrivateProject": func(s shape) draftAction { return privateProject(s, removeProject) },
	"updatePreviewable":    func(shape) draftAction { return (*call).requestPreview },
	"publish": func(s shape) draftAction {
		certification := s.flag("certification", true)
		return func(c *call, d *draft) error { return c.publish(d, certification) }
	},
	"addCertificationComment": func(s shape) draftAction {
		text := s.text("comment", true)
		return func(c *call, d *draft) error { return c.addComment(d, text) }
	},
	"unlist": func(shape) draftAction { return (*call).unlist },
}

func setText(field string, of func(*draft) *string) func(shape) draftAction {
	return func(s shape) draftAction {
		v := s.text(field, true)
		return edit(func(d *draft) { *of(d) = v })
	}
}

func setRegions(s shape) draftAction {
	regions := s.texts("regions", true, regionNames)
	if len(regions) == 0 && s.of["regions"] != nil {
		s.fault("regions", "expected at least one item")
	}
	return edit(func(d *draft) { d.SupportedRegions = regions })
}

// setRepository also takes the preview back: what was checked is another source.
func setRepository(s shape) draftAction {
	to := repository{URL: s.text("url", true), Tag: s.text("tag", true)}
	return func(c *call, d *draft) error {
		d.Repository = to
		if err := c.specifyDraft(d); err != nil {
			return err
		}
		d.Previewable, d.Previewing = previewNone, nil
		d.cancel(stepPreviewing, stepPreviewed)
		d.HasChanges = d.HasChanges || d.AlreadyListed
		return nil
	}
}

func privateProject(s shape, change func(list []string, p string) ([]string, error)) draftAction {
	p := s.text("privateProject", true)
	if p != "" && !projectShape.MatchString(p) {
		s.fault("privateProject", "%q is not of the form {region}:{projectKey}", p)
	}
	return func(_ *call, d *draft) (err error) {
		if !d.Private {
			return refuse(codeNotPrivate, d.ID, d.Key)
		}
		d.PrivateProjects, err = change(slices.Clone(d.PrivateProjects), p)
		return err
	}
}

func addProject(list []string, p string) ([]string, error) {
	if slices.Contains(list, p) {
		return list, nil
	}
	return append(list, p), nil
}

// removeProject refuses one that is not there [?].
func removeProject(list []string, p string) ([]string, error) {
	i := slices.Index(list, p)
	if i < 0 {
		return nil, refuse(codeValueNotFound, p, "privateProjects").with("field", "privateProjects").with("value", p)
	}
	return slices.Delete(list, i, i+1), nil
}
