package commercetools_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico/upstream/commercetools"
)

// actions has each action of the API once, as it is made here.
var actions = []commercetools.Action{
	commercetools.AddCertificationComment("The comment to add."),
	commercetools.AddPrivateProject("europe-west1.gcp:example-project-key"),
	commercetools.Publish(false),
	commercetools.RemovePrivateProject("europe-west1.gcp:example-project-key"),
	commercetools.SetCreatorCompany("New name of company"),
	commercetools.SetCreatorEmail("new-email-address@example.com"),
	commercetools.SetCreatorLogo("https://www.example.com/logo.png"),
	commercetools.SetCreatorName("Jane Doe"),
	commercetools.SetCreatorContributors(123),
	commercetools.SetCreatorSupportURL("https://www.example.com/support"),
	commercetools.SetCreatorTitle("Ms"),
	commercetools.SetDescription("New description of the Connector."),
	commercetools.SetDocumentationURL("https://www.example.com/my-connector/documentation"),
	commercetools.SetIntegrationTypes("promotion", "other"),
	commercetools.SetName("The new name of the Connector"),
	commercetools.SetRepository("git@github.com:commercetools/connect-application-kit.git", "0.0.0"),
	commercetools.SetSupportedRegions("europe-west1.gcp", "us-central1.gcp", "australia-southeast1.gcp"),
	commercetools.Unlist(),
	commercetools.UpdatePreviewable(),
}

// TestActionsAsTheAPITakesThem compares them with the published examples, one for each action.
func TestActionsAsTheAPITakesThem(t *testing.T) {
	var examples []json.RawMessage
	if err := json.Unmarshal([]byte(file(t, "actions")), &examples); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, a := range actions {
		names = append(names, a.Name())
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(raw, &got) != nil || json.Unmarshal(examples[i], &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %s, want %s", a.Name(), raw, examples[i])
		}
		parsed, err := commercetools.ParseAction(examples[i])
		if err != nil || !reflect.DeepEqual(parsed, a) {
			t.Errorf("%s is read as %+v, %v", examples[i], parsed, err)
		}
	}
	slices.Sort(names)
	if got := commercetools.ActionNames(); !slices.Equal(got, names) || len(got) != 19 || len(examples) != 19 {
		t.Errorf("the API's actions are %v, and tried were %v", got, names)
	}
}

func TestActionsOfNothing(t *testing.T) {
	for want, a := range map[string]commercetools.Action{
		`{"action":"setDescription","description":""}`:           commercetools.SetDescription(""),
		`{"action":"setIntegrationTypes","integrationTypes":[]}`: commercetools.SetIntegrationTypes(),
		`{"action":"publish","certification":true}`:              commercetools.Publish(true),
	} {
		if raw, err := json.Marshal(a); err != nil || string(raw) != want {
			t.Errorf("got %s, %v; want %s", raw, err, want)
		}
	}
}

func TestFields(t *testing.T) {
	a := commercetools.SetRepository("u", "t")
	if got := fmt.Sprintln(a.Field("url"), a.Field("tag"), a.Field("regions"), commercetools.Action{}.Field("tag")); got != "u t <nil> <nil>\n" {
		t.Errorf("got %s", got)
	}
	if got := commercetools.SetCreatorContributors(3).Field("creatorNoOfContributors"); got != 3 {
		t.Errorf("got %v", got)
	}
}

func TestActionsThatAreNone(t *testing.T) {
	for raw, want := range map[string]string{
		`[]`:                                    "JSON object",
		`null`:                                  "JSON object",
		`{"action":"setName"`:                   "JSON object",
		`{}`:                                    "no name",
		`{"action":7}`:                          "no name",
		`{"action":"setKey","key":"k"}`:         `no action "setKey"`,
		`{"action":"setName"}`:                  `"name" has to be a text`,
		`{"action":"setName","name":null}`:      `"name" has to be a text`,
		`{"action":"setName","name":7}`:         `"name" has to be a text`,
		`{"action":"setRepository","tag":"v1"}`: `"url" has to be a text`,
		`{"action":"publish"}`:                  `"certification" has to be true or false`,
		`{"action":"publish","certification":"yes"}`:                               `"certification" has to be true or false`,
		`{"action":"setSupportedRegions","supportedRegions":["europe-west1.gcp"]}`: `no field "supportedRegions"`,
		`{"action":"setSupportedRegions","regions":[]}`:                            `"regions" has to have at least 1`,
		`{"action":"setSupportedRegions","regions":"europe-west1.gcp"}`:            `"regions" has to be a list`,
		`{"action":"setCreatorNoOfContributors","creatorNoOfContributors":0}`:      "at least 1",
		`{"action":"setCreatorNoOfContributors","creatorNoOfContributors":1.5}`:    "whole number",
		`{"action":"addPrivateProject","privateProject":"my-shop"}`:                "europe-west1.gcp:my-project",
		`{"action":"removePrivateProject","privateProject":7}`:                     "a text",
		`{"action":"setRepository","url":"u","tag":" "}`:                           `"tag" must not be empty`,
		`{"action":"unlist","why":"x"}`:                                            `no field "why"`,
	} {
		_, err := commercetools.ParseAction([]byte(raw))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", raw, err, want)
		}
		var many struct{ Actions []commercetools.Action }
		if json.Unmarshal([]byte(`{"actions":[`+raw+`]}`), &many) == nil && raw != "null" {
			t.Errorf("%s is read in a list", raw)
		}
	}
}

func TestGuardsOfActions(t *testing.T) {
	want := map[string]string{"updatePreviewable": "preview", "setRepository": "setRepository", "publish": "publish", "addCertificationComment": "comment", "unlist": "unlist"}
	for _, a := range append(actions, commercetools.Publish(true)) {
		guard := want[a.Name()]
		if guard == "" {
			guard = commercetools.ActEdit
		}
		if certify, _ := a.Field("certification").(bool); certify {
			guard = commercetools.ActCertify
		}
		if got := a.Guard(); got != guard {
			t.Errorf("%s %v is guarded as %s, want %s", a.Name(), a.Field("certification"), got, guard)
		}
	}
}
