package activepieces_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/upstream"
	"portico/upstream/activepieces"
)

const passwordCanary = "canary-of-the-password"

// community is an instance whose admin signs in, and whose clock the test moves.
type community struct {
	*server
	client  *activepieces.Client
	mu      sync.Mutex
	now     time.Time
	valid   string // the token that it takes
	signed  int
	refuses reply // of signing in; nil lets everybody in
}

func signedIn(t *testing.T, key string) *community {
	t.Helper()
	m := &community{now: time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)}
	config := activepieces.Config{Email: "admin@example.com", Password: passwordCanary, Now: func() time.Time {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.now
	}}
	if key != "" {
		config.APIKey = keyCanary
	}
	m.server, m.client = serve(t, config, m.answer)
	return m
}

func (m *community) answer(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/sign-in"):
		m.signed++
		if m.refuses != nil {
			m.refuses(w, r)
			return
		}
		m.valid = fmt.Sprintf("canary-token-%d", m.signed)
		fmt.Fprintf(w, `{"id":"u","token":%q,"projectId":"p"}`, m.valid)
	case r.Header.Get("Authorization") == "Bearer "+m.valid, r.Header.Get("Authorization") == "Bearer "+keyCanary:
		fmt.Fprint(w, `{"id":"x","data":[],"next":null}`)
	default:
		says(401, `{"code":"INVALID_BEARER_TOKEN","params":{"message":"invalid access token or session expired"}}`)(w, r)
	}
}

func (m *community) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// revoke makes the platform forget the token it gave.
func (m *community) revoke() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.valid = "none"
}

func (m *community) refuse(how reply) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuses = how
}

func (m *community) signIns() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.signed
}

func (m *community) project(t *testing.T) error {
	t.Helper()
	_, err := m.client.Project(t.Context(), "p")
	return err
}

func TestOneSignInForAll(t *testing.T) {
	m := signedIn(t, "")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := m.project(t); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := m.signIns(); got != 1 {
		t.Errorf("signed in %d times, want once", got)
	}
	sent := m.got()[0]
	if sent.line != "POST /api/v1/authentication/sign-in" || sent.token != "" || sent.body["email"] != "admin@example.com" || sent.body["password"] != passwordCanary {
		t.Errorf("sent %+v", sent.line)
	}
}

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	m := signedIn(t, "")
	for _, step := range []struct {
		pass time.Duration
		want int // sign-ins so far
	}{{0, 1}, {activepieces.TokenLife - 2*time.Hour, 1}, {90 * time.Minute, 2}, {time.Hour, 2}} {
		m.pass(step.pass)
		if err := m.project(t); err != nil {
			t.Fatal(err)
		}
		if got := m.signIns(); got != step.want {
			t.Errorf("%s later: %d sign-ins, want %d", step.pass, got, step.want)
		}
	}
}

func TestTokenIsReplacedOnceWhenRefused(t *testing.T) {
	m := signedIn(t, "")
	if err := m.project(t); err != nil {
		t.Fatal(err)
	}
	m.revoke()
	if _, err := m.client.CreateProject(t.Context(), "e", "Name"); err != nil {
		t.Errorf("after the token is forgotten: %v", err)
	}
	want := []string{"POST /api/v1/authentication/sign-in", "GET /api/v1/projects/p", "POST /api/v1/projects", "POST /api/v1/authentication/sign-in", "POST /api/v1/projects"}
	if got := m.lines(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTokenIsNotReplacedForever(t *testing.T) {
	m := signedIn(t, "")
	m.refuse(says(200, `{"token":"canary-of-nobody"}`))
	if got := failure(t, m.project(t)); got.Kind != upstream.Unauthorized || got.Operation != "GET /projects/:id" {
		t.Errorf("got %+v, want the call's own error", *got)
	}
	if got := m.signIns(); got != 2 {
		t.Errorf("signed in %d times, want twice", got)
	}
}

func TestSignInsAreFew(t *testing.T) {
	m := signedIn(t, "")
	m.refuse(says(200, `{"token":"canary-of-nobody"}`))
	for range 20 {
		if m.project(t) == nil {
			t.Fatal("got no error")
		}
	}
	if got := m.signIns(); got != 5 {
		t.Errorf("signed in %d times in a moment, want 5", got)
	}
	if got := failure(t, m.project(t)); got.Kind != upstream.Limited || got.RetryAfter <= 0 || !errors.Is(got, upstream.ErrNotSent) {
		t.Errorf("got %+v, want limited, with a wait", *got)
	}
	m.pass(time.Minute)
	m.refuse(nil)
	if err := m.project(t); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestWrongPasswordIsNotTriedAgainAtOnce(t *testing.T) {
	m := signedIn(t, "")
	m.refuse(says(401, `{"code":"INVALID_CREDENTIALS","params":null}`))
	for range 3 {
		if got := failure(t, m.project(t)); got.Kind != upstream.Unauthorized || got.Code != "INVALID_CREDENTIALS" {
			t.Errorf("got %+v, want invalid credentials", *got)
		}
	}
	if got := m.signIns(); got != 1 {
		t.Errorf("tried %d times, want once", got)
	}
	m.refuse(nil)
	m.pass(time.Minute)
	if err := m.project(t); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestRateLimitOfSignInIsHeld(t *testing.T) {
	m := signedIn(t, "")
	m.refuse(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "46")
		says(429, `{"statusCode":429,"error":"Too Many Requests","message":"Rate limit exceeded, retry in 46 seconds"}`)(w, r)
	})
	for range 3 {
		if got := failure(t, m.project(t)); got.Kind != upstream.Limited || got.RetryAfter != 46*time.Second {
			t.Errorf("got %+v, want limited for 46 seconds", *got)
		}
	}
	m.refuse(nil)
	m.pass(45 * time.Second)
	if got := failure(t, m.project(t)); got.RetryAfter != time.Second || m.signIns() != 1 {
		t.Errorf("got %+v after %d sign-ins, want a wait of one more second", *got, m.signIns())
	}
	m.pass(time.Second)
	if err := m.project(t); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestSignInOutlivesACallerWhoGivesUp(t *testing.T) {
	m := signedIn(t, "")
	arrived, goOn := make(chan struct{}), make(chan struct{})
	m.server.script = []reply{func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-goOn
		m.answer(w, r)
	}, m.answer}
	ctx, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := m.client.Project(ctx, "p")
		first <- err
	}()
	<-arrived
	giveUp()
	if got := failure(t, <-first); got.Kind != upstream.Canceled || got.OutcomeUnknown() {
		t.Errorf("got %+v, want canceled and not sent", *got)
	}
	close(goOn)
	if err := m.project(t); err != nil || m.signIns() != 1 {
		t.Errorf("the next caller: %v after %d sign-ins, want one", err, m.signIns())
	}
}

func TestKeyIsUsedButForSigningKeys(t *testing.T) {
	m := signedIn(t, "with a key")
	if err := m.project(t); err != nil {
		t.Fatal(err)
	}
	if _, err := m.client.SigningKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for _, r := range m.got() {
		tokens = append(tokens, r.token)
	}
	if want := []string{keyCanary, "", "canary-token-1"}; !slices.Equal(tokens, want) {
		t.Errorf("got %v, want %v", tokens, want)
	}
}
