package portal

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

const (
	gateIssuer   = "https://app.example"
	gateAudience = "https://portal.example"
	// canary is in every token that the tests bring: it must come out nowhere.
	canary = "canary-5d1e"
)

// hostKeys are those of a host that signs in every way there is.
type hostKeys struct {
	ed     ed25519.PrivateKey
	ec     *ecdsa.PrivateKey
	rsa    *rsa.PrivateKey
	secret []byte
}

var newHostKeys = sync.OnceValue(func() hostKeys {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r, _ := rsa.GenerateKey(rand.Reader, 2048)
	return hostKeys{ed, ec, r, []byte(strings.Repeat("s", 32))}
})

// gate is a portal with a door, and the host that may sign.
type gate struct {
	*testing.T
	portal *Portal
	store  *store.Store
	clock  *storetest.Clock
	keys   hostKeys
	log    *bytes.Buffer
}

func newGate(t *testing.T) *gate {
	t.Helper()
	s, c := storetest.Open(t)
	return gateAt(t, s, c)
}

func gateAt(t *testing.T, s *store.Store, c *storetest.Clock) *gate {
	t.Helper()
	storetest.Account(t, s, "main")
	g := &gate{T: t, store: s, clock: c, keys: newHostKeys(), log: &bytes.Buffer{}}
	var keys []HostKey
	for _, public := range []crypto.PublicKey{g.keys.ed.Public(), g.keys.ec.Public(), g.keys.rsa.Public()} {
		keys = append(keys, storetest.Must[HostKey](t)(HostPublicKey("", public)))
	}
	keys = append(keys, storetest.Must[HostKey](t)(HostSecret("", secret.Text(g.keys.secret))))
	p, err := New(Options{
		Store: s, Now: c.Now, Log: slog.New(slog.NewTextHandler(g.log, nil)), URL: gateAudience,
		Host: HostLogin{Issuer: gateIssuer, Audience: gateAudience, Keys: keys},
	})
	if err != nil {
		t.Fatal(err)
	}
	g.portal = p
	return g
}

// claims are a token's that the door lets in; changes replace some of them, nil takes one away.
func (g *gate) claims(changes jwt.MapClaims) jwt.MapClaims {
	now := g.clock.Now()
	c := jwt.MapClaims{
		"iss": gateIssuer, "aud": gateAudience, "sub": "ada", "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"name": "Ada " + canary, "email": "ada@acme.example", "role": "member", "locale": "de-ch", "tags": []string{"crm"},
		"workspace": map[string]any{"id": "acme", "name": "Acme", "attributes": map[string]string{"plan": "gold"}},
	}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (g *gate) sign(method jwt.SigningMethod, key any, claims jwt.Claims) string {
	g.Helper()
	s, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		g.Fatal(err)
	}
	return s
}

func (g *gate) token(changes jwt.MapClaims) string {
	g.Helper()
	return g.sign(jwt.SigningMethodEdDSA, g.keys.ed, g.claims(changes))
}

func (g *gate) bring(token string) (Admission, error) {
	return g.portal.AdmitToken(g.Context(), secret.Text(token), store.Actor{Address: "192.0.2.7", RequestID: "r1"})
}

// refused checks that a token is refused with a code, leaves an event and no session, and comes out nowhere.
func (g *gate) refused(token, code string) {
	g.Helper()
	before := len(g.events("session.refused"))
	a, err := g.bring(token)
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		g.Fatalf("got %v, want a refusal %s", err, code)
	}
	if a.Key != "" {
		g.Error("a key was given")
	}
	events := g.events("session.refused")
	if len(events) != before+1 || events[0].Args["reason"] != code || events[0].Actor.RequestID != "r1" {
		g.Errorf("events: got %+v, want one more with the reason %s", events, code)
	}
	for _, out := range []string{err.Error(), g.log.String(), strings.Join(values(events), " ")} {
		if strings.Contains(out, canary) || len(token) > 20 && strings.Contains(out, token[:20]) {
			g.Errorf("something of the token came out: %s", out)
		}
	}
}

