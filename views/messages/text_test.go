package messages

import (
	"bytes"
	"testing"
	"text/template"
)

// TestTextIsWhatTheTemplateEngineSays holds the short way to the long one.
func TestTextIsWhatTheTemplateEngineSays(t *testing.T) {
	pairs := []any{"name", "Ada & <Co>", "n", 3, "name", "Grace"}
	for _, source := range []string{"", "plain", "{{.name}}", "Hello {{.name}}!", "{{ .n }} of {{.name}}", "{{.missing}}", "{{.name}}{{.n}}", "a }} b"} {
		parsed, ok := parse(source)
		if !ok {
			t.Errorf("%q is left to the template engine", source)
			continue
		}
		var want bytes.Buffer
		if err := template.Must(template.New("").Parse(source)).Execute(&want, data(pairs)); err != nil {
			t.Fatal(err)
		}
		if got := parsed.with(pairs); got != want.String() {
			t.Errorf("%q: got %q, want %q", source, got, want.String())
		}
	}
	for _, source := range []string{"{{if .n}}x{{end}}", "{{.n | printf}}", "{{ . }}{{.a.b}}", "{{.name", "{{len .name}}"} {
		if parsed, ok := parse(source); ok {
			t.Errorf("%q is read as %q", source, parsed)
		}
	}
}
