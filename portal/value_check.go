package portal

import (
	"encoding/json"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/commercetools"
)

// ValueFault is a reason why the platform would not take a deployment, or a person may regret it.
type ValueFault struct {
	Target      int      // which of the targets of a deployment; -1 = all of them
	Application string   // of a value; "" = of all applications together, or of none in particular
	Key         string   // of a value, or the field: "key", "type", "region", "connector", "targets", "schedule", "status"
	Code        string   // the API's own, or one of ours
	Warning     bool     // it may be sent all the same: see DeployWish.Anyway
	Refusal     *Refusal // says it to a person
}

// Name is the ValueName of what is at fault.
func (f ValueFault) Name() string { return ValueName(f.Application, f.Key) }

// Codes of ours for faults that are warnings.
const (
	faultJSON           = "value_not_json"
	faultScopePrefix    = "value_scope_prefix"  // a word of a scope has no project
	faultScopeProject   = "value_scope_project" // it has another
	faultPrivateProject = "deploy_private_project"
	faultUnknownForm    = "deploy_unknown_form" // what the connector wants is not known
)

// deployRefusals says the API's codes to a person.
var deployRefusals = map[string]string{
	commercetools.CodeInvalidJSONInput:         "deploy_field",
	commercetools.CodeReferenceNotFound:        "deploy_reference",
	commercetools.CodeNotPreviewable:           "deploy_not_previewable",
	commercetools.CodeInvalidType:              "deploy_type",
	commercetools.CodeUnsupportedRegion:        "deploy_region",
	commercetools.CodeApplicationRequired:      "deploy_application_none",
	commercetools.CodeUnknownApplication:       "deploy_application",
	commercetools.CodeApplicationDoesNotBelong: "deploy_application_new",
	commercetools.CodeUnknownApplicationKey:    "deploy_unknown_key",
	commercetools.CodeUnknownGlobalKey:         "deploy_unknown_key",
	commercetools.CodeMissingGlobalKey:         "deploy_missing",
	commercetools.CodeEmptyGlobalKey:           "deploy_missing",
	commercetools.CodeInvalidStatusTransition:  "deployment_busy",
	commercetools.CodeDuplicateField:           "deploy_key_taken",
	commercetools.FaultRequired:                "deploy_missing",
	commercetools.FaultScope:                   "connect_scope",
	commercetools.FaultMasked:                  "deploy_masked",
	commercetools.WhyUnknownStatus:             "deployment_status",
}

// valueFault says a fault of a deployment to an account.
func valueFault(target int, a store.DeployAccount, f commercetools.Fault) ValueFault {
	key := f.Key
	if f.Code == commercetools.FaultScope {
		key = "targets"
	}
	return newFault(target, f.Application, key, f.Code, false, "account", a.Name, "scope", f.Key+":"+a.ProjectKey)
}

func newFault(target int, application, key, code string, warning bool, args ...string) ValueFault {
	says, ok := deployRefusals[code]
	if !ok {
		says = code
	}
	refusal, _ := refuse(says, append(args, "application", application, "key", key)...).(*Refusal)
	return ValueFault{Target: target, Application: application, Key: key, Code: code, Warning: warning, Refusal: refusal}
}

// refused is the error for faults: that of the first which is none that a person may pass over, or has not.
func refused(faults []ValueFault, anyway bool) error {
	for _, warnings := range []bool{false, true} {
		for _, f := range faults {
			if f.Warning == warnings && !(warnings && anyway) {
				return f.Refusal
			}
		}
	}
	return nil
}

// checkShapes finds values that are not what their fields hold, and schedules that never run. v is as it would be sent.
func (f ConfigForm) checkShapes(target int, v store.Values, project string) (faults []ValueFault) {
	for _, c := range f.Fields {
		for _, application := range c.places() {
			value, ok := valueFor(v, application, c)
			if code := c.checkShape(value.Value.Reveal(), project); ok && code != "" {
				faults = append(faults, newFault(target, application, c.Key, code, true, "project", project))
			}
		}
	}
	for _, a := range f.Applications {
		schedule := v.Schedules[a.Name]
		if schedule == "" {
			continue
		}
		if wrong, ok := CheckSchedule(schedule).(*Refusal); ok { //nolint:errorlint // it is not wrapped
			faults = append(faults, newFault(target, a.Name, "schedule", wrong.Code, wrong.Code == scheduleUnclear))
		}
	}
	return faults
}

// checkShape says what is wrong with a value for what its field holds.
func (f ConfigField) checkShape(value, project string) string {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return ""
	case f.Kind == FieldJSON && !json.Valid([]byte(value)):
		return faultJSON
	case f.Kind == FieldScope:
		return checkScope(strings.Fields(value), project)
	}
	return ""
}

// checkScope wants each word to be name:project. Some scopes have more behind the project.
func checkScope(words []string, project string) string {
	for _, word := range words {
		parts := strings.Split(word, ":")
		switch {
		case len(parts) < 2 || parts[0] == "":
			return faultScopePrefix
		case project != "" && !slices.Contains(parts[1:], project):
			return faultScopeProject
		}
	}
	return ""
}