func values(events []store.Event) []string {
	var all []string
	for _, e := range events {
		for _, v := range e.Args {
			all = append(all, v)
		}
	}
	return all
}

func (g *gate) events(code string) []store.Event {
	g.Helper()
	return storetest.Must[[]store.Event](g)(g.store.EventsByCode(context.Background(), code, 1000))
}

func TestTokenAlgorithms(t *testing.T) {
	g := newGate(t)
	for name, sign := range map[string]func() string{
		"EdDSA": func() string { return g.sign(jwt.SigningMethodEdDSA, g.keys.ed, g.claims(nil)) },
		"ES256": func() string { return g.sign(jwt.SigningMethodES256, g.keys.ec, g.claims(nil)) },
		"RS256": func() string { return g.sign(jwt.SigningMethodRS256, g.keys.rsa, g.claims(nil)) },
		"HS256": func() string { return g.sign(jwt.SigningMethodHS256, g.keys.secret, g.claims(nil)) },
	} {
		a, err := g.bring(sign())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v, err := g.store.Visit(t.Context(), a.Key.Reveal())
		if err != nil || v.User.ExternalID != "ada" || v.Workspace.ExternalID != "acme" {
			t.Errorf("%s: got %+v, %v, want ada of acme", name, v, err)
		}
	}
}

func TestAttacksOnTheDoor(t *testing.T) {
	g := newGate(t)
	now := g.clock.Now()
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	der, err := x509.MarshalPKIXPublicKey(g.keys.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	parts := strings.Split(g.token(nil), ".")
	other := strings.Split(g.token(jwt.MapClaims{"sub": "eve"}), ".")

	for name, c := range map[string]struct{ token, code string }{
		"nothing":                 {"", "door_missing"},
		"expired":                 {g.token(jwt.MapClaims{"iat": at(-6 * time.Minute), "exp": at(-time.Minute)}), "door_expired"},
		"wrong audience":          {g.token(jwt.MapClaims{"aud": "https://elsewhere.example"}), "door_audience"},
		"no audience of ours":     {g.token(jwt.MapClaims{"aud": []string{"a", "b"}}), "door_audience"},
		"wrong issuer":            {g.token(jwt.MapClaims{"iss": "https://app.example.evil"}), "door_issuer"},
		"alg none":                {g.sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, g.claims(nil)), "door_algorithm"},
		"an algorithm of no key":  {g.sign(jwt.SigningMethodHS512, g.keys.secret, g.claims(nil)), "door_algorithm"},
		"HS256 by the RSA key":    {g.sign(jwt.SigningMethodHS256, publicPEM, g.claims(nil)), "door_key"},
		"HS256 by the RSA DER":    {g.sign(jwt.SigningMethodHS256, der, g.claims(nil)), "door_key"},
		"HS256 by the Ed key":     {g.sign(jwt.SigningMethodHS256, []byte(g.keys.ed.Public().(ed25519.PublicKey)), g.claims(nil)), "door_key"},
		"wrong key":               {g.sign(jwt.SigningMethodEdDSA, stranger, g.claims(nil)), "door_key"},
		"another's signature":     {parts[0] + "." + other[1] + "." + parts[2], "door_key"},
		"no signature":            {parts[0] + "." + parts[1] + ".", "door_key"},
		"far-future iat":          {g.token(jwt.MapClaims{"iat": at(time.Hour), "exp": at(time.Hour + time.Minute)}), "door_future"},
		"not before":              {g.token(jwt.MapClaims{"nbf": at(time.Hour)}), "door_future"},
		"life of 6 minutes":       {g.token(jwt.MapClaims{"exp": at(6 * time.Minute)}), "door_long_life"},
		"life of for ever":        {g.token(jwt.MapClaims{"exp": 1e15}), "door_long_life"},
		"life that ends first":    {g.token(jwt.MapClaims{"iat": at(20 * time.Second), "exp": at(10 * time.Second)}), "door_claims"},
		"garbage":                 {canary, "door_garbage"},
		"dots":                    {"..", "door_garbage"},
		"more dots":               {strings.Repeat(".", 1000), "door_garbage"},
		"null":                    {"bnVsbA.bnVsbA.bnVsbA", "door_algorithm"},
		"1 MB of garbage":         {strings.Repeat("x", 1<<20), "door_large"},
		"17 kB of a good token":   {g.token(jwt.MapClaims{"more": strings.Repeat("x", 17<<10)}), "door_large"},
		"a claim twice":           {g.raw(`{"alg":"EdDSA"}`, `{"sub":"ada","sub":"eve"}`), "door_garbage"},
		"a header twice":          {g.raw(`{"alg":"none","alg":"EdDSA"}`, g.json(nil)), "door_garbage"},
		"an extension":            {g.raw(`{"alg":"EdDSA","crit":["b64"],"b64":false}`, g.json(nil)), "door_garbage"},
		"claims in capitals":      {g.token(jwt.MapClaims{"sub": nil, "SUB": "ada"}), "door_claims"},
		"an account of nobody":    {g.token(jwt.MapClaims{"workspace": map[string]any{"id": "a", "account": "none"}}), "door_account"},
		"a claim of a wrong type": {g.token(jwt.MapClaims{"sub": 17}), "door_claims"},
		"not an object":           {g.raw(`{"alg":"EdDSA"}`, `[1]`), "door_garbage"},
	} {
		t.Run(name, func(t *testing.T) {
			g := &gate{t, g.portal, g.store, g.clock, g.keys, &bytes.Buffer{}}
			g.portal.Log = slog.New(slog.NewTextHandler(g.log, nil))
			g.refused(c.token, c.code)
		})
	}
	if users := storetest.Must[[]store.User](t)(g.store.UsersByExternalID(t.Context(), "ada")); len(users) > 0 {
		t.Errorf("users: got %+v, want none", users)
	}
}

