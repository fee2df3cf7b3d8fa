package traycdk_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico/upstream/traycdk"
)

// entries are the files of an archive by path; a path that ends with a slash is a folder.
type entries map[string]string

// connector is a good one, laid out as Tray's CLI does.
func connector() entries {
	all := entries{
		"acme-billing/connector.json": `{"name":"acme-billing","version":"1.0","title":"Acme billing","description":"Bills",
			"service":{"name":"acme_billing","version":"2"},"tags":["service"],"isTrigger":false,"rawHttp":{"enabled":true}}`,
		"acme-billing/package.json":            `{}`,
		"acme-billing/tsconfig.json":           `{}`,
		"acme-billing/jest.config.js":          ``,
		"acme-billing/src/AcmeBillingAuth.ts":  `export {}`,
		"acme-billing/src/GlobalConfig.ts":     `export {}`,
		"acme-billing/src/get_invoice/":        ``,
		"acme-billing/src/raw_http_request/":   ``,
		"acme-billing/src/list_customers_ddl/": ``,
	}
	all.operation("get_invoice", `{"name":"get_invoice","title":"Get an invoice","description":""}`)
	all.operation("list_customers_ddl", `{"name":"list_customers_ddl","title":"Customers","type":"ddl"}`)
	all.operation("raw_http_request", `{"name":"raw_http_request","title":"Raw HTTP request"}`)
	all.operation("#token_request", `{"name":"#token_request","title":"Token request","type":"private"}`)
	return all
}

func (e entries) operation(name, about string) {
	for file, content := range map[string]string{
		"handler.ts": "export {}", "handler.test.ts": "", "input.ts": "", "output.ts": "", "input.json": "{}", "output.json": "{}", "operation.json": about,
	} {
		e["acme-billing/src/"+name+"/"+file] = content
	}
}

func (e entries) with(path, content string) entries {
	changed := maps.Clone(e)
	changed[path] = content
	return changed
}

func (e entries) without(paths ...string) entries {
	changed := maps.Clone(e)
	for _, path := range paths {
		if _, there := changed[path]; !there {
			panic("there is no " + path)
		}
		delete(changed, path)
	}
	return changed
}

// renamed changes every path.
func (e entries) renamed(change func(string) string) entries {
	changed := entries{}
	for path, content := range e {
		if name := change(path); name != "" {
			changed[name] = content
		}
	}
	return changed
}

func (e entries) zip(t testing.TB) []byte {
	t.Helper()
	var headers []*zip.FileHeader
	for _, path := range slices.Sorted(maps.Keys(e)) {
		headers = append(headers, &zip.FileHeader{Name: path, Method: zip.Deflate})
	}
	return pack(t, headers, func(h *zip.FileHeader) string { return e[h.Name] })
}

