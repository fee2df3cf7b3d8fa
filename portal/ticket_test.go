package portal

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

// guest is whom the host's server describes to the API.
func guest() Claims {
	return Claims{Subject: "ada", Name: "Ada " + canary, Workspace: &WorkspaceClaim{ID: "acme", Name: "Acme"}}
}

var hostServer = store.Actor{Kind: store.ActorHost, Address: "192.0.2.9"}

func TestTicketIsGoodOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		g := gateAt(t, s, c)
		i, err := g.portal.Invite(t.Context(), guest(), "/integrations?tag=crm", hostServer)
		if err != nil || !i.Expires.Equal(c.Now().Add(time.Minute)) {
			t.Fatalf("got %+v, %v, want a ticket good for a minute", i, err)
		}
		paths := make([]string, 8)
		well := atOnce(len(paths), func(n int) error {
			a, err := g.portal.AdmitTicket(t.Context(), i.Ticket, store.Actor{})
			paths[n] = a.Path
			return err
		})
		if got := strings.Join(paths, ""); well != 1 || got != "/integrations?tag=crm" {
			t.Errorf("got in %d times to %q, want once to the path asked for", well, got)
		}
		if n := len(g.events("session.refused")); n != len(paths)-1 {
			t.Errorf("got %d refusals, want %d", n, len(paths)-1)
		}
	})
}

func TestTicketRunsOut(t *testing.T) {
	g := newGate(t)
	i := storetest.Must[Invitation](t)(g.portal.Invite(t.Context(), guest(), "", hostServer))
	g.clock.Advance(time.Minute)
	var r *Refusal
	if _, err := g.portal.AdmitTicket(t.Context(), i.Ticket, store.Actor{}); !errors.As(err, &r) || r.Code != "door_ticket" {
		t.Errorf("got %v, want a refusal", err)
	}
	if strings.Contains(g.log.String(), i.Ticket.Reveal()) {
		t.Error("the ticket is in the log")
	}
}

