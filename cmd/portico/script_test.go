package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"portico/sandbox/cdksim"
	"portico/sandbox/connectsim"
	"portico/sandbox/piecesim"
	"portico/sandbox/traysim"
	"portico/secret"
	"portico/upstream/activepieces"
	"portico/upstream/traycdk"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portico": main, "hurried": hurried})
}

// TestScripts runs the commands as an operator does, beside a simulated Tray, and an Activepieces where a script starts one.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			sim := traysim.New(traysim.Options{})
			server := httptest.NewServer(sim)
			env.Defer(server.Close)
			env.Setenv("TRAY", server.URL)
			env.Setenv("TRAY_HOST", server.Listener.Addr().String())
			env.Setenv("TOKEN", sim.MasterToken())
			env.Setenv("EMBEDDED_ID", sim.EmbeddedID())
			env.Setenv("HOST_KEY", "0123456789abcdef0123456789abcdef")
			env.Setenv(epochNamed, strconv.FormatInt(time.Now().UnixNano(), 10))
			env.Setenv("LONG", "0123456789abcdef0123456789abcdef0123")
			return os.MkdirAll(env.WorkDir+"/data", 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"activepieces": startPieces, "cdk": startCDK, "connect": startConnect, "api-client": makeAPIClient, "control": controlPieces, "control-of": controlOf, "allow": allowFrames, "signing-keys": countSigningKeys, "strange-key": strangeKey,
			"exits": wantExit, "archive": writeArchive, "payload": writePayload, "draft": makeDraft, "approve": approveDraft, "await": await, "normal": makeNormal,
		},
	})
}

// startPieces starts a simulated Activepieces: activepieces EDITION VERSION. Where it is licensed it also makes signing.pem.
func startPieces(ts *testscript.TestScript, _ bool, args []string) {
	sim := piecesim.New(piecesim.Options{Edition: args[0], Version: args[1]})
	server := httptest.NewServer(sim)
	ts.Defer(server.Close)
	ts.Setenv("PIECES", server.URL)
	ts.Setenv("PIECES_EMAIL", sim.AdminEmail())
	ts.Setenv("PIECES_PASSWORD", sim.AdminPassword())
	if args[0] == "ee" {
		ts.Setenv("PIECES_KEY", sim.APIKey())
		ts.Setenv("SIGNING_KEY_ID", sim.SigningKeyID())
		ts.Check(os.WriteFile(ts.MkAbs("signing.pem"), []byte(sim.SigningKey()), 0o600))
	}
}

// startCDK starts Tray's simulated service for connectors: cdk [hurried].
func startCDK(ts *testscript.TestScript, _ bool, args []string) {
	sim := cdksim.New(cdksim.Options{Clock: simClock(ts, args)})
	server := httptest.NewServer(sim)
	ts.Defer(server.Close)
	ts.Setenv("CDK", server.URL)
	for _, r := range traycdk.Regions {
		ts.Setenv("CDK_TOKEN_"+strings.ToUpper(r.ID), sim.Token(r.ID))
	}
}

// startConnect starts a simulated commercetools, with an API client that may everything: connect [hurried].
func startConnect(ts *testscript.TestScript, _ bool, args []string) {
	sim, err := connectsim.Open(connectsim.Options{Clock: simClock(ts, args)})
	ts.Check(err)
	server := httptest.NewServer(sim)
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"CONNECT": server.URL, "PROJECT_KEY": sim.ProjectKey(), "CLIENT_ID": sim.ClientID(), "CLIENT_SECRET": sim.ClientSecret(),
	} {
		ts.Setenv(name, value)
	}
}

// makeAPIClient makes another API client and has it configured: api-client SCOPE...
func makeAPIClient(ts *testscript.TestScript, _ bool, args []string) {
	body, err := json.Marshal(map[string]any{"project": ts.Getenv("PROJECT_KEY"), "scopes": args})
	ts.Check(err)
	controlOf(ts, false, []string{"CONNECT", "POST", "clients", string(body)})
	var made struct{ ID, Secret string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("answer")), &made))
	ts.Setenv("PORTICO_COMMERCETOOLS_CLIENT_ID", made.ID)
	ts.Setenv("PORTICO_COMMERCETOOLS_CLIENT_SECRET", made.Secret)
}

// controlPieces uses the controls of the simulated Activepieces: control METHOD PATH [JSON].
func controlPieces(ts *testscript.TestScript, neg bool, args []string) {
	controlOf(ts, neg, append([]string{"PIECES"}, args...))
}

// controlOf uses the controls of the simulator whose address a variable holds: control-of VARIABLE METHOD PATH [JSON].
func controlOf(ts *testscript.TestScript, _ bool, args []string) {
	body := strings.Join(args[3:], " ")
	r, err := http.NewRequest(args[1], ts.Getenv(args[0])+"/_control/"+args[2], strings.NewReader(body))
	ts.Check(err)
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer resp.Body.Close() //nolint:errcheck // only read
	var said bytes.Buffer
	_, err = said.ReadFrom(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s answers %s: %s", args[1], args[2], resp.Status, said.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("answer"), said.Bytes(), 0o600))
}

// allowFrames lets pages of some origins hold the simulator's builder: allow ORIGIN...
func allowFrames(ts *testscript.TestScript, _ bool, args []string) {
	c := activepieces.New(activepieces.Config{URL: ts.Getenv("PIECES"), APIKey: secret.Text(ts.Getenv("PIECES_KEY"))})
	for _, origin := range args {
		ts.Check(c.AllowEmbedOrigin(context.Background(), origin))
	}
}

// countSigningKeys fails unless the simulator has so many: signing-keys NUMBER.
func countSigningKeys(ts *testscript.TestScript, _ bool, args []string) {
	c := activepieces.New(activepieces.Config{URL: ts.Getenv("PIECES"), Email: ts.Getenv("PIECES_EMAIL"), Password: secret.Text(ts.Getenv("PIECES_PASSWORD"))})
	all, err := c.SigningKeys(context.Background())
	ts.Check(err)
	if got := strconv.Itoa(len(all)); got != args[0] {
		ts.Fatalf("there are %s signing keys, want %s", got, args[0])
	}
}

// strangeKey writes a signing key that no Activepieces has made: strange-key FILE.
func strangeKey(ts *testscript.TestScript, _ bool, args []string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(block), 0o600))
}
