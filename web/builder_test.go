package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/activepieces"
)

const slackPiece = "@activepieces/piece-slack"

// studio is a desk of an installation with an Activepieces, whose script was fetched.
type studio struct {
	*desk
	sim    *piecesim.Server
	site   string // of the simulator
	pieces store.Account
	hash   string // of its script
}

// newStudio makes one at which a customer's person sits; staff have agreed to the script.
func newStudio(t *testing.T) *studio {
	t.Helper()
	d := newDesk(t)
	s := &studio{desk: d, sim: piecesim.New(piecesim.Options{Clock: d.clock, Pieces: []piecesim.Piece{
		{Name: slackPiece, DisplayName: "Slack", Version: "0.1.0", Auth: `{"type": "SECRET_TEXT", "displayName": "Token", "required": true}`},
	}})}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.site = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // another site than the portal, to a browser
	s.pieces = store.Account{
		Platform: store.PlatformActivepieces, Name: "ap", APIURL: s.site, DialogURL: s.site, UserScope: store.ScopeWorkspace, IsDefault: true,
		Token: secret.Text(s.sim.APIKey()), SigningKeyID: s.sim.SigningKeyID(), SigningKey: secret.Text(s.sim.SigningKey()), SDKURL: s.site + piecesim.SDKPath,
	}
	s.configure(func(*store.Account) {})
	s.fetched()
	if err := d.portal.ConfirmScript(d.ctx, store.Actor{Kind: store.ActorStaff, Name: "Kim"}, s.pieces.ID, s.hash); err != nil {
		t.Fatal(err)
	}
	d.enter("u", store.RoleMember)
	return s
}

// configure changes the account, and starts the portal anew with that.
func (s *studio) configure(change func(*store.Account)) {
	s.Helper()
	change(&s.pieces)
	storetest.Update(s, s.store, func(tx *store.Tx) (err error) {
		s.pieces, err = tx.PutAccount(s.ctx, s.pieces)
		return err
	})
	s.open(s.clock)
}

// fetched puts the simulator's script into the store, as the job would.
func (s *studio) fetched() {
	s.Helper()
	r := httptest.NewRecorder()
	s.sim.ServeHTTP(r, httptest.NewRequest(http.MethodGet, piecesim.SDKPath, nil))
	sum := sha256.Sum256(r.Body.Bytes())
	s.hash = hex.EncodeToString(sum[:])
	storetest.Update(s, s.store, func(tx *store.Tx) error {
		return tx.PutScript(s.ctx, store.Script{AccountID: s.pieces.ID, Hash: s.hash, URL: s.pieces.SDKURL}, r.Body.Bytes())
	})
}

// waiting is an instance of the person's that waits for them to sign in at Slack.
func (s *studio) waiting() store.Instance {
	s.Helper()
	u := s.person("u")
	var i store.Identity
	storetest.Update(s, s.store, func(tx *store.Tx) (err error) {
		i, err = tx.PutIdentity(s.ctx, store.Identity{AccountID: s.pieces.ID, WorkspaceID: s.acme.ID, ExternalID: s.acme.ExternalID}, "")
		return err
	})
	in := storetest.Instance(s, s.store, u, i, storetest.Integration(s, s.store, s.pieces, "Slack alerts"), store.Authorizing)
	s.change(in, func(in *store.Instance) { in.UpstreamID = "flow1" })
	s.slot(in, store.Slot{ExternalID: "slack", Title: "Slack", Service: slackPiece})
	return in
}

// asked is the JSON with which a page's script is answered.
func (s *studio) asked(path string) (int, map[string]string) {
	s.Helper()
	r := s.answer(http.MethodPost, "/in"+path, url.Values{}, "Accept", "application/json", "Sec-Fetch-Site", "same-origin")
	body := storetest.Must[[]byte](s)(io.ReadAll(r.Body))
	said := map[string]any{}
	if err := json.Unmarshal(body, &said); err != nil {
		s.Fatalf("got %s: %s", r.Status, body)
	}
	texts := map[string]string{}
	for key, value := range said {
		texts[key], _ = value.(string)
	}
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		s.Errorf("the token may be kept: %q", got)
	}
	return r.StatusCode, texts
}

