package web

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

var predefinedKey = regexp.MustCompile(`\b(admin|event|predefined|integration|refusal)\.[a-z]+\.[a-z]\S*`)

// Every page has its text, one heading and links within the portal, for each role that may see it, and holds no secret.
func TestAdminPiecesPages(t *testing.T) {
	y := newYard(t, piecesim.Options{})
	paths := y.full()
	for _, role := range []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin} {
		y.as(role)
		for _, path := range paths {
			page := y.ask("GET", path, nil)
			if page.status == 403 && role != store.StaffAdmin {
				continue
			}
			page.is(200).count("h1", 1).count(".nav a[aria-current=page]", 1)
			if key := predefinedKey.FindString(page.text("body")); key != "" {
				t.Errorf("%s shows %s instead of its text", path, key)
			}
			if strings.Contains(page.body, "key-canary") || strings.Contains(page.body, y.pieces.Token.Reveal()) {
				t.Errorf("%s shows a secret", path)
			}
			page.Find("a[href], form[action]").Each(func(_ int, e *selection) {
				to := e.AttrOr("href", e.AttrOr("action", ""))
				if !strings.HasPrefix(to, "/in/") && !strings.HasPrefix(to, "#") {
					t.Errorf("%s links to %s, outside the portal's path", path, to)
				}
			})
		}
	}
	for _, path := range []string{
		"/admin/activepieces/" + y.account.ID, "/admin/activepieces/none/projects", "/admin/activepieces/" + y.account.ID + "/connections",
		"/admin/activepieces/connections/none", "/admin/activepieces/connections/none/apply", "/admin/activepieces/rollouts/none",
		"/admin/activepieces/" + y.pieces.ID + "/connections/new?piece=none", "/admin/activepieces/" + y.pieces.ID + "/projects/none/delete",
	} {
		y.ask("GET", path, nil).is(404)
	}
}

// Where there is no Activepieces, nothing speaks of one.
func TestAdminWithoutPieces(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	if nav := d.get("/admin/workspaces/"+d.acme.ID).count("#project", 0).text("nav.nav"); strings.Contains(nav, "Activepieces") {
		t.Errorf("the navigation says %q", nav)
	}
}

// What an instance lacks for what is configured is said, with what to do about it.
func TestAdminPiecesLacks(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffViewer)
	path, whole := "/admin/activepieces/"+y.pieces.ID, store.Server{
		Version: "0.90.1", Edition: "ee", PlatformID: "p1", GlobalConnections: true, ManyProjects: true, CheckedAt: y.clock.Now(),
	}
	for _, test := range []struct {
		name   string
		change func(*store.Server, *store.Account)
		lacks  []string
	}{
		{"nothing", func(*store.Server, *store.Account) {}, nil},
		{"never asked", func(s *store.Server, _ *store.Account) { *s = store.Server{} }, []string{"unchecked"}},
		{"silent", func(s *store.Server, _ *store.Account) { s.Problem = "activepieces does not answer" }, []string{"problem"}},
		{"no project yet", func(s *store.Server, _ *store.Account) { s.PlatformID = "" }, []string{"no_project"}},
		{"community", func(s *store.Server, _ *store.Account) {
			s.Edition, s.ManyProjects, s.GlobalConnections = "ce", false, false
		}, []string{"community", "connections"}},
		{"a small licence", func(s *store.Server, _ *store.Account) { s.ManyProjects = false }, []string{"projects"}},
		{"old", func(s *store.Server, _ *store.Account) { s.Version = "0.79.2" }, []string{"old"}},
		{"loses rows", func(s *store.Server, _ *store.Account) { s.Version = "0.86.0" }, []string{"rows"}},
		{"a key without a licence", func(_ *store.Server, a *store.Account) { a.SigningKeyID = "k1" }, []string{"embedding"}},
		{"a licence without a key", func(s *store.Server, a *store.Account) { s.Embedding = true }, []string{"signing_key"}},
		{"not framed yet", func(s *store.Server, a *store.Account) { s.Embedding, a.SigningKeyID = true, "k1" }, []string{"script", "origin"}},
		{"framed", func(s *store.Server, a *store.Account) {
			s.Embedding, a.SigningKeyID, s.EmbedOrigins = true, "k1", []string{"https://portal.test"}
		}, []string{"script"}},
	} {
		server, account := whole, y.pieces
		account.SigningKeyID = ""
		test.change(&server, &account)
		storetest.Update(t, y.store, func(tx *store.Tx) error {
			if _, err := tx.PutAccount(y.ctx, account); err != nil {
				return err
			}
			return tx.SetServer(y.ctx, y.pieces.ID, server)
		})
		var got []string
		page := y.get(path)
		page.Find("[data-testid^=lack-]").Each(func(_ int, e *selection) {
			got = append(got, strings.TrimPrefix(e.AttrOr("data-testid", ""), "lack-"))
		})
		if !slices.Equal(got, test.lacks) {
			t.Errorf("%s: it lacks %v, want %v", test.name, got, test.lacks)
		}
		if complete := len(test.lacks) == 0; complete != (page.Find("[data-testid=complete]").Length() == 1) {
			t.Errorf("%s: whether it is complete is said wrongly", test.name)
		}
	}
	y.predefine("k")
	storetest.Update(t, y.store, func(tx *store.Tx) error {
		return tx.SetServer(y.ctx, y.pieces.ID, store.Server{Version: "0.90.0", Edition: "ee", PlatformID: "p", ManyProjects: true, CheckedAt: y.clock.Now()})
	})
	y.get(path).says("[data-testid=lack-connections_used]", "1 are predefined here", "None of them can be made")
	y.get(path+"/connections").says("[data-testid=unlicensed]", "no licence")
}

