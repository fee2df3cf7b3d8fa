package traycdk

import (
	"archive/zip"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// macFolder is what macOS packs beside what it is asked to.
const macFolder = "__MACOSX"

// entry notes one entry, and what is wrong with it by itself.
func (i *inspection) entry(f *zip.File) {
	clean, fault := cleanPath(f.Name)
	folder := strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) || f.Mode().IsDir()
	if !folder {
		i.report.Files++
	}
	if fault != "" {
		i.problems.add(fault, f.Name)
		return
	}
	if strings.Contains(f.Name, `\`) && len(i.warnings.seen["back_slashes"]) == 0 {
		i.warnings.add("back_slashes", f.Name)
	}
	if clean == "" || i.unwanted(clean) {
		return
	}
	i.irregular(f, clean)
	i.keep(f, clean, folder)
}

// driveShape is how a path of Windows begins at a disk's root.
var driveShape = regexp.MustCompile(`^[A-Za-z]:`)

// cleanPath is the path of an entry with slashes and without steps in place, or the
// code of what is wrong with it.
func cleanPath(name string) (clean, fault string) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", "bad_path"
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(name, "/") || driveShape.MatchString(name) {
		return "", "absolute_path"
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", "path_escape"
		}
	}
	if clean = path.Clean(name); clean == "." {
		return "", ""
	}
	return clean, ""
}

// unwanted reports what must not be in an archive, and says whether to look no
// further at the entry.
func (i *inspection) unwanted(clean string) bool {
	at := ""
	for part := range strings.SplitSeq(clean, "/") {
		at = path.Join(at, part)
		switch part {
		case macFolder:
			i.problems.add("mac_metadata", at)
			return true
		case "node_modules":
			i.problems.add("node_modules", at)
			return true
		case ".git", ".DS_Store", "Thumbs.db", "desktop.ini":
			i.warnings.add("clutter", at)
			return part == ".git"
		}
	}
	return false
}

// irregular reports what an entry is, if not a plain file or folder.
func (i *inspection) irregular(f *zip.File, clean string) {
	if f.Flags&1 != 0 {
		i.problems.add("encrypted", clean)
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		i.problems.add("compression", clean, "method", decimal(f.Method))
	}
	switch mode := f.Mode(); {
	case mode&fs.ModeSymlink != 0:
		i.problems.add("symlink", clean)
	case mode&(fs.ModeType&^fs.ModeDir) != 0:
		i.problems.add("special_file", clean)
	}
}

// keep files an entry under its path. The folders above it need no entries.
func (i *inspection) keep(f *zip.File, clean string, folder bool) {
	for above := path.Dir(clean); above != "." && !i.folders[above]; above = path.Dir(above) {
		i.folder(above)
	}
	if folder {
		i.folder(clean)
		return
	}
	if i.files[clean] != nil || i.folders[clean] {
		i.problems.add("duplicate_entry", clean)
		return
	}
	i.files[clean] = f
	i.revealing(clean)
}

func (i *inspection) folder(clean string) {
	if i.files[clean] != nil {
		i.problems.add("duplicate_entry", clean)
	}
	i.folders[clean] = true
}

// secretShape is what files are called that hold secrets more often than not.
var secretShape = regexp.MustCompile(`(?i)^(\.env(\..+)?|\.npmrc|\.netrc|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx|jks))$`)

// revealing reports files that give secrets away. A *.ctx.json holds what the tests
// of a connector sign in with.
func (i *inspection) revealing(clean string) {
	switch base := path.Base(clean); {
	case strings.HasSuffix(strings.ToLower(base), ".ctx.json"):
		i.problems.add("context_file", clean)
	case secretShape.MatchString(base):
		i.warnings.add("secret_file", clean)
	}
}
