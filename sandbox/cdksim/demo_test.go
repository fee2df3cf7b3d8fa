package cdksim

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// files are an archive's entries by name.
func files(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		a := &archive{files: map[string]*zip.File{f.Name: f}}
		text, ok := a.read(f.Name)
		if !ok {
			t.Errorf("%s cannot be read", f.Name)
		}
		out[f.Name] = string(text)
	}
	return out
}

// The layout is that of archives which Tray's builder made.
func TestDemoArchive(t *testing.T) {
	raw := DemoArchive("my-test-connector", "1.0", "get_post", "#token_request", "list_posts_ddl")
	if !bytes.Equal(raw, DemoArchive("my-test-connector", "1.0", "get_post", "#token_request", "list_posts_ddl")) {
		t.Error("the bytes differ from one time to the next")
	}
	all := files(t, raw)
	want := []string{
		"connector.json", "package.json", "tsconfig.json", "jest.config.js", "src/MyTestConnectorAuth.ts", "src/GlobalConfig.ts",
	}
	for _, op := range []string{"get_post", "#token_request", "list_posts_ddl"} {
		for _, file := range []string{"", "handler.ts", "handler.test.ts", "input.ts", "output.ts", "operation.json", "input.json", "output.json"} {
			want = append(want, "src/"+op+"/"+file)
		}
	}
	for name, text := range all {
		below, ok := strings.CutPrefix(name, "my-test-connector/")
		if !ok || !slices.Contains(want, below) {
			t.Errorf("there is %s", name)
		}
		if strings.Contains(text, "{{") || strings.HasSuffix(name, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s is not filled in well:\n%s", name, text)
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d entries, want %d", len(all), len(want))
	}
	handler := all["my-test-connector/src/get_post/handler.ts"]
	if !strings.Contains(handler, "export const getPostHandler") || !strings.Contains(handler, "MyTestConnectorAuth,") {
		t.Errorf("the handler:\n%s", handler)
	}
	code, err := readArchive(bytes.NewReader(raw), int64(len(raw)), "my-test-connector", "1.0")
	if err != nil || code.Broken != "" || code.Operations[0].Type != "private" || code.Operations[1].Type != "" || code.Operations[2].Type != "ddl" {
		t.Errorf("what is read of it: %+v, %v", code, err)
	}
}

func TestDemoArchiveWith(t *testing.T) {
	good := files(t, DemoArchive("x", "1.0"))
	bad := files(t, DemoArchiveWith("x", "1.0", map[string]string{
		"src/get_post/handler.ts": "", "src/get_post/my.ctx.json": "{}", "package.json": "changed", "/readme.md": "outside", "../up": "y",
	}))
	for name, want := range map[string]string{
		"x/src/get_post/my.ctx.json": "{}", "x/package.json": "changed", "readme.md": "outside", "x/../up": "y",
		"x/connector.json": good["x/connector.json"],
	} {
		if bad[name] != want {
			t.Errorf("%s is %q, want %q", name, bad[name], want)
		}
	}
	if _, there := bad["x/src/get_post/handler.ts"]; there || len(bad) != len(good)+2 {
		t.Errorf("%d entries beside %d; the handler is there: %v", len(bad), len(good), there)
	}
	files(t, DemoArchive("", "", "", "#")) // odd names make odd archives, but no panic
}
