package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTemplatesAreGenerated writes the code of every template again, elsewhere, and compares. That of Tray's client has
// its own test, in graphql.
func TestTemplatesAreGenerated(t *testing.T) {
	const views = "../views"
	copied := filepath.Join(t.TempDir(), "views")
	templates := copyTemplates(t, views, copied)
	if len(templates) == 0 {
		t.Fatal("there are no templates")
	}
	if out, err := exec.Command("go", "tool", "templ", "generate", "-path", copied).CombinedOutput(); err != nil {
		t.Fatalf("templ generate: %v: %s", err, out)
	}
	for _, name := range templates {
		name = strings.TrimSuffix(name, ".templ") + "_templ.go"
		want, err := os.ReadFile(filepath.Join(copied, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(views, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("views/%s is not what its template gives (%v): run make generate", name, err)
		}
	}
	stale, err := filepath.Glob(filepath.Join(views, "*_templ.go"))
	if err != nil || len(stale) != len(templates) {
		t.Errorf("there are %d templates and %d generated files (%v)", len(templates), len(stale), err)
	}
}

// copyTemplates copies the templates of one folder into another, which it makes, and returns their names.
func copyTemplates(t *testing.T, from, to string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(from, "*.templ"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}
