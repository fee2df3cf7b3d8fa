package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/secret"
	"portico/upstream/commercetools"
)

// Scripts that wait for platforms run on a clock that is faster than the real one, in their own processes and in the
// simulators: all of them count from the same moment.
const (
	pace       = 20
	epochNamed = "PORTICO_TEST_EPOCH" // Unix nanoseconds
)

func paced(epoch string) func() time.Time {
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		panic(err)
	}
	from := time.Unix(0, n)
	return func() time.Time { return from.Add(pace * time.Since(from)) }
}

// hurried is the program on the faster clock.
func hurried() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := (&program{os.Getenv, os.Stdin, os.Stdout, os.Stderr, paced(os.Getenv(epochNamed))}).run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "portico:", err)
	}
	os.Exit(exitCode(err))
}

// simClock is the clock of a simulator: the faster one where a script says "hurried".
func simClock(ts *testscript.TestScript, args []string) *clock.Clock {
	if len(args) > 0 && args[0] == "hurried" {
		return clock.From(paced(ts.Getenv(epochNamed)))
	}
	return clock.New()
}

// wantExit runs a command and wants its exit code: exits CODE COMMAND...
func wantExit(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		got = ended.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("it exits with %d, want %s: %s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// writeArchive writes a connector.zip: archive FILE NAME VERSION.
func writeArchive(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), cdksim.DemoArchive(args[1], args[2]), 0o600))
}

// writePayload writes the payload.json of a deployment by hand: payload ARCHIVE FILE.
func writePayload(ts *testscript.TestScript, _ bool, args []string) {
	text := base64.StdEncoding.EncodeToString([]byte(ts.ReadFile(args[0])))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(`{"connectorSourceCode": "`+text+`"}`), 0o600))
}

// makeDraft makes a connector draft at the simulated commercetools: draft KEY REPOSITORY TAG.
func makeDraft(ts *testscript.TestScript, _ bool, args []string) {
	c := commercetools.New(commercetools.Config{
		Region: "us-central1.gcp", ProjectKey: ts.Getenv("PROJECT_KEY"), ClientID: ts.Getenv("CLIENT_ID"), ClientSecret: secret.Text(ts.Getenv("CLIENT_SECRET")),
		ConnectURL: ts.Getenv("CONNECT"), AuthURL: ts.Getenv("CONNECT"),
	})
	_, err := c.CreateDraft(context.Background(), commercetools.DraftDraft{
		Key: args[0], Name: "Connector " + args[0], Creator: commercetools.Creator{Email: "dev@example.com"},
		Repository: commercetools.Repository{URL: ts.Getenv("CONNECT") + "/git/" + args[1] + ".git", Tag: args[2]},
	})
	ts.Check(err)
}

// approveDraft has commercetools' people certify a draft: approve KEY.
func approveDraft(ts *testscript.TestScript, _ bool, args []string) {
	controlOf(ts, false, []string{"CONNECT", "GET", "drafts"})
	var drafts []struct{ ID, Key string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("answer")), &drafts))
	for _, d := range drafts {
		if d.Key == args[0] {
			controlOf(ts, false, []string{"CONNECT", "POST", "drafts/" + d.ID + "/approve", "{}"})
		}
	}
}

// await asks a simulator's control API until the answer holds a text: await VARIABLE PATH TEXT.
func await(ts *testscript.TestScript, _ bool, args []string) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); time.Since(began) < time.Minute; <-look.C {
		answer, err := http.Get(ts.Getenv(args[0]) + "/_control/" + args[1])
		ts.Check(err)
		var said bytes.Buffer
		_, err = said.ReadFrom(answer.Body)
		ts.Check(errors.Join(err, answer.Body.Close()))
		if strings.Contains(said.String(), args[2]) {
			return
		}
	}
	ts.Fatalf("%s never says %s", args[1], args[2])
}

// Members of a result that differ from run to run; seconds are left out where there are none.
var (
	varying = regexp.MustCompile(`("(?:release|pipeline|deployment_id|request_id|sha256|commit)": )"[^"]+"|("size": )\d+|("detail": )"[0-9a-f]{40}"`)
	lasting = regexp.MustCompile(`,\n +"seconds": \d+`)
)

// makeNormal writes what was printed into the file normal, with a word for each value that differs from run to run.
func makeNormal(ts *testscript.TestScript, _ bool, _ []string) {
	text := lasting.ReplaceAllString(varying.ReplaceAllString(ts.ReadFile("stdout"), `${1}${2}${3}"…"`), "")
	ts.Check(os.WriteFile(ts.MkAbs("normal"), []byte(text), 0o600))
}