// raw signs a token of a header and claims as they are written.
func (g *gate) raw(header, claims string) string {
	g.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	sig, err := jwt.SigningMethodEdDSA.Sign(text, g.keys.ed)
	if err != nil {
		g.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func (g *gate) json(changes jwt.MapClaims) string {
	g.Helper()
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(g.token(changes), ".")[1])
	if err != nil {
		g.Fatal(err)
	}
	return string(claims)
}

func TestEachClaimIsHeldToItsLimits(t *testing.T) {
	g := newGate(t)
	long := strings.Repeat("é", 256)
	many := map[string]string{}
	for i := range 51 {
		many[rand.Text()+string(rune('a'+i%26))] = "x"
	}
	workspace := func(changes map[string]any) map[string]any {
		w := map[string]any{"id": "acme"}
		maps.Copy(w, changes)
		return w
	}
	for name, c := range map[string]struct {
		changes jwt.MapClaims
		claim   string
	}{
		"no iss":            {jwt.MapClaims{"iss": nil}, "iss"},
		"no aud":            {jwt.MapClaims{"aud": nil}, "aud"},
		"no sub":            {jwt.MapClaims{"sub": nil}, "sub"},
		"no exp":            {jwt.MapClaims{"exp": nil}, "exp"},
		"no iat":            {jwt.MapClaims{"iat": nil}, "iat"},
		"no jti":            {jwt.MapClaims{"jti": nil}, "jti"},
		"an empty jti":      {jwt.MapClaims{"jti": ""}, "jti"},
		"a long jti":        {jwt.MapClaims{"jti": strings.Repeat("j", 201)}, "jti"},
		"a blank sub":       {jwt.MapClaims{"sub": "  "}, "sub"},
		"a long sub":        {jwt.MapClaims{"sub": long}, "sub"},
		"a sub with a line": {jwt.MapClaims{"sub": "a\nb"}, "sub"},
		"a long name":       {jwt.MapClaims{"name": long}, "name"},
		"a zero byte":       {jwt.MapClaims{"name": "a\x00b"}, "name"},
		"a long email":      {jwt.MapClaims{"email": long}, "email"},
		"an unknown role":   {jwt.MapClaims{"role": "owner"}, "role"},
		"tags of null":      {jwt.MapClaims{"tags": (*string)(nil)}, "tags"},
		"tags of text":      {jwt.MapClaims{"tags": "crm"}, "tags"},
		"an empty tag":      {jwt.MapClaims{"tags": []string{""}}, "tags"},
		"51 tags":           {jwt.MapClaims{"tags": make([]string, 51)}, "tags"},
		"no workspace id":   {jwt.MapClaims{"workspace": map[string]any{"name": "x"}}, "workspace.id"},
		"another's own":     {jwt.MapClaims{"workspace": workspace(map[string]any{"id": "user:ada"})}, "workspace.id"},
		"workspace of text": {jwt.MapClaims{"workspace": "acme"}, "workspace"},
		"a long workspace":  {jwt.MapClaims{"workspace": workspace(map[string]any{"name": long})}, "workspace.name"},
		"51 attributes":     {jwt.MapClaims{"workspace": workspace(map[string]any{"attributes": many})}, "workspace.attributes"},
		"a number":          {jwt.MapClaims{"workspace": workspace(map[string]any{"attributes": map[string]any{"n": 1}})}, "workspace.attributes"},
		"a long value":      {jwt.MapClaims{"workspace": workspace(map[string]any{"attributes": map[string]any{"n": strings.Repeat("x", 1001)}})}, "workspace.attributes"},
	} {
		_, err := g.bring(g.token(c.changes))
		var r *Refusal
		if !errors.As(err, &r) || r.Code != "door_claims" || r.Args["claim"] != c.claim {
			t.Errorf("%s: got %v %v, want a refusal of %s", name, err, r, c.claim)
		}
	}
}

func TestWhatTheHostSaysIsStored(t *testing.T) {
	g := newGate(t)
	a, err := g.bring(g.token(nil))
	if err != nil {
		t.Fatal(err)
	}
	u, w := a.User, a.Workspace
	if u.Locale != "de-CH" || u.Role != store.RoleMember || strings.Join(u.Tags, " ") != "crm" || w.Attributes["plan"] != "gold" || w.Personal {
		t.Errorf("got %+v of %+v", u, w)
	}
	i := storetest.Must[store.Identity](t)(g.store.UserIdentity(t.Context(), u, w.AccountID))
	if i.ExternalID != "ada" || i.UpstreamID != "" {
		t.Errorf("identity: got %+v, want ada, not yet known to the platform", i)
	}
	jobs := storetest.Must[[]*store.Job](t)(g.store.JobList(t.Context(), 10, "available"))
	if len(jobs) != 1 || jobs[0].Kind != (store.SyncIdentity{}).Kind() {
		t.Errorf("jobs: got %d, want one that makes the user known to the platform", len(jobs))
	}
	// What changed is stored and written down; what is absent is its default.
	a, err = g.bring(g.token(jwt.MapClaims{"role": "admin", "tags": nil, "locale": "not a locale!", "name": "", "email": nil}))
	if err != nil || a.User.ID != u.ID || a.User.Role != store.RoleAdmin || a.User.Tags != nil || a.User.Locale != "" {
		t.Errorf("got %+v, %v", a.User, err)
	}
	audit := storetest.Must[[]store.Audit](t)(g.store.AuditLog(t.Context(), "", 10))
	var codes []string
	for _, line := range audit {
		codes = append([]string{line.Code}, codes...)
		if line.Actor.ID != u.ID || line.Actor.Address != "192.0.2.7" || line.WorkspaceID != w.ID {
			t.Errorf("audit: got %+v, want ada at 192.0.2.7", line)
		}
	}
	if got, want := strings.Join(codes, " "), "user.created workspace.created session.opened user.changed session.opened"; got != want {
		t.Errorf("audit: got %s, want %s", got, want)
	}
}

func TestTokenThatNamesNoWorkspace(t *testing.T) {
	g := newGate(t)
	a, err := g.bring(g.token(jwt.MapClaims{"workspace": nil}))
	if err != nil || !a.Workspace.Personal || a.Workspace.ExternalID != "user:ada" || a.Workspace.Name != "Ada "+canary {
		t.Errorf("got %+v, %v, want a workspace of her own", a.Workspace, err)
	}
	// The same person in two workspaces is two users at the platform.
	b, err := g.bring(g.token(nil))
	if err != nil || b.User.ID == a.User.ID {
		t.Fatalf("got %+v, %v, want another user", b.User, err)
	}
	i := storetest.Must[store.Identity](t)(g.store.UserIdentity(t.Context(), b.User, b.Workspace.AccountID))
	if i.ExternalID != "ada@acme" {
		t.Errorf("got %s, want ada@acme", i.ExternalID)
	}
}

func TestWorkspaceAsTheUser(t *testing.T) {
	g := newGate(t)
	account := storetest.Account(t, g.store, "second")
	account.UserScope = store.ScopeWorkspace
	storetest.Update(t, g.store, func(tx *store.Tx) error { _, err := tx.PutAccount(t.Context(), account); return err })
	for _, sub := range []string{"ada", "bob"} {
		a, err := g.bring(g.token(jwt.MapClaims{"sub": sub, "workspace": map[string]any{"id": "acme", "account": "second"}}))
		if err != nil || a.Workspace.AccountID != account.ID {
			t.Fatalf("got %+v, %v, want the second account", a.Workspace, err)
		}
	}
	w := storetest.Must[store.Workspace](t)(g.store.WorkspaceByExternalID(t.Context(), "acme"))
	all := storetest.Must[[]store.Identity](t)(g.store.WorkspaceIdentities(t.Context(), w.ID))
	if len(all) != 1 || all[0].ExternalID != "acme" || all[0].UserID != "" {
		t.Errorf("got %+v, want the workspace alone", all)
	}
	// A workspace stays where it is.
	a, err := g.bring(g.token(jwt.MapClaims{"workspace": map[string]any{"id": "acme", "account": "main"}}))
	if err != nil || a.Workspace.AccountID != account.ID {
		t.Errorf("got %+v, %v, want the second account still", a.Workspace, err)
	}
}

func TestReplay(t *testing.T) {
	storetest.EachDatabase(t, func(t *testing.T, database string, c *storetest.Clock) {
		g := gateAt(t, storetest.OpenAt(t, database, c), c)
		token := g.token(nil)
		if _, err := g.bring(token); err != nil {
			t.Fatal(err)
		}
		g.refused(token, "door_used")
		gateAt(t, storetest.OpenAt(t, database, c), c).refused(token, "door_used")
		// Forgotten only once it is refused as expired.
		c.Advance(5*time.Minute + clockLeeway - time.Second)
		storetest.Update(t, g.store, func(tx *store.Tx) error { return tx.RemoveExpired(t.Context()) })
		g.refused(token, "door_used")
		c.Advance(time.Hour)
		storetest.Update(t, g.store, func(tx *store.Tx) error { return tx.RemoveExpired(t.Context()) })
		g.refused(token, "door_expired")
	})
}

func TestOneTokenAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		g := gateAt(t, s, c)
		token := g.token(nil)
		if got := atOnce(8, func(int) error { _, err := g.bring(token); return err }); got != 1 {
			t.Errorf("got in %d times, want once", got)
		}
	})
}

func TestFirstVisitsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		g := gateAt(t, s, c)
		tokens := make([]string, 8)
		for i := range tokens {
			tokens[i] = g.token(nil)
		}
		if got := atOnce(len(tokens), func(i int) error { _, err := g.bring(tokens[i]); return err }); got != len(tokens) {
			t.Errorf("%d of %d got in", got, len(tokens))
		}
		users := storetest.Must[[]store.User](t)(s.UsersByExternalID(t.Context(), "ada"))
		if len(users) != 1 {
			t.Fatalf("got %d users, want one", len(users))
		}
		if ids := storetest.Must[[]store.Identity](t)(s.WorkspaceIdentities(t.Context(), users[0].WorkspaceID)); len(ids) != 1 {
			t.Errorf("got %d identities, want one", len(ids))
		}
		if n := len(g.events("workspace.created")); n != 1 {
			t.Errorf("got %d workspaces created, want one", n)
		}
	})
}

// atOnce does something many times at once, and says how often it went well.
func atOnce(times int, do func(int) error) int {
	var wg sync.WaitGroup
	errs := make([]error, times)
	for i := range times {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	well := 0
	for _, err := range errs {
		if err == nil {
			well++
		}
	}
	return well
}

func TestHostKeys(t *testing.T) {
	k := newHostKeys()
	small, _ := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // too small is what it is for
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	for name, public := range map[string]crypto.PublicKey{"RSA of 1024 bits": small.Public(), "P-384": p384.Public(), "text": "key"} {
		if _, err := HostPublicKey("", public); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := HostSecret("", secret.Text(strings.Repeat("s", 31))); err == nil {
		t.Error("a secret of 31 bytes was taken")
	}
	var file []byte
	for id, public := range map[string]crypto.PublicKey{"first": k.ed.Public(), "second": k.rsa.Public()} {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: map[string]string{"Key-ID": id}, Bytes: der})...)
	}
	keys, err := HostKeys(file)
	if err != nil || len(keys) != 2 {
		t.Fatalf("got %d keys, %v, want two", len(keys), err)
	}
	for _, key := range keys {
		if want := map[string]string{"first": "EdDSA", "second": "RS256"}[key.ID()]; key.Algorithm() != want {
			t.Errorf("%s: got %s, want %s", key.ID(), key.Algorithm(), want)
		}
	}
	der, _ := x509.MarshalPKCS8PrivateKey(k.ed)
	if _, err := HostKeys(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err == nil {
		t.Error("a private key was taken")
	}
	if _, err := HostKeys([]byte("nothing")); err == nil {
		t.Error("a file without keys was taken")
	}
}

