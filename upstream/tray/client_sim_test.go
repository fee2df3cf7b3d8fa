package tray_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/sandbox/traysim"
	"portico/secret"
	"portico/upstream"
	"portico/upstream/tray"
)

// simulated is a client of a simulated Tray.
type simulated struct {
	*tray.Client
	t     *testing.T
	sim   *traysim.Server
	url   string
	mu    sync.Mutex
	calls []upstream.Call
}

func simulate(t *testing.T) *simulated {
	t.Helper()
	s := &simulated{t: t, sim: traysim.New(traysim.Options{})}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url = server.URL
	master := secret.Text(s.sim.MasterToken())
	options := tray.Options("main", master)
	options.BreakerAfter = 100
	options.Record = func(_ context.Context, call upstream.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, call)
	}
	s.Client = tray.New(tray.Config{Account: "main", APIURL: server.URL + "/graphql", DialogURL: server.URL, EmbeddedID: s.sim.EmbeddedID(),
		MasterToken: master, HTTP: upstream.NewClient(options).HTTP})
	return s
}

// control uses the simulator's own controls and reads the answer into v.
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
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if v != nil {
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *simulated) fault(operation, kind string) {
	s.t.Helper()
	s.control(http.MethodPost, "faults", fmt.Sprintf(`{"operation":%q,"kind":%q,"times":1}`, operation, kind), nil)
}

