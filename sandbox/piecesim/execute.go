package piecesim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// failure is why a run ended badly.
type failure struct {
	Step, DisplayName string
	Message, Kind     string // the error's own words, and the name of its class
}

// maxFailure is where the message of a failed step is cut, in characters.
const maxFailure = 700

// show is a failed step as runs carry it: a JSON text with a stack and the server's paths in it, cut so that it often is
// no JSON any more.
func (f *failure) show() any {
	if f == nil {
		return nil
	}
	text := []rune(f.text())
	if len(text) > maxFailure {
		text = append(text[:maxFailure-1], '…')
	}
	return object{"name": f.Step, "displayName": f.DisplayName, "message": string(text)}
}

// text is the whole error as the step has it.
func (f *failure) text() string {
	stack := "[" + f.Kind + ": " + f.Message + "] {\n" +
		"    at Object.run (/srv/activepieces/packages/pieces/community/sandbox/dist/src/lib/actions/step.js:54:34)\n" +
		"    at Generator.next (<anonymous>)\n" +
		"    at /srv/activepieces/node_modules/.bun/tslib@2.6.2/node_modules/tslib/tslib.js:169:75\n" +
		"    at new Promise (<anonymous>)\n" +
		"    at __awaiter (/srv/activepieces/node_modules/.bun/tslib@2.6.2/node_modules/tslib/tslib.js:165:16)\n" +
		"    at Object.executeAction (/srv/activepieces/packages/engine/src/lib/handler/piece-executor.js:88:17)\n" +
		"    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n}"
	raw, _ := json.Marshal(struct { // strings only
		Version int    `json:"__apErrorVersion"`
		Message string `json:"message"`
		Name    string `json:"errorName"`
		Raw     string `json:"raw"`
	}{1, f.Message, f.Kind, stack})
	return string(raw)
}

// runSteps goes through a version's steps until one fails.
func (s *Server) runSteps(st *state, f *flow, v *version, request object) (object, *failure) {
	out := object{}
	told := ""
	if len(f.FailNext) > 0 {
		told, f.FailNext = f.FailNext[0], f.FailNext[1:]
		st.flows.put(f)
	}
	if v == nil {
		return out, &failure{Step: "trigger", DisplayName: "Trigger", Message: "The flow has no published version", Kind: "Error"}
	}
	var all []object
	for step := range steps(v.Trigger) {
		all = append(all, step)
	}
	for i, step := range all {
		name, _ := step["name"].(string)
		kind, _ := step["type"].(string)
		settings, _ := step["settings"].(object)
		shown := object{"type": kind, "status": runSucceeded, "input": settings["input"], "output": object{}}
		out[name] = shown
		if i == 0 {
			shown["input"], shown["output"] = object{}, request
		}
		fails := s.stepFailure(st, f, step)
		if fails == nil && told != "" && i == len(all)-1 {
			fails = &failure{Message: told, Kind: "Error"}
		}
		if fails != nil {
			fails.Step = name
			fails.DisplayName, _ = step["displayName"].(string)
			delete(shown, "output")
			shown["status"], shown["duration"], shown["errorMessage"] = runFailed, 12.5, fails.text()
			return out, fails
		}
	}
	return out, nil
}

// stepFailure is what goes wrong with a step by itself: its connection, or the address that it calls.
func (s *Server) stepFailure(st *state, f *flow, step object) *failure {
	for _, name := range s.connectionsOf(st, f, step) {
		if words := st.unusable(name, f.ProjectID); words != "" {
			return &failure{Message: words, Kind: "Error"}
		}
	}
	settings, _ := step["settings"].(object)
	input, _ := settings["input"].(object)
	address, _ := input["url"].(string)
	if u, err := url.Parse(address); err == nil && u.Port() == "9" { // nobody answers there, and fetch refuses to try
		return &failure{Message: "fetch failed", Kind: "TypeError"}
	}
	return nil
}

// connectionsOf are the connections that a step names, or that its piece fetches by itself.
func (s *Server) connectionsOf(st *state, f *flow, step object) []string {
	names := connectionNames(object{"settings": step["settings"]})
	p := s.pieces.byName[setting(step, "pieceName")]
	if p.Fetches == "" {
		return names
	}
	project, ok := st.projects.get(f.ProjectID)
	if !ok {
		return names
	}
	return append(names, strings.ReplaceAll(p.Fetches, "{externalProjectId}", project.ExternalID))
}

// unusable says why a project cannot use a connection name, or nothing.
func (st *state) unusable(name, projectID string) string {
	n, ok := st.resolve(name, projectID)
	switch {
	case !ok:
		return "connection (" + name + ") not found"
	case n.Status == "MISSING":
		return "connection (" + name + ") is missing"
	case n.Status == "ERROR":
		return "connection (" + name + ") needs to be reconnected"
	}
	return ""
}

// resolve finds a connection as flows do: any of that name in the project, whatever its scope. Of several nobody can say
// which; here it is the one with the smallest ID, which is chance.
func (st *state) resolve(name, projectID string) (*connection, bool) {
	rows := st.connections.where(func(n *connection) bool { return n.ExternalID == name && slices.Contains(n.ProjectIDs, projectID) })
	if len(rows) == 0 {
		return nil, false
	}
	return slices.MinFunc(rows, func(a, b *connection) int { return strings.Compare(a.ID, b.ID) }), true
}