func TestKeyIDChoosesTheKey(t *testing.T) {
	g := newGate(t)
	_, second, _ := ed25519.GenerateKey(rand.Reader)
	g.portal.Host.Keys = []HostKey{
		storetest.Must[HostKey](t)(HostPublicKey("first", g.keys.ed.Public())), storetest.Must[HostKey](t)(HostPublicKey("second", second.Public())),
	}
	sign := func(id string, key ed25519.PrivateKey) string {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, g.claims(nil))
		if id != "" {
			token.Header["kid"] = id
		}
		return storetest.Must[string](t)(token.SignedString(key))
	}
	for _, good := range []string{sign("first", g.keys.ed), sign("second", second), sign("", second)} {
		if _, err := g.bring(good); err != nil {
			t.Error(err)
		}
	}
	g.refused(sign("first", second), "door_key")
	g.refused(sign("third", second), "door_key")
	g.portal.Host = HostLogin{}
	g.refused(sign("", second), "door_closed")
}

// What the door lets in has a subject and a life that fits, whatever is written into a token.
func FuzzToken(f *testing.F) {
	k := newHostKeys()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	key, err := HostPublicKey("", k.ed.Public())
	if err != nil {
		f.Fatal(err)
	}
	h := HostLogin{Issuer: gateIssuer, Audience: gateAudience, Keys: []HostKey{key}}
	f.Add(`{"alg":"EdDSA"}`, `{"iss":"https://app.example","aud":"https://portal.example","sub":"a","jti":"1","iat":1795176000,"exp":1795176060}`)
	f.Add(`{"alg":"EdDSA"}`, `{"workspace":{"attributes":{"a":null}}}`)
	f.Add(`null`, `null`)
	f.Fuzz(func(t *testing.T, header, claims string) {
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		sig, err := jwt.SigningMethodEdDSA.Sign(text, k.ed)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{text + "." + base64.RawURLEncoding.EncodeToString(sig), claims} {
			got, err := h.verify(secret.Text(token), func() time.Time { return now })
			var r *Refusal
			switch {
			case err != nil && !errors.As(err, &r):
				t.Errorf("got %v, want a refusal", err)
			case err == nil && (!printable(got.Subject) || got.id == "" || got.forget.Before(now) || got.forget.After(now.Add(mostLife+2*clockLeeway+2*time.Minute))):
				t.Errorf("let in: %+v", got)
			}
		}
	})
}
