package piecesim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// version is one state of a flow's steps. Once locked it is not changed: a change makes the next version.
type version struct {
	ID, FlowID, DisplayName string
	State                   string
	Valid                   bool
	SchemaVersion           any
	Trigger                 object
	Notes                   any
	UpdatedBy               string
	ConnectionIDs           []string
	Created, Updated        time.Time
}

func emptyVersion(flowID, name string, now time.Time) *version {
	return &version{
		ID: newID(), FlowID: flowID, DisplayName: name, State: stateDraft, SchemaVersion: schemaVersion, Notes: []any{},
		Trigger: object{
			"name": "trigger", "valid": false, "displayName": "Select Trigger", "lastUpdatedDate": stamp(now), "type": "EMPTY",
			"settings": object{},
		},
		Created: now, Updated: now,
	}
}

func (v *version) show() object {
	return object{
		"id": v.ID, "created": stamp(v.Created), "updated": stamp(v.Updated), "flowId": v.FlowID, "displayName": v.DisplayName,
		"trigger": v.Trigger, "updatedBy": textOrNull(v.UpdatedBy), "valid": v.Valid, "schemaVersion": v.SchemaVersion,
		"agentIds": []any{}, "state": v.State, "connectionIds": notNil(v.ConnectionIDs), "backupFiles": nil, "notes": v.Notes,
	}
}

// changing is the version that a change goes to: the latest, or a copy of it when it is locked.
func (f *flow) changing(now time.Time) *version {
	v := f.latest()
	if v.State == stateDraft {
		return v
	}
	next := *v
	next.ID, next.State, next.Created, next.Updated = newID(), stateDraft, now, now
	f.Versions = append(f.Versions, &next)
	return &next
}

// setTrigger gives a version new steps, as the server keeps them: dated, and the trigger without its sample data.
func (v *version) setTrigger(trigger object, now time.Time) {
	trigger = cloned(trigger)
	if settings, ok := trigger["settings"].(object); ok {
		delete(settings, "sampleData")
	}
	for step := range steps(trigger) {
		step["lastUpdatedDate"] = stamp(now)
	}
	v.Trigger = trigger
	v.settle()
}

// settle works out what follows from the steps: whether all are valid, and which connections they name.
func (v *version) settle() {
	v.Valid = v.Trigger["type"] != "EMPTY"
	for step := range steps(v.Trigger) {
		valid, _ := step["valid"].(bool)
		v.Valid = v.Valid && valid
	}
	v.ConnectionIDs = connectionNames(v.Trigger)
}

// connectionName is how steps name a connection: {{connections['stripe_a']}}.
var connectionName = regexp.MustCompile(`\{\{\s*connections\[['"]([^'"\]]+)['"]\]`)

// connectionNames are the connections that steps name, each once.
func connectionNames(trigger object) []string {
	var out []string
	for step := range steps(trigger) {
		raw, _ := json.Marshal(step["settings"]) // it came from JSON
		text := strings.ReplaceAll(string(raw), `\"`, `"`)
		for _, m := range connectionName.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

// branches are where the steps inside a step, or after it, hang.
var branches = []string{"nextAction", "firstLoopAction", "onSuccessAction", "onFailureAction"}

// steps goes through a trigger and all the actions that follow it, in the order they run.
func steps(trigger object) func(yield func(object) bool) {
	return func(yield func(object) bool) { walk(trigger, yield) }
}

func walk(step object, yield func(object) bool) bool {
	if step == nil {
		return true
	}
	if !yield(step) {
		return false
	}
	inner, _ := step["children"].([]any)
	for _, name := range slices.Backward(branches) {
		inner = append(inner, step[name])
	}
	for _, next := range inner {
		if o, _ := next.(object); !walk(o, yield) {
			return false
		}
	}
	return true
}

// setting is a text of a step's settings.
func setting(step object, name string) string {
	settings, _ := step["settings"].(object)
	s, _ := settings[name].(string)
	return s
}

// cloned copies JSON, so that versions share nothing.
func cloned(o object) object {
	raw, _ := json.Marshal(o) // it came from JSON
	var out object
	_ = json.Unmarshal(raw, &out) // as does this
	return out
}

// replace makes a flow name another connection: its draft, and its published version when asked.
func (f *flow) replace(from, to string, published bool) {
	for _, v := range f.Versions {
		if v.State != stateDraft && !(published && v.ID == f.PublishedVersionID) {
			continue
		}
		raw, _ := json.Marshal(v.Trigger) // it came from JSON
		text := strings.ReplaceAll(string(raw), "connections['"+from+"']", "connections['"+to+"']")
		var trigger object
		if json.Unmarshal([]byte(text), &trigger) == nil {
			v.Trigger = trigger
			v.settle()
		}
	}
}