func (y *yard) yardAs(role string) *yard { y.as(role); return y }

// Checking now asks the instance; what it does not answer is on the page.
func TestAdminCheckServer(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffSupport)
	path := "/admin/activepieces/" + y.pieces.ID
	y.get(path).says("main", "never", "has not been checked yet")
	y.get(y.post(path+"/check").is(303).location).says("[role=status]", "Checked just now").says("main", "0.86.0", "Enterprise", "An API key")
	y.control("PATCH", "settings", `{"down": true}`)
	y.get(y.post(path+"/check").is(303).location).count("[role=status]:not(#status)", 0).says("[data-testid=lack-problem]", "The last check failed").says("main", "0.86.0")
}

func TestAdminProjects(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffSupport)
	path, spaces := "/admin/activepieces/"+y.pieces.ID+"/projects", y.customers(adminLines)
	page := y.get(path).says("#backfill", "0 of 51 customers").count("tbody tr", adminLines).count("form[action$=backfill]", 0)
	y.get(strings.TrimPrefix(page.Find("a[rel=next]").AttrOr("href", ""), "/in")).count("tbody tr", 1).says("tbody", "acme")
	y.get(path+"?q=customer+00").count("tbody tr", 10)
	y.get(path+"?q=org_001").count("tbody tr", 1).says("tbody", "Customer 001", "Not made yet")
	y.get(path+"?q=nobody").says(".empty", "Nothing found")

	y.get(y.post(path+"/"+spaces[1].ID).is(303).location).says("[role=status]", "The project is there").says("#backfill", "1 of 51")
	y.get(path+"?q=org_001").says("tbody", "Made").count("a.danger", 0)
	if to := y.post(path+"/"+spaces[2].ID, "back", "workspace").is(303).location; !strings.HasPrefix(to, "/admin/workspaces/"+spaces[2].ID) {
		t.Errorf("from a workspace's page making its project leads to %s", to)
	}
	y.get("/admin/workspaces/"+spaces[2].ID).says("#project", "At Activepieces").says("main", "Made")
	i := storetest.Must[store.Identity](t)(y.store.WorkspaceIdentity(y.ctx, spaces[2].ID, y.pieces.ID))
	if i.UpstreamID == "" {
		t.Error("the project's ID is not stored")
	}
	to := y.as(store.StaffAdmin).post("/admin/activepieces/" + y.pieces.ID + "/backfill").is(303).location
	y.get(to).says("h1", "Make every customer’s project").says("[data-testid=verdict]", "in the background")
	page = y.get(path)
	if !strings.Contains(page.body, `http-equiv="refresh"`) {
		t.Error("without scripts the progress stands still")
	}
	page.count("progress", 1).count("#watch[hx-get][hx-trigger]", 1).count("form[action$=backfill]", 0)
}