func TestBuilderPage(t *testing.T) {
	s := newStudio(t)
	for _, path := range []string{"/automations/builder", "/automations/builder/flows/abc?x=1"} {
		answer := s.answer(http.MethodGet, "/in"+path, nil)
		policy := answer.Header.Get("Content-Security-Policy")
		for _, part := range []string{"script-src 'self';", "frame-src " + s.site + ";", "connect-src 'self' " + s.site + ";", "frame-ancestors 'self' https://host.example", "default-src 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %q", path, policy, part)
			}
		}
		page := read(t, answer).is(200)
		page.says("noscript", "needs JavaScript")
		page.says(".areas a[aria-current]", "Automations")
		if at, _ := page.Find("main").Attr("data-builder"); at != "/in/automations/builder" {
			t.Errorf("the builder is at %q", at)
		}
		var scripts []string
		page.Find("script").Each(func(_ int, e *selection) {
			src, _ := e.Attr("src")
			sum, _ := e.Attr("integrity")
			if sum == "" || e.Text() != "" {
				t.Errorf("the script %q has the integrity %q and the text %q", src, sum, e.Text())
			}
			scripts = append(scripts, src)
		})
		if n := len(scripts); n < 3 || scripts[n-2] != "/in/scripts/"+s.hash || !strings.Contains(scripts[n-1], "/builder-") {
			t.Errorf("the scripts are %q", scripts)
		}
	}
	for _, path := range []string{"/in/integrations", "/in/automations", "/in/admin/sign-in"} {
		if policy := s.answer(http.MethodGet, path, nil).Header.Get("Content-Security-Policy"); strings.Contains(policy, s.site) {
			t.Errorf("%s may frame or call the platform too: %q", path, policy)
		}
	}
}

func TestBuilderIsAskedFor(t *testing.T) {
	s := newStudio(t)
	for _, role := range []string{store.RoleViewer, store.RoleMember} {
		s.enter("u", role)
		status, said := s.asked("/automations/builder")
		if status != 200 || said["instance"] != s.site || strings.Count(said["token"], ".") != 2 || said["locale"] != "en" {
			t.Errorf("a %s got %d, %v", role, status, said)
		}
	}
	good := s.pieces
	s.configure(func(a *store.Account) { a.SigningKeyID = strings.Repeat("a", 21) })
	status, said := s.asked("/automations/builder")
	if status != 409 || !strings.Contains(said["detail"], "not known there") || said["token"] != "" {
		t.Errorf("with a key that is not known there: got %d, %v", status, said)
	}
	s.configure(func(a *store.Account) { *a = good; a.APIURL = "http://127.0.0.1:1" })
	status, said = s.asked("/automations/builder")
	if status != 502 || !strings.Contains(said["detail"], "not answering") {
		t.Errorf("with a silent platform: got %d, %v", status, said)
	}
}

func TestBuilderThatIsNotThere(t *testing.T) {
	s := newStudio(t)
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		s.pieces.IsDefault = false
		_, err := tx.PutAccount(s.ctx, s.pieces)
		return err
	})
	s.open(s.clock)
	s.ask("GET", "/automations/builder", nil).is(409).says("main", "not offered here")
	s.ask("GET", "/integrations", nil).is(200).count(".areas", 0)

	other := newDesk(t)
	other.enter("u", store.RoleMember)
	other.ask("GET", "/automations/builder", nil).is(409).says("main", "not offered here")
}

