package traycdk

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// literal is a code where it is used, and not in the table.
var literal = regexp.MustCompile(`"([a-z0-9]+(?:_[a-z0-9]+)*)"`)

func TestEveryCodeIsUsed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"payload_wrapped": true} // for those who ask Wrapped
	for _, file := range files {
		if file == "code.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range literal.FindAllSubmatch(content, -1) {
			used[string(found[1])] = true
		}
	}
	for _, code := range Codes() {
		if !used[code] {
			t.Errorf("nothing is ever %s", code)
		}
	}
	if all := Codes(); !slices.IsSorted(all) || len(slices.Compact(all)) != len(codes) {
		t.Errorf("got %q", all)
	}
}
