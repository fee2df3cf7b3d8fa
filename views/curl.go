package views

import (
	"maps"
	"slices"
	"strings"

	"portico/store"
)

// Curl is a call as a person types it in a shell. Nothing in it is secret: the token is a variable of the shell, and what the
// body held of secrets is masked. "" for no call.
func Curl(r store.PlannedRequest) string {
	if r.Method == "" {
		return ""
	}
	lines := []string{"curl --request " + r.Method + " " + shellQuoted(r.URL)}
	if r.Token != "" {
		lines = append(lines, `--header "Authorization: Bearer $`+r.Token+`"`)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		lines = append(lines, "--header "+shellQuoted(name+": "+r.Header[name]))
	}
	before := ""
	switch {
	case r.File != "":
		before = `printf '{"connectorSourceCode":"%s"}' "$(base64 -w0 ` + shellQuoted(r.File) + ")\" > payload.json\n"
		lines = append(lines, "--data-binary @payload.json")
	case r.Body != "":
		lines = append(lines, "--data "+shellQuoted(r.Body))
	}
	return before + strings.Join(lines, " \\\n  ")
}

// shellQuoted is text as one word of a POSIX shell.
func shellQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
