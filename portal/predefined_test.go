package portal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
)

func storeOf(key string) func(store.Workspace) string {
	return func(s store.Workspace) string { return gelatoValue(key, s.Attributes["store"]) }
}

func TestPredefinedFromItsMakingToItsEnd(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 6)
	c := w.create(gelatoFor("k1"))
	touched, err := w.portal.Touched(w.ctx, c.ID)
	if err != nil || touched.Total != 6 || touched.New != 6 || touched.UpToDate != 0 || len(touched.Names) != 6 {
		t.Fatalf("before: got %+v, %v", touched, err)
	}
	tried, err := w.portal.TryPredefined(w.ctx, w.staff, c.ID, w.spaces[2].ID)
	if err != nil || tried.State != store.ConnActive || tried.Name != "gelato_org_2" || tried.Resolves != 1 || len(w.there()) != 1 {
		t.Fatalf("on one workspace: got %+v, %v", tried, err)
	}
	o := w.apply(c.ID)
	if o.State != store.RolloutDone || o.Done != 6 || len(w.projects()) < 6 {
		t.Fatalf("got %+v", o)
	}
	w.wantExactly(c, storeOf("k1"))
	if touched, err = w.portal.Touched(w.ctx, c.ID); err != nil || touched.UpToDate != 6 || len(touched.Names) != 0 {
		t.Errorf("after: got %+v, %v", touched, err)
	}

	ids := connectionIDs(w.there())
	change := gelatoFor("")
	change.Title = "Ice cream"
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, change)) // keeps the key
	w.apply(c.ID)
	w.wantExactly(c, storeOf("k1"))
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, gelatoFor("k2")))
	w.apply(c.ID)
	w.wantExactly(c, storeOf("k2"))
	if now := connectionIDs(w.there()); !slices.Equal(now, ids) {
		t.Errorf("rotating made other connections: %v, then %v", ids, now)
	}
	w.sweep()
	if n, err := w.store.CountResolving(w.ctx, c.ID); err != nil || n != 6 {
		t.Errorf("the name leads to exactly one in %d projects, %v", n, err)
	}

	change = gelatoFor("k2")
	change.NamePattern = "shop-{workspace}"
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, change))
	w.apply(c.ID)
	c.NamePattern = change.NamePattern
	w.wantExactly(c, storeOf("k2"))

	o, err = w.portal.RemovePredefined(w.ctx, w.staff, c.ID)
	w.ok(err)
	if o = w.roll(w.portal, o.ID); o.State != store.RolloutDone || len(w.there()) != 0 {
		t.Errorf("got %+v, %d left", o, len(w.there()))
	}
	if c, err = w.store.PredefinedConnection(w.ctx, c.ID); err != nil || c.State != store.PredefinedRemoved {
		t.Errorf("got %s, %v", c.State, err)
	}
	_, err = w.portal.ApplyPredefined(w.ctx, w.staff, c.ID)
	wantRefused(t, err, "predefined_removed")
}

