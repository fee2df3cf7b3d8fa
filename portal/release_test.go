package portal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
)

func TestDeployToThreeRegions(t *testing.T) {
	w := newCDKWorld(t)
	a := w.upload("my-connector", "get_post", "list_posts")
	wish := w.wish(a, "eu", "us", "ap")
	wish.Emails = []string{"kim@acme.example, a@x.example"}
	r, err := w.portal.DeployArchive(w.ctx, w.actor, wish)
	w.ok(err)
	w.settle()
	rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
	w.ok(err)
	var regions []string
	for _, d := range rows {
		w.want(d, store.CDKDeployed, "")
		regions = append(regions, d.Region)
		if d.EndedAt.IsZero() || d.AcceptedAt.IsZero() || d.Fingerprint != w.accounts[d.Region].Fingerprint || d.Label != d.Region || d.Tries != 1 {
			t.Errorf("got %+v", d)
		}
	}
	if want := []string{"us", "eu", "ap"}; !slices.Equal(regions, want) {
		t.Errorf("got the regions %v, want them as they are configured: %v", regions, want)
	}
	shares, err := w.store.SharesOf(w.ctx, rows[0].ID, rows[1].ID, rows[2].ID)
	w.ok(err)
	for _, s := range shares {
		if s.State != store.ShareDone || s.Answer != "2 permissions added" || s.Actor != (store.Actor{Kind: store.ActorStaff, ID: "kim", Name: "Kim"}) {
			t.Errorf("got the share %+v", s)
		}
	}
	if len(shares) != 3 {
		t.Errorf("got %d shares, want 3", len(shares))
	}
	w.wantTaken(3)
	w.wantPaced()
	for _, d := range w.there() {
		if d.SHA256 != a.SHA256 {
			t.Errorf("%s has taken %s, want %s", d.Region, d.SHA256, a.SHA256)
		}
	}
}

func TestReleaseTellsWhatHappened(t *testing.T) {
	w := newCDKWorld(t)
	wish := w.wish(w.upload("my-connector"), "us")
	wish.Emails = []string{"kim@acme.example"}
	r, err := w.portal.DeployArchive(w.ctx, w.actor, wish)
	w.ok(err)
	w.settle()
	w.wantCodes(r, "asked", "sending", "accepted", "building", "deploying", "deployed", "shared")
	calls, err := w.store.JourneyCalls(w.ctx, r.ID, "", 100)
	w.ok(err)
	var operations []string
	for _, c := range slices.Backward(calls) {
		operations = append(operations, c.Operation)
		if strings.Contains(c.Request+c.Answer, w.sim.Token("us")) {
			t.Errorf("the call %s holds the token", c.Operation)
		}
	}
	// The polls at which nothing was new are not among them.
	if want := []string{"deploy", "deployment", "deployment", "share"}; !slices.Equal(operations, want) {
		t.Errorf("got the calls %v, want %v", operations, want)
	}
	if want := fmt.Sprintf("(base64 of %d bytes, sha256 ", w.there()[0].bytes(w)); !strings.Contains(calls[len(calls)-1].Request, want) {
		t.Errorf("the record of the archive is %s, want %q in it", calls[len(calls)-1].Request, want)
	}
}

func (d theirDeployment) bytes(w *cdkWorld) int64 {
	a, err := w.store.ArchiveByContent(w.ctx, d.SHA256)
	w.ok(err)
	return a.Size
}

