package traysim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// enableDelay is how long Tray wants callers to wait between creating and enabling (seed text: auth-only dialog).
const enableDelay = 2 * time.Second

// instance is an end user's copy of a solution.
type instance struct {
	ID         string         `json:"id"`
	Owner      string         `json:"owner"`
	SolutionID string         `json:"solution_id"`
	Name       string         `json:"name"`
	Place      int64          `json:"place"`
	Created    time.Time      `json:"created"`
	Enabled    bool           `json:"enabled"`
	NotReady   bool           `json:"not_ready"` // enabled too early: its workflows do not start until it is turned off and on
	Version    int            `json:"version"`
	Auths      []slotValue    `json:"auth_values"`
	Configs    []slotValue    `json:"config_values"`
	Workflows  []workflowCopy `json:"workflows"`
}

// slotValue is an authentication's ID or a config value as it came over the wire: JSON text, or a bare string.
type slotValue struct {
	ExternalID string `json:"external_id"`
	Value      string `json:"value"`
}

type workflowCopy struct {
	ID         string `json:"id"`
	SourceID   string `json:"source_id"`
	SourceName string `json:"source_name"`
	Hook       string `json:"hook"` // the name in its trigger URL; empty: no webhook trigger
	Answer     string `json:"answer"`
}

func (i *instance) key() (string, int64) { return i.ID, i.Place }

// addInstance makes one, disabled and without values.
func (st *state) addInstance(owner, name string, sol *solution, now time.Time) *instance {
	i := &instance{
		ID: newID(), Owner: owner, SolutionID: sol.ID, Name: name, Place: st.next(), Created: now, Version: sol.version(),
	}
	for _, w := range sol.Workflows {
		wc := workflowCopy{ID: newID(), SourceID: fixedID("workflow/" + sol.ID + "/" + w.Name), SourceName: w.Name, Answer: w.Answer}
		if w.Webhook {
			wc.Hook = newID()
		}
		i.Workflows = append(i.Workflows, wc)
	}
	st.Instances.add(i)
	return i
}

func (c *call) showInstance(i *instance) object {
	sol, _ := c.st.Solutions.get(i.SolutionID)
	if i.moveLazily(sol, c.now) {
		c.st.changed = true
	}
	workflows := make([]object, len(i.Workflows))
	for n, w := range i.Workflows {
		workflows[n] = object{"node": w.show(c.base)}
	}
	return object{
		"id": i.ID, "name": i.Name, "enabled": i.Enabled, "owner": i.Owner,
		"created":    i.Created.UTC().Format("2006-01-02T15:04:05.000000Z"),
		"solution":   resolver(func(map[string]any) (any, error) { return sol.show(c.base), nil }),
		"authValues": showValues(i.Auths, "authId"), "configValues": showValues(i.Configs, "value"),
		"workflows": object{"edges": workflows}, "solutionVersionFlags": i.flags(sol),
	}
}

func (w workflowCopy) show(base string) object {
	out := object{"id": w.ID, "sourceWorkflowId": w.SourceID, "sourceWorkflowName": w.SourceName, "triggerUrl": nil}
	if w.Hook != "" {
		out["triggerUrl"] = base + "/webhook/" + w.Hook
	}
	return out
}

func showValues(values []slotValue, name string) []object {
	out := make([]object, len(values))
	for i, v := range values {
		out[i] = object{"externalId": v.ExternalID, name: v.Value}
	}
	return out
}

// flags say what a newer version would ask.
func (i *instance) flags(sol *solution) object {
	newer := sol.newer(i.Version)
	has := func(kind string) bool {
		return slices.ContainsFunc(newer, func(r release) bool { return r.Kind == kind })
	}
	return object{
		"hasNewerVersion":                    len(newer) > 0,
		"requiresUserInputToUpdateVersion":   has("user"),
		"requiresSystemInputToUpdateVersion": has("system"),
	}
}

// moveLazily takes an instance along when the releases it lacks ask nothing and are old enough.
func (i *instance) moveLazily(sol *solution, now time.Time) bool {
	moved := false
	for _, r := range sol.newer(i.Version) {
		if r.Kind != "lazy" || now.Before(r.At.Add(lazyDelay)) {
			break
		}
		i.Version, moved = r.Version, true
	}
	return moved
}

// missing are the external IDs of slots without a value.
func (i *instance) missing(sol *solution) []string {
	var out []string
	for _, a := range sol.AuthSlots {
		if a.Since <= i.Version && valueOf(i.Auths, a.ExternalID) == "" {
			out = append(out, a.ExternalID)
		}
	}
	for _, c := range sol.ConfigSlots {
		if c.Since <= i.Version && c.Default == nil && blank(valueOf(i.Configs, c.ExternalID)) {
			out = append(out, c.ExternalID)
		}
	}
	return out
}

func blank(text string) bool { return text == "" || text == "null" || text == `""` }

func valueOf(values []slotValue, externalID string) string {
	for _, v := range values {
		if v.ExternalID == externalID {
			return v.Value
		}
	}
	return ""
}

// setValue replaces the value of a slot or appends one, in a list of its own.
func setValue(values []slotValue, externalID, value string) []slotValue {
	out := slices.Clone(values)
	for i := range out {
		if out[i].ExternalID == externalID {
			out[i].Value = value
			return out
		}
	}
	return append(out, slotValue{externalID, value})
}