func connectionIDs(all []thing) (ids []string) {
	for _, x := range all {
		ids = append(ids, x.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestEachWayToSignInHasItsValue(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	for _, c := range []struct {
		piece, way string
		values     map[string]secret.Text
		want       map[string]any
	}{
		{"@activepieces/piece-stripe", "SECRET_TEXT", map[string]secret.Text{"secret_text": "sk_1"}, map[string]any{"type": "SECRET_TEXT", "secret_text": "sk_1"}},
		{"@activepieces/piece-twilio", "BASIC_AUTH", map[string]secret.Text{"username": "u", "password": "p"}, map[string]any{"type": "BASIC_AUTH", "username": "u", "password": "p"}},
	} {
		change := PredefinedChange{Piece: c.piece, AuthType: c.way, Values: c.values}
		for key := range c.values {
			change.Fields = append(change.Fields, store.PredefinedField{Key: key, Source: store.FromAll})
		}
		made := w.create(change)
		w.apply(made.ID)
		x := w.wantState(made.ID, 0, store.ConnActive)
		n := slices.IndexFunc(w.there(), func(y thing) bool { return y.ID == x.UpstreamID })
		if n < 0 || w.there()[n].Digest != digest(c.want) {
			t.Errorf("%s: the value is not what was entered", c.way)
		}
	}
}

func TestValuesHaveTheTypesOfTheirFields(t *testing.T) {
	way := store.AuthWay{Type: "CUSTOM_AUTH", Fields: []store.AuthField{
		{Key: "n", Type: "NUMBER"}, {Key: "b", Type: "CHECKBOX"}, {Key: "s", Type: "SHORT_TEXT"}, {Key: "left", Type: "SHORT_TEXT"},
		{Key: "d", Type: "STATIC_DROPDOWN", Options: []store.AuthOption{{Label: "EU", Value: `"eu"`}, {Label: "One", Value: `1`}}},
		{Key: "m", Type: "STATIC_MULTI_SELECT_DROPDOWN", Options: []store.AuthOption{{Label: "A", Value: `"a"`}, {Label: "B", Value: `"b"`}}},
	}}
	v, err := pieceValue(way, map[string]secret.Text{"n": " 1.5 ", "b": "true", "s": "007", "d": "eu", "m": `["a","b"]`})
	if err != nil {
		t.Fatal(err)
	}
	got := digest(v.Props)
	if want := digest(map[string]any{"n": 1.5, "b": true, "s": secret.Text("007"), "d": "eu", "m": []any{"a", "b"}}); got != want || v.Props["s"] != secret.Text("007") {
		t.Errorf("got other values than wanted: %d of them", len(v.Props))
	}
	for key, bad := range map[string]secret.Text{"n": "NaN", "b": "perhaps", "d": "us", "m": "c"} {
		if _, err := pieceValue(way, map[string]secret.Text{key: bad}); err == nil {
			t.Errorf("%s: a value that the field does not offer is taken", key)
		}
	}
}

func TestWhatCannotBePredefinedIsRefused(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	w.create(PredefinedChange{Piece: gelato, AuthType: "CUSTOM_AUTH", NamePattern: "taken_{workspace}", Fields: gelatoFor("").Fields, Values: map[string]secret.Text{"apiKey": "k"}})
	for _, c := range []struct {
		name, code string
		change     func(*PredefinedChange)
	}{
		{"no such service", "piece_unknown", func(c *PredefinedChange) { c.Piece = "@activepieces/piece-nonsense'\x00" }},
		{"a service without a sign-in", "piece_open", func(c *PredefinedChange) { c.Piece = "@activepieces/piece-http" }},
		{"another way", "predefined_way", func(c *PredefinedChange) { c.AuthType = "BASIC_AUTH" }},
		{"no key", "value_missing", func(c *PredefinedChange) { c.Values = nil }},
		{"a key of 5 MB", "value_long", func(c *PredefinedChange) {
			c.Values = map[string]secret.Text{"apiKey": secret.Text(strings.Repeat("x", 5<<20))}
		}},
		{"a key that is no text", "value_text", func(c *PredefinedChange) { c.Values = map[string]secret.Text{"apiKey": "\xff"} }},
		{"a field too few", "field_missing", func(c *PredefinedChange) { c.Fields = c.Fields[:1] }},
		{"a field too many", "field_unknown", func(c *PredefinedChange) { c.Fields = append(c.Fields, store.PredefinedField{Key: "x"}) }},
		{"no source", "source_unknown", func(c *PredefinedChange) { c.Fields[1].Source = "moon" }},
		{"no attribute", "attribute_empty", func(c *PredefinedChange) { c.Fields[1].Attribute = " " }},
		{"a long title", "title_long", func(c *PredefinedChange) { c.Title = strings.Repeat("ü", 121) }},
		{"a long pattern", "pattern_long", func(c *PredefinedChange) { c.NamePattern = strings.Repeat("x", 201) }},
		{"a pattern with other braces", "pattern_unknown", func(c *PredefinedChange) { c.NamePattern = "{tenant}" }},
		{"a pattern that leaves the expression", "pattern_unknown", func(c *PredefinedChange) { c.NamePattern = "x'] + evil['" }},
		{"a pattern that another has", "pattern_taken", func(c *PredefinedChange) { c.NamePattern = "taken_{workspace}" }},
		{"a share that never stops", "stop_range", func(c *PredefinedChange) { c.StopPercent = 101 }},
		{"values for what needs a person", "field_unknown", func(c *PredefinedChange) { c.Piece, c.AuthType = "@activepieces/piece-slack", "OAUTH2" }},
	} {
		change := gelatoFor("k")
		c.change(&change)
		_, err := w.portal.CreatePredefined(w.ctx, w.staff, w.account.ID, change)
		t.Run(c.name, func(t *testing.T) { wantRefused(t, err, c.code) })
	}
	var calls []any
	if w.control("GET", "/requests", nil, &calls); len(calls) != 0 {
		t.Errorf("got %d requests, want none before it is applied", len(calls))
	}
}

func TestHostileNamesAreNamesToo(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 0)
	for _, id := range []string{`o'; DROP TABLE--`, `"quoted"`, "a/b/c", "acme.com", "🍦", "{piece}", "%2e%2e", " ", "<script>", "ç̶̛", strings.Repeat("x", 400)} {
		w.spaces = append(w.spaces, w.workspace(id, map[string]string{"store": id}))
	}
	c := w.create(gelatoFor("k"))
	if o := w.apply(c.ID); o.Done != len(w.spaces) {
		rows, _ := w.store.RolloutItems(w.ctx, o.ID, store.ItemFailed, "", 9)
		t.Fatalf("got %+v: %+v", o, rows)
	}
	w.wantExactly(c, storeOf("k"))
	long := w.workspace(strings.Repeat("long", 2500), map[string]string{"store": "1"})
	x, err := w.portal.TryPredefined(w.ctx, w.staff, c.ID, long.ID)
	if code, _ := store.Reason(x.Detail); err != nil || x.State != store.ConnRefused || code != "connection_name_long" {
		t.Errorf("10 kB: got %s, %q, %v", x.State, x.Detail, err)
	}
}

func TestAValueIsAskedOfTheWorkspace(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 2)
	change := gelatoFor("")
	change.Fields[0].Source = store.FromWorkspace
	c := w.create(change)
	if o := w.apply(c.ID); o.State != store.RolloutDone || o.Asked != 2 || len(w.there()) != 0 {
		t.Fatalf("got %+v, want that both are asked", o)
	}
	fields, err := w.portal.AskedFields(w.ctx, c.ID, w.spaces[0].ID)
	if err != nil || len(fields) != 1 || fields[0].Key != "apiKey" {
		t.Fatalf("got %+v, %v", fields, err)
	}
	who := Who{Workspace: w.spaces[0], User: store.User{Role: store.RoleViewer}, Actor: store.Actor{Kind: store.ActorUser}}
	answer := func(key secret.Text) error {
		return w.portal.AnswerPredefined(w.ctx, who, c.ID, map[string]secret.Text{"apiKey": key, "storeId": "not asked"})
	}
	wantRefused(t, answer("k"), "read_only")
	who.User.Role = store.RoleMember
	wantRefused(t, answer(""), "value_missing")
	wantRefused(t, answer(secret.Text(strings.Repeat("x", 5<<20))), "value_long")
	wantRefused(t, answer("revoked"), "predefined_refused")
	if x := w.wantState(c.ID, 0, store.ConnRefused); !strings.HasPrefix(x.Detail, "Gelato: key ") { // the key itself is not repeated
		t.Errorf("got %q, want the service's own words", x.Detail)
	}
	if fields, err = w.portal.AskedFields(w.ctx, c.ID, w.spaces[0].ID); err != nil || len(fields) != 1 {
		t.Errorf("got %+v, %v, want that it may be answered anew", fields, err)
	}
	w.ok(answer("mine"))
	w.wantState(c.ID, 0, store.ConnActive)
	w.wantState(c.ID, 1, store.ConnAsked)
	if all := w.there(); len(all) != 1 || all[0].Digest != gelatoValue("mine", "s0") {
		t.Errorf("got %+v", all)
	}
	if fields, err = w.portal.AskedFields(w.ctx, c.ID, w.spaces[0].ID); err != nil || len(fields) != 0 {
		t.Errorf("got %+v asked again, %v", fields, err)
	}
	_, err = w.portal.ensurePredefined(w.ctx, w.account.ID, w.spaces[1].ID, c.ID)
	wantRefused(t, err, "predefined_asked")
	if name, err := w.portal.ensurePredefined(w.ctx, w.account.ID, w.spaces[0].ID, c.ID); err != nil || name != "gelato_org_0" {
		t.Errorf("got %q, %v", name, err)
	}
}

// Neither the records of calls nor events, audit or jobs hold what staff and workspaces have entered.
func TestNoValueIsKeptInClear(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	change := gelatoFor("canary-of-the-staff")
	change.Fields[1].Source = store.FromWorkspace
	c := w.create(change)
	who := Who{Workspace: w.spaces[0], User: store.User{Role: store.RoleMember}, Actor: store.Actor{Kind: store.ActorUser}}
	w.fault("upsertGlobalConnection", "500", 1)
	_ = w.portal.AnswerPredefined(w.ctx, who, c.ID, map[string]secret.Text{"storeId": "canary-of-the-workspace"}) // that it fails is part of it
	w.settle()
	w.ok(w.portal.ChangePredefined(w.ctx, w.staff, c.ID, gelatoFor("canary-of-the-change")))
	w.apply(c.ID)
	for _, file := range []string{w.database, w.database + "-wal"} {
		kept, err := os.ReadFile(file)
		w.ok(err)
		if bytes.Contains(kept, []byte("canary-of")) {
			t.Errorf("a value is in clear in %s", filepath.Base(file))
		}
		if file == w.database+"-wal" && !bytes.Contains(kept, []byte("upsert")) && !bytes.Contains(kept, []byte("global-connections")) {
			t.Error("the calls are not there to be looked at")
		}
	}
}

func TestConsentIsLookedFor(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 1)
	c := w.create(PredefinedChange{Piece: "@activepieces/piece-slack", AuthType: "OAUTH2"})
	if !NeedsConsent(c) {
		t.Error("it does not say that somebody has to consent")
	}
	if o := w.apply(c.ID); o.Asked != 1 {
		t.Fatalf("got %+v", o)
	}
	x := w.wantState(c.ID, 0, store.ConnAsked)
	w.control("POST", "/connections", map[string]any{"project": x.ProjectID, "external_id": x.Name, "piece": c.Piece, "type": "OAUTH2"}, nil)
	if name, err := w.portal.ensurePredefined(w.ctx, w.account.ID, w.spaces[0].ID, c.ID); err != nil || name != x.Name {
		t.Errorf("got %q, %v", name, err)
	}
	w.sweep()
	w.wantState(c.ID, 0, store.ConnActive)
}

