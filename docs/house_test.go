// Package docs_test holds the program to what its documents say.
package docs_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says, for each room of architecture.md, which rooms the program's packages in it may import beside their
// own; tests may import more. A room that ends with a star stands for all that begin so.
var mayImport = map[string][]string{
	"cmd/":      {"web", "portal", "store", "upstream", "upstream/*", "sandbox/*", "static", "views/messages", "secret"},
	"web":       {"web/api", "views", "views/messages", "portal", "static", "store", "upstream", "upstream/commercetools*", "secret"},
	"web/api":   {"views/messages", "portal", "store", "upstream", "upstream/commercetools*", "secret"},
	"views":     {"views/messages", "store", "upstream/commercetools*", "secret"},
	"portal":    {"store", "upstream", "upstream/*", "secret"},
	"store":     {"secret"},
	"store/":    {"store", "store/*"},
	"upstream":  {"secret"},
	"upstream/": {"upstream", "graphql", "secret"},
	"sandbox/":  {"sandbox/*", "graphql", "upstream/commercetools/connectyaml"},
	"graphql":   {},
	"static":    {},
	"secret":    {},
	"e2e":       {},
	"docs":      {},
	"views/":    {},
	"e2e/":      {"store", "sandbox/*", "secret"}, // the bench, which fills a store before it measures
}

// rules finds what a package may import: by its whole name, or by the longest room that it lies in.
func rules(pkg string) (allowed []string, known bool) {
	best := ""
	for room := range mayImport {
		inside := strings.HasSuffix(room, "/") && strings.HasPrefix(pkg, room)
		if (pkg == room || inside) && len(room) > len(best) {
			best, known = room, true
		}
	}
	return mayImport[best], known
}

func permits(allowed []string, pkg string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		prefix, many := strings.CutSuffix(a, "*")
		return a == pkg || many && strings.HasPrefix(pkg, prefix)
	})
}

// imports asks go list what each package of the program imports of ours, tests apart.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{range .Imports}} {{.}}{{end}}`, "portico/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		pkg, list, _ := strings.Cut(strings.TrimSpace(line), ":")
		pkg = strings.TrimPrefix(pkg, "portico/")
		all[pkg] = nil
		for imported := range strings.FieldsSeq(list) {
			if ours, ok := strings.CutPrefix(imported, "portico/"); ok {
				all[pkg] = append(all[pkg], ours)
			}
		}
	}
	return all
}

func TestRoomsImportAsTheHouseSays(t *testing.T) {
	all := imports(t)
	if len(all) < 10 {
		t.Fatalf("go list names %d packages only", len(all))
	}
	for pkg, imported := range all {
		allowed, known := rules(pkg)
		if !known {
			t.Errorf("%s is in no room that architecture.md names", pkg)
		}
		for _, i := range imported {
			if !permits(allowed, i) {
				t.Errorf("%s imports %s, which architecture.md does not allow", pkg, i)
			}
		}
	}
}

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		pkg, imported string
		want          bool
	}{
		{"web", "upstream", true},
		{"web", "upstream/tray", false},
		{"upstream/tray", "graphql", true},
		{"store", "portal", false},
		{"store/storetest", "store/pgtest", true},
		{"sandbox/hostapp", "portal", false},
		{"cmd/portico", "sandbox/traysim", true},
		{"views/messages", "store", false},
	} {
		allowed, known := rules(tt.pkg)
		if !known || permits(allowed, tt.imported) != tt.want {
			t.Errorf("%s importing %s: allowed %v, want %v", tt.pkg, tt.imported, !tt.want, tt.want)
		}
	}
}