// What a person asks for is in the audit log, as a call that they could make by hand.
func TestAuditHasThePlannedCalls(t *testing.T) {
	w := newCDKWorld(t)
	a := w.upload("my-connector")
	r := w.deploy(a, "us")
	w.settle()
	d := w.one(r)
	w.ok(w.portal.ShareCDK(w.ctx, w.actor, d.ID, []string{"kim@acme.example"}))
	log, err := w.store.SubjectAudit(w.ctx, "release", r.ID, "", 10)
	w.ok(err)
	if len(log) != 2 {
		t.Fatalf("got %d lines in the audit log, want 2", len(log))
	}
	base := w.server.URL + "/us/cdk/v1/"
	asked, shared := log[1].Request, log[0].Request
	if want := base + "deployments/connectors/my-connector/versions/1.0/deploy-connector-from-source"; asked.URL != want || asked.Method != "POST" || asked.Token != "TRAY_TOKEN_US" {
		t.Errorf("got %+v, want %s", asked, want)
	}
	if want := fmt.Sprintf(`{"connectorSourceCode":"(base64 of %d bytes, sha256 %s)"}`, a.Size, a.SHA256); asked.Body != want {
		t.Errorf("got the body %s, want %s", asked.Body, want)
	}
	if shared.URL != base+"permissions/connectors/my-connector/versions/1.0/share-with-emails" || shared.Body != `{"emails":["kim@acme.example"]}` {
		t.Errorf("got %+v", shared)
	}
	if look := PlannedLook(w.accounts["us"], d); look.URL != base+"deployments/connectors/my-connector/versions/1.0/"+d.UpstreamID {
		t.Errorf("got %+v", look)
	}
	if log[1].Actor.Name != "Kim" || !strings.Contains(log[1].After, a.SHA256) {
		t.Errorf("got %+v", log[1])
	}
}

func TestWhatCannotBeReleased(t *testing.T) {
	w := newCDKWorld(t)
	other := w.account("us-2", "us", w.sim.OtherToken("us"), 9)
	gone := w.account("left", "eu", w.sim.OtherToken("eu"), 10)
	storetest := []string{"us", "eu", "ap", "us-2"}
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) error { return tx.RetireDeployAccounts(w.ctx, storetest) }))
	a := w.upload("my-connector")
	bad, err := w.portal.ReceiveArchive(w.ctx, w.actor, "x.zip", strings.NewReader("PK, but no zip"))
	w.ok(err)
	for name, c := range map[string]struct {
		change func(*ReleaseWish)
		code   string
	}{
		"blocked":         {func(r *ReleaseWish) { r.ArchiveID = bad.ID }, "archive_blocked"},
		"another name":    {func(r *ReleaseWish) { r.Name = "others-connector" }, "cdk_name_unlike"},
		"another version": {func(r *ReleaseWish) { r.Version = "1.1" }, "cdk_version_unlike"},
		"no region":       {func(r *ReleaseWish) { r.Accounts = nil }, "cdk_no_region"},
		"region twice":    {func(r *ReleaseWish) { r.Accounts = append(r.Accounts, other.ID) }, "cdk_region_twice"},
		"unknown account": {func(r *ReleaseWish) { r.Accounts = []string{"nobody's"} }, "cdk_account_unknown"},
		"gone account":    {func(r *ReleaseWish) { r.Accounts = []string{gone.ID} }, "deploy_account_gone"},
		"no address":      {func(r *ReleaseWish) { r.Emails = []string{"kim@acme.example", "kim"} }, "cdk_emails"},
	} {
		t.Run(name, func(t *testing.T) {
			wish := w.wish(a, "us")
			c.change(&wish)
			_, err := w.portal.DeployArchive(w.ctx, w.actor, wish)
			w.wantRefusal(err, c.code)
		})
	}
	for name, change := range map[string]func(*ReleaseWish){
		"archive": func(r *ReleaseWish) { r.ArchiveID = "none" }, "release": func(r *ReleaseWish) { r.AgainOf = "none" },
	} {
		wish := w.wish(a, "us")
		change(&wish)
		if _, err := w.portal.DeployArchive(w.ctx, w.actor, wish); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown %s: got %v", name, err)
		}
	}
	w.wantTaken(0)
	if all, err := w.store.Releases(w.ctx, "", "", 10); err != nil || len(all) > 0 {
		t.Errorf("got %d releases, %v, want none", len(all), err)
	}
}

