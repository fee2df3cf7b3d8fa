package portal

import (
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// workshop is a world with a simulated Activepieces beside Tray, whose builder may be opened.
type workshop struct {
	*world
	sim     *piecesim.Server
	site    *httptest.Server
	account store.Account
}

func newWorkshop(t *testing.T, o piecesim.Options) *workshop {
	t.Helper()
	w := &workshop{world: newWorld(t, nil)}
	o.Clock = w.clock
	w.sim = piecesim.New(o)
	w.site = httptest.NewServer(w.sim)
	t.Cleanup(w.site.Close)
	w.account = store.Account{
		Platform: store.PlatformActivepieces, Name: "ap", APIURL: w.site.URL, DialogURL: w.site.URL, UserScope: store.ScopeWorkspace, IsDefault: true,
		Token: secret.Text(w.sim.APIKey()), SigningKeyID: w.sim.SigningKeyID(), SigningKey: secret.Text(w.sim.SigningKey()), SDKURL: w.site.URL + piecesim.SDKPath,
	}
	w.configure(func(*store.Account) {})
	w.ok(w.portal.fetchScript(w.ctx, store.FetchScript{AccountID: w.account.ID}))
	s := storetest.Must[[]store.Script](t)(w.store.Scripts(w.ctx, w.account.ID))
	w.ok(w.portal.ConfirmScript(w.ctx, store.Actor{Kind: store.ActorStaff, Name: "Kim"}, w.account.ID, s[0].Hash))
	return w
}

// configure changes the account, and starts the portal anew with that.
func (w *workshop) configure(change func(*store.Account)) {
	w.Helper()
	change(&w.account)
	storetest.Update(w.T, w.store, func(tx *store.Tx) (err error) {
		w.account, err = tx.PutAccount(w.ctx, w.account)
		return err
	})
	w.restart(w.clock.Now)
}

// restart makes the portal anew, with a clock of its own.
func (w *workshop) restart(now func() time.Time) {
	w.Helper()
	var err error
	w.portal, err = New(Options{Store: w.store, Now: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), URL: "https://portal.test/in", LocalIcons: true})
	w.ok(err)
	w.Cleanup(w.portal.Close)
}

// calls counts the calls to the platform of one kind that a request has made.
func (w *workshop) calls(request, operation string) int {
	w.Helper()
	n := 0
	for _, c := range storetest.Must[[]store.UpstreamCall](w.T)(w.store.RequestCalls(w.ctx, request)) {
		if strings.HasSuffix(c.Operation, operation) {
			n++
		}
	}
	return n
}

func TestOpenBuilder(t *testing.T) {
	w := newWorkshop(t, piecesim.Options{})
	w.who.User.Locale = "de-CH"
	for range 2 {
		b, err := w.portal.OpenBuilder(WithRequest(w.ctx, "r1"), w.who, "https://portal.test", "https://host.example")
		w.ok(err)
		i := storetest.Must[store.Identity](t)(w.store.WorkspaceIdentity(w.ctx, w.who.Workspace.ID, w.account.ID))
		script := storetest.Must[store.Script](t)(w.store.ConfirmedScript(w.ctx, w.account.ID))
		if b.InstanceURL != w.site.URL || b.ProjectID == "" || b.ProjectID != i.UpstreamID || b.SDKHash != script.Hash || b.Locale != "de" {
			t.Errorf("got %+v, identity %+v", b, i)
		}
		c := storetest.Must[*activepieces.Client](t)(w.portal.piecesClient(w.ctx, w.account.ID))
		there := storetest.Must[activepieces.Embedded](t)(c.Exchange(w.ctx, b.Token))
		if there.ProjectID != b.ProjectID {
			t.Errorf("the token leads to the project %q, want %q", there.ProjectID, b.ProjectID)
		}
	}
	a := storetest.Must[store.Account](t)(w.store.Account(w.ctx, w.account.ID))
	for _, origin := range []string{"https://portal.test", "https://host.example"} {
		if !mayFrame(a.Server.EmbedOrigins, origin) {
			t.Errorf("%s may not frame the builder: %v", origin, a.Server.EmbedOrigins)
		}
	}
	if n := w.calls("r1", "allowed-embed-origins"); n != 2 {
		t.Errorf("the platform was told %d times who may frame it, want once for each of 2", n)
	}
	s := storetest.Must[store.Sync](t)(w.store.Sync(w.ctx, w.account.ID, store.OpenBuilder))
	if s.Error != "" || s.DoneAt.IsZero() {
		t.Errorf("staff read of the last opening %+v", s)
	}
}

