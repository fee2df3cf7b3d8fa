package portal

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// Fields of a draft as a person sees them, by the API's names. What the service derives from the repository, such as the
// configurations, is not among them: it follows from the tag.
const (
	fieldTag         = "repository.tag"
	fieldURL         = "repository.url"
	fieldStatus      = "status"
	fieldPreviewable = "isPreviewable"
	fieldPreviewed   = "previewableReport"
	fieldPublished   = "publishingReport"
	fieldPrivate     = "private"
	fieldProjects    = "privateProjects"
	fieldChanges     = "hasChanges"
	fieldListed      = "alreadyListed"
	fieldComments    = "certificationInfo.comments"
)

// face is a draft as a person sees it: each field as one text.
func face(d commercetools.Draft) map[string]string {
	return map[string]string{
		"name": d.Name, "description": d.Description, "integrationTypes": sortedWords(d.IntegrationTypes), "documentationUrl": d.DocumentationURL,
		fieldURL: d.Repository.URL, fieldTag: d.Repository.Tag, "supportedRegions": sortedWords(d.SupportedRegions),
		fieldPrivate: strconv.FormatBool(d.Private), fieldProjects: sortedWords(d.PrivateProjects),
		"creator.name": d.Creator.Name, "creator.title": d.Creator.Title, "creator.email": d.Creator.Email, "creator.company": d.Creator.Company,
		"creator.logoUrl": d.Creator.LogoURL, "creator.noOfContributors": strconv.Itoa(d.Creator.Contributors), "creator.supportUrl": d.Creator.SupportURL,
		fieldStatus: string(d.Status), fieldPreviewable: string(d.IsPreviewable), fieldChanges: strconv.FormatBool(d.HasChanges),
		fieldListed: strconv.FormatBool(d.AlreadyListed), fieldPreviewed: lastOf(d.PreviewableReport), fieldPublished: lastOf(d.PublishingReport),
		fieldComments: strconv.Itoa(len(d.CertificationInfo.Comments)),
	}
}

func sortedWords(words []string) string {
	words = slices.Clone(words)
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

// lastOf tells one report from another: how much it says, and what last.
func lastOf(r commercetools.Report) string {
	if len(r.Entries) == 0 {
		return ""
	}
	last := slices.MaxFunc(r.Entries, func(a, b commercetools.ReportEntry) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	said := last.Title
	if !last.CreatedAt.IsZero() {
		said = last.CreatedAt.Format("2006-01-02 15:04:05") + " " + said
	}
	return strconv.Itoa(len(r.Entries)) + ": " + said
}

// faceOf is what actions are about, for the audit log.
func faceOf(d commercetools.Draft, actions []commercetools.Action) map[string]string {
	whole, part := face(d), map[string]string{}
	for _, a := range actions {
		for _, field := range concerns(a) {
			part[field] = whole[field]
		}
	}
	return part
}

// movedFrom is what differs between a face that somebody saw and the one that is there, by field.
func movedFrom(seen, now map[string]string) []store.Moved {
	var moved []store.Moved
	for field, value := range now {
		if was, known := seen[field]; known && was != value {
			moved = append(moved, store.Moved{Field: field, Old: was, New: value})
		}
	}
	slices.SortFunc(moved, func(a, b store.Moved) int { return cmp.Compare(a.Field, b.Field) })
	return moved
}

// settings is what an action sets: field to value. nil for an action that sets nothing.
func settings(a commercetools.Action) map[string]string {
	text := func(field string) string { s, _ := a.Field(field).(string); return s }
	list := func(field string) string { l, _ := a.Field(field).([]string); return sortedWords(l) }
	switch a.Name() {
	case "setName", "setDescription", "setDocumentationUrl":
		field := strings.ToLower(a.Name()[3:4]) + a.Name()[4:]
		return map[string]string{field: text(field)}
	case "setIntegrationTypes":
		return map[string]string{"integrationTypes": list("integrationTypes")}
	case "setRepository":
		return map[string]string{fieldURL: text("url"), fieldTag: text("tag")}
	case "setSupportedRegions":
		return map[string]string{"supportedRegions": list("regions")}
	case "setCreatorName":
		return map[string]string{"creator.name": text("creatorName")}
	case "setCreatorTitle":
		return map[string]string{"creator.title": text("creatorTitle")}
	case "setCreatorEmail":
		return map[string]string{"creator.email": text("creatorEmail")}
	case "setCreatorCompany":
		return map[string]string{"creator.company": text("creatorCompany")}
	case "setCreatorLogo":
		return map[string]string{"creator.logoUrl": text("logoUrl")}
	case "setCreatorNoOfContributors":
		n, _ := a.Field("creatorNoOfContributors").(int)
		return map[string]string{"creator.noOfContributors": strconv.Itoa(n)}
	case "setCreatorSupportUrl":
		return map[string]string{"creator.supportUrl": text("creatorSupportUrl")}
	}
	return nil
}

// concerns is the fields that matter to an action: when one of them is not what a person saw, they have to decide again.
func concerns(a commercetools.Action) []string {
	switch a.Guard() {
	case commercetools.ActSetRepository:
		return []string{fieldURL, fieldTag, fieldStatus, fieldPreviewable}
	case commercetools.ActPreview:
		return []string{fieldURL, fieldTag, fieldStatus, fieldPreviewable, fieldPreviewed}
	case commercetools.ActPublish, commercetools.ActCertify:
		return []string{fieldURL, fieldTag, fieldStatus, fieldPreviewable, fieldPrivate, fieldProjects, fieldChanges, fieldListed, fieldPublished}
	case commercetools.ActComment:
		return []string{fieldComments}
	case commercetools.ActUnlist:
		return []string{fieldStatus, fieldListed}
	}
	if a.Name() == "addPrivateProject" || a.Name() == "removePrivateProject" {
		return []string{fieldPrivate}
	}
	var fields []string
	for field := range settings(a) {
		fields = append(fields, field)
	}
	return fields
}

// changesNothing says whether an action sets what is so already. One that begins something is never among them.
func changesNothing(d commercetools.Draft, a commercetools.Action) bool {
	project, _ := a.Field("privateProject").(string)
	switch a.Name() {
	case "addPrivateProject":
		return slices.Contains(d.PrivateProjects, project)
	case "removePrivateProject":
		return !slices.Contains(d.PrivateProjects, project)
	}
	set, now := settings(a), face(d)
	for field, value := range set {
		if now[field] != value {
			return false
		}
	}
	return len(set) > 0
}

// overtaken says whether something that moved matters to one of the actions, and is not what that would make of it.
func overtaken(moved []store.Moved, actions []commercetools.Action) bool {
	for _, a := range actions {
		set := settings(a)
		for _, m := range moved {
			if value, sets := set[m.Field]; sets && value == m.New {
				continue
			}
			if slices.Contains(concerns(a), m.Field) {
				return true
			}
		}
	}
	return false
}