// A second click is no second release, and the same wish a minute later is one.
func TestSecondClick(t *testing.T) {
	w := newCDKWorld(t)
	a := w.upload("my-connector")
	w.fault(fault{Operation: "latest", Kind: "429", Times: 1})
	first, second := w.deploy(a, "us"), w.deploy(a, "us")
	if first.ID != second.ID {
		t.Error("a second click made a second release")
	}
	w.settle()
	w.wantTaken(1)
	if third := w.deploy(a, "us"); third.ID == first.ID {
		t.Error("what has ended is not deployed again")
	}
	w.settle()
	w.wantTaken(2)
}

// Going back is deploying an earlier archive again.
func TestGoBack(t *testing.T) {
	w := newCDKWorld(t)
	old := w.deploy(w.upload("my-connector", "get_post"), "us")
	w.settle()
	w.deploy(w.upload("my-connector", "get_post", "broken"), "us")
	w.settle()
	w.clock.Advance(365 * 24 * time.Hour)
	wish := ReleaseWish{ArchiveID: old.ArchiveID, Name: old.Name, Version: old.Version, Accounts: []string{w.accounts["us"].ID}, AgainOf: old.ID}
	back, err := w.portal.DeployArchive(w.ctx, w.actor, wish)
	w.ok(err)
	w.settle()
	w.want(w.one(back), store.CDKDeployed, "")
	there := w.there()
	if back.AgainOf != old.ID || there[2].SHA256 != there[0].SHA256 || there[1].SHA256 == there[0].SHA256 {
		t.Errorf("got %+v after %+v", back, there)
	}
}

// Regions do not hold each other up.
func TestRegionsAreIndependent(t *testing.T) {
	w := newCDKWorld(t)
	w.fault(fault{Operation: "deploy:us", Kind: "status", Status: 400, Message: "no such namespace", Times: 1})
	w.fault(fault{Operation: "latest:eu", Kind: "429", RetryAfter: 600, Times: 1})
	r := w.deploy(w.upload("my-connector"), "us", "eu", "ap")
	rows, err := w.store.CDKDeploymentsOf(w.ctx, r.ID)
	w.ok(err)
	w.want(rows[0], store.CDKRefused, store.CDKRejected)
	w.want(rows[1], store.CDKQueued, store.CDKLimited)
	w.want(rows[2], store.CDKBuilding, "")
	w.settle()
	w.want(rows[0], store.CDKRefused, store.CDKRejected)
	w.want(rows[1], store.CDKDeployed, "")
	w.want(rows[2], store.CDKDeployed, "")
	w.wantTaken(2)
}

func TestParseEmails(t *testing.T) {
	for _, c := range []struct {
		text          string
		emails, wrong []string
	}{
		{"", nil, nil},
		{" a@x.example ", []string{"a@x.example"}, nil},
		{"a@x.example,b@x.example;c@x.example\nd@x.example\r\n e@x.example f@x.example", []string{"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example"}, nil},
		{`"a@x.example", 'b@x.example'`, []string{"a@x.example", "b@x.example"}, nil},
		{"Ada Lovelace <ada@x.example>, <b@x.example>", []string{"ada@x.example", "b@x.example"}, nil},
		{"mailto:a@x.example", []string{"a@x.example"}, nil},
		{"a@x.example, a@x.example, A@x.example", []string{"a@x.example", "A@x.example"}, nil},
		{"kim+trial@x.example", []string{"kim+trial@x.example"}, nil},
		{"kim, @x.example, kim@, a@b@c, a b@x.example", []string{"b@x.example"}, []string{"kim", "@x.example", "kim@", "a@b@c", "a"}},
		{"a\x00@x.example \xff@x.example", nil, []string{"a\x00@x.example", "\xff@x.example"}},
		{strings.Repeat("a", 65) + "@x.example", nil, []string{strings.Repeat("a", 65) + "@x.example"}},
	} {
		emails, wrong := ParseEmails(c.text)
		if !slices.Equal(emails, c.emails) || !slices.Equal(wrong, c.wrong) {
			t.Errorf("%q: got %q, wrong %q, want %q, %q", c.text, emails, wrong, c.emails, c.wrong)
		}
	}
}