// Deleting a project names what goes, and then it goes.
func TestAdminDeleteProject(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	w, c := y.customers(1)[0], y.predefine("key")
	path := "/admin/activepieces/" + y.pieces.ID + "/projects/" + w.ID
	y.post(path).is(303)
	i := storetest.Must[store.Identity](t)(y.store.WorkspaceIdentity(y.ctx, w.ID, y.pieces.ID))
	u := storetest.User(t, y.store, w, "uma", store.RoleMember)
	storetest.Instance(t, y.store, u, i, storetest.Integration(t, y.store, y.pieces, "Flavours"), store.Enabled)
	storetest.Update(t, y.store, func(tx *store.Tx) error {
		return tx.PutAutomations(y.ctx, i, []store.Automation{{UpstreamID: "f", Name: "Nightly"}, {UpstreamID: "g", Name: "Weekly"}}, y.clock.Now())
	})
	y.get(path+"/delete").says("main", "Customer 000", i.UpstreamID, "1 predefined connection", "gelato_org_000", "1 integration", "Flavours", "uma", "2 automations", "their runs", "Keep it")
	y.get(y.post(path+"/delete").is(303).location).says("[role=status]", "being deleted").says("main", "Not made yet")
	x := storetest.Must[store.WorkspaceConnection](t)(y.store.WorkspaceConnection(y.ctx, c.ID, w.ID))
	if x.State != store.ConnRemoved {
		t.Errorf("its connection is %s", x.State)
	}
}

// Publishing and hiding is one click in the list; what has a problem says so and cannot be published.
func TestAdminPublish(t *testing.T) {
	y := newYard(t, piecesim.Options{}).yardAs(store.StaffAdmin)
	good, broken := storetest.Integration(t, y.store, y.pieces, "Good"), storetest.Integration(t, y.store, y.pieces, "Broken")
	storetest.Update(t, y.store, func(tx *store.Tx) error {
		good.Shown, good.StaffTitle, good.Position = false, "Very good", 4
		if _, err := tx.PutIntegration(y.ctx, good); err != nil {
			return err
		}
		broken.Shown, broken.Problem = false, "no_trigger"
		_, err := tx.PutIntegration(y.ctx, broken)
		return err
	})
	list := "/admin/catalogue?account=" + y.pieces.ID
	y.get(list).says("nav.chips [aria-current]", "flows", "Activepieces").says("tbody tr:nth-child(1)", "Broken", "Hidden", "Nothing starts its flow").says("tbody tr:nth-child(2)", "Very good", "Publish").count("tbody form", 1)
	y.get(y.post("/admin/catalogue/"+good.ID+"/shown", "shown", "1").is(303).location).says("[role=status]", "Published").says("tbody tr:nth-child(2)", "To everybody", "Hide")
	y.get(y.post("/admin/catalogue/"+good.ID+"/shown", "shown", "0").is(303).location).says("[role=status]", "Hidden")
	after := storetest.Must[store.Integration](t)(y.store.Integration(y.ctx, good.ID))
	if after.Shown || after.StaffTitle != "Very good" || after.Position != 4 {
		t.Errorf("publishing and hiding changed %+v", after)
	}
	y.get("/admin/catalogue/"+broken.ID).says("[data-testid=problem]", "Nothing starts its flow", "Give its flow a trigger").count("input[name=shown][disabled]", 1)
	y.post("/admin/catalogue/"+broken.ID+"/shown", "shown", "1").is(409).says("main", "cannot be published")
}

