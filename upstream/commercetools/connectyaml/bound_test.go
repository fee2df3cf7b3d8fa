package connectyaml_test

import (
	"bytes"
	"strings"
	"testing"

	"portico/upstream/commercetools/connectyaml"
)

// TestBounds gives the parser what is made to exhaust it.
func TestBounds(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for i, c := range "bcdefgh" {
		before := string("abcdefgh"[i])
		laughs += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+before+", ", 9) + "]\n"
	}
	for name, tt := range map[string]struct{ file, message string }{
		"too large":   {strings.Repeat("#", 1<<20+1), "The file is larger"},
		"laughs":      {laughs, "Excessive alias count"},
		"aliases":     {service + "x: &a 1\ny: [" + strings.Repeat("*a,", 100) + "]\n", "Excessive alias count"},
		"empty lists": {"x: &a [" + strings.Repeat("[],", 2000) + "]\ny: [" + strings.Repeat("*a,", 2000) + "]\n", "The file has more than"},
		"itself":      {service + "x: &a [*a]\n", "The file has more than"},
		"values":      {"deployAs: [" + strings.Repeat("a,", 100_001) + "]\n", "The file has more than"},
		"deep flow":   {strings.Repeat("[", 5000), "exceeded max depth"},
		"deep block":  {strings.Repeat("- ", 5000), "exceeded max depth"},
	} {
		got := connectyaml.Parse([]byte(tt.file))
		if got.Valid || len(got.Problems) != 1 || !strings.HasPrefix(got.Problems[0].Message, tt.message) {
			t.Errorf("%s: got %.200v, want one problem: %s", name, got.Problems, tt.message)
		}
	}
	if got := connectyaml.Parse([]byte(service + "x: &a 1\ny: [" + strings.Repeat("*a,", 99) + "]\n")); len(got.Problems) != 1 || got.Problems[0].Path == "" {
		t.Errorf("99 aliases: got %v, want them taken as the official validator takes them", got.Problems)
	}
}

// FuzzParse holds Parse to what it promises whatever it is given.
func FuzzParse(f *testing.F) {
	for _, v := range verdicts(f) {
		f.Add(source(f, "cases/"+v.File))
	}
	f.Add([]byte("---")) // nothing, in a line that is not there
	f.Add(source(f, "full.yaml"))
	f.Add(source(f, "shop.yaml"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got := connectyaml.Parse(file)
		if got.Valid != (len(got.Problems) == 0) || got.Valid != (got.Official("f") == "") {
			t.Fatalf("valid is %v with problems %v", got.Valid, got.Problems)
		}
		lines := bytes.Count(file, []byte("\n")) + 1
		for _, p := range append(got.Problems, got.Warnings...) {
			if p.Line < 0 || p.Line > lines || p.Column < 0 || p.Message == "" {
				t.Fatalf("a problem outside the file of %d lines: %+v", lines, p)
			}
			if p.Message == "The file cannot be read as YAML" {
				t.Fatalf("the library panicked")
			}
		}
		again := connectyaml.Parse(file)
		if again.Official("f") != got.Official("f") || len(again.Warnings) != len(got.Warnings) {
			t.Fatalf("two readings differ:\n%s\n%s", got.Official("f"), again.Official("f"))
		}
	})
}