// Nobody's browser runs a script before staff have agreed to it.
func TestBuilderWaitsForStaff(t *testing.T) {
	s := newStudio(t)
	s.configure(func(a *store.Account) { a.Name, a.IsDefault = "second", true }) // which has no script
	s.ask("GET", "/automations/builder", nil).is(409).says("main", "not ready yet")
	s.fetched()
	s.ask("GET", "/automations/builder", nil).is(409).says("main", "not ready yet")
	path := "/admin/activepieces/" + s.pieces.ID + "/scripts"

	s.as(store.StaffSupport).get(path).says("[data-testid=state]", "cannot open the builder yet").says("table", s.hash, s.pieces.SDKURL, "kB").count("form[action$=confirm]", 0).count("form[action$=fetch]", 1)
	s.post(path+"/confirm", "hash", s.hash).is(403)
	s.post(path + "/fetch").is(303)
	if text := s.answer(http.MethodGet, "/in"+path+"/"+s.hash, nil); text.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("staff read the script as %q", text.Header.Get("Content-Type"))
	}
	s.as(store.StaffAdmin).post(path+"/confirm", "hash", "nonsense").is(409)
	done := s.post(path+"/confirm", "hash", s.hash).is(303)
	s.get(done.location).says("[role=status]", "Customers' browsers run this script").says("[data-testid=state]", "can open the builder").says("table", "In use", "admin@host.example")
	if got := s.codes(); strings.Join(got, " ") != "script.confirmed script.asked script.confirmed" { // the first is the other account's
		t.Errorf("the audit has %q", got)
	}
	s.ask("GET", "/automations/builder", nil).is(200)
}

func TestScriptsAreServedForGood(t *testing.T) {
	s := newStudio(t)
	r := s.answer(http.MethodGet, "/in/scripts/"+s.hash, nil)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %s, %v", r.Status, r.Header)
	}
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		return tx.PutScript(s.ctx, store.Script{AccountID: s.pieces.ID, Hash: "aa"}, []byte("one();"))
	})
	s.ask("GET", "/scripts/aa", nil).is(404)
}

// A tab of its own gets a session of its own, by a ticket that works once.
func TestBuilderInATabOfItsOwn(t *testing.T) {
	s := newStudio(t)
	framed := read(t, s.answer(http.MethodGet, "/in/automations/builder", nil, "Sec-Fetch-Dest", "iframe"))
	framed.count(`[data-part=silent] form[target=_blank][action="/in/automations/builder/tab"]`, 1)
	s.get("/automations/builder").count("[data-part=silent] form", 0)
	to := s.post("/automations/builder/tab").is(303).location
	s.cookies = map[string]string{}
	if got := s.ask("GET", to, nil).is(303).location; got != "/automations/builder" {
		t.Errorf("the ticket leads to %q", got)
	}
	s.ask("GET", "/automations/builder", nil).is(200)
	s.ask("GET", to, nil).is(401)
}

func TestConnectPage(t *testing.T) {
	s := newStudio(t)
	in := s.waiting()
	path := "/instances/" + in.ID + "/slots/slack/dialog"
	storetest.Update(t, s.store, func(tx *store.Tx) error {
		return tx.PutPieces(s.ctx, s.pieces.ID, []store.Piece{{Name: slackPiece, Title: "Slack", Auth: []store.AuthWay{{Type: activepieces.TypeOAuth2}}}})
	})
	s.get("/instances/"+in.ID).count(`a.primary[href="/in`+path+`"]`, 1).count("form[data-dialog]", 0)
	answer := s.answer(http.MethodGet, "/in"+path, nil)
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src "+s.site) {
		t.Errorf("the policy is %q", policy)
	}
	page := read(t, answer).is(200)
	page.says("noscript", "needs JavaScript").says("h1", "Slack")
	if at, _ := page.Find("main").Attr("data-connect"); at != "/in"+path {
		t.Errorf("the dialog is asked for at %q", at)
	}
	status, said := s.asked(path)
	if status != 200 || said["piece"] != slackPiece || said["name"] != "portico_"+in.ID+"_slack" || !strings.HasPrefix(said["finish"], "/in/instances/"+in.ID+"/flows/") {
		t.Errorf("got %d, %v", status, said)
	}
	s.post(strings.TrimPrefix(said["finish"], "/in"), "outcome", "finished", "auth", "forged").is(409).says("main", "could not find that sign-in")
	s.ask("GET", "/instances/"+in.ID+"/slots/crm/dialog", nil).is(409)
	s.enter("v", store.RoleMember)
	s.ask("GET", path, nil).is(404)
}