func TestReusableTicket(t *testing.T) {
	g := newGate(t)
	first := storetest.Must[Invitation](t)(g.portal.InviteReusable(t.Context(), guest(), "/", hostServer))
	keys := map[secret.Text]bool{}
	for range 3 {
		g.clock.Advance(24 * time.Hour)
		keys[storetest.Must[Admission](t)(g.portal.AdmitTicket(t.Context(), first.Ticket, store.Actor{})).Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("got %d sessions, want a new one each time", len(keys))
	}
	storetest.Must[Invitation](t)(g.portal.InviteReusable(t.Context(), guest(), "/", hostServer))
	if _, err := g.portal.AdmitTicket(t.Context(), first.Ticket, store.Actor{}); err == nil {
		t.Error("the address of an earlier start still signs in")
	}
}

func TestInviteRefuses(t *testing.T) {
	g := newGate(t)
	nobody := guest()
	nobody.Subject = ""
	elsewhere := guest()
	elsewhere.Workspace.Account = "none"
	for name, c := range map[string]struct {
		claims     Claims
		path, code string
	}{
		"claims":  {nobody, "/", "door_claims"},
		"account": {elsewhere, "/", "door_account"},
		"path":    {guest(), "//evil.example", "door_path"},
	} {
		var r *Refusal
		if _, err := g.portal.Invite(t.Context(), c.claims, c.path, hostServer); !errors.As(err, &r) || r.Code != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
}

func TestEndSessions(t *testing.T) {
	g := newGate(t)
	var keys []secret.Text
	for _, workspace := range []any{nil, map[string]any{"id": "acme"}, map[string]any{"id": "other"}} {
		a, err := g.bring(g.token(map[string]any{"workspace": workspace}))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, a.Key)
	}
	bystander, err := g.bring(g.token(map[string]any{"sub": "bob"}))
	if err != nil {
		t.Fatal(err)
	}
	i := storetest.Must[Invitation](t)(g.portal.Invite(t.Context(), guest(), "", hostServer))
	again := storetest.Must[Invitation](t)(g.portal.InviteReusable(t.Context(), guest(), "", hostServer))
	if n, err := g.portal.EndSessions(t.Context(), "ada", hostServer); n != 3 || err != nil {
		t.Errorf("got %d, %v, want 3 sessions ended", n, err)
	}
	for _, key := range keys {
		if _, err := g.store.Visit(t.Context(), key.Reveal()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v, want the session ended", err)
		}
	}
	if _, err := g.portal.AdmitTicket(t.Context(), i.Ticket, store.Actor{}); err == nil {
		t.Error("a ticket from before still signs in")
	}
	if _, err := g.portal.AdmitTicket(t.Context(), again.Ticket, store.Actor{}); err != nil {
		t.Errorf("the sandbox's own address: %v", err)
	}
	if _, err := g.store.Visit(t.Context(), bystander.Key.Reveal()); err != nil {
		t.Errorf("somebody else's session: %v", err)
	}
	if n, err := g.portal.EndSessions(t.Context(), "nobody", hostServer); n != 0 || err != nil {
		t.Errorf("got %d, %v, want none", n, err)
	}
	e := g.events("session.ended")
	if len(e) != 3 || e[0].Actor.Kind != store.ActorHost || e[0].Actor.BehalfID == "" {
		t.Errorf("got %+v, want three events by the host", e)
	}
}

func TestLocalPath(t *testing.T) {
	for asked, want := range map[string]string{
		"":                        "/",
		"/":                       "/",
		"/integrations":           "/integrations",
		"/integrations?q=a b&x=1": "/integrations?q=a%20b&x=1",
		"/instances/x#part":       "/instances/x",
		"/a/../integrations":      "/integrations",
		"/%2Fevil.example":        "/evil.example",
		"/%5Cevil.example":        "/%5Cevil.example",
		"/a//b":                   "/a/b",
		"/sessions":               "/sessions",

		"integrations":             "",
		"//evil.example":           "",
		"///evil.example":          "",
		`/\evil.example`:           "",
		`\/evil.example`:           "",
		"https://evil.example":     "",
		"javascript:alert(1)":      "",
		"/\tevil":                  "",
		"/a\r\nSet-Cookie: x=y":    "",
		"/session/x":               "",
		"/%73ession/x":             "",
		"/x/../session/x":          "",
		"/admin":                   "",
		"/admin?x":                 "",
		"/api/v1/openapi.json":     "",
		"/%zz":                     "",
		" /integrations":           "",
		strings.Repeat("/a", 1001): "",
	} {
		got, ok := LocalPath(asked)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", asked, got, ok, want)
		}
	}
	if got, ok := adminPath("/admin/session/x"); ok {
		t.Errorf("got %q, want no door", got)
	}
	if got, ok := adminPath("/administration"); ok {
		t.Errorf("got %q, want nothing", got)
	}
}

// Whatever is asked for, a browser that is led there stays where it is.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "//x", `/\x`, "/%2f%2fx", "/..//x", "/.//x", "/a?b#c", "/;//x", "/%09/x", "https:/x"} {
		f.Add(s)
	}
	origin, err := url.Parse("https://portal.example/base/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, asked string) {
		local, ok := LocalPath(asked)
		if !ok {
			return
		}
		if local[0] != '/' || strings.HasPrefix(local, "//") || strings.ContainsAny(local, "\\\r\n\t\x00") {
			t.Fatalf("%q: got %q", asked, local)
		}
		led, err := origin.Parse(local)
		if err != nil || led.Host != origin.Host || led.Scheme != origin.Scheme {
			t.Errorf("%q leads to %v, %v", asked, led, err)
		}
		if again, ok := LocalPath(local); !ok || again != local && len(local) <= 2000 {
			t.Errorf("%q: got %q and then %q", asked, local, again)
		}
	})
}