func pack(t testing.TB, headers []*zip.FileHeader, content func(*zip.FileHeader) string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, h := range headers {
		f, err := w.CreateHeader(h)
		if err == nil && !strings.HasSuffix(h.Name, "/") {
			_, err = io.WriteString(f, content(h))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is the good connector and one more entry.
func packed(t testing.TB, h *zip.FileHeader, content string) []byte {
	t.Helper()
	good := connector()
	headers := []*zip.FileHeader{h}
	for _, path := range slices.Sorted(maps.Keys(good)) {
		headers = append(headers, &zip.FileHeader{Name: path, Method: zip.Deflate})
	}
	return pack(t, headers, func(other *zip.FileHeader) string {
		if h == other {
			return content
		}
		return good[other.Name]
	})
}

func inspect(t testing.TB, archive []byte, limits traycdk.Limits) traycdk.Report {
	t.Helper()
	report, err := traycdk.Inspect(bytes.NewReader(archive), int64(len(archive)), limits)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Concat(report.Problems, report.Warnings) {
		if !slices.Contains(traycdk.Codes(), p.Code) {
			t.Errorf("%q is no code", p.Code)
		}
	}
	return report
}

// lines are problems in one line each: code, path and arguments.
func lines(problems []traycdk.Problem) []string {
	var all []string
	for _, p := range problems {
		line := p.Code
		if p.Path != "" {
			line += " " + p.Path
		}
		for _, name := range slices.Sorted(maps.Keys(p.Args)) {
			line += " " + name + "=" + p.Args[name]
		}
		all = append(all, line)
	}
	return all
}

func TestInspectGood(t *testing.T) {
	want := traycdk.Report{
		Name: "acme-billing", Version: "1.0", Title: "Acme billing", Description: "Bills", Service: "acme_billing", ServiceVersion: "2", RawHTTP: true,
		Operations: []traycdk.Operation{
			{Name: "#token_request", Title: "Token request", Type: "private"},
			{Name: "get_invoice", Title: "Get an invoice"},
			{Name: "list_customers_ddl", Title: "Customers", Type: "ddl"},
			{Name: "raw_http_request", Title: "Raw HTTP request"},
		},
		Files: 34,
	}
	good := connector()
	for _, content := range good {
		want.Uncompressed += int64(len(content))
	}
	for name, tt := range map[string]struct {
		archive entries
		warning string
	}{
		"as the CLI makes it":    {good, ""},
		"no entries for folders": {good.without("acme-billing/src/get_invoice/", "acme-billing/src/raw_http_request/", "acme-billing/src/list_customers_ddl/"), ""},
		"an entry for each":      {good.with("acme-billing/", "").with("acme-billing/src/", ""), ""},
		"steps in place":         {good.renamed(func(path string) string { return "./" + path }).with("./", ""), ""},
	} {
		got := inspect(t, tt.archive.zip(t), traycdk.Limits{})
		if !reflect.DeepEqual(got, want) || got.Blocks() {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestInspectTrigger(t *testing.T) {
	archive := connector().without("acme-billing/src/raw_http_request/").with("acme-billing/connector.json",
		`{"name":"acme-billing","version":"1.0","title":"T","service":{"name":"slack","version":5},"isTrigger":true}`)
	archive.operation("get_invoice", `{"name":"get_invoice","title":"Invoice","delivery":"acknowledge","type":null}`)
	got := inspect(t, archive.zip(t), traycdk.Limits{})
	if !got.Trigger || got.RawHTTP || got.ServiceVersion != "5" || got.Operations[1].Delivery != "acknowledge" || got.Blocks() || len(got.Warnings) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestInspectFinds(t *testing.T) {
	good := connector()
	const json, op = "acme-billing/connector.json", "acme-billing/src/get_invoice/"
	about := func(content string) entries { return good.with(json, content) }
	service := `,"service":{"name":"s","version":"1"}`
	for _, tt := range []struct {
		name     string
		archive  entries
		problems []string
		warnings []string
	}{
		{"contents", good.renamed(func(p string) string { return strings.TrimPrefix(p, "acme-billing/") }),
			[]string{"no_top_folder"}, []string{"zip_of_contents connector.json"}},
		{"contents and a folder", good.with("connector.json", good[json]),
			[]string{"no_top_folder", "no_operations src"}, []string{"zip_of_contents connector.json"}},
		{"loose files", entries{"handler.ts": "", "package.json": ""}, []string{"no_top_folder"}, nil},
		{"an archive in the archive", entries{"connector.ZIP": "PK"}, []string{"zip_in_zip connector.ZIP"}, nil},
		{"two folders", good.with("b/x", ""), []string{"several_top_folders count=2 folders=acme-billing, b"}, nil},
		{"two folders, none of a connector", entries{"a/x": "", "b/x": ""}, []string{"several_top_folders count=2 folders=a, b"}, nil},
		{"two connectors", good.with("b/connector.json", "{}"), []string{"several_top_folders count=2 folders=acme-billing, b"}, nil},
		{"seven folders", entries{"a/x": "", "b/x": "", "c/": "", "d/x": "", "e/x": "", "f/x": "", "g/x": ""},
			[]string{"several_top_folders count=7 folders=a, b, c, d, e"}, nil},
		{"a loose file", good.with("README.md", ""), []string{"outside_folder README.md folder=acme-billing"}, nil},
		{"Finder", good.with("__MACOSX/acme-billing/._src", "").with("__MACOSX/._acme-billing", "").with("acme-billing/.DS_Store", ""),
			[]string{"mac_metadata __MACOSX"}, []string{"clutter acme-billing/.DS_Store"}},
		{"Finder's alone", entries{"__MACOSX/x": ""}, []string{"mac_metadata __MACOSX"}, nil},
		{"folders alone", entries{"acme-billing/": "", "acme-billing/src/": ""},
			[]string{"no_connector_json acme-billing/connector.json folder=acme-billing found="}, nil},
		{"nothing that counts", entries{".git/config": "", ".git/HEAD": ""}, []string{"empty_archive"}, []string{"clutter .git"}},
		{"one folder too many", good.renamed(func(p string) string { return "download/" + p }).with("download/a/b/connector.json", ""),
			[]string{"no_connector_json download/connector.json folder=download found=download/acme-billing/connector.json"}, nil},

		{"not JSON", about("{\n  \"name\": acme\n}"), []string{"bad_connector_json " + json + " column=11 line=2 why=syntax"}, nil},
		{"cut JSON", about(`{"name":`), []string{"bad_connector_json " + json + " column=8 line=1 why=syntax"}, nil},
		{"empty JSON", about(``), []string{"bad_connector_json " + json + " column=1 line=1 why=syntax"}, nil},
		{"a list", about(`[]`), []string{"bad_connector_json " + json + " why=object"}, nil},
		{"null", about(` null`), []string{"bad_connector_json " + json + " why=object"}, nil},
		{"long JSON", about(`{"x":"` + strings.Repeat("ab", 132_000) + `"}`), []string{"bad_connector_json " + json + " limit=262144 why=too_large"}, nil},
		{"a byte order mark", about("\xef\xbb\xbf" + good[json]), nil, []string{"bom " + json}},
		{"nothing in it", about(`{}`), []string{"bad_name " + json + " name= suggestion=", "bad_version " + json + " suggestion= version="},
			[]string{"no_service " + json}},
		{"members of other types", about(`{"name":["x"],"version":{},"title":7,"description":null,"service":"slack","isTrigger":"no","rawHttp":true}`),
			[]string{"bad_name " + json + " name= suggestion=", "bad_version " + json + " suggestion= version="}, []string{"no_service " + json}},
		{"a name with humps", about(`{"name":"AcmeBilling v2","version":"1.0"` + service + `}`),
			[]string{"bad_name " + json + " name=AcmeBilling v2 suggestion=acme-billing-v2"}, nil},
		{"another name", about(`{"name":"acme-crm","version":"1.0"` + service + `}`),
			[]string{"folder_unlike_name acme-billing folder=acme-billing name=acme-crm"}, nil},
		{"three numbers", about(`{"name":"acme-billing","version":"1.0.3"` + service + `}`), []string{"bad_version " + json + " suggestion=1.0 version=1.0.3"}, nil},
		{"one number", about(`{"name":"acme-billing","version":"v2"` + service + `}`), []string{"bad_version " + json + " suggestion=2.0 version=v2"}, nil},
		{"a version without quotes", about(`{"name":"acme-billing","version":1.10` + service + `}`), []string{"bad_version " + json + " suggestion=1.10 version=1.10"}, nil},
		{"a version of words", about(`{"name":"acme-billing","version":"latest"` + service + `}`), []string{"bad_version " + json + " suggestion= version=latest"}, nil},
		{"another version", about(`{"name":"acme-billing","version":"1.1"` + service + `}`), nil, []string{"version_not_1_0 " + json + " version=1.1"}},

		{"no operations", entries{json: good[json], "acme-billing/src/x.ts": ""}, []string{"no_operations acme-billing/src"}, nil},
		{"no handler", good.without(op + "handler.ts"), []string{"no_handler " + op + "handler.ts operation=get_invoice"}, nil},
		{"no schemas", good.without(op+"input.json", op+"output.json"),
			[]string{"no_schema " + op + "input.json file=input.json operation=get_invoice", "no_schema " + op + "output.json file=output.json operation=get_invoice"}, nil},
		{"no operation.json", good.without(op + "operation.json"), nil, []string{"no_operation_json acme-billing/src/get_invoice folder=get_invoice"}},
		{"a folder of helpers", good.with("acme-billing/src/lib/http.ts", "").with("acme-billing/src/lib/deep/operation.json", "{"), nil, nil},
		{"a bad operation", good.with(op+"operation.json", "{\n\n]"), []string{"bad_operation_json " + op + "operation.json column=1 line=3 operation=get_invoice why=syntax"}, nil},
		{"a long operation", good.with(op+"operation.json", strings.Repeat("[0]", 100_000)),
			[]string{"bad_operation_json " + op + "operation.json limit=262144 operation=get_invoice why=too_large"}, nil},
		{"another operation", good.with(op+"operation.json", `{"name":"get_invoices"}`), nil,
			[]string{"operation_unlike_folder " + op + "operation.json folder=get_invoice operation=get_invoices"}},

		{"contexts", good.with(op+"test.ctx.json", `{"auth":"canary"}`).with("acme-billing/src/TEST.CTX.JSON", "canary"),
			[]string{"context_file acme-billing/src/TEST.CTX.JSON", "context_file " + op + "test.ctx.json"}, nil},
		{"packages", good.with("acme-billing/node_modules/a/index.js", "").with("acme-billing/node_modules/a/b.ctx.json", "").with("acme-billing/node_modules/", ""),
			[]string{"node_modules acme-billing/node_modules"}, nil},
		{"compiled", good.with("acme-billing/dist/index.js", "").with("acme-billing/dist/a.js", ""), nil, []string{"dist acme-billing/dist"}},
		{"a folder of that name", good.with("acme-billing/src/dist/index.ts", ""), nil, nil},
		{"secrets", good.with("acme-billing/.env.local", "canary").with("acme-billing/.npmrc", "canary").with("acme-billing/certs/id.PEM", "canary"),
			nil, []string{"secret_file acme-billing/.env.local", "secret_file acme-billing/.npmrc", "secret_file acme-billing/certs/id.PEM"}},

		{"a root", good.with("/etc/passwd", ""), []string{"absolute_path /etc/passwd"}, nil},
		{"a drive", good.with(`C:\Users\x`, ""), []string{`absolute_path C:\Users\x`}, nil},
		{"a way out", good.with("acme-billing/../../x", "").with(`..\x`, ""), []string{`path_escape ..\x`, "path_escape acme-billing/../../x"}, nil},
		{"not a way out", good.with("acme-billing/src/..x/a...ts", ""), nil, nil},
		{"control characters", good.with("acme-billing/a\nb\u202e", ""), []string{"bad_path acme-billing/a b\ufffd"}, nil},
		{"not UTF-8", good.with("acme-billing/r\xe9sum\xe9", ""), []string{"bad_path acme-billing/r\ufffdsum\ufffd"}, nil},
		{"no path", good.with("", ""), []string{"bad_path"}, nil},
		{"a path twice", good.with("acme-billing//package.json", ""), []string{"duplicate_entry acme-billing/package.json"}, nil},
		{"a file in a file", good.with("acme-billing/package.json/x", ""), []string{"duplicate_entry acme-billing/package.json"}, nil},
		{"a folder of a file's name", good.with("acme-billing/package.json/", ""), []string{"duplicate_entry acme-billing/package.json"}, nil},
	} {
		got := inspect(t, tt.archive.zip(t), traycdk.Limits{})
		if !slices.Equal(lines(got.Problems), tt.problems) || !slices.Equal(lines(got.Warnings), tt.warnings) {
			t.Errorf("%s: got problems %q and warnings %q, want %q and %q", tt.name, lines(got.Problems), lines(got.Warnings), tt.problems, tt.warnings)
		}
		if got.Blocks() != (tt.problems != nil) || strings.Contains(fmt.Sprintf("%+v", got), "canary") {
			t.Errorf("%s: blocks %t, got %+v", tt.name, got.Blocks(), got)
		}
	}
}

func TestInspectOfWindows(t *testing.T) {
	archive := connector().renamed(func(path string) string { return strings.ReplaceAll(path, "/", `\`) })
	got := inspect(t, archive.zip(t), traycdk.Limits{})
	if want := []string{`back_slashes acme-billing\connector.json`}; got.Blocks() || len(got.Operations) != 4 || got.Files != 34 || !slices.Equal(lines(got.Warnings), want) {
		t.Errorf("got %+v, want what is in it and %q", got, want)
	}
}

func TestInspectOddEntries(t *testing.T) {
	link := &zip.FileHeader{Name: "acme-billing/link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	pipe := &zip.FileHeader{Name: "acme-billing/pipe"}
	pipe.SetMode(fs.ModeNamedPipe | 0o644)
	run := &zip.FileHeader{Name: "acme-billing/run", Method: zip.Deflate}
	run.SetMode(0o4755)
	for _, tt := range []struct {
		header *zip.FileHeader
		want   []string
	}{
		{link, []string{"symlink acme-billing/link"}},
		{pipe, []string{"special_file acme-billing/pipe"}},
		{run, nil},
	} {
		if got := inspect(t, packed(t, tt.header, "/etc/passwd"), traycdk.Limits{}); !slices.Equal(lines(got.Problems), tt.want) {
			t.Errorf("%s: got %q, want %q", tt.header.Name, lines(got.Problems), tt.want)
		}
	}
}

// record finds the entry of a path in the archive's directory.
func record(t testing.TB, archive []byte, path string) []byte {
	t.Helper()
	for from := 0; ; {
		at := bytes.Index(archive[from:], []byte("PK\x01\x02"))
		if at < 0 {
			t.Fatalf("no %s in the directory", path)
		}
		found := archive[from+at:]
		if string(found[46:46+int(binary.LittleEndian.Uint16(found[28:]))]) == path {
			return found
		}
		from += at + 4
	}
}

func TestInspectOddRecords(t *testing.T) {
	const json = "acme-billing/connector.json"
	for _, tt := range []struct {
		name  string
		spoil func(record []byte)
		want  string
	}{
		{"encrypted", func(r []byte) { r[8] |= 1 }, "encrypted " + json},
		{"another compression", func(r []byte) { r[10] = 14 }, "compression " + json + " method=14"},
		{"a wrong sum", func(r []byte) { r[16] ^= 1 }, "damaged " + json},
		{"not as long as it says", func(r []byte) { r[24]-- }, "damaged " + json},
		{"longer than it says", func(r []byte) { r[24]++ }, "damaged " + json},
		{"points past the end", func(r []byte) { r[44] = 0x7f }, "damaged " + json},
		{"points elsewhere", func(r []byte) { r[42]++ }, "damaged " + json},
		{"unpacks far", func(r []byte) { binary.LittleEndian.PutUint32(r[24:], 199<<20) }, "bomb " + json + " ratio="},
		{"unpacks to more than may be", func(r []byte) { binary.LittleEndian.PutUint32(r[24:], 201<<20) }, "bomb " + json + " ratio="},
		{"lies over the others", func(r []byte) { binary.LittleEndian.PutUint32(r[20:], 1<<20) }, "bomb"},
	} {
		archive := connector().zip(t)
		tt.spoil(record(t, archive, json))
		got := inspect(t, archive, traycdk.Limits{})
		if len(got.Problems) == 0 || !strings.HasPrefix(lines(got.Problems)[0], tt.want) || !got.Blocks() {
			t.Errorf("%s: got %q, want %q", tt.name, lines(got.Problems), tt.want)
		}
	}
}

func TestInspectNoArchive(t *testing.T) {
	good := connector().zip(t)
	for kind, content := range map[string]string{
		"empty": "", "html": "<!DOCTYPE html><p>Sign in", "text": "UEsDBBQAAAAIAA==", "json": ` {"connectorSourceCode":""}`, "gzip": "\x1f\x8b\x08\x00", "bzip2": "BZh9",
		"xz": "\xfd7zXZ\x00", "7z": "7z\xbc\xaf\x27\x1c", "rar": "Rar!\x1a\x07", "unknown": "\x00\x01\x02" + string(good),
	} {
		if got := inspect(t, []byte(content), traycdk.Limits{}); !slices.Equal(lines(got.Problems), []string{"not_zip kind=" + kind}) {
			t.Errorf("%s: got %q", kind, lines(got.Problems))
		}
	}
	for name, content := range map[string][]byte{"cut": good[:len(good)-40], "its beginning": []byte("PK\x03\x04"), "two letters": []byte("PK")} {
		if got := inspect(t, content, traycdk.Limits{}); !slices.Equal(lines(got.Problems), []string{"damaged"}) {
			t.Errorf("%s: got %q", name, lines(got.Problems))
		}
	}
	if got := inspect(t, entries{}.zip(t), traycdk.Limits{}); !slices.Equal(lines(got.Problems), []string{"empty_archive"}) {
		t.Errorf("nothing in it: got %q", lines(got.Problems))
	}
}

func TestInspectLimits(t *testing.T) {
	good := connector().zip(t)
	zeros := connector().with("acme-billing/zeros", strings.Repeat("\x00", 3<<20)).zip(t)
	many := connector()
	for n := range 400 {
		many[fmt.Sprintf("acme-billing/many/%03d", n)] = strings.Repeat("a", 4000)
	}
	for _, tt := range []struct {
		name    string
		archive []byte
		limits  traycdk.Limits
		want    string
	}{
		{"just small enough", good, traycdk.Limits{Compressed: int64(len(good)), Files: 37}, ""},
		{"too large", good, traycdk.Limits{Compressed: int64(len(good)) - 1}, fmt.Sprintf("too_large limit=%d size=%d", len(good)-1, len(good))},
		{"too many", good, traycdk.Limits{Files: 36}, "too_many_files limit=36"},
		{"a tight entry", zeros, traycdk.Limits{}, "bomb acme-billing/zeros ratio=10"},
		{"a tight entry that may be", zeros, traycdk.Limits{Ratio: 1030}, ""},
		{"more than may be", zeros, traycdk.Limits{Uncompressed: 3 << 20, Ratio: 1030}, "bomb limit=3145728 size=314"},
		{"many tight entries", many.zip(t), traycdk.Limits{Ratio: 10}, "bomb ratio=2"},
	} {
		got := inspect(t, tt.archive, tt.limits)
		if said := strings.Join(lines(got.Problems), "; "); !strings.HasPrefix(said, tt.want) || got.Blocks() != (tt.want != "") || len(got.Problems) > 1 {
			t.Errorf("%s: got %q, want %q", tt.name, lines(got.Problems), tt.want)
		}
		if strings.HasPrefix(tt.want, "bomb") && (got.Name != "" || got.Uncompressed == 0) {
			t.Errorf("%s: was read all the same: %+v", tt.name, got)
		}
	}
}

// The number of entries in an archive's last record is only the lower half of it.
func TestInspectCountsEntriesByItself(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for range 70_000 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := inspect(t, b.Bytes(), traycdk.Limits{}); !slices.Equal(lines(got.Problems), []string{"too_many_files limit=5000"}) {
		t.Errorf("got %q", lines(got.Problems))
	}
}

func TestInspectListsNoMoreThanPeopleRead(t *testing.T) {
	archive := connector()
	for n := range 37 {
		archive[fmt.Sprintf("acme-billing/%02d.ctx.json", n)] = ""
	}
	archive["acme-billing/"+strings.Repeat("x", 1000)+".ctx.json"] = ""
	got := lines(inspect(t, archive.zip(t), traycdk.Limits{}).Problems)
	if len(got) != 10 || got[0] != "context_file acme-billing/00.ctx.json" || got[9] != "context_file acme-billing/09.ctx.json more=28" {
		t.Errorf("got %q", got)
	}
	long := connector().with("acme-billing/"+strings.Repeat("é", 1000)+".ctx.json", "").with("acme-billing/connector.json",
		`{"name":"`+strings.Repeat("x", 1000)+`","version":"1.0","title":"`+strings.Repeat("a\\u202e", 400)+`","description":"`+strings.Repeat("d\\n", 9000)+`"}`)
	report := inspect(t, long.zip(t), traycdk.Limits{})
	if path := report.Problems[0].Path; len([]rune(path)) != 300 || !strings.HasSuffix(path, "…") {
		t.Errorf("got a path of %d characters", len([]rune(path)))
	}
	if len([]rune(report.Name)) != 300 || len([]rune(report.Title)) != 200 || len([]rune(report.Description)) != 500 || strings.ContainsAny(report.Title+report.Description, "\u202e\n") {
		t.Errorf("got %+v", report)
	}
}

var errDisk = errors.New("the disk is gone")

// failing fails from a certain read on.
type failing struct {
	io.ReaderAt
	after int
	short bool
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.after--; f.after >= 0 {
		return f.ReaderAt.ReadAt(p, off)
	}
	if f.short {
		return 0, nil
	}
	return 0, errDisk
}

func TestInspectFailures(t *testing.T) {
	archive := connector().zip(t)
	reads := 0
	for ; ; reads++ {
		report, err := traycdk.Inspect(&failing{ReaderAt: bytes.NewReader(archive), after: reads}, int64(len(archive)), traycdk.Limits{})
		if err == nil {
			break
		}
		if !errors.Is(err, errDisk) || !reflect.DeepEqual(report, traycdk.Report{}) {
			t.Fatalf("after %d reads: got %+v, %v; want the failure alone", reads, report, err)
		}
	}
	if reads < 5 {
		t.Errorf("an archive was read in %d pieces", reads)
	}
	if _, err := traycdk.Inspect(&failing{ReaderAt: bytes.NewReader(archive), short: true}, int64(len(archive)), traycdk.Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader that gives nothing: got %v", err)
	}
	if _, err := traycdk.Inspect(bytes.NewReader(archive), int64(len(archive))+1, traycdk.Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader shorter than its size: got %v", err)
	}
}

func TestUnlike(t *testing.T) {
	report := traycdk.Report{Name: "acme-billing", Version: "1.0"}
	for _, tt := range []struct {
		name, version string
		want          []string
	}{
		{"acme-billing", "1.0", nil},
		{"acme-crm", "1.0", []string{"name_unlike_form archive=acme-billing form=acme-crm"}},
		{"", "1.1", []string{"name_unlike_form archive=acme-billing form=", "version_unlike_form archive=1.0 form=1.1"}},
	} {
		if got := lines(report.Unlike(tt.name, tt.version)); !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got := (traycdk.Report{}).Unlike("a", "1.0"); got != nil {
		t.Errorf("an archive that says nothing: got %+v", got)
	}
}
