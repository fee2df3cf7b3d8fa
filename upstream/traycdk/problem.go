package traycdk

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing to say about an archive: a code of Codes, what it is about,
// and what the sentence needs. Nothing in it is the content of a file.
type Problem struct {
	Code string            `json:"code"`
	Path string            `json:"path,omitempty"` // in the archive; at most 300 characters
	Args map[string]string `json:"args,omitempty"` // at most 300 characters each
}

// Error is the code and the path, for a Problem that is an error: see Payload.
func (p *Problem) Error() string {
	if p.Path == "" {
		return p.Code
	}
	return p.Code + ": " + p.Path
}

// remedy is what one code means and what to do about it. Pages have their own
// sentences; these say what those have to say.
type remedy struct{ args, means, fix string }

// remedies are all codes. Each may come with Args["more"], how many more of the kind
// were found and are not listed. Sizes are in bytes, places in a file count from 1.
var remedies = map[string]remedy{
	// The archive as a whole. After these nothing more is looked at.
	"not_zip":        {"kind: empty, html, text, json, gzip, bzip2, xz, 7z, rar or unknown", "the file is not a zip archive", "upload the .tray/connector.zip that `tray-cdk connector build` makes"},
	"too_large":      {"size, limit", "the file is larger than the portal takes", "leave out what the build does not need, or raise the limit"},
	"damaged":        {"", "the file begins as a zip archive, but its directory, or the file at the path, cannot be read; often an upload or a copy that was cut short", "build it again and upload it again"},
	"empty_archive":  {"", "there are no files in the archive", "build the connector again"},
	"too_many_files": {"limit", "the archive has more entries than the portal looks through", "build with the CLI, which packs no node_modules"},
	"bomb":           {"size, limit, or ratio, or neither", "unpacked, the archive (or the file at the path) is far larger than packed, or its files lie over one another", "build it again with the CLI"},

	// Its entries.
	"encrypted":       {"", "the entry is encrypted", "pack it without a password"},
	"compression":     {"method: zip's number", "the entry is compressed in a way that few programs read", "pack it with the ordinary way, deflate"},
	"absolute_path":   {"", "the entry's path begins at the root of a disk", "pack the folder from the one above it"},
	"path_escape":     {"", "the entry's path leads out of the archive", "pack the folder from the one above it"},
	"bad_path":        {"", "the entry's path is empty, not UTF-8, or has control characters", "rename the file"},
	"symlink":         {"", "the entry is a symbolic link", "pack the file itself"},
	"special_file":    {"", "the entry is neither a file nor a folder", "leave it out"},
	"duplicate_entry": {"", "two entries have this path, or one is a file and a folder", "pack into a new file: zip adds to one that is there"},
	"mac_metadata":    {"", "a folder that macOS adds when Finder compresses", "build with the CLI, or zip with -x '__MACOSX/*'"},
	"node_modules":    {"", "installed packages are in the archive", "leave them out: Tray installs what package.json names"},
	"context_file":    {"", "a test context, which holds secrets, is in the archive; it would go to Tray", "delete it, build again, and change the secrets if the file has left your machine"},

	// How it is laid out.
	"no_top_folder":       {"", "the files are not inside a folder", "pack the folder of the connector, not what is in it"},
	"several_top_folders": {"folders, count", "there is more than one folder at the top", "pack the connector's folder alone"},
	"outside_folder":      {"folder", "a file lies beside the connector's folder", "leave it out, or move it into the folder"},
	"zip_in_zip":          {"", "the archive holds another archive", "upload the inner one"},
	"no_connector_json":   {"folder; found: where one is, if anywhere", "the folder has no connector.json", "pack the folder that has it, right at the top"},
	"folder_unlike_name":  {"folder, name", "the folder's name is not the connector's", "rename the folder, or the name in connector.json"},

	// connector.json and the operations.
	"bad_connector_json": {"why: syntax, object or too_large; line and column of syntax; limit of too_large", "connector.json cannot be read", "correct it"},
	"bad_name":           {"name, suggestion", "the connector's name is missing, or not lower-case words joined by hyphens", "correct name in connector.json"},
	"bad_version":        {"version, suggestion", "the connector's version is missing, or not two numbers", "correct version in connector.json, in quotes"},
	"no_operations":      {"", "no folder in src has an operation.json", "add an operation with the CLI and build again"},
	"bad_operation_json": {"operation: the folder; why, line, column, limit as above", "an operation.json cannot be read", "correct it"},
	"no_handler":         {"operation", "the operation has no handler.ts", "add it; the file at the path is missing"},
	"no_schema":          {"operation, file: input.json or output.json", "the operation has no schema, which the build makes of input.ts or output.ts", "pack with `tray-cdk connector build`, not by hand"},

	// Beside the form. See Report.Unlike.
	"name_unlike_form":    {"form, archive", "the form names another connector than the archive", "correct one of them: Tray refuses the two together"},
	"version_unlike_form": {"form, archive", "the form names another version than the archive", "correct one of them: Tray refuses the two together"},

	// Warnings, with which it can be sent.
	"version_not_1_0":         {"version", "Tray's documentation says that only version 1.0 is supported", "expect a refusal, or use 1.0"},
	"zip_of_contents":         {"", "connector.json is at the top: the folder's contents were packed instead of the folder", "pack from the folder above: zip -r connector.zip my-connector"},
	"back_slashes":            {"", "paths are written with back slashes, as some Windows programs do; Tray may not see folders in them", "build with the CLI, or pack with another program"},
	"dist":                    {"", "compiled code is in the archive; Tray compiles the sources itself", "leave it out"},
	"clutter":                 {"", "something of the machine or of git, which the connector does not need", "leave it out"},
	"secret_file":             {"", "a file of a kind that often holds secrets; it would go to Tray", "leave it out if it does"},
	"bom":                     {"", "the file begins with a byte order mark, which many programs do not take for JSON", "save it as UTF-8 without one"},
	"no_service":              {"", "connector.json names no service", "name one of yours or a public one: without it nobody can sign in"},
	"operation_unlike_folder": {"operation, folder", "the operation's name is not its folder's", "make them the same"},
	"no_operation_json":       {"folder", "the folder has a handler and a schema, but no operation.json: it is no operation", "add it, or move the folder"},

	// payload.json. See Payload.
	"payload_not_json":   {"at: the byte, from 1", "the file begins as a JSON object and goes on as something else", "make it as Tray's documentation says, or upload the connector.zip itself"},
	"payload_utf16":      {"", "the file is UTF-16, as PowerShell's > writes it", "write it as UTF-8, or upload the connector.zip itself"},
	"payload_no_source":  {"", "there is no connectorSourceCode in it, or it is not a string", "upload the connector.zip itself"},
	"payload_repeated":   {"", "there is more than one connectorSourceCode in it", "upload the connector.zip itself"},
	"payload_cut_short":  {"", "the file ends in the middle", "upload it again, or the connector.zip itself"},
	"payload_bad_base64": {"at: the byte of the archive, from 1, before which it must be", "the source code is not base64", "make it as Tray's documentation says, or upload the connector.zip itself"},
	"payload_wrapped":    {"", "a note: the base64 was broken into lines, as GNU base64 does; the portal joins it, Tray refuses it", "base64 -w0"},
}