// Each POST is made once by somebody who may, and leaves one line in the audit log; those who may less are refused, and
// leave nothing.
func TestEveryPiecesChangeIsAudited(t *testing.T) {
	y := newYard(t, piecesim.Options{})
	w, c := y.customers(1)[0], y.predefine("key")
	o := y.rollout(store.Rollout{Kind: store.RolloutApply, PredefinedID: c.ID, StopPercent: 20}, store.ItemFailed)
	at, one, rollout := "/admin/activepieces/"+y.pieces.ID, "/admin/activepieces/connections/"+c.ID, "/admin/activepieces/rollouts/"+o.ID
	changes := map[string]struct {
		path, code string
		form       []string
	}{
		"/admin/activepieces/:account/check":                            {at + "/check", "server.checked", nil},
		"/admin/activepieces/:account/projects/:workspace":              {at + "/projects/" + w.ID, "project.asked", nil},
		"/admin/activepieces/:account/projects/:workspace/delete":       {at + "/projects/" + w.ID + "/delete", "project.delete", nil},
		"/admin/activepieces/:account/backfill":                         {at + "/backfill", "project.backfilled", nil},
		"/admin/activepieces/:account/connections":                      {at + "/connections", "predefined.created", stripeForm()},
		"/admin/activepieces/connections/:predefined":                   {one, "predefined.changed", append(gelatoForm("", "store"), "title", "Ice")},
		"/admin/activepieces/connections/:predefined/check":             {one + "/check", "predefined.checked", nil},
		"/admin/activepieces/connections/:predefined/repair/:workspace": {one + "/repair/" + w.ID, "predefined.repaired", nil},
		"/admin/activepieces/connections/:predefined/try/:workspace":    {one + "/try/" + w.ID, "predefined.tried", nil},
		"/admin/activepieces/connections/:predefined/apply":             {one + "/apply", "predefined.applied", nil},
		"/admin/activepieces/connections/:predefined/remove":            {one + "/remove", "predefined.removed", nil},
		"/admin/activepieces/rollouts/:rollout/stop":                    {rollout + "/stop", "rollout.stopped", nil},
		"/admin/activepieces/rollouts/:rollout/resume":                  {rollout + "/resume", "rollout.resumed", nil},
	}
	routes := y.server.predefinedRoutes()
	slices.SortStableFunc(routes, func(a, b route) int { return rolloutsFirst(a) - rolloutsFirst(b) }) // before its connection goes
	for _, r := range routes {
		if r.method != "POST" {
			continue
		}
		change, ok := changes[r.path]
		if !ok {
			t.Errorf("nobody tests that POST %s is audited", r.path)
			continue
		}
		before := y.codes()
		for _, role := range []string{store.StaffViewer, store.StaffSupport} {
			if rank(role) < r.serves {
				y.as(role).post(change.path, change.form...).is(403)
			}
		}
		if after := y.codes(); !slices.Equal(before, after) {
			t.Errorf("%s: those who may not left %v", r.path, after)
		}
		y.as(map[access]string{staffSupport: store.StaffSupport, staffAdmin: store.StaffAdmin}[r.serves]).post(change.path, change.form...).is(303)
		if r.path == "/admin/activepieces/rollouts/:rollout/resume" {
			storetest.Update(t, y.store, func(tx *store.Tx) error { _, err := tx.EndRollout(y.ctx, o.ID, store.RolloutDone); return err })
		}
		if after := y.codes(); !slices.Equal(after, append(before, change.code)) {
			t.Errorf("%s: the audit log has %v, want %s besides %v", r.path, after, change.code, before)
		}
	}
}

func rolloutsFirst(r route) int {
	if strings.Contains(r.path, ":rollout") {
		return 0
	}
	return 1
}

func stripeForm() []string {
	return []string{
		"piece", "@activepieces/piece-stripe", "way", "SECRET_TEXT", "source:secret_text", store.FromAll, "value:secret_text", "sk_1",
		"pattern", portal.DefaultPattern, "stop", "10",
	}
}

// gelatoForm is the form of a connection to Gelato: one key for all, and each customer's own store from an attribute.
func gelatoForm(key secret.Text, attribute string) []string {
	return []string{
		"piece", gelatoPiece, "way", "CUSTOM_AUTH", "source:apiKey", store.FromAll, "value:apiKey", key.Reveal(),
		"source:storeId", store.FromAttribute, "attribute:storeId", attribute, "pattern", portal.DefaultPattern, "stop", "20",
	}
}
