package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// variables is every PORTICO_ variable that the program reads, by what its source names.
func variables(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../cmd/portico/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	account := regexp.MustCompile(`prefix\s?\+\s?"([A-Z_]+)"`)
	whole := regexp.MustCompile(`"(PORTICO_[A-Z_]*[A-Z])"`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text := read(t, f)
		for _, m := range whole.FindAllStringSubmatch(text, -1) {
			found[strings.TrimSuffix(m[1], "_FILE")] = true
		}
		platform := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "account"), ".go") // accounttray.go
		platforms := []string{platform}
		if platform == "traycdk" { // a token a region
			platforms = []string{"tray_cdk_us", "tray_cdk_eu", "tray_cdk_ap"}
		}
		for _, m := range account.FindAllStringSubmatch(text, -1) {
			for _, platform := range platforms {
				found["PORTICO_"+strings.ToUpper(platform)+"_"+strings.TrimSuffix(m[1], "_FILE")] = true
			}
		}
	}
	// Files that are themselves the setting, not another way to give a secret.
	for _, name := range []string{"PORTICO_KEYS", "PORTICO_HOST_KEYS", "PORTICO_ACTIVEPIECES_SIGNING_KEY",
		"PORTICO_COMMERCETOOLS_GIT_SSH_KEY", "PORTICO_COMMERCETOOLS_GIT_KNOWN_HOSTS"} {
		delete(found, name)
		found[name+"_FILE"] = true
	}
	return found
}

func TestReadmeNamesEveryVariable(t *testing.T) {
	table := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(PORTICO_[A-Z_]+)` \\|").FindAllStringSubmatch(read(t, "../README.md"), -1) {
		table[m[1]] = true
	}
	code := variables(t)
	if len(code) < 20 {
		t.Fatalf("only %d variables were found in the source", len(code))
	}
	for name := range code {
		if !table[name] {
			t.Errorf("README.md does not say what %s means", name)
		}
	}
	for name := range table {
		if !code[name] {
			t.Errorf("README.md tells of %s, which nothing reads", name)
		}
	}
}

// TestLinksLeadSomewhere follows the links of the documents to files of the project..
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\[[^\]]*\]\(([^)#:]+)[^)]*\)`)
	for _, doc := range []string{"../README.md", "../CONTRIBUTING.md", "../SECURITY.md", "../CHANGELOG.md", "architecture.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, doc), -1) {
			if strings.HasPrefix(m[1], "http") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", doc, m[1], err)
			}
		}
	}
}

// TestEmbeddingIsShort: what a host adds is under 15 lines.
func TestEmbeddingIsShort(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "../README.md"), "## Embed it")
	section, _, _ := strings.Cut(rest, "\n## ")
	lines := 0
	for i, block := range strings.Split(section, "```") {
		if i%2 == 1 {
			lines += strings.Count(block, "\n") - 1
		}
	}
	if lines == 0 || lines >= 15 {
		t.Errorf("README.md shows %d lines to embed the portal, want fewer than 15", lines)
	}
}
