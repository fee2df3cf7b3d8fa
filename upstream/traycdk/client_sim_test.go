package traycdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/sandbox/cdksim"
	"portico/sandbox/clock"
	"portico/secret"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// simulated is a client of a simulated CDK service, whose time stands still until it is moved.
type simulated struct {
	*traycdk.Client
	t     *testing.T
	sim   *cdksim.Server
	url   string
	mu    sync.Mutex
	calls []upstream.Call
}

func simulate(t *testing.T) *simulated {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	s := &simulated{t: t, sim: cdksim.New(cdksim.Options{Clock: clock.From(func() time.Time { return at })})}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.Client = s.client("eu", "Bearer "+s.sim.Token("eu"))
	return s
}

// client is one of a region with a token.
func (s *simulated) client(region, token string) *traycdk.Client {
	options := traycdk.Options(region, secret.Text(traycdk.CleanToken(token)))
	options.BreakerAfter = 100
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	return traycdk.New(traycdk.Config{Account: region, URL: s.url + "/" + region, Token: secret.Text(token), HTTP: upstream.NewClient(options).HTTP})
}

// control uses the simulator's own controls.
func (s *simulated) control(method, path, body string, v any) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+"/_control/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if raw, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || v != nil && json.Unmarshal(raw, v) != nil {
		s.t.Fatalf("%s %s: %s %s, %v", method, path, resp.Status, raw, err)
	}
}

func (s *simulated) pass(d time.Duration) {
	s.t.Helper()
	s.control(http.MethodPost, "clock", fmt.Sprintf(`{"advance":%q}`, d), nil)
}

// send deploys an archive as version 1.0.
func (s *simulated) send(c *traycdk.Client, name string, archive []byte) (traycdk.Deployment, error) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil }
	return c.Deploy(s.t.Context(), name, "1.0", open, int64(len(archive)))
}

// taken is what the simulator has taken.
type taken struct {
	Region, Name, Status, SHA256 string
	Polls                        []int64
}

func (s *simulated) taken() []taken {
	s.t.Helper()
	var all []taken
	s.control(http.MethodGet, "deployments", "", &all)
	return all
}

