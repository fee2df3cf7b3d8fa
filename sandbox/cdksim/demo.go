package cdksim

import (
	"archive/zip"
	"bytes"
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// demoFiles are the source of a small connector, with {{…}} where its names stand.
//
//go:embed demo
var demoFiles embed.FS

// zipped is when the demo archives' files were changed: always the same, so that the same names give the same bytes.
var zipped = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// DemoArchive is a connector.zip as "tray-cdk connector build" makes it: one folder named as the connector, with the source
// and the schemas of its operations (get_post if none is named; "#…" is a private one, "…_ddl" a drop-down's). It is good
// in every way, and its bytes are the same each time.
func DemoArchive(name, version string, operations ...string) []byte {
	if len(operations) == 0 {
		operations = []string{"get_post"}
	}
	return zipOf(name, connectorFiles(name, version, operations))
}

// DemoArchiveWith is a DemoArchive of one operation, get_post, with some files changed. A path is one below the
// connector's folder, such as "src/get_post/handler.ts", or with a slash in front one below the archive's root, such as
// "/readme.md"; it is used as it is, so that "../../x" and "//etc/x" lead out of the archive. Empty content takes a file
// away.
func DemoArchiveWith(name, version string, files map[string]string) []byte {
	all := connectorFiles(name, version, []string{"get_post"})
	for p, text := range files {
		if all[p] = text; text == "" {
			delete(all, p)
		}
	}
	return zipOf(name, all)
}

// connectorFiles are a connector's files by their path below its folder.
func connectorFiles(name, version string, operations []string) map[string]string {
	about := strings.NewReplacer("{{name}}", name, "{{version}}", version, "{{title}}", titled(name), "{{pascal}}", pascal(name))
	all := map[string]string{}
	for _, file := range []string{"connector.json", "package.json", "tsconfig.json", "jest.config.js", "src/GlobalConfig.ts"} {
		all[file] = about.Replace(demoText(file))
	}
	all["src/"+pascal(name)+"Auth.ts"] = about.Replace(demoText("src/Auth.ts"))
	for _, op := range operations {
		in := strings.NewReplacer("{{operation}}", op, "{{operationTitle}}", titled(op), "{{operationPascal}}", pascal(op),
			"{{operationCamel}}", withFirst(pascal(op), strings.ToLower), "{{operationType}}", typeField(op))
		for _, file := range []string{
			"handler.ts", "handler.test.ts", "input.ts", "output.ts", "operation.json", "input.json", "output.json",
		} {
			all["src/"+op+"/"+file] = about.Replace(in.Replace(demoText("operation/" + file)))
		}
	}
	return all
}

func demoText(file string) string {
	raw, err := fs.ReadFile(demoFiles, "demo/"+file)
	if err != nil {
		panic(err) // a file is not embedded: a mistake in this package
	}
	return string(raw)
}

// zipOf is an archive of files, with an entry for the folder of each operation as the builder makes them.
func zipOf(top string, files map[string]string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	folder := ""
	for _, p := range slices.Sorted(maps.Keys(files)) {
		name, rooted := strings.CutPrefix(p, "/")
		if !rooted {
			name = top + "/" + p
		}
		if dir := path.Dir(p); strings.HasPrefix(dir, "src/") && dir != folder {
			folder = dir
			add(z, top+"/"+dir+"/", zip.Store, "")
		}
		add(z, name, zip.Deflate, files[p])
	}
	_ = z.Close() // a buffer takes everything
	return out.Bytes()
}

func add(z *zip.Writer, name string, method uint16, text string) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: zipped})
	if err != nil {
		panic(err) // a buffer takes everything
	}
	_, _ = w.Write([]byte(text))
}

// typeField is what operation.json says of an operation that its name shows to be a special one: "#token_request" is not
// offered to people, and "…_ddl" fills a drop-down list.
func typeField(op string) string {
	switch {
	case strings.HasPrefix(op, "#"):
		return ",\n  \"type\": \"private\""
	case strings.HasSuffix(op, "_ddl"):
		return ",\n  \"type\": \"ddl\""
	}
	return ""
}

// titled is a name as a title: "my-connector" is "My connector".
func titled(name string) string {
	return withFirst(strings.NewReplacer("-", " ", "_", " ").Replace(name), strings.ToUpper)
}

// pascal is a name as a type: "my-connector" is "MyConnector".
func pascal(name string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_# ", r) }) {
		out.WriteString(withFirst(word, strings.ToUpper))
	}
	return out.String()
}

// withFirst changes the first letter.
func withFirst(text string, change func(string) string) string {
	if text == "" {
		return ""
	}
	return change(text[:1]) + text[1:]
}
