package cdksim

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// Bodies that are refused before there is an archive to look at.
func TestRefusedBodies(t *testing.T) {
	m := start(t, Options{})
	good := base64.StdEncoding.EncodeToString(DemoArchive("my-connector", "1.0"))
	for body, want := range map[string]string{
		"": "an object", "PK\x03\x04": "an object", "[]": "an object", "null": "an object",
		"{": "it ends too early", `{"connectorSourceCode"`: "a colon was expected", `{"connectorSourceCode":`: "it ends too early",
		`{"connectorSourceCode":"` + good:                           "it ends too early",
		`{"connectorSourceCode":"` + good + `"`:                     "it ends too early",
		`{"connectorSourceCode":"` + good + `"} x`:                  "something follows",
		`{"connectorSourceCode":"` + good + `" "a":1}`:              "a comma or } was expected",
		`{connectorSourceCode:"x"}`:                                 "a name in quotes",
		`{"connectorSourceCode":"` + good + `","a":01}`:             "a value was expected",
		`{"connectorSourceCode":"` + good + `","a":"` + "\n" + `"}`: "a control character",
		`{"connectorSourceCode":"` + good + `","a":"\x"}`:           "no such escape",
		`{"connectorSourceCode":"` + good + `","a":"\u00g0"}`:       "four hexadecimal digits",
		`{"` + strings.Repeat("x", 2000) + `":1}`:                   "too long",
		`{"a":` + strings.Repeat("[", 2000) + `}`:                   "nested too deep",
		`{}`:                            "Missing required field at 'connectorSourceCode'",
		`{"ConnectorSourceCode":"x"}`:   "Missing required field at 'connectorSourceCode'",
		`{"connectorSourceCode":5}`:     "expecting a string",
		`{"connectorSourceCode":null}`:  "expecting a string",
		`{"connectorSourceCode":"***"}`: "not base64", `{"connectorSourceCode":"UEsDB"}`: "not base64", `{"connectorSourceCode":"UEsD\u00e4"}`: "not base64",
		`{"connectorSourceCode":"_-8="}`:     "not base64",
		`{"connectorSourceCode":""}`:         "not a zip archive",
		`{"connectorSourceCode":"aGVsbG8="}`: "not a zip archive",
	} {
		a := m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), body).want(t, 400, `{"message":"`)
		if !strings.Contains(a.raw, want) {
			t.Errorf("%.80s: %s, want %q", body, a.raw, want)
		}
	}
	m.curl("POST", deployPath("us", "my-connector"), `{}`, "Authorization: Bearer "+m.s.Token("us"), "Content-Type: text/plain").
		want(t, 400, "the content type is text/plain")
	if rows := m.taken(); len(rows) != 0 {
		t.Errorf("something was taken: %+v", rows)
	}
}

// What is not asked for is ignored; what encoders escape is read; of a field that is there twice the last counts.
func TestAcceptedBodies(t *testing.T) {
	m := start(t, Options{})
	archive := DemoArchive("my-connector", "1.0")
	good := base64.StdEncoding.EncodeToString(archive)
	sum := sha256.Sum256(archive)
	escaped := strings.NewReplacer("/", `\/`, "+", `\u002b`, "=", `\u003D`).Replace(good)
	for _, body := range []string{
		" {\t\"connectorSourceCode\" :\r\n\"" + good + "\" } \n",
		`{"connectorSourceCode":"` + escaped + `"}`,
		`{"connector\u0053ourceCode":"` + good + `"}`,
		`{"a":{"b":[1,-2.5e3,{"connectorSourceCode":"x"},[]],"c":{}},"d":"ä\"]}","e":null,"connectorSourceCode":"` + good + `","f":true}`,
		`{"connectorSourceCode":"aGVsbG8=","connectorSourceCode":"` + good + `"}`,
	} {
		a := m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), body)
		d := is[deploymentAnswer](t, a.want(t, 200, "Building"))
		m.control("POST", "deployments/"+d.ID, `{"status":"Deployed"}`)
	}
	rows := m.taken()
	if len(rows) != 5 {
		t.Errorf("%d were taken", len(rows))
	}
	for _, row := range rows {
		if row.SHA256 != hex.EncodeToString(sum[:]) || row.Bytes != int64(len(archive)) {
			t.Errorf("what was taken: %+v", row)
		}
	}
}