func TestSimDeployment(t *testing.T) {
	s := simulate(t)
	first, err := s.send(s.Client, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0", "get_invoice", "#token_request", "list_customers_ddl"))
	if err != nil || first.Connector != "acme-billing" || first.Version != "1.0" || first.Repeat || !traycdk.StatusOf(first.Status).UnderWay() {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := s.send(s.Client, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0"))
	if err != nil || !again.Repeat || again.ID != first.ID {
		t.Errorf("while it is under way: got %+v, %v; want the one that is", again, err)
	}
	for _, want := range []traycdk.State{traycdk.Building, traycdk.Deploying, traycdk.Deployed} {
		got, err := s.Deployment(upstream.Quietly(t.Context()), "acme-billing", "1.0", first.ID)
		if err != nil || traycdk.StatusOf(got.Status) != want || got.ID != first.ID {
			t.Errorf("got %+v, %v; want %s", got, err, want)
		}
		s.pass(45 * time.Second)
	}
	if got, err := s.Latest(t.Context(), "acme-billing", "1.0"); err != nil || got.ID != first.ID || got.Status != "Deployed" {
		t.Errorf("the latest: got %+v, %v", got, err)
	}
	if next, err := s.send(s.Client, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0")); err != nil || next.Repeat || next.ID == first.ID {
		t.Errorf("afterwards: got %+v, %v; want another", next, err)
	}
	if all := s.taken(); len(all) != 2 || len(all[0].Polls) != 3 || all[0].SHA256 == all[1].SHA256 {
		t.Errorf("the platform has %+v", all)
	}
	recorded, err := json.Marshal(s.calls)
	if err != nil || len(s.calls) != 4 || strings.Contains(string(recorded), s.sim.Token("eu")) || strings.Contains(string(recorded), "UEsD") {
		t.Errorf("recorded %s, %v; want 3 deploys and a look, without token and archive", recorded, err)
	}
}

func TestSimEnds(t *testing.T) {
	s := simulate(t)
	for word, want := range map[string]traycdk.State{"Failed": traycdk.Failed, "Quarantined": traycdk.Unknown} {
		name := "acme-" + strings.ToLower(word)
		s.control(http.MethodPost, "plans", fmt.Sprintf(`{"region":"eu","name":%q,"phases":[{"status":"Building","ms":1000},{"status":%q}]}`, name, word), nil)
		sent, err := s.send(s.Client, name, cdksim.DemoArchive(name, "1.0"))
		if err != nil {
			t.Fatal(err)
		}
		s.pass(time.Minute)
		if got, err := s.Deployment(t.Context(), name, "1.0", sent.ID); err != nil || got.Status != word || traycdk.StatusOf(got.Status) != want {
			t.Errorf("%s: got %+v, %v", word, got, err)
		}
	}
}

func TestSimRegionsAndTokens(t *testing.T) {
	s := simulate(t)
	archive := cdksim.DemoArchive("acme-billing", "1.0")
	for _, region := range traycdk.Regions {
		if got, err := s.send(s.client(region.ID, s.sim.Token(region.ID)), "acme-billing", archive); err != nil || got.Repeat {
			t.Errorf("%s: got %+v, %v", region.ID, got, err)
		}
	}
	if _, err := s.send(s.client("us", s.sim.Token("ap")), "acme-billing", archive); failure(t, err).Kind != upstream.Unauthorized || traycdk.Said(err) != "Error (401): The request is unauthorized" {
		t.Errorf("another region's token: got %v", err)
	}
	if _, err := s.Latest(t.Context(), "acme-crm", "1.0"); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("nothing deployed: got %v", err)
	}
	if _, err := s.Deployment(t.Context(), "acme-billing", "1.0", id); !upstream.IsKind(err, upstream.NotFound) {
		t.Errorf("an unknown ID: got %v", err)
	}
	if got, err := s.Me(t.Context()); got == "" || err != nil {
		t.Errorf("the user: got %q, %v", got, err)
	}
}

func TestSimSharing(t *testing.T) {
	s := simulate(t)
	other := s.client("eu", s.sim.OtherToken("eu"))
	sent, err := s.send(s.Client, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0"))
	if err != nil {
		t.Fatal(err)
	}
	s.pass(5 * time.Minute)
	if _, err := s.send(other, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0")); !upstream.IsKind(err, upstream.Forbidden) || !traycdk.NotOwner(err) {
		t.Errorf("another token deploys: got %v", err)
	}
	for status, want := range map[int]upstream.Kind{404: upstream.NotFound, 403: upstream.Forbidden} {
		s.control(http.MethodPatch, "settings", fmt.Sprintf(`{"share_refusal":%d}`, status), nil)
		if _, err := other.Share(t.Context(), "acme-billing", "1.0", []string{"kim@acme.example"}); failure(t, err).Kind != want || !traycdk.NotOwner(err) {
			t.Errorf("another token shares: got %v, want %s", err, want)
		}
	}
	for _, want := range []string{"2 permissions added", "0 permissions added"} {
		if got, err := s.Share(t.Context(), "acme-billing", "1.0", []string{"john.doe@domain.com", "jane.doe@domain.com"}); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := s.Share(t.Context(), "acme-billing", "1.0", []string{"nobody@elsewhere.example"}); failure(t, err).Kind != upstream.Refused || !strings.Contains(traycdk.Said(err), "nobody@elsewhere.example") {
		t.Errorf("a stranger: got %v", err)
	}
	if sees, err := s.CanSee(t.Context(), "acme-billing", sent.Version); sees || err != nil {
		t.Errorf("not shared with the token's user: got %t, %v", sees, err)
	}
	if _, err := s.Share(t.Context(), "acme-billing", "1.0", []string{"deployer@acme.example"}); err != nil {
		t.Fatal(err)
	}
	if sees, err := s.CanSee(t.Context(), "acme-billing", sent.Version); !sees || err != nil {
		t.Errorf("shared with the token's user: got %t, %v", sees, err)
	}
}

func TestSimFaults(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		want    upstream.Kind
		unknown bool
		taken   int
	}{
		{`"kind":"401"`, upstream.Unauthorized, false, 0},
		{`"kind":"403"`, upstream.Forbidden, false, 0},
		{`"kind":"429","retry_after":30`, upstream.Limited, false, 0},
		{`"kind":"status","status":413,"message":"Request entity too large"`, upstream.Refused, false, 0},
		{`"kind":"500"`, upstream.Unavailable, true, 0},
		{`"kind":"500_after"`, upstream.Unavailable, true, 1},
		{`"kind":"text","status":502,"message":"upstream connect error"`, upstream.Unavailable, true, 0},
		{`"kind":"empty","status":503`, upstream.Unavailable, true, 0},
		{`"kind":"redirect","location":"https://elsewhere.test/"`, upstream.Invalid, false, 0},
		{`"kind":"html"`, upstream.Malformed, true, 0},
		{`"kind":"lost"`, upstream.Unavailable, true, 1},
		{`"kind":"malformed"`, upstream.Malformed, true, 1},
	} {
		s := simulate(t)
		s.control(http.MethodPost, "faults", `{"operation":"deploy","times":1,`+tt.fault+`}`, nil)
		_, err := s.send(s.Client, "acme-billing", cdksim.DemoArchive("acme-billing", "1.0"))
		got := failure(t, err)
		if got.Kind != tt.want || got.OutcomeUnknown() != tt.unknown {
			t.Errorf("%s: got %+v, unknown %t; want %s, %t", tt.fault, *got, got.OutcomeUnknown(), tt.want, tt.unknown)
		}
		if all := s.taken(); len(all) != tt.taken {
			t.Errorf("%s: the platform has %+v, want %d", tt.fault, all, tt.taken)
		}
		if latest, err := s.Latest(t.Context(), "acme-billing", "1.0"); (err == nil) != (tt.taken == 1) || err == nil && latest.ID == "" {
			t.Errorf("%s: the latest is %+v, %v", tt.fault, latest, err)
		}
	}
}

// What the reader lets through is built, and what it stops would have been refused, or built in vain.
func TestSimAgreesWithTheReader(t *testing.T) {
	for name, tt := range map[string]struct {
		archive []byte
		code    string // "" is good
	}{
		"good":                  {cdksim.DemoArchive("acme-billing", "1.0", "get_invoice", "#token_request", "list_customers_ddl"), ""},
		"no handler":            {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"src/get_post/handler.ts": ""}), "no_handler"},
		"no schema":             {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"src/get_post/output.json": ""}), "no_schema"},
		"no operation":          {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"src/get_post/operation.json": ""}), "no_operations"},
		"no connector.json":     {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"connector.json": ""}), "no_connector_json"},
		"a broken one":          {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"connector.json": "{"}), "bad_connector_json"},
		"a context":             {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"src/get_post/test.ctx.json": "{}"}), "context_file"},
		"packages":              {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"node_modules/a/index.js": "x"}), "node_modules"},
		"a file beside":         {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"/readme.md": "x"}), "outside_folder"},
		"two folders":           {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"/other/readme.md": "x"}), "several_top_folders"},
		"a way out":             {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"../../x": "x"}), "path_escape"},
		"a root":                {cdksim.DemoArchiveWith("acme-billing", "1.0", map[string]string{"//etc/x": "x"}), "absolute_path"},
		"another folder's name": {cdksim.DemoArchiveWith("acme-crm", "1.0", map[string]string{"connector.json": `{"name":"acme-billing","version":"1.0"}`}), "folder_unlike_name"},
		"another name":          {cdksim.DemoArchive("acme-crm", "1.0"), "name_unlike_form"},
		"another version":       {cdksim.DemoArchive("acme-billing", "1.1"), "version_unlike_form"},
		"no archive":            {[]byte("<html>"), "not_zip"},
	} {
		s := simulate(t)
		report := inspect(t, tt.archive, traycdk.Limits{})
		said := lines(slices.Concat(report.Problems, report.Unlike("acme-billing", "1.0")))
		if (len(said) == 0) != (tt.code == "") || tt.code != "" && !strings.HasPrefix(said[0], tt.code) {
			t.Errorf("%s: the reader says %q, want %q", name, said, tt.code)
		}
		sent, err := s.send(s.Client, "acme-billing", tt.archive)
		if err == nil && tt.code != "" {
			s.pass(10 * time.Minute)
			if got, err := s.Deployment(t.Context(), "acme-billing", "1.0", sent.ID); err != nil || got.Status != "Failed" {
				t.Errorf("%s: the platform has %+v, %v, the reader says %q", name, got, err, said)
			}
			continue
		}
		if (err == nil) != (tt.code == "") || err != nil && failure(t, err).Kind != upstream.Refused {
			t.Errorf("%s: the platform says %v, the reader %q", name, err, said)
		}
	}
}