func (c *call) createSolutionInstance(in input) (object, error) {
	sol, ok := c.st.Solutions.get(in.text("solutionId"))
	if !ok || sol.Unpublished {
		return nil, noSuch("solution", in.text("solutionId"))
	}
	draft := &instance{Owner: c.who.user.ID, Version: sol.version()}
	if err := c.setValues(draft, sol, in); err != nil {
		return nil, err
	}
	i := c.st.addInstance(c.who.user.ID, in.text("instanceName"), sol, c.now)
	i.Auths, i.Configs = draft.Auths, draft.Configs
	return object{"solutionInstance": c.showInstance(i)}, nil
}

// ownInstance finds one of the caller's; that of another is as if it were not there.
func (c *call) ownInstance(id string) (*instance, *solution, error) {
	i, ok := c.st.Instances.get(id)
	if !ok || i.Owner != c.who.userID() {
		return nil, nil, noSuch("solution instance", id)
	}
	sol, _ := c.st.Solutions.get(i.SolutionID)
	i.moveLazily(sol, c.now)
	return i, sol, nil
}

// updateSolutionInstance does all of what is asked or nothing.
func (c *call) updateSolutionInstance(in input) (object, error) {
	i, sol, err := c.ownInstance(in.text("solutionInstanceId"))
	if err != nil {
		return nil, err
	}
	next := *i
	if err := c.setValues(&next, sol, in); err != nil {
		return nil, err
	}
	if name, ok := in["instanceName"].(string); ok {
		next.Name = name
	}
	if on, ok := in["enabled"].(bool); ok {
		check, _ := in["errorOnEnablingWithMissingValues"].(bool)
		if err := c.turn(&next, sol, on, check); err != nil {
			return nil, err
		}
	}
	*i, c.st.changed = next, true
	return object{"solutionInstance": c.showInstance(i)}, nil
}

// turn enables or disables. What comes of enabling too early is for the settings to say, since Tray does not.
func (c *call) turn(i *instance, sol *solution, on, check bool) error {
	if missing := i.missing(sol); on && check && len(missing) > 0 {
		return refuse("", "The solution instance cannot be enabled, values are missing for: %s", strings.Join(missing, ", "))
	}
	if on && !i.Enabled {
		early := c.now.Before(i.Created.Add(enableDelay))
		if early && c.conf.EarlyEnable == "error" {
			return crash("The solution instance is not ready yet")
		}
		i.NotReady = early
	}
	i.Enabled = on
	return nil
}

// upgradeSolutionInstance moves to the newest version, for which every slot must then have a value.
func (c *call) upgradeSolutionInstance(in input) (object, error) {
	i, sol, err := c.ownInstance(in.text("solutionInstanceId"))
	if err != nil {
		return nil, err
	}
	next := *i
	next.Version = sol.version()
	if err := c.setValues(&next, sol, in); err != nil {
		return nil, err
	}
	if name, ok := in["instanceName"].(string); ok {
		next.Name = name
	}
	if missing := next.missing(sol); len(missing) > 0 && next.Version != i.Version {
		return nil, refuse("", "The solution instance cannot be upgraded, values are missing for: %s", strings.Join(missing, ", "))
	}
	*i, c.st.changed = next, true
	return object{"solutionInstance": c.showInstance(i)}, nil
}

func (c *call) removeSolutionInstance(in input) (object, error) {
	i, _, err := c.ownInstance(in.text("solutionInstanceId"))
	if err != nil {
		return nil, err
	}
	c.st.Instances.remove(i.ID)
	c.st.changed = true
	return object{}, nil
}

// setValues puts the lists of an input into an instance: merged by external ID, or in their stead where the settings
// say so. Only slots that the instance's version has can be set.
func (c *call) setValues(i *instance, sol *solution, in input) error {
	var lists struct {
		AuthValues   []struct{ ExternalID, AuthID string }
		ConfigValues []struct {
			ExternalID string
			Value      json.RawMessage
		}
	}
	if err := in.into(&lists); err != nil {
		return err
	}
	if c.conf.ReplaceValues && in.has("authValues") {
		i.Auths = nil
	}
	if c.conf.ReplaceValues && in.has("configValues") {
		i.Configs = nil
	}
	for _, v := range lists.AuthValues {
		if err := c.checkAuth(i, sol, v.ExternalID, v.AuthID); err != nil {
			return err
		}
		i.Auths = setValue(i.Auths, v.ExternalID, v.AuthID)
	}
	for _, v := range lists.ConfigValues {
		if _, ok := sol.configSlot(v.ExternalID, i.Version); !ok {
			return noSuch("config slot", v.ExternalID)
		}
		i.Configs = setValue(i.Configs, v.ExternalID, wireText(v.Value))
	}
	return nil
}

func (c *call) checkAuth(i *instance, sol *solution, slotID, authID string) error {
	slot, ok := sol.authSlot(slotID, i.Version)
	if !ok {
		return noSuch("auth slot", slotID)
	}
	a, ok := c.st.Authentications.get(authID)
	if !ok {
		return noSuch("authentication", authID)
	}
	if a.Owner != i.Owner {
		return refuse("access_not_allowed", "The authentication %s is not one of this user", authID)
	}
	if a.Service != slot.Service {
		return refuse("", "The authentication %s is for %s, the slot %s wants %s", authID, a.Service, slotID, slot.Service)
	}
	return nil
}

// wireText is a Json value as it is kept: a string as it was sent, anything else as its JSON text.
func wireText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil && len(raw) > 0 && raw[0] == '"' {
		return s
	}
	if len(raw) == 0 {
		return "null"
	}
	return string(raw)
}