// newUser makes an end user and calls as them.
func (s *simulated) newUser(externalID string) (string, *tray.UserClient) {
	s.t.Helper()
	id, err := s.CreateUser(s.t.Context(), "Name of "+externalID, externalID)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := s.Authorize(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return id, s.AsUser(token)
}

// integration finds one with so many slots of each kind.
func (s *simulated) integration(auths, configs int) (tray.Integration, []tray.Slot) {
	s.t.Helper()
	all, err := s.Integrations(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	slots, err := s.AuthSlots(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, i := range all {
		if len(slots[i.ID]) == auths && len(i.ConfigSlots) == configs {
			return i, slots[i.ID]
		}
	}
	s.t.Fatalf("no integration has %d auth slots and %d config slots", auths, configs)
	return tray.Integration{}, nil
}

// service is the one that a slot is for, by the default name of slots.
func service(slot tray.Slot) string {
	return strings.TrimSuffix(strings.TrimPrefix(slot.ExternalID, "external_"), "_authentication")
}

// authenticate gives the user an authentication, as the dialog would.
func (s *simulated) authenticate(userID, service string) (id string) {
	s.t.Helper()
	var added struct{ ID string }
	s.control(http.MethodPost, "authentications", fmt.Sprintf(`{"user_id":%q,"service":%q,"name":"Team"}`, userID, service), &added)
	return added.ID
}

func kindOf(err error) upstream.Kind {
	if e, ok := errors.AsType[*upstream.Error](err); ok {
		return e.Kind
	}
	return ""
}

func TestSimulatedUsers(t *testing.T) {
	s := simulate(t)
	if who, err := s.WhoAmI(t.Context()); err != nil || who == "" {
		t.Errorf("WhoAmI: got %q, %v", who, err)
	}
	id, _ := s.newUser("x1")
	if _, err := s.CreateUser(t.Context(), "again", "x1"); kindOf(err) != upstream.Exists {
		t.Errorf("a second user: got %v, want exists", err)
	}
	if got, err := s.FindUser(t.Context(), "x1"); err != nil || got.ID != id || got.ExternalID != "x1" {
		t.Errorf("FindUser: got %+v, %v", got, err)
	}
	if _, err := s.FindUser(t.Context(), "x2"); kindOf(err) != upstream.NotFound {
		t.Errorf("FindUser of a stranger: got %v, want not found", err)
	}
	if err := s.RemoveUser(t.Context(), id); err != nil {
		t.Errorf("RemoveUser: %v", err)
	}
	if _, err := s.Authorize(t.Context(), id); kindOf(err) != upstream.NotFound {
		t.Errorf("Authorize of a removed user: got %v, want not found", err)
	}
}

func TestSimulatedJourney(t *testing.T) {
	s := simulate(t)
	ctx := t.Context()
	userID, user := s.newUser("x1")
	solution, slots := s.integration(1, 0)
	created, err := user.CreateInstance(ctx, solution.ID, "Mine · 1")
	if err != nil || created.Enabled || created.Owner != userID || created.SolutionID != solution.ID || created.Created.IsZero() {
		t.Fatalf("CreateInstance: got %+v, %v", created, err)
	}
	s.sim.Clock().Advance(tray.EnableDelay)
	if _, err := user.Enable(ctx, created.ID); kindOf(err) != upstream.Refused {
		t.Errorf("Enable with a missing value: got %v, want refused", err)
	}
	added := s.authenticate(userID, service(slots[0]))
	auths, err := user.Authentications(ctx)
	if err != nil || len(auths) != 1 || auths[0].ID != added || auths[0].ServiceName != service(slots[0]) || auths[0].ServiceIcon == "" {
		t.Fatalf("Authentications: got %+v, %v", auths, err)
	}
	set, err := user.SetValues(ctx, created.ID, []tray.AuthValue{{ExternalID: slots[0].ExternalID, AuthID: added}}, nil)
	if err != nil || len(set.AuthValues) != 1 || set.AuthValues[0].AuthID != added {
		t.Fatalf("SetValues: got %+v, %v", set, err)
	}
	if renamed, err := user.Rename(ctx, created.ID, "Yours · 1"); err != nil || renamed.Name != "Yours · 1" || len(renamed.AuthValues) != 1 {
		t.Errorf("Rename: got %+v, %v", renamed, err)
	}
	if enabled, err := user.Enable(ctx, created.ID); err != nil || !enabled.Enabled {
		t.Errorf("Enable: got %+v, %v", enabled, err)
	}
	if read, err := user.Instance(ctx, created.ID); err != nil || !read.Enabled || read.Name != "Yours · 1" {
		t.Errorf("Instance: got %+v, %v", read, err)
	}
	if disabled, err := user.Disable(ctx, created.ID); err != nil || disabled.Enabled {
		t.Errorf("Disable: got %+v, %v", disabled, err)
	}
	if err := user.Remove(ctx, created.ID); err != nil {
		t.Errorf("Remove: %v", err)
	}
	if err := user.Remove(ctx, created.ID); kindOf(err) != upstream.NotFound {
		t.Errorf("Remove again: got %v, want not found", err)
	}
	if _, err := user.Instance(ctx, created.ID); kindOf(err) != upstream.NotFound {
		t.Errorf("Instance once removed: got %v, want not found", err)
	}
	if err := user.RemoveAuthentication(ctx, added); err != nil {
		t.Errorf("RemoveAuthentication: %v", err)
	}
	if left, err := user.Authentications(ctx); err != nil || len(left) != 0 {
		t.Errorf("Authentications once removed: got %+v, %v", left, err)
	}
}

func TestSimulatedConfigValues(t *testing.T) {
	s := simulate(t)
	_, user := s.newUser("x1")
	solution, _ := s.integration(2, 1)
	slot := solution.ConfigSlots[0]
	if !json.Valid([]byte(slot.Default)) || slot.Default == "null" {
		t.Errorf("the default is %s, want JSON", slot.Default)
	}
	i, err := user.CreateInstance(t.Context(), solution.ID, "n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := user.SetValues(t.Context(), i.ID, nil, []tray.ConfigValue{{ExternalID: slot.ExternalID, Value: `"Ours"`}})
	if err != nil || len(got.ConfigValues) != 1 || got.ConfigValues[0].Value != `"Ours"` {
		t.Errorf("got %+v, %v", got.ConfigValues, err)
	}
}

func TestSimulatedPages(t *testing.T) {
	s := simulate(t)
	whole, err := s.Integrations(t.Context())
	if err != nil || len(whole) < 15 {
		t.Fatalf("Integrations: got %d, %v", len(whole), err)
	}
	a, first := s.newUser("x1")
	_, second := s.newUser("x2")
	for n := range 4 {
		if _, err := first.CreateInstance(t.Context(), whole[0].ID, fmt.Sprintf("n%d", n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := second.CreateInstance(t.Context(), whole[1].ID, "n0"); err != nil {
		t.Fatal(err)
	}
	s.control(http.MethodPatch, "settings", `{"page_size":2}`, nil)
	if paged, err := s.Integrations(t.Context()); err != nil || len(paged) != len(whole) {
		t.Errorf("Integrations by twos: got %d, %v; want %d", len(paged), err, len(whole))
	}
	for _, tt := range []struct {
		filter tray.InstanceFilter
		want   int
	}{{tray.InstanceFilter{}, 5}, {tray.InstanceFilter{Owner: a}, 4}, {tray.InstanceFilter{Name: "n0"}, 2}, {tray.InstanceFilter{SolutionID: whole[1].ID}, 1}} {
		got := 0
		if err := s.EachInstance(t.Context(), tt.filter, func(page []tray.Instance) error { got += len(page); return nil }); err != nil || got != tt.want {
			t.Errorf("EachInstance %+v: got %d, %v; want %d", tt.filter, got, err, tt.want)
		}
	}
	if mine, err := second.Instances(t.Context(), tray.InstanceFilter{}); err != nil || len(mine) != 1 {
		t.Errorf("Instances of the second user: got %d, %v; want 1", len(mine), err)
	}
}

func TestSimulatedTokens(t *testing.T) {
	s := simulate(t)
	userID, user := s.newUser("x1")
	token, err := s.Authorize(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	solution, _ := s.integration(1, 0)
	if _, err := s.AsUser(secret.Text(s.sim.MasterToken())).CreateInstance(t.Context(), solution.ID, "n"); kindOf(err) != upstream.Forbidden {
		t.Errorf("the master token in a user's place: got %v, want forbidden", err)
	}
	if _, err := s.AsUser("wrong-token").Instances(t.Context(), tray.InstanceFilter{}); kindOf(err) != upstream.Unauthorized {
		t.Errorf("a wrong token: got %v, want unauthorized", err)
	}
	s.sim.Clock().Advance(tray.TokenLife + time.Second)
	for _, expired := range []*tray.UserClient{user, s.AsUser(token)} {
		if _, err := expired.Instances(t.Context(), tray.InstanceFilter{}); kindOf(err) != upstream.Unauthorized {
			t.Errorf("an expired token: got %v, want unauthorized", err)
		}
	}
	recorded, err := json.Marshal(s.calls)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"master": s.sim.MasterToken(), "user": token.Reveal()} {
		if strings.Contains(string(recorded), text) {
			t.Errorf("the records hold the %s token", name)
		}
	}
}

func TestSimulatedAuthSlots(t *testing.T) {
	s := simulate(t)
	s.control(http.MethodPatch, "settings", `{"auth_slots":false}`, nil)
	if _, err := s.AuthSlots(t.Context()); !errors.Is(err, tray.ErrNoAuthSlots) {
		t.Errorf("got %v, want ErrNoAuthSlots", err)
	}
	if all, err := s.Integrations(t.Context()); err != nil || len(all) == 0 {
		t.Errorf("Integrations: got %d, %v", len(all), err)
	}
}

// What the portal does when the outcome of a creation is not known: it looks for
// the name, and finds the instance if the work was done.
func TestSimulatedFaults(t *testing.T) {
	for _, tt := range []struct {
		kind      string
		want      upstream.Kind
		unknown   bool
		wantFound int
	}{
		{"lost", upstream.Unavailable, true, 1},
		{"malformed", upstream.Malformed, true, 1},
		{"500", upstream.Unavailable, true, 0},
		{"429", upstream.Limited, false, 0},
		{"401", upstream.Unauthorized, false, 0},
		{"reject", upstream.Refused, false, 0},
		{"redirect", upstream.Invalid, false, 0},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			s := simulate(t)
			_, user := s.newUser("x1")
			solution, _ := s.integration(1, 0)
			s.fault("createSolutionInstance", tt.kind)
			_, err := user.CreateInstance(t.Context(), solution.ID, "Mine · 1")
			if got := failure(t, err); got.Kind != tt.want || got.OutcomeUnknown() != tt.unknown {
				t.Errorf("got %v, outcome unknown %t; want %s, %t", got, got.OutcomeUnknown(), tt.want, tt.unknown)
			}
			found, err := user.Instances(t.Context(), tray.InstanceFilter{SolutionID: solution.ID, Name: "Mine · 1"})
			if err != nil || len(found) != tt.wantFound {
				t.Errorf("found %d, %v; want %d", len(found), err, tt.wantFound)
			}
		})
	}
}

func TestSimulatedDialogsAndTrigger(t *testing.T) {
	s := simulate(t)
	userID, user := s.newUser("x1")
	solution, slots := s.integration(1, 0)
	i, err := user.CreateInstance(t.Context(), solution.ID, "n")
	if err != nil {
		t.Fatal(err)
	}
	added := s.authenticate(userID, service(slots[0]))
	for name, address := range map[string]func(secret.Text) string{
		"auth dialog": func(code secret.Text) string { return s.AuthDialogURL(i.ID, slots[0].ExternalID, code) },
		"wizard":      func(code secret.Text) string { return s.WizardURL(i.ID, code) },
		"auth edit":   func(code secret.Text) string { return s.AuthEditURL(added, code) },
	} {
		code, err := s.AuthorizationCode(t.Context(), userID)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{true, false} { // the code is good once
			resp, err := http.Get(address(code))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.StatusCode == http.StatusOK; got != want {
				t.Errorf("%s: status %d, want it to open: %t", name, resp.StatusCode, want)
			}
		}
	}
	if s.DialogOrigin() != s.url {
		t.Errorf("the origin is %s, want %s", s.DialogOrigin(), s.url)
	}
	s.sim.Clock().Advance(tray.EnableDelay)
	if _, err := user.SetValues(t.Context(), i.ID, []tray.AuthValue{{ExternalID: slots[0].ExternalID, AuthID: added}}, nil); err != nil {
		t.Fatal(err)
	}
	enabled, err := user.Enable(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	hooks := upstream.NewWebhooks(tray.Platform, []string{strings.TrimPrefix(s.url, "http://")}, nil)
	answer, err := hooks.Trigger(t.Context(), enabled.Workflows[0].TriggerURL)
	if err != nil || answer.Status != http.StatusOK {
		t.Errorf("Trigger: got %+v, %v", answer, err)
	}
}
