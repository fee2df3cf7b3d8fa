package traycdk_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"portico/upstream/traycdk"
)

// Whatever the bytes are, a report comes of them that pages can show, and what it lets through has a name, a version and
// operations.
func FuzzInspect(f *testing.F) {
	good := little()
	for _, seed := range []entries{
		good, good.without("a/src/b/handler.ts"), good.with("../x", ""), {}, {"a/connector.json": "{}"}, good.with("a/x.ctx.json", "{}"),
		good.with("a/zeros", strings.Repeat("\x00", 2<<20)),
		good.renamed(func(p string) string { return strings.ReplaceAll(p, "/", `\`) }),
		good.renamed(func(p string) string { return strings.TrimPrefix(p, "a/") }),
	} {
		f.Add(seed.zip(f))
	}
	for _, spoil := range []int{8, 10, 16, 20, 24, 28, 30, 38, 42, 45} {
		archive := good.zip(f)
		record(f, archive, "a/connector.json")[spoil] ^= 0x41
		f.Add(archive)
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, archive []byte) { showable(t, archive) })
}

// FuzzInspectFiles changes what stands in a sound archive: a path, what lies there, connector.json and an operation.json.
func FuzzInspectFiles(f *testing.F) {
	good := little()
	f.Add("a/package.json", "{}", good["a/connector.json"], good["a/src/b/operation.json"])
	f.Add("../x", "", "\xef\xbb\xbf"+good["a/connector.json"], `{"name":"c","type":"ddl","delivery":"acknowledge"}`)
	f.Add(`a\src\b\x.ctx.json`, "x", `{"name":"AcmeBilling","version":1.10,"isTrigger":true,"rawHttp":{"enabled":true}}`, "[")
	f.Add("__MACOSX/", "", `{"name":["a"],"version":"v2","title":"\u202e","service":{"name":1}}`, "null")
	f.Fuzz(func(t *testing.T, path, content, about, operation string) {
		if len(path) > 0xffff {
			return
		}
		showable(t, good.with("a/connector.json", about).with("a/src/b/operation.json", operation).with(path, content).zip(t))
	})
}

func showable(t *testing.T, archive []byte) {
	t.Helper()
	report := inspect(t, archive, traycdk.Limits{})
	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 64<<10 && len(archive) < 64<<10 {
		t.Errorf("the report of %d bytes has %d", len(archive), len(raw))
	}
	for _, text := range append(lines(report.Problems), append(lines(report.Warnings), report.Name, report.Title, report.Description, report.Service)...) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%q cannot be shown", text)
		}
	}
	if report.Blocks() {
		return
	}
	if traycdk.CheckName(report.Name) != nil || traycdk.CheckVersion(report.Version) != nil || len(report.Operations) == 0 || report.Files == 0 {
		t.Errorf("nothing stands in the way of %+v", report)
	}
}

// little is a connector that is good and short: what is short is changed in more ways.
func little() entries {
	return entries{
		"a/connector.json":       `{"name":"a","version":"1.0","service":{"name":"s","version":"1"}}`,
		"a/src/b/operation.json": `{"name":"b"}`,
		"a/src/b/handler.ts":     "", "a/src/b/input.json": "{}", "a/src/b/output.json": "{}",
	}
}

// Whatever encoding/json and encoding/base64 take is read as the same; nothing is read twice as long.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{
		`{"connectorSourceCode":"UEsDBBQ="}`, `{"connectorSourceCode": "UEsD` + "\n" + `BBQ="}`, `{"a":{"b":["}"]},"connectorSourceCode":"UE\u0073D\/w==","c":-1.5e3}`,
		`{"connectorSourceCode":null}`, `{"connectorSourceCode":"UEsD","connectorSourceCode":""}`, `{"connector\u0053ourceCode":"UEsD\nBBQ"}`, "\xef\xbb\xbf{}", "\xff\xfe{", `{"x":"\\\""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, wrapped, err := unwrap(bytes.NewReader(payload))
		if problem, ok := errors.AsType[*traycdk.Problem](err); err != nil && (!ok || !strings.HasPrefix(problem.Code, "payload_")) {
			t.Fatalf("got %v, want a problem", err)
		}
		if len(got) > len(payload) {
			t.Fatalf("read %d bytes of %d", len(got), len(payload))
		}
		want, once := reference(payload)
		if want == nil {
			return
		}
		if once && (err != nil || !bytes.Equal(got, want)) {
			t.Errorf("got %q, wrapped %t, %v; want %q", got, wrapped, err, want)
		}
		if !once && err == nil {
			t.Errorf("got %q of two sources", got)
		}
	})
}

// reference reads a payload with the libraries, and says whether the source stands in it once.
func reference(payload []byte) (archive []byte, once bool) {
	decoder := json.NewDecoder(bytes.NewReader(payload))
	if !json.Valid(payload) {
		return nil, false
	}
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, false
	}
	found := 0
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return nil, false
		}
		var code string
		if name != "connectorSourceCode" {
			continue
		}
		if json.Unmarshal(value, &code) != nil || value[0] != '"' {
			return nil, false
		}
		if archive, err = base64.StdEncoding.DecodeString(code); err != nil {
			return nil, false
		}
		found++
	}
	if archive == nil {
		archive = []byte{}
	}
	if found == 0 {
		return nil, false
	}
	return archive, found == 1
}

var _ io.Reader = (*traycdk.PayloadReader)(nil)
