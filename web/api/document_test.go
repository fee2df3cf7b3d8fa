package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// described is what the API says of itself.
type described struct {
	OpenAPI    string                                `json:"openapi"`
	Paths      map[string]map[string]describedMethod `json:"paths"`
	Components struct {
		Schemas map[string]any `json:"schemas"`
	} `json:"components"`
}

type describedMethod struct {
	OperationID string                      `json:"operationId"`
	Summary     string                      `json:"summary"`
	Tags        []string                    `json:"tags"`
	Parameters  []struct{ Name, In string } `json:"parameters"`
	Responses   map[string]any              `json:"responses"`
}

// TestTheDescriptionIsWhole: each address is described, with what it is called by, how it answers, and what may go wrong;
// what a description refers to is there.
func TestTheDescriptionIsWhole(t *testing.T) {
	c := newCounter(t)
	got := c.send("GET", "/openapi.json", nil).is(200)
	var d described
	if err := json.Unmarshal(got.body, &d); err != nil || !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Fatalf("got %v, %.80s", err, got.body)
	}
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			if o.OperationID == "" || ids[o.OperationID] || o.Summary == "" || len(o.Tags) != 1 || o.Responses["401"] == nil || o.Responses["422"] == nil {
				t.Errorf("%s %s is described as %+v", method, path, o)
			}
			ids[o.OperationID] = true
			for _, p := range o.Parameters {
				if p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s has no %s", path, p.Name)
				}
			}
			if good := slices.Collect(maps.Keys(o.Responses)); !slices.ContainsFunc(good, func(s string) bool { return s[0] == '2' }) {
				t.Errorf("%s %s answers %v", method, path, good)
			}
		}
	}
	for _, id := range []string{"create-session", "upload-archive", "create-release", "share-cdk-deployment", "update-draft", "repeat-operation", "redeploy", "plan-redeploy",
		"undeploy", "start-pipeline", "answer-pipeline", "check-connect-yaml", "list-drift", "save-profile"} {
		if !ids[id] {
			t.Errorf("%s is not described", id)
		}
	}
	for _, ref := range references(got.tree) {
		if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); !ok || d.Components.Schemas[name] == nil {
			t.Errorf("%s is referred to, and not there", ref)
		}
	}
}

// references are all that a document refers to.
func references(tree any) (all []string) {
	switch t := tree.(type) {
	case map[string]any:
		for name, value := range t {
			if s, ok := value.(string); ok && name == "$ref" {
				all = append(all, s)
				continue
			}
			all = append(all, references(value)...)
		}
	case []any:
		for _, value := range t {
			all = append(all, references(value)...)
		}
	}
	return all
}

// TestTheKeyIsAskedForEverywhere: without a key nothing is told, and nothing is read of what is sent.
func TestTheKeyIsAskedForEverywhere(t *testing.T) {
	c := newCounter(t)
	var d described
	if err := json.Unmarshal(c.send("GET", "/openapi.json", nil).body, &d); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("/api/v1", "", "{", "", "}", "")
	for path, methods := range d.Paths {
		for method := range methods {
			for _, key := range []string{"", "Bearer wrong"} {
				if got := c.send(strings.ToUpper(method), fill.Replace(path), http.NoBody, "Authorization", key); got.status != 401 && got.status != 429 {
					t.Errorf("%s %s with the key %q answers %d", method, path, key, got.status)
				}
			}
		}
	}
}
