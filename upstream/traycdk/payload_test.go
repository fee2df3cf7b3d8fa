package traycdk_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"portico/upstream/traycdk"
)

// unwrap reads a payload to its end.
func unwrap(r io.Reader) (content []byte, wrapped bool, err error) {
	p, err := traycdk.Payload(r)
	if err != nil {
		return nil, false, err
	}
	content, err = io.ReadAll(p)
	return content, p.Wrapped(), err
}

// folded is text in lines of 76 characters, as GNU base64 writes it.
func folded(text, end string) string {
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + end)
		text = text[76:]
	}
	return b.String() + text
}

func TestPayload(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 1000, 100_000} {
		archive := strings.Repeat("PK\x03\x04\xff\xfe\x00", 20_000)[:size]
		code := base64.StdEncoding.EncodeToString([]byte(archive))
		for name, tt := range map[string]struct {
			payload string
			wrapped bool
		}{
			"as documented":      {`{"connectorSourceCode": "` + code + `"}`, false},
			"a line at the end":  {"\xef\xbb\xbf \n{\r\n\t\"connectorSourceCode\"\n:\n\"" + code + "\"}\n\n", false},
			"GNU base64":         {`{"connectorSourceCode":"` + folded(code, "\n") + `"}`, size > 60},
			"of Windows":         {`{"connectorSourceCode":"` + folded(code, "\r\n") + `"}`, size > 60},
			"escaped lines":      {`{"connectorSourceCode":"` + folded(code, `\n`) + `"}`, size > 60},
			"lines by the shell": {`{"connectorSourceCode":"` + folded(code, " ") + `\u000A"}`, true},
			"escapes":            {`{"connectorSource\u0043ode":"` + strings.NewReplacer("/", `\/`, "+", `\u002b`, "=", `\u003D`).Replace(code) + `"}`, false},
			"no padding":         {`{"connectorSourceCode":"` + strings.TrimRight(code, "=") + `"}`, false},
			"other members": {`{"a":1.5e3,"b":null,"c":"}\"\\","d":{"connectorSourceCode":[{},[1,true],"]"]},"e":[],"connectorSourceCodes":"x","":"\u0000",` +
				`"connectorSourceCode":"` + code + `","f":-1,"g":{"h":{}},"i":false}`, false},
		} {
			for _, r := range []io.Reader{strings.NewReader(tt.payload), iotest.OneByteReader(strings.NewReader(tt.payload)), iotest.DataErrReader(strings.NewReader(tt.payload))} {
				got, wrapped, err := unwrap(r)
				if err != nil || string(got) != archive || wrapped != tt.wrapped {
					t.Errorf("%s of %d bytes: got %d bytes, wrapped %t, %v; want wrapped %t", name, size, len(got), wrapped, err, tt.wrapped)
				}
			}
		}
	}
}

