package commercetools

import (
	"bytes"
	"encoding/json"
	"errors"
)

var errNoAction = errors.New("an update needs an action")

// Action is one change of a draft. Its constructors, one for each action of the API, are the only way to make one, besides
// ParseAction.
type Action struct {
	name   string
	fields []any // in the order of actionFields
}

// Name is the API's name of the action: "setRepository".
func (a Action) Name() string { return a.name }

// Field is the value of a field by the API's name ("tag"): a string, []string, bool or int, as the action has it; nil when
// it has none of this name.
func (a Action) Field(name string) any {
	for i, f := range actionFields[a.name] {
		if f.name == name && i < len(a.fields) {
			return a.fields[i]
		}
	}
	return nil
}

// MarshalJSON writes the action as the API takes it: its name first, then its fields.
func (a Action) MarshalJSON() ([]byte, error) {
	fields, known := actionFields[a.name]
	if !known || len(fields) != len(a.fields) {
		return nil, errors.New("the action is none of the API's")
	}
	var b bytes.Buffer
	b.WriteString(`{"action":"` + a.name + `"`)
	for i, f := range fields {
		value, err := json.Marshal(a.fields[i])
		if err != nil {
			return nil, err
		}
		b.WriteString(`,"` + f.name + `":`)
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func action(name string, fields ...any) Action { return Action{name, fields} }

// SetName gives the connector another name.
func SetName(name string) Action { return action("setName", name) }

// SetDescription gives the connector another description.
func SetDescription(description string) Action { return action("setDescription", description) }

// SetIntegrationTypes says what the connector integrates, in words of IntegrationTypes.
func SetIntegrationTypes(types ...string) Action { return action("setIntegrationTypes", list(types)) }

// SetDocumentationURL says where the connector is explained.
func SetDocumentationURL(url string) Action { return action("setDocumentationUrl", url) }

// SetRepository names another repository or tag. Afterwards the draft is not previewable until that is asked for again.
func SetRepository(url, tag string) Action { return action("setRepository", url, tag) }

// SetSupportedRegions says where the connector can be deployed; the API wants at least one.
func SetSupportedRegions(regions ...string) Action {
	return action("setSupportedRegions", list(regions))
}

// AddPrivateProject lets a project, as "region:projectKey", use a private connector.
func AddPrivateProject(project string) Action { return action("addPrivateProject", project) }

// RemovePrivateProject takes a private connector away from a project, as "region:projectKey".
func RemovePrivateProject(project string) Action { return action("removePrivateProject", project) }

// SetCreatorName names the person who owns the connector.
func SetCreatorName(name string) Action { return action("setCreatorName", name) }

// SetCreatorTitle gives that person's title.
func SetCreatorTitle(title string) Action { return action("setCreatorTitle", title) }

// SetCreatorEmail gives the address of the connector's owner.
func SetCreatorEmail(email string) Action { return action("setCreatorEmail", email) }

// SetCreatorCompany names the company that owns the connector.
func SetCreatorCompany(company string) Action { return action("setCreatorCompany", company) }

// SetCreatorLogo gives the address of the company's logo.
func SetCreatorLogo(url string) Action { return action("setCreatorLogo", url) }

// SetCreatorContributors says how many people work at the connector, at least 1.
func SetCreatorContributors(people int) Action { return action("setCreatorNoOfContributors", people) }

// SetCreatorSupportURL says where there is help for the connector.
func SetCreatorSupportURL(url string) Action { return action("setCreatorSupportUrl", url) }

// UpdatePreviewable asks for the draft to be looked at, so that it may be deployed for tests.
func UpdatePreviewable() Action { return action("updatePreviewable") }

// Publish publishes the draft: for its private projects at once, or with certification for everybody, after people at
// commercetools have looked at it.
func Publish(certification bool) Action { return action("publish", certification) }

// AddCertificationComment answers the people who certify.
func AddCertificationComment(comment string) Action {
	return action("addCertificationComment", comment)
}

// Unlist takes a certified connector out of the marketplace; what runs goes on.
func Unlist() Action { return action("unlist") }

func list(words []string) []string { return append([]string{}, words...) }
