package connectyaml_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/upstream/commercetools/connectyaml"
)

// verdict is what the official validator says of one file of testdata/cases.
type verdict struct {
	File         string   `json:"file"`
	Valid        bool     `json:"valid"`
	Applications []string `json:"applications"` // "name:type"
	Messages     []string `json:"messages"`     // "[path]: message", in order
	YAMLError    string   `json:"yamlError"`    // "message at line 5, column 5:"
}

func verdicts(t testing.TB) []verdict {
	t.Helper()
	var all []verdict
	if err := json.Unmarshal(source(t, "cases/expected.json"), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func source(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOfficialVerdicts(t *testing.T) {
	all := verdicts(t)
	if len(all) != 164 {
		t.Fatalf("%d cases, want 164", len(all))
	}
	for _, want := range all {
		t.Run(want.File, func(t *testing.T) { compare(t, want, connectyaml.Parse(source(t, "cases/"+want.File))) })
	}
}

func compare(t *testing.T, want verdict, got connectyaml.Result) {
	t.Helper()
	if got.Valid != want.Valid {
		t.Fatalf("valid: got %v, want %v; problems %v", got.Valid, want.Valid, got.Problems)
	}
	switch {
	case want.Valid:
		if a := applications(got.File); !slices.Equal(a, want.Applications) {
			t.Errorf("applications: got %v, want %v", a, want.Applications)
		}
	case want.YAMLError != "":
		if len(got.Problems) != 1 || got.Problems[0].Path != "" || got.Problems[0].Line == 0 {
			t.Errorf("got %+v, want one problem without a path and with a line", got.Problems)
		}
	default:
		official := "Failed to parse connect.yaml:\n" + strings.Join(want.Messages, "\n")
		if o := got.Official("connect.yaml"); o != official {
			t.Errorf("got:\n%s\nwant:\n%s", o, official)
		}
	}
}

// applications are those that the official validator hands on.
func applications(f connectyaml.File) []string {
	list := []string{}
	for _, a := range f.Applications {
		if !a.Ignored() {
			list = append(list, a.Name+":"+a.Type)
		}
	}
	return list
}
