package cdksim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// curl does what the documentation's curl commands do: its own path, headers and body, with only the host changed.
func (m *sim) curl(method, path, body string, header ...string) answer {
	m.t.Helper()
	req, err := http.NewRequest(method, m.url+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, strings.TrimSpace(string(raw))}
}

// The sequence that Tray documents: payload.json by printf, deploy, status until deployed, share.
func TestDocumentedSequence(t *testing.T) {
	m := start(t, Options{})
	auth, kind := "Authorization: Bearer "+m.s.Token("us"), "Content-Type: application/json"
	encoded := base64.StdEncoding.EncodeToString(DemoArchive("my-connector", "1.0"))
	payload := fmt.Sprintf(`{"connectorSourceCode": "%s"}`, encoded)

	const deployments = "/cdk/v1/deployments/connectors/my-connector/versions/1.0/"
	a := m.curl("POST", deployments+"deploy-connector-from-source", payload, auth, kind).want(t, 200, "")
	first := is[deploymentAnswer](t, a)
	if want := `{"id":"` + first.ID + `","connectorName":"my-connector","connectorVersion":"1.0","deploymentStatus":"Building"}`; a.raw != want {
		t.Errorf("the answer is %s, want %s", a.raw, want)
	}
	a = m.curl("POST", deployments+"deploy-connector-from-source", payload, auth, kind).want(t, 200, `"repeatDeployment":true`)
	if got := is[deploymentAnswer](t, a); got.ID != first.ID {
		t.Errorf("the repeated deployment is %s, not the one that runs, %s", got.ID, first.ID)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "Building"}, {20 * time.Second, "Deploying"}, {39 * time.Second, "Deploying"}, {time.Second, "Deployed"}} {
		m.clock.Advance(step.after)
		a := m.curl("GET", deployments+first.ID, "", auth, kind).want(t, 200, `"deploymentStatus":"`+step.want+`"`)
		if strings.Contains(a.raw, "repeat") {
			t.Errorf("a status speaks of repeating: %s", a.raw)
		}
	}
	m.curl("GET", deployments+"latest", "", auth).want(t, 200, first.ID)
	const emails = "{\n\"emails\": [\n\"john.doe@domain.com\",\n\"jane.doe@domain.com\"\n]\n}"
	m.curl("POST", "/cdk/v1/permissions/connectors/my-connector/versions/1.0/share-with-emails", emails, auth, kind).
		want(t, 200, `{"message":"2 permissions added"}`)
}

// On Linux the documented command writes a payload that is no JSON, since base64 wraps its lines.
func TestDocumentedCommandOnLinux(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "connector.zip"), DemoArchive("my-connector", "1.0"), 0o600); err != nil {
		t.Fatal(err)
	}
	payload := func(encode string) string {
		cmd := exec.Command(shell, "-c", `printf '{"connectorSourceCode": "%s"}' "$(`+encode+`)"`)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	m := start(t, Options{})
	m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), payload("base64 connector.zip")).want(t, 400, "base64 -w0")
	m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), payload("base64 -w0 connector.zip")).want(t, 200, "Building")
}

func TestWrappedBase64(t *testing.T) {
	m := start(t, Options{})
	encoded := base64.StdEncoding.EncodeToString(DemoArchive("my-connector", "1.0"))
	for _, lineBreak := range []string{"\n", "\r\n", `\n`, `\r\n`} {
		var wrapped bytes.Buffer
		for rest := encoded; rest != ""; {
			n := min(76, len(rest))
			wrapped.WriteString(rest[:n] + lineBreak)
			rest = rest[n:]
		}
		a := m.send("POST", deployPath("us", "my-connector"), m.s.Token("us"), `{"connectorSourceCode":"`+wrapped.String()+`"}`)
		a.want(t, 400, "at byte 1").want(t, 400, "wrapped over several lines").want(t, 400, "base64 -w0")
	}
	if rows := m.taken(); len(rows) != 0 {
		t.Errorf("something was taken: %+v", rows)
	}
}
