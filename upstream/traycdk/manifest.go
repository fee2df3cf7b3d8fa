package traycdk

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

const (
	maxTitle       = 200 // characters
	maxDescription = 500
)

// connector reads connector.json.
func (i *inspection) connector() {
	place := i.top + "connector.json"
	f := i.files[place]
	if f == nil {
		i.problems.add("no_connector_json", place, "folder", strings.TrimSuffix(i.top, "/"), "found", i.elsewhere())
		return
	}
	var m struct {
		Name, Version      json.RawMessage
		Title, Description text
		Service            json.RawMessage
		IsTrigger          text
		RawHTTP            json.RawMessage
	}
	if !i.decode(f, place, &m, "bad_connector_json") {
		return
	}
	i.named(m.Name, place)
	i.versioned(m.Version, place)
	i.report.Title, i.report.Description = shown(string(m.Title), maxTitle), shown(string(m.Description), maxDescription)
	i.report.Trigger = m.IsTrigger == "true"
	var rawHTTP struct{ Enabled text }
	i.report.RawHTTP = json.Unmarshal(m.RawHTTP, &rawHTTP) == nil && rawHTTP.Enabled == "true"
	i.service(m.Service, place)
}

func (i *inspection) service(raw json.RawMessage, place string) {
	var s struct{ Name, Version text }
	if json.Unmarshal(raw, &s) != nil || s.Name == "" {
		i.warnings.add("no_service", place)
		return
	}
	i.report.Service, i.report.ServiceVersion = shown(string(s.Name), maxTitle), shown(string(s.Version), maxTitle)
}

func (i *inspection) named(raw json.RawMessage, place string) {
	var name string
	isText := json.Unmarshal(raw, &name) == nil
	i.report.Name = shown(name, maxShown)
	if !isText || CheckName(name) != nil {
		i.problems.add("bad_name", place, "name", name, "suggestion", hyphenated(name))
		return
	}
	if folder := strings.TrimSuffix(i.top, "/"); folder != "" && folder != name {
		i.problems.add("folder_unlike_name", folder, "folder", folder, "name", name)
	}
}

// versioned reads the version. A number instead of a text is a mistake of the same
// kind as a wrong text: 1.10 as a number is 1.1.
func (i *inspection) versioned(raw json.RawMessage, place string) {
	var version text
	_ = json.Unmarshal(raw, &version) // nothing stays nothing
	i.report.Version = shown(string(version), maxShown)
	isText := bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`))
	switch {
	case !isText || CheckVersion(string(version)) != nil:
		i.problems.add("bad_version", place, "version", string(version), "suggestion", twoNumbers(string(version)))
	case version != "1.0":
		i.warnings.add("version_not_1_0", place, "version", string(version))
	}
}

var (
	humpShape    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	oddShape     = regexp.MustCompile(`[^a-z0-9]+`)
	numbersShape = regexp.MustCompile(`^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.|$)`)
)

// hyphenated is a name as Tray's CLI would write it, or "".
func hyphenated(name string) string {
	name = strings.ToLower(humpShape.ReplaceAllString(shown(name, maxName), "$1-$2"))
	name = strings.Trim(oddShape.ReplaceAllString(name, "-"), "-")
	if CheckName(name) != nil {
		return ""
	}
	return name
}

// twoNumbers is a version as Tray's CLI would cut it, or "".
func twoNumbers(version string) string {
	found := numbersShape.FindStringSubmatch(strings.TrimSpace(version))
	switch {
	case found == nil:
		return ""
	case found[2] == "":
		return found[1] + ".0"
	}
	return found[1] + "." + found[2]
}