func TestPayloadFinds(t *testing.T) {
	for payload, want := range map[string]string{
		"":                                   "payload_cut_short",
		" {":                                 "payload_cut_short",
		`{"connectorSourceCode"`:             "payload_cut_short",
		`{"connectorSourceCode":"UEsD`:       "payload_cut_short",
		`{"connectorSourceCode":"UEsD\`:      "payload_cut_short",
		`{"connectorSourceCode":"UEsD\u00`:   "payload_cut_short",
		`{"connectorSourceCode":"UEsD"`:      "payload_cut_short",
		`{"connectorSourceCode":"UEsD","a":`: "payload_cut_short",
		`{"a":[1`:                            "payload_cut_short",
		`{"a":12`:                            "payload_cut_short",
		`PK`:                                 "payload_not_json at=1",
		`[]`:                                 "payload_not_json at=1",
		`{x}`:                                "payload_not_json at=2",
		`{"a" 1}`:                            "payload_not_json at=6",
		`{"a":}`:                             "payload_not_json at=6",
		`{"a":1;}`:                           "payload_no_source", // a number goes on until something ends it
		`{"a":1 ;}`:                          "payload_not_json at=8",
		`{"a":1,}`:                           "payload_not_json at=8",
		`{"a":"\x"}`:                         "payload_not_json at=8",
		`{"a":"\u12x4"}`:                     "payload_not_json at=12",
		`{"connectorSourceCode":"UEsD"]`:     "payload_not_json at=30",
		`{"connectorSourceCode":"UEsD"}}`:    "payload_not_json at=31",
		`{"connectorSourceCode":"UEsD"} {}`:  "payload_not_json at=32",
		`{"connectorSourceCode":"UE\qsD"}`:   "payload_not_json at=28",
		`{}`:                                 "payload_no_source",
		`{"a":1}`:                            "payload_no_source",
		`{"ConnectorSourceCode":"UEsD"}`:     "payload_no_source",
		`{"connectorSourceCode":null}`:       "payload_no_source",
		`{"connectorSourceCode":["UEsD"]}`:   "payload_no_source",
		`{"connectorSourceCode":"UEsD","connectorSourceCode":"UEsD"}`: "payload_repeated",
		`{"connectorSourceCode":"UEsD!UEsD"}`:                         "payload_bad_base64 at=4",
		`{"connectorSourceCode":"UEsDé"}`:                             "payload_bad_base64 at=4",
		`{"connectorSourceCode":"UEsD\u0141sDB"}`:                     "payload_bad_base64 at=4",
		`{"connectorSourceCode":"UEsDU"}`:                             "payload_bad_base64 at=4",
		`{"connectorSourceCode":"UE==UEsD"}`:                          "payload_bad_base64 at=2",
		`{"connectorSourceCode":"./connector.zip"}`:                   "payload_bad_base64 at=1",
		"\xff\xfe{\x00\"\x00":                                         "payload_utf16",
		"\xfe\xff\x00{":                                               "payload_utf16",
	} {
		_, _, err := unwrap(strings.NewReader(payload))
		problem, ok := errors.AsType[*traycdk.Problem](err)
		if !ok {
			t.Errorf("%s: got %v, want %s", payload, err, want)
			continue
		}
		if got := lines([]traycdk.Problem{*problem}); got[0] != want || !strings.HasPrefix(want, err.Error()) {
			t.Errorf("%s: got %s, %v; want %s", payload, got, err, want)
		}
	}
}

func TestPayloadFailures(t *testing.T) {
	const payload = `{"a":[{"b":1}],"connectorSourceCode":"UEsD` + "\n" + `UEsD","c":2} `
	for n := range len(payload) {
		_, _, err := unwrap(io.MultiReader(strings.NewReader(payload[:n]), iotest.ErrReader(errDisk)))
		if !errors.Is(err, errDisk) {
			t.Errorf("after %q: got %v, want the failure", payload[:n], err)
		}
	}
}

func TestIsPayload(t *testing.T) {
	for head, want := range map[string]bool{
		`{"connectorSourceCode"`: true, " \r\n\t{": true, "\xef\xbb\xbf{": true, "\xff\xfe{\x00": true, "\xfe\xff\x00{": true,
		"PK\x03\x04": false, "": false, "[": false, "UEsD": false,
	} {
		if got := traycdk.IsPayload([]byte(head)); got != want {
			t.Errorf("%q: got %t, want %t", head, got, want)
		}
	}
}

// What Tray's documentation tells people to run, with either kind of base64, is read as the archive that went in.
func TestPayloadOfTheDocumentation(t *testing.T) {
	archive := connector().zip(t)
	code := base64.StdEncoding.EncodeToString(archive)
	for _, lines := range []string{code, folded(code, "\n")} {
		got, wrapped, err := unwrap(strings.NewReader(fmt.Sprintf(`{"connectorSourceCode": "%s"}`, lines)))
		if err != nil || !bytes.Equal(got, archive) || wrapped != (lines != code) {
			t.Errorf("got %d bytes, wrapped %t, %v", len(got), wrapped, err)
		}
		if report := inspect(t, got, traycdk.Limits{}); report.Blocks() || report.Name != "acme-billing" {
			t.Errorf("got %+v", report)
		}
	}
}