// Codes are the codes of all problems and warnings, in order of the alphabet.
func Codes() []string { return slices.Sorted(maps.Keys(remedies)) }

const (
	maxShown = 300 // characters of a path or an argument
	maxSame  = 10  // problems of one code that are listed
)

// list is the problems of one report, of each kind as many as people read.
type list struct {
	all  []Problem
	last map[string]int             // by code: where its last one stands
	more map[string]int             // by code: how many are left out
	seen map[string]map[string]bool // by code: the paths
}

// add lists a problem, once for each path; args are names and values in turn.
func (l *list) add(code, path string, args ...string) {
	if l.seen == nil {
		l.last, l.more, l.seen = map[string]int{}, map[string]int{}, map[string]map[string]bool{}
	}
	if l.seen[code] == nil {
		l.seen[code] = map[string]bool{}
	}
	if l.seen[code][path] {
		return
	}
	l.seen[code][path] = true
	if len(l.seen[code]) > maxSame {
		l.more[code]++
		return
	}
	l.last[code] = len(l.all)
	l.all = append(l.all, newProblem(code, path, args...))
}

// has reports whether there is a problem of the code.
func (l *list) has(code string) bool { return l.seen[code] != nil }

// listed is the problems as they were found.
func (l *list) listed() []Problem {
	for code, n := range l.more {
		p := &l.all[l.last[code]]
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args["more"] = decimal(n)
	}
	return l.all
}

func newProblem(code, path string, args ...string) Problem {
	p := Problem{Code: code, Path: shown(path, maxShown)}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[args[i]] = shown(args[i+1], maxShown)
	}
	return p
}

// shown is a text of an archive as people may see it: one line, of limited length,
// without characters that hide or turn round the others.
func shown(text string, limit int) string {
	if len(text) > 4*limit {
		text = text[:4*limit]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
