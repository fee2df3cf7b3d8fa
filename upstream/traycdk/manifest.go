package traycdk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
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

// operations reads the operations: the folders of src with an operation.json.
func (i *inspection) operations() {
	if i.problems.has("no_connector_json") {
		return // what is there is not the connector
	}
	found := false
	for _, folder := range slices.Sorted(maps.Keys(i.folders)) {
		name, inside := strings.CutPrefix(folder, i.top+"src/")
		if !inside || strings.Contains(name, "/") {
			continue
		}
		if f := i.files[folder+"/operation.json"]; f != nil {
			found = true
			i.operation(f, folder, name)
		} else if i.files[folder+"/handler.ts"] != nil && (i.files[folder+"/input.ts"] != nil || i.files[folder+"/input.json"] != nil) {
			i.warnings.add("no_operation_json", folder, "folder", name)
		}
	}
	if !found {
		i.problems.add("no_operations", i.top+"src")
	}
	slices.SortStableFunc(i.report.Operations, func(a, b Operation) int { return strings.Compare(a.Name, b.Name) })
}

func (i *inspection) operation(f *zip.File, folder, name string) {
	if i.files[folder+"/handler.ts"] == nil {
		i.problems.add("no_handler", folder+"/handler.ts", "operation", name)
	}
	for _, schema := range []string{"input.json", "output.json"} {
		if i.files[folder+"/"+schema] == nil {
			i.problems.add("no_schema", folder+"/"+schema, "operation", name, "file", schema)
		}
	}
	var m struct{ Name, Title, Type, Delivery text }
	if !i.decode(f, folder+"/operation.json", &m, "bad_operation_json", "operation", name) {
		return
	}
	if string(m.Name) != name {
		i.warnings.add("operation_unlike_folder", folder+"/operation.json", "operation", string(m.Name), "folder", name)
	}
	if m.Name == "" {
		m.Name = text(name)
	}
	i.report.Operations = append(i.report.Operations, Operation{
		Name: shown(string(m.Name), maxTitle), Title: shown(string(m.Title), maxTitle),
		Type: shown(string(m.Type), maxTitle), Delivery: shown(string(m.Delivery), maxTitle),
	})
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// decode reads a file of JSON into v, or says under the code why it cannot.
func (i *inspection) decode(f *zip.File, place string, v any, code string, args ...string) bool {
	content, ok := i.read(f, place, code, args)
	if !ok {
		return false
	}
	if rest, found := bytes.CutPrefix(content, byteOrderMark); found {
		i.warnings.add("bom", place)
		content = rest
	}
	err := json.Unmarshal(content, v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line, column := position(content, syntax.Offset)
		i.problems.add(code, place, append(args, "why", "syntax", "line", decimal(line), "column", decimal(column))...)
		return false
	}
	if err != nil || !bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		i.problems.add(code, place, append(args, "why", "object")...)
		return false
	}
	return true
}

// read unpacks a file of no more than maxJSON bytes. What is wrong with one that is
// encrypted or oddly compressed has been said.
func (i *inspection) read(f *zip.File, place, code string, args []string) ([]byte, bool) {
	if f.UncompressedSize64 > maxJSON {
		i.problems.add(code, place, append(args, "why", "too_large", "limit", decimal(maxJSON))...)
		return nil, false
	}
	if f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate {
		return nil, false
	}
	content, err := unpack(f)
	if err != nil {
		i.problems.add("damaged", place)
		return nil, false
	}
	return content, true
}

// unpack reads a file as long as it says that it is; zip refuses a longer one.
func unpack(f *zip.File) ([]byte, error) {
	opened, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(io.LimitReader(opened, maxJSON+1))
}

// position is where in a text the byte before the offset stands, from 1.
func position(content []byte, offset int64) (line, column int) {
	before := content[:min(max(offset-1, 0), int64(len(content)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
