package portal

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// DraftFields are the fields of a draft that a person can set, by the API's names, in the order of its form.
var DraftFields = []string{"name", "description", fieldURL, fieldTag, "integrationTypes", "documentationUrl", "supportedRegions", fieldProjects,
	"creator.email", "creator.name", "creator.title", "creator.company", "creator.logoUrl", "creator.noOfContributors", "creator.supportUrl"}

// DraftValues is what a draft has in each of DraftFields, as one text: lists with ", " between their words.
func DraftValues(d commercetools.Draft) map[string]string {
	whole, values := face(d), map[string]string{}
	for _, field := range DraftFields {
		values[field] = whole[field]
	}
	if d.Creator.Contributors == 0 {
		values["creator.noOfContributors"] = ""
	}
	return values
}

// NewDraft is the draft that a form describes, with its key.
func NewDraft(key string, v map[string]string) commercetools.DraftDraft {
	contributors, _ := strconv.Atoi(v["creator.noOfContributors"]) //nolint:errcheck // CheckDraftValues says so
	return commercetools.DraftDraft{
		Key: key, Name: v["name"], Description: v["description"], IntegrationTypes: listed(v["integrationTypes"]), DocumentationURL: v["documentationUrl"],
		Repository:       commercetools.Repository{URL: v[fieldURL], Tag: v[fieldTag]},
		SupportedRegions: listed(v["supportedRegions"]), PrivateProjects: listed(v[fieldProjects]),
		Creator: commercetools.Creator{
			Email: v["creator.email"], Name: v["creator.name"], Title: v["creator.title"], Company: v["creator.company"],
			LogoURL: v["creator.logoUrl"], Contributors: contributors, SupportURL: v["creator.supportUrl"],
		},
	}
}

// DraftActions is what makes a draft what a form describes: one action for each field that differs, one for each project
// that comes or goes, and one for the repository.
func DraftActions(there commercetools.Draft, v map[string]string) []commercetools.Action {
	was := DraftValues(there)
	var actions []commercetools.Action
	if v[fieldURL] != was[fieldURL] || v[fieldTag] != was[fieldTag] {
		actions = append(actions, commercetools.SetRepository(v[fieldURL], v[fieldTag]))
	}
	for _, field := range DraftFields {
		if set := draftSetters[field]; set != nil && v[field] != was[field] {
			actions = append(actions, set(v[field]))
		}
	}
	return append(actions, projectActions(there.PrivateProjects, listed(v[fieldProjects]))...)
}

// draftSetters are the fields that one action sets.
var draftSetters = map[string]func(string) commercetools.Action{
	"name": commercetools.SetName, "description": commercetools.SetDescription, "documentationUrl": commercetools.SetDocumentationURL,
	"integrationTypes": func(s string) commercetools.Action { return commercetools.SetIntegrationTypes(listed(s)...) },
	"supportedRegions": func(s string) commercetools.Action { return commercetools.SetSupportedRegions(listed(s)...) },
	"creator.email":    commercetools.SetCreatorEmail, "creator.name": commercetools.SetCreatorName, "creator.title": commercetools.SetCreatorTitle,
	"creator.company": commercetools.SetCreatorCompany, "creator.logoUrl": commercetools.SetCreatorLogo, "creator.supportUrl": commercetools.SetCreatorSupportURL,
	"creator.noOfContributors": func(s string) commercetools.Action {
		n, _ := strconv.Atoi(s) //nolint:errcheck // 0 is refused when it is checked
		return commercetools.SetCreatorContributors(n)
	},
}

func projectActions(was, now []string) []commercetools.Action {
	var actions []commercetools.Action
	for _, project := range now {
		if !slices.Contains(was, project) {
			actions = append(actions, commercetools.AddPrivateProject(project))
		}
	}
	for _, project := range was {
		if !slices.Contains(now, project) {
			actions = append(actions, commercetools.RemovePrivateProject(project))
		}
	}
	return actions
}

// listed is the words of a list that a person has typed, or that a page has joined: each once, in order.
func listed(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) })
	slices.Sort(words)
	return slices.Compact(words)
}

// ListOf is a list as DraftValues writes it.
func ListOf(text string) string { return strings.Join(listed(text), ", ") }

// PlannedDraft is the call that makes a draft, or with actions changes the one that is given, as the audit log will have it.
func PlannedDraft(a store.DeployAccount, row store.ConnectorDraft, d commercetools.DraftDraft, actions []commercetools.Action) (store.PlannedRequest, error) {
	if row.ID == "" {
		return plannedJSON(a, http.MethodPost, "/connectors/drafts", d)
	}
	return plannedJSON(a, http.MethodPost, "/connectors/drafts/"+row.UpstreamID, map[string]any{"version": row.Version, "actions": actions})
}
