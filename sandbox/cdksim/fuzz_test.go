package cdksim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// FuzzSource holds the reader of bodies against encoding/json, which holds a body whole: what one takes the other takes,
// and they find the same bytes.
func FuzzSource(f *testing.F) {
	for _, text := range []string{
		`{"connectorSourceCode":"UEsDBA=="}`, ` { "a" : [1, {"b": "\u00e4\n"}], "connectorSourceCode" : "UE\/\u002b" } `, `{"connectorSourceCode":"UE
sD"}`, `{"a":-0.5e+3,"b":true,"c":null,"d":{},"e":[]}`, `{"connectorSourceCode":"","x":"\ud800"}`, `{}`, `[]`, `{"a":1,}`, `{"a":01}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > maxDepth || strings.Count(body, "ourceCode") > 1 || strings.Count(body, `\`) > 20 {
			return // limits that encoding/json does not have, and fields that are there twice
		}
		into, err := newSpool()
		if err != nil {
			t.Fatal(err)
		}
		defer into.close()
		err = readSource(strings.NewReader(body), into)
		want, good := wholeSource(body)
		if good != (err == nil) {
			t.Fatalf("%q: %v; encoding/json takes it: %v", body, err, good)
		}
		if !good {
			return
		}
		got, err := io.ReadAll(io.NewSectionReader(into.file, 0, into.size))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q: read %q, %v; want %q", body, got, err, want)
		}
	})
}

// wholeSource is what encoding/json finds.
func wholeSource(body string) ([]byte, bool) {
	var fields map[string]json.RawMessage
	var text *string
	if json.Unmarshal([]byte(body), &fields) != nil || fields == nil || json.Unmarshal(fields[sourceField], &text) != nil || text == nil {
		return nil, false
	}
	if strings.ContainsAny(*text, "\r\n") { // which package base64 leaves out
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(*text)
	return raw, err == nil
}

// FuzzArchive gives the archive check anything at all.
func FuzzArchive(f *testing.F) {
	f.Add(DemoArchive("my-connector", "1.0"))
	f.Add(DemoArchiveWith("my-connector", "1.0", map[string]string{"../x": "y", "connector.json": "{"}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		code, err := readArchive(bytes.NewReader(raw), int64(len(raw)), "my-connector", "1.0")
		if (err == nil) != (len(code.Operations) > 0) {
			t.Errorf("%d operations, %v", len(code.Operations), err)
		}
	})
}
