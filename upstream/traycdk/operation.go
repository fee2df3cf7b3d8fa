package traycdk

import (
	"archive/zip"
	"maps"
	"slices"
	"strings"
)

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
