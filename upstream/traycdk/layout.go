package traycdk

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// layout finds the connector's folder, and reports whether there is one to look at.
func (i *inspection) layout() bool {
	folders, loose := i.atTop()
	switch {
	case i.files["connector.json"] != nil:
		i.problems.add("no_top_folder", "")
		i.warnings.add("zip_of_contents", "connector.json")
		return true
	case len(folders) == 0:
		i.noFolder(loose)
		return false
	case len(folders) > 1:
		i.problems.add("several_top_folders", "", "folders", strings.Join(folders[:min(len(folders), 5)], ", "), "count", decimal(len(folders)))
		folders = slices.DeleteFunc(folders, func(f string) bool { return i.files[f+"/connector.json"] == nil })
		if len(folders) != 1 {
			return false
		}
	}
	for _, file := range loose {
		i.problems.add("outside_folder", file, "folder", folders[0])
	}
	i.top = folders[0] + "/"
	return true
}

// atTop is what lies in no folder, sorted.
func (i *inspection) atTop() (folders, files []string) {
	for _, folder := range slices.Sorted(maps.Keys(i.folders)) {
		if !strings.Contains(folder, "/") {
			folders = append(folders, folder)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(i.files)) {
		if !strings.Contains(file, "/") {
			files = append(files, file)
		}
	}
	return folders, files
}

// noFolder says what an archive of loose files is.
func (i *inspection) noFolder(loose []string) {
	switch {
	case len(loose) == 0 && len(i.problems.all) == 0:
		i.problems.add("empty_archive", "")
	case len(loose) == 1 && strings.EqualFold(path.Ext(loose[0]), ".zip"):
		i.problems.add("zip_in_zip", loose[0])
	case len(loose) > 0:
		i.problems.add("no_top_folder", "")
	}
}

// elsewhere finds a connector.json that is not where it has to be: the one highest
// up.
func (i *inspection) elsewhere() string {
	found := ""
	for _, file := range slices.Sorted(maps.Keys(i.files)) {
		if path.Base(file) == "connector.json" && (found == "" || strings.Count(file, "/") < strings.Count(found, "/")) {
			found = file
		}
	}
	return found
}