// Whatever keeps the builder shut is a sentence for the person, and words for staff; no key is in either.
func TestBuilderStaysShut(t *testing.T) {
	foreign, _ := signingKey(t, "RSA PRIVATE KEY")
	w := newWorkshop(t, piecesim.Options{})
	good := w.account
	tests := []struct {
		name   string
		change func(*store.Account)
		now    func() time.Time
		want   string
	}{
		{"a key ID that is not known there", func(a *store.Account) { a.SigningKeyID = strings.Repeat("a", 21) }, nil, "builder_key"},
		{"another key than the one of that ID", func(a *store.Account) { a.SigningKey = foreign }, nil, "builder_signature"},
		{"no key at all in the file", func(a *store.Account) { a.SigningKey = "canary" }, nil, "builder_key"},
		{"a clock that is late", nil, func() time.Time { return w.clock.Now().Add(-10 * time.Minute) }, "builder_clock"},
		{"no key", func(a *store.Account) { a.SigningKey = "" }, nil, "builder_off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.account = good
			w.configure(func(a *store.Account) {
				if tt.change != nil {
					tt.change(a)
				}
			})
			if tt.now != nil {
				w.restart(tt.now)
			}
			_, err := w.portal.OpenBuilder(w.ctx, w.who, "https://portal.test")
			wantRefusal(t, err, tt.want)
			s := storetest.Must[store.Sync](t)(w.store.Sync(w.ctx, w.account.ID, store.OpenBuilder))
			if tt.want != "builder_off" && s.Error == "" || strings.Contains(s.Error, "PRIVATE") || strings.Contains(s.Error, "canary") {
				t.Errorf("staff read %q", s.Error)
			}
		})
	}
	t.Run("silence", func(t *testing.T) {
		w.account = good
		w.configure(func(*store.Account) {})
		w.site.Close()
		_, err := w.portal.OpenBuilder(w.ctx, w.who, "https://portal.test")
		if e, ok := errors.AsType[*upstream.Error](err); !ok || !e.Temporary() {
			t.Errorf("got %v, want an error that passes", err)
		}
	})
}

func TestBuilderWithoutALicence(t *testing.T) {
	w := newWorkshop(t, piecesim.Options{})
	community := piecesim.New(piecesim.Options{Clock: w.clock, Edition: "ce"})
	site := httptest.NewServer(community)
	t.Cleanup(site.Close)
	w.configure(func(a *store.Account) {
		a.APIURL, a.Token, a.Email, a.Password = site.URL, "", community.AdminEmail(), secret.Text(community.AdminPassword())
	})
	_, err := w.portal.OpenBuilder(w.ctx, w.who, "https://portal.test")
	wantRefusal(t, err, "builder_unlicensed")
}

func TestBuilderWaitsForItsScript(t *testing.T) {
	w := newWorkshop(t, piecesim.Options{})
	other := w.account
	other.Name, other.IsDefault = "second", false
	storetest.Update(t, w.store, func(tx *store.Tx) (err error) {
		other, err = tx.PutAccount(w.ctx, other)
		return err
	})
	there := w.person(other, "globex", "u_2", store.RoleAdmin)
	if _, err := w.portal.BuilderScript(w.ctx, w.who.Workspace); err != nil {
		t.Errorf("the first account's builder: %v", err)
	}
	_, err := w.portal.BuilderScript(w.ctx, there.Workspace)
	wantRefusal(t, err, "builder_not_ready")
}

func TestWhoHasAutomations(t *testing.T) {
	w := newWorkshop(t, piecesim.Options{})
	if has, builder := w.portal.HasAutomations(w.who.Workspace); !has || !builder {
		t.Errorf("a workspace at Tray, beside an Activepieces for all: got %v, %v", has, builder)
	}
	second := w.account
	second.Name, second.IsDefault, second.SigningKey = "second", false, ""
	storetest.Update(t, w.store, func(tx *store.Tx) (err error) {
		second, err = tx.PutAccount(w.ctx, second)
		return err
	})
	w.restart(w.clock.Now)
	there := w.person(second, "globex", "u_2", store.RoleAdmin)
	if has, builder := w.portal.HasAutomations(there.Workspace); !has || builder {
		t.Errorf("a workspace whose own Activepieces has no key: got %v, %v", has, builder)
	}
	alone := newWorld(t, nil)
	if has, _ := alone.portal.HasAutomations(alone.who.Workspace); has {
		t.Error("a workspace of an installation with Tray alone has automations")
	}
}

func TestMayFrame(t *testing.T) {
	for _, tt := range []struct {
		allowed, origin string
		want            bool
	}{
		{"https://a.example", "https://a.example", true},
		{"https://a.example", "https://b.example", false},
		{"https://*.example.com", "https://portal.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "http://portal.example.com", false},
		{"https://*.example.com", "https://evilexample.com", false},
	} {
		if got := mayFrame([]string{tt.allowed}, tt.origin); got != tt.want {
			t.Errorf("%s in %s: got %v", tt.origin, tt.allowed, got)
		}
	}
}
