package activepieces

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"portico/secret"
)

func FuzzExamine(f *testing.F) {
	for _, p := range recordings(f) {
		if p.Response.Status >= 400 {
			f.Add(p.Response.Status, string(p.Response.Body))
		}
	}
	f.Add(200, "<html>")
	f.Add(500, `{"code":"23505","message":"\"idx\" {"}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		const canary = "canary-7f3a"
		k := call{operation: "op", method: "POST", path: "/projects"}
		got := k.examine(status, []byte(strings.ReplaceAll(body, "x", canary)), []secret.Text{canary})
		if got == nil {
			if status < 200 || status > 299 {
				t.Errorf("%d %q is taken for a success", status, body)
			}
			return
		}
		if got.Kind == "" || got.Status != status || got.Operation != "op" || strings.Contains(got.Error(), canary) || !utf8.ValidString(got.Error()) {
			t.Errorf("%d %q: got %+v", status, body, *got)
		}
	})
}

func TestProjectNameIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, fallback := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "fallback")
		got := ProjectName(name, fallback)
		if got == "" || strings.ContainsAny(got, "./\x00\n") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxProjectName || strings.TrimSpace(got) != got {
			t.Errorf("%q, %q: got %q", name, fallback, got)
		}
		if again := ProjectName(got, "another"); again != got {
			t.Errorf("%q becomes %q when it is made again", got, again)
		}
	})
}

func TestProjectName(t *testing.T) {
	for _, tt := range []struct{ name, fallback, want string }{
		{"Acme", "org_1", "Acme"},
		{"acme.com", "org_1", "acme-com"},
		{"a <b>/x", "org_1", "a <b>-x"},
		{"  two\n words\x00 ", "org_1", "two words"},
		{"Größe 东京 🏭", "org_1", "Größe 东京 🏭"},
		{"...", "org.1", "org-1"},
		{"", "", "Workspace"},
		{"\xff", "//", "Workspace"},
		{strings.Repeat("é", 200), "", strings.Repeat("é", 100)},
	} {
		if got := ProjectName(tt.name, tt.fallback); got != tt.want {
			t.Errorf("%q, %q: got %q, want %q", tt.name, tt.fallback, got, tt.want)
		}
	}
}
