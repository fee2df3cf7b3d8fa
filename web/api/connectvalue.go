package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/commercetools"
)

// configForm is what a connector asks of whoever deploys it.
type configForm struct {
	Connector    string              `json:"connector,omitempty" doc:"Name of the connector."`
	Tag          string              `json:"tag,omitempty"`
	Known        bool                `json:"known" doc:"What it asks is known: the platform has not always said it."`
	Fields       []configField       `json:"fields" nullable:"false"`
	Applications []configApplication `json:"applications" nullable:"false"`
	Regions      []string            `json:"regions" nullable:"false" doc:"Where it may run; empty is anywhere."`
	Types        []string            `json:"types" nullable:"false" doc:"As which it may be deployed; the first is the usual one."`
	APIClient    []string            `json:"api_client,omitempty" doc:"Scopes of the API client that each deployment is given."`
}

type configField struct {
	Key          string   `json:"key"`
	Description  string   `json:"description,omitempty"`
	Secured      bool     `json:"secured"`
	Required     bool     `json:"required"`
	Shared       bool     `json:"shared" doc:"The connector declares it for all its applications together."`
	Applications []string `json:"applications,omitempty" doc:"That need it."`
	Default      string   `json:"default,omitempty"`
	Kind         string   `json:"kind" enum:"text,json,scope"`
}

type configApplication struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Schedule string `json:"schedule,omitempty" doc:"Of a job."`
}

func formOf(f portal.ConfigForm) configForm {
	out := configForm{Connector: f.Name, Tag: f.Tag, Known: f.Known, Fields: []configField{}, Applications: []configApplication{},
		Regions: append([]string{}, f.Regions...), Types: append([]string{}, f.Types...), APIClient: f.APIClient}
	for _, c := range f.Fields {
		out.Fields = append(out.Fields, configField{c.Key, c.Description, c.Secured, c.Required, c.Shared, c.Applications, c.Default, c.Kind})
	}
	for _, one := range f.Applications {
		out.Applications = append(out.Applications, configApplication{one.Name, one.Type, one.Schedule})
	}
	return out
}

// configValues are values as they come in: {"KEY": "value"} for every application that asks for the key, or
// {"application": {"KEY": "value"}} for one. They may be secrets, so that they print as nothing.
type configValues map[string]any

// Schema implements huma.SchemaProvider.
func (configValues) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: `Values by their keys, each for every application that asks for the key; or {"application": {"KEY": "value"}} for one application. They are texts; what is none is written as JSON. ${PROJECT_KEY} and ${REGION} stand for those of the account.`,
		Examples:    []any{map[string]any{"LOG_LEVEL": "info", "service": map[string]any{"API_KEY": "…"}}},
	}
}

// String implements fmt.Stringer.
func (configValues) String() string { return secret.Mask }

// schedules are those of jobs by their application's name.
type schedules map[string]string

// values arranges what came in by what a connector asks for. A key that nobody asks for is a problem that names it.
func (a *API) values(ctx context.Context, f portal.ConfigForm, in configValues, jobs schedules) (store.Values, error) {
	v := store.Values{Applications: map[string][]store.SetValue{}, Schedules: map[string]string{}}
	if len(in) > 0 {
		text, err := json.Marshal(in)
		if err != nil {
			return v, problem(http.StatusUnprocessableEntity, "values_unreadable", "The values cannot be read.")
		}
		pasted, err := portal.ParseValues(string(text))
		if err != nil {
			return v, err
		}
		var match portal.PasteMatch
		if v, match = f.Match(v, pasted, actorName(ctx), a.Portal.Now()); len(match.Unmatched) > 0 {
			return v, problem(http.StatusUnprocessableEntity, "values_unknown", a.text("api.values_unknown", map[string]string{"keys": strings.Join(match.Unmatched, ", ")}))
		}
	}
	for application, schedule := range jobs {
		v.Schedules[application] = schedule
	}
	return v, nil
}

// actorName is what the history calls who asks.
func actorName(ctx context.Context) string { return orElse(actor(ctx).Name, actor(ctx).Kind) }

// valueFault is why the platform would not take a deployment, or somebody may regret it.
type valueFault struct {
	Target      *int   `json:"target,omitempty" doc:"Which of the targets, counted from 0. Absent: all of them."`
	Application string `json:"application,omitempty"`
	Key         string `json:"key,omitempty" doc:"Of a value, or the name of what is at fault."`
	Code        string `json:"code"`
	Warning     bool   `json:"warning" doc:"It is sent all the same with anyway."`
	Message     string `json:"message"`
}

func (a *API) faultsOf(found []portal.ValueFault) []valueFault {
	all := []valueFault{}
	for _, f := range found {
		one := valueFault{Application: f.Application, Key: f.Key, Code: f.Code, Warning: f.Warning, Message: a.refused(f.Refusal)}
		if f.Target >= 0 {
			one.Target = &f.Target
		}
		all = append(all, one)
	}
	return all
}

// planned is a call as somebody could make it by hand.
type planned struct {
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"header,omitempty"`
	Body   json.RawMessage   `json:"body,omitempty" doc:"With a mask for each secret."`
	Token  string            `json:"token" doc:"Name of the variable that stands for the token."`
}

func plannedOf(r store.PlannedRequest) planned {
	return planned{r.Method, r.URL, r.Header, raw(r.Body), r.Token}
}

// shownDeployment is a deployment's document without the standard values whose names tell that they are secrets; the
// secured ones are masked in it already.
func shownDeployment(d store.ConnectDeployment) (json.RawMessage, error) {
	doc, err := portal.DeploymentDocument(d)
	if err != nil || d.Document == "" {
		return nil, err
	}
	hide := func(values commercetools.Values) {
		for i := range values {
			if upstream.TellsSecret(values[i].Key) {
				values[i].Value = secret.Mask
			}
		}
	}
	hide(doc.GlobalConfiguration.Standard)
	for i := range doc.Applications {
		hide(doc.Applications[i].Standard)
	}
	return json.Marshal(doc)
}