func TestOnlyWorkspacesOfTheAccountGetIt(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 0)
	c := w.create(gelatoFor("k"))
	var stranger store.Workspace
	w.update(func(tx *store.Tx) error {
		other, err := tx.PutAccount(w.ctx, store.Account{Platform: store.PlatformActivepieces, Name: "other", APIURL: w.sim.URL, UserScope: store.ScopeWorkspace})
		if err != nil {
			return err
		}
		stranger, _, err = tx.PutWorkspace(w.ctx, store.Workspace{ExternalID: "stranger", Name: "stranger", AccountID: other.ID})
		return err
	})
	_, tried := w.portal.TryPredefined(w.ctx, w.staff, c.ID, stranger.ID)
	_, ensured := w.portal.ensurePredefined(w.ctx, w.account.ID, stranger.ID, c.ID)
	who := Who{Workspace: stranger, User: store.User{Role: store.RoleAdmin}}
	for what, err := range map[string]error{
		"trying": tried, "connecting": ensured, "answering": w.portal.AnswerPredefined(w.ctx, who, c.ID, nil),
		"a project": w.portal.MakeProject(w.ctx, w.staff, w.account.ID, stranger.ID),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if o := w.apply(c.ID); o.Total != 0 {
		t.Errorf("got %+v", o)
	}
}

func TestAttributesFollow(t *testing.T) {
	w := newPlant(t, piecesim.Options{}, 2)
	c := w.create(gelatoFor("k"))
	w.apply(c.ID)
	var err error
	w.update(func(tx *store.Tx) error {
		w.spaces[0], _, err = w.portal.putWorkspace(w.ctx, tx, Claims{Workspace: &WorkspaceClaim{ID: "org_0", Name: "Zero", Attributes: map[string]string{"store": "new"}}}, []store.Account{w.account})
		return err
	})
	w.wantState(c.ID, 1, store.ConnActive)
	w.settle()
	w.wantExactly(c, storeOf("k"))
	w.update(func(tx *store.Tx) error {
		_, _, err = w.portal.putWorkspace(w.ctx, tx, Claims{Workspace: &WorkspaceClaim{ID: "org_0", Name: "Zero"}}, []store.Account{w.account})
		return err
	})
	w.settle()
	x := w.wantState(c.ID, 0, store.ConnRefused)
	if code, about := store.Reason(x.Detail); code != "attribute_missing" || about != "store" {
		t.Errorf("got %q", x.Detail)
	}
}
