package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"
)

// TestCredentials signs in by forms of the portal's own, as each kind of piece asks for it.
func TestCredentials(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	t.Run("at once", func(t *testing.T) {
		for name, walk := range map[string]func(*testing.T, *sandbox){
			"a secret, refused first": secretRefused, "a name and a password": nameAndPassword, "a form of many fields": manyFields,
			"refused before anything is sent":            valuesRefused,
			"taken back at the service, some time after": signInBroken,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				walk(t, s.with(t))
			})
		}
	})
	t.Run("the check hangs", func(t *testing.T) { checkHangs(t, s.with(t)) })
}

// wantValue fails unless the one connection of a kind of piece in a project holds a value.
func (s *sandbox) wantValue(workspace, piece string, value map[string]any) {
	s.t.Helper()
	var found []result
	for _, c := range s.connections(s.project(workspace).text("id")) {
		if c.text("piece") == "@activepieces/piece-"+piece {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("the project of %s has %d connections to %s, want 1", workspace, len(found), piece)
	}
	if got := found[0].text("value_sha256"); got != digest(s.t, value) {
		s.t.Errorf("the connection to %s of %s does not hold what it should", piece, workspace)
	}
}

// digest is how the simulator tells values apart without showing them.
func digest(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func secretRefused(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Stripe customers")
	p.sees("Secret key acquired from your Stripe dashboard")
	wrong := "wrong-" + canaryValue
	p.enters(url.Values{"v.secret_text": {wrong}})
	p.comes("the refusal", func() bool { return p.doc.Find("[data-testid=refused]").Length() == 1 })
	p.sees("Stripe did not take it. It says: “Invalid API Key. Please check the key and try again.”")
	if strings.Contains(p.html, wrong) {
		t.Error("the page has the secret")
	}
	p.reload()
	p.sees("Invalid API Key")
	right := "sk_test_" + canaryValue
	p.enters(url.Values{"v.secret_text": {right}})
	p.isOn()
	p.sees("Stripe took the sign-in")
	piecesPlatform{}.wantConnected(s, p, "stripe")
	s.wantValue(p.workspace, "stripe", map[string]any{"type": "SECRET_TEXT", "secret_text": right})
}

func nameAndPassword(_ *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Text messages with Twilio")
	p.sees("Account SID", "Auth token")
	p.enters(entered("Twilio"))
	p.isOn()
	piecesPlatform{}.wantConnected(s, p, "twilio")
	s.wantValue(p.workspace, "twilio", map[string]any{"type": "BASIC_AUTH", "username": "AC-Twilio", "password": canaryValue + "Twilio"})
}

func manyFields(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("commercetools prices")
	p.sees("Make an API client under Settings", "Where your project lives")
	refused := maps.Clone(entered("Shop"))
	refused.Set("v.projectKey", "my shop")
	p.enters(refused)
	p.comes("the refusal", func() bool { return p.doc.Find("[data-testid=refused]").Length() == 1 })
	p.sees("commercetools: the project key has no spaces, such as my-shop-eu")
	p.enters(entered("Shop"))
	p.isOn()
	piecesPlatform{}.wantConnected(s, p, "commercetools")
	s.wantValue(p.workspace, "commercetools", map[string]any{"type": "CUSTOM_AUTH", "props": map[string]any{
		"region": "us-central1.gcp", "projectKey": "my-shop-us", "clientId": "id-Shop", "clientSecret": canaryValue + "Shop", "pageSize": 50, "staged": true,
	}})
}

// valuesRefused enters what no service is asked about. What is no secret stays in its field.
func valuesRefused(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("commercetools prices")
	for name, wrong := range map[string]url.Values{
		"Page size has to be a number":                          {"v.pageSize": {"many"}},
		"Choose one of the values that Region offers":           {"v.region": {`"mars"`}},
		"The value of Client secret is too long: 64 kB at most": {"v.clientSecret": {strings.Repeat("x", 5<<20)}},
		"Enter a value for Project key":                         {"v.projectKey": {""}},
	} {
		values := entered("Shop")
		values.Set("v.projectKey", "kept-key")
		maps.Copy(values, wrong)
		p.enters(values)
		if p.status != 422 && p.status != 413 {
			t.Errorf("%s: status %d", name, p.status)
		}
		if p.status == 413 { // the whole request is too large, which the page says; the step is still there
			p.sees("What was sent is larger than anything we ask for")
			p.open(p.home.portal + "/integrations")
			p.follow("commercetools prices")
			continue
		}
		p.sees(name)
		if wrong.Has("v.projectKey") {
			continue
		}
		if got := p.doc.Find(`[name="v.projectKey"]`).AttrOr("value", ""); got != "kept-key" {
			t.Errorf("%s: the key that was typed has become %q", name, got)
		}
		if strings.Contains(p.html, canaryValue) {
			t.Errorf("%s: the page has the secret", name)
		}
	}
	for _, c := range s.connections(s.project(p.workspace).text("id")) {
		t.Errorf("there is a connection all the same: %v", c.value)
	}
}

// checkHangs lets the service take its time: the page says so, and goes on by itself.
func checkHangs(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.begins("Stripe customers")
	s.pieces.set("worker", false)
	p.enters(entered("Hangs"))
	p.sees("Still checking with Stripe", "You need not wait")
	p.open(p.home.portal + "/integrations")
	p.follow("Stripe customers")
	p.sees("Still checking with Stripe")
	s.pieces.set("worker", true)
	p.isOn()
	piecesPlatform{}.wantConnected(s, p, "stripe")
	s.wantValue(p.workspace, "stripe", map[string]any{"type": "SECRET_TEXT", "secret_text": "sk_live_" + canaryValue + "Hangs"})
}

// signInBroken is a sign-in that the service no longer takes, some time after it did. It is noticed when the portal next
// looks, which it does at once where the customer has a new name.
func signInBroken(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.connects(piecesPlatform{}, 1)
	broken := piecesPlatform{}.there(s, p)[0].signIns[0]
	s.pieces.control("POST", "connections/"+broken, map[string]any{"status": "ERROR"})
	s.invite(claims{"sub": p.sub, "name": p.name, "role": "admin", "workspace": map[string]any{"id": p.workspace, "name": "No. 1/2 \"Ltd\""}})
	p.comes("the mark", func() bool { return strings.Contains(p.attention(), "A sign-in no longer works") })
	if name := s.project(p.workspace).text("name"); !strings.HasPrefix(name, "No") || strings.ContainsAny(name, "./") {
		t.Errorf("the project is called %q", name)
	}
	p.takesBack()
	p.comes("the step to sign in", func() bool { return p.doc.Find("[data-testid=credentials]").Length() > 0 })
	piecesPlatform{}.gives(p, "Again")
	p.isOn()
	if p.attention() != "" {
		t.Errorf("the mark stays: %s", p.attention())
	}
	piecesPlatform{}.wantConnected(s, p, "stripe")
	s.wantValue(p.workspace, "stripe", map[string]any{"type": "SECRET_TEXT", "secret_text": "sk_live_" + canaryValue + "Again"})
}
