package traysim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Solution is what a Tray offers.
type Solution struct {
	ID           string        `json:"id"` // empty: made from the title, the same each time
	Title        string        `json:"title"`
	Description  string        `json:"description"`
	Tags         []string      `json:"tags"`
	CustomFields []CustomField `json:"custom_fields"`
	AuthSlots    []AuthSlot    `json:"auth_slots"`
	ConfigSlots  []ConfigSlot  `json:"config_slots"`
	Workflows    []Workflow    `json:"workflows"`
}

// CustomField is a key and a value for the portal's use. A value that begins with / is an address on this server.
type CustomField struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// AuthSlot is a place for an authentication at a service.
type AuthSlot struct {
	ExternalID string `json:"external_id"`
	Title      string `json:"title"`
	Service    string `json:"service"` // technical name, such as "slack"
	Since      int    `json:"since"`   // the version that brought it; 0 for the first
}

// ConfigSlot is a place for a value, of the type that its default has. One whose default is nil must be filled.
type ConfigSlot struct {
	ExternalID string `json:"external_id"`
	Title      string `json:"title"`
	Default    any    `json:"default"`
	Since      int    `json:"since"`
}

// Workflow is copied for each instance; one with a webhook trigger gets a URL of its own there.
type Workflow struct {
	Name    string `json:"name"`
	Webhook bool   `json:"webhook"`
	Answer  string `json:"answer"` // what its webhook answers, as JSON; empty: 200 and nothing
}

// release is one publication of a solution after the first.
type release struct {
	Version int       `json:"version"`
	Kind    string    `json:"kind"` // "lazy", "user" or "system"
	At      time.Time `json:"at"`
}

// lazyDelay is how long after a release the instances have moved by themselves (Tray: updating solutions and instances).
const lazyDelay = 2 * time.Minute

type solution struct {
	Solution
	Place       int64     `json:"place"`
	Releases    []release `json:"releases"`
	Unpublished bool      `json:"unpublished"`
}

func (s *solution) key() (string, int64) { return s.ID, s.Place }

func (st *state) addSolution(sol Solution) *solution {
	if sol.ID == "" {
		sol.ID = fixedID("solution/" + sol.Title)
	}
	s := &solution{Solution: sol, Place: st.next()}
	st.Solutions.add(s)
	return s
}

func (s *solution) show(base string) object {
	fields, configs, auths := []object{}, []object{}, []object{}
	for _, f := range s.CustomFields {
		value := f.Value
		if strings.HasPrefix(value, "/") {
			value = base + value
		}
		fields = append(fields, object{"key": f.Key, "value": value})
	}
	for _, c := range s.ConfigSlots {
		configs = append(configs, object{"externalId": c.ExternalID, "title": c.Title, "defaultValue": jsonText(c.Default)})
	}
	for _, a := range s.AuthSlots {
		auths = append(auths, object{"externalId": a.ExternalID, "title": a.Title})
	}
	return object{
		"id": s.ID, "title": s.Title, "description": s.Description, "tags": append([]string{}, s.Tags...),
		"customFields": fields, "configSlots": configs, "authSlots": auths,
	}
}

// jsonText is a value in the way Tray sends those of its type Json: as JSON text in a string.
func jsonText(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(raw)
}

// version is the newest one; the first is 0.
func (s *solution) version() int { return len(s.Releases) }

// newer are the releases that an instance of a version has not got.
func (s *solution) newer(version int) []release { return s.Releases[min(version, len(s.Releases)):] }

func (s *solution) authSlot(externalID string, version int) (AuthSlot, bool) {
	for _, a := range s.AuthSlots {
		if a.ExternalID == externalID && a.Since <= version {
			return a, true
		}
	}
	return AuthSlot{}, false
}

func (s *solution) configSlot(externalID string, version int) (ConfigSlot, bool) {
	for _, c := range s.ConfigSlots {
		if c.ExternalID == externalID && c.Since <= version {
			return c, true
		}
	}
	return ConfigSlot{}, false
}

// publish makes a new version. A "lazy" one asks nothing; a "user" one brings an auth slot that people must fill, a
// "system" one a config slot that the portal's backend must fill.
func (s *solution) publish(kind, serviceName string, now time.Time) {
	r := release{Version: s.version() + 1, Kind: kind, At: now}
	suffix := fmt.Sprintf("_v%d", r.Version)
	switch kind {
	case "user":
		svc := serviceByName(serviceName)
		s.AuthSlots = append(s.AuthSlots, AuthSlot{
			ExternalID: "external_" + svc.Name + suffix + "_authentication", Title: svc.Title + " account",
			Service: svc.Name, Since: r.Version,
		})
	case "system":
		s.ConfigSlots = append(s.ConfigSlots, ConfigSlot{
			ExternalID: "external_setting" + suffix, Title: "Setting of the new version", Since: r.Version,
		})
	}
	s.Releases = append(s.Releases, r)
}