// zipOfEntries is an archive of these entries, as they are.
func zipOfEntries(t *testing.T, entries ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range entries {
		add(z, name, zip.Deflate, "")
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Archives that fail the preliminary validation.
func TestRefusedArchives(t *testing.T) {
	m := start(t, Options{})
	with := func(files map[string]string) []byte { return DemoArchiveWith("my-connector", "1.0", files) }
	about := func(text string) []byte { return with(map[string]string{"connector.json": text}) }
	good := DemoArchive("my-connector", "1.0")
	for want, archive := range map[string][]byte{
		"not a zip archive":                             good[:len(good)/2],
		"The archive is empty":                          zipOfEntries(t),
		"connector.json is outside":                     zipOfEntries(t, "connector.json", "src/get_post/operation.json"),
		"it holds other and my-connector":               with(map[string]string{"/other/readme.md": "x"}),
		"readme.md is outside":                          with(map[string]string{"/readme.md": "x"}),
		"connector.json was not found in the folder":    with(map[string]string{"connector.json": ""}),
		"connector.json could not be read":              about(`{"name":`),
		"string":                                        about(`{"name":5}`),
		"is not named as the connector":                 about(`{"name":"other","version":"1.0"}`),
		"version 1.0 does not equal":                    about(`{"name":"my-connector","version":"1.1"}`),
		"name my-connector does not equal":              DemoArchive("other", "1.0"),
		"no operations":                                 with(map[string]string{"src/get_post/operation.json": ""}),
		"src/get_post/test.ctx.json":                    with(map[string]string{"src/get_post/test.ctx.json": "{}"}),
		"node_modules":                                  with(map[string]string{"node_modules/x/index.js": "x"}),
		"my-connector/../../x leads out of the archive": with(map[string]string{"../../x": "x"}),
		"/etc/passwd leads out of the archive":          with(map[string]string{"//etc/passwd": "x"}),
		"C:/x leads out of the archive":                 zipOfEntries(t, `C:\x`),
		"my-connector/src/../../y leads out":            zipOfEntries(t, `my-connector\src\..\..\y`),
	} {
		a := m.tryDeploy("us", "my-connector", m.s.Token("us"), archive).want(t, 400, "Connector validation failed. ")
		if !strings.Contains(a.raw, want) {
			t.Errorf("got %s, want %q", a.raw, want)
		}
	}
	if rows := m.taken(); len(rows) != 0 {
		t.Errorf("something was taken: %+v", rows)
	}
}

func TestNamesOfThePath(t *testing.T) {
	m := start(t, Options{})
	token := m.s.Token("us")
	m.tryDeploy("us", "My_Connector", token, DemoArchive("My_Connector", "1.0")).want(t, 400, "must be hyphenated lower case")
	m.send("POST", strings.Replace(deployPath("us", "my-connector"), "1.0", "1.0.3", 1), token, sourceBody(DemoArchive("my-connector", "1.0.3"))).
		want(t, 400, "must be major.minor")
	m.send("POST", strings.Replace(deployPath("us", "my-connector"), "1.0", "2.1", 1), token, sourceBody(DemoArchive("my-connector", "2.1"))).
		want(t, 200, `"connectorVersion":"2.1"`)
	m.control("PATCH", "settings", `{"namespace":"acme"}`)
	m.tryDeploy("us", "my-connector", token, DemoArchive("my-connector", "1.0")).want(t, 400, "your organization's namespace: acme-")
	m.tryDeploy("us", "acme-connector", token, DemoArchive("acme-connector", "1.0")).want(t, 200, "Building")
}

// Archives from Windows, a private operation, and several operations.
func TestAcceptedArchives(t *testing.T) {
	m := start(t, Options{})
	good := DemoArchive("my-connector", "1.0", "get_post", "list_posts", "#token_request")
	m.tryDeploy("us", "my-connector", m.s.Token("us"), good).want(t, 200, "Building")
	m.tryDeploy("eu", "my-connector", m.s.Token("eu"), backslashed(t, good)).want(t, 200, "Building")
	for _, row := range m.taken() {
		if got := strings.Join(row.Operations, " "); got != "#token_request get_post list_posts" || row.Broken != "" {
			t.Errorf("%s: operations %q, broken %q", row.Region, got, row.Broken)
		}
	}
}

// backslashed is an archive as a careless program on Windows makes it.
func backslashed(t *testing.T, raw []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	a := &archive{files: map[string]*zip.File{}}
	for _, f := range in.File {
		a.files[f.Name] = f
		text, _ := a.read(f.Name)
		add(z, strings.ReplaceAll(f.Name, "/", `\`), zip.Deflate, string(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBodyLimit(t *testing.T) {
	m := start(t, Options{})
	body := sourceBody(DemoArchive("my-connector", "1.0"))
	m.control("PATCH", "settings", `{"body_limit":2000}`)
	m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), body).want(t, 413, `{"message":"Request entity too large"}`)
	r := httptest.NewRequest("POST", deployPath("us", "my-connector"), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+m.s.Token("us"))
	r.ContentLength = -1 // its length is not said before
	w := httptest.NewRecorder()
	m.s.ServeHTTP(w, r)
	answer{status: w.Code, raw: w.Body.String()}.want(t, 413, "too large")
	m.control("PATCH", "settings", `{"body_limit":20000}`)
	m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), body).want(t, 200, "Building")
}

// An archive of 10 MiB goes through without being held.
func TestLargeArchiveIsNotHeld(t *testing.T) {
	noise := make([]byte, 10<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	body := sourceBody(DemoArchiveWith("my-connector", "1.0", map[string]string{"data.bin": string(noise)}))
	s := New(Options{})
	r := httptest.NewRequest("POST", deployPath("us", "my-connector"), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.Token("us"))
	w := httptest.NewRecorder()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	answer{status: w.Code, raw: w.Body.String()}.want(t, 200, "Building")
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("%d bytes were allocated for a body of %d", used, len(body))
	}
}
