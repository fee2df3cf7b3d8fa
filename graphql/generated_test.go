package graphql_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/Khan/genqlient/generate"

	"portico/graphql"
)

func TestGeneratedIsFresh(t *testing.T) {
	config, err := generate.ReadAndValidateConfig("genqlient.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate.Generate(config)
	if err != nil {
		t.Fatalf("generating from schema.graphql and operations.graphql: %v", err)
	}
	if len(files) != 1 {
		t.Fatalf("genqlient writes %d files, want generated.go alone", len(files))
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the schema and the operations give: run go generate ./graphql", filepath.Base(path))
		}
	}
}

func TestSchemaIsTheFile(t *testing.T) {
	want, err := os.ReadFile("schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if graphql.Schema != string(want) || len(want) == 0 {
		t.Error("Schema is not the text of schema.graphql")
	}
}
