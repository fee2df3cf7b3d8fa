package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

func TestAdminDoor(t *testing.T) {
	d := newDesk(t)
	d.ask(http.MethodGet, "/admin/instances", nil).is(401).count(`a[href="/in/admin/sign-in"]`, 1)
	d.get("/admin/sign-in").count(`form[action="/in/admin/sign-in"] input[type=password]`, 1)

	refused := d.post("/admin/sign-in", "email", "admin@host.example", "password", "wrong, but long enough").is(422)
	if refused.text("[role=alert]") == "" || refused.value("#email") != "admin@host.example" || refused.value("#password") != "" {
		t.Errorf("a wrong password is answered with %s", refused.text("main"))
	}
	if len(d.cookies) != 0 {
		t.Errorf("a wrong password got the cookies %v", d.cookies)
	}

	if to := d.post("/admin/sign-in", "email", "Admin@host.example", "password", adminPassword).is(303).location; to != "/admin" {
		t.Errorf("signing in leads to %s", to)
	}
	if to := d.ask(http.MethodGet, "/admin", nil).is(303).location; to != "/admin/instances" {
		t.Errorf("/admin leads to %s", to)
	}
	key := d.cookies[staffCookie]
	d.get("/admin/instances").says("nav.nav", "admin@host.example, admin")
	if to := d.post("/admin/sign-out").is(303).location; to != "/admin/sign-in" {
		t.Errorf("signing out leads to %s", to)
	}
	d.cookies[staffCookie] = key
	d.ask(http.MethodGet, "/admin/instances", nil).is(401)
}

func TestAdminDoorIsSlow(t *testing.T) {
	d := newDesk(t)
	var last reply
	for range 6 {
		last = d.post("/admin/sign-in", "email", "admin@host.example", "password", "wrong, but long enough").is(422)
	}
	last.says("[role=alert]", "15 minutes")
}

// every page of the admin area by its path, and where the navigation says it is.
func adminPages(d *desk, g store.Integration, in store.Instance) map[string]string {
	return map[string]string{
		"/admin/workspaces":              "Workspaces",
		"/admin/workspaces/" + d.acme.ID: "Workspaces",
		"/admin/users/" + d.ann.ID:       "Workspaces",
		"/admin/instances":               "Instances",
		"/admin/instances/" + in.ID:      "Instances",
		"/admin/instances?hold=check":    "Waiting for a check",
		"/admin/catalogue":               "Catalogue",
		"/admin/catalogue/" + g.ID:       "Catalogue",
		"/admin/jobs":                    "Jobs",
		"/admin/health":                  "Health",
		"/admin/audit":                   "Audit log",
	}
}

var textKey = regexp.MustCompile(`\b(admin|event|attention)\.[a-z]\S*`)

func TestAdminPages(t *testing.T) {
	d := newDesk(t)
	g := d.integration("CRM")
	in := d.instance(g, store.Enabled)
	for _, role := range []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin} {
		d.as(role)
		for path, section := range adminPages(d, g, in) {
			page := d.get(path).count("h1", 1).says("nav.nav", role+"@host.example, "+role)
			if got := page.text(".nav a[aria-current=page]"); got != section {
				t.Errorf("%s is marked as %q, want %q", path, got, section)
			}
			if key := textKey.FindString(page.body); key != "" {
				t.Errorf("%s shows %s instead of its text", path, key)
			}
			page.Find("a[href], form[action]").Each(func(_ int, e *selection) {
				to := e.AttrOr("href", e.AttrOr("action", ""))
				if !strings.HasPrefix(to, "/in/") && !strings.HasPrefix(to, "#") {
					t.Errorf("%s links to %s, outside the portal's path", path, to)
				}
			})
		}
	}
}

func TestAdminMissing(t *testing.T) {
	d := newDesk(t).as(store.StaffAdmin)
	for _, path := range []string{
		"/admin/workspaces/none", "/admin/users/none", "/admin/instances/none", "/admin/catalogue/none", "/admin/catalogue?account=none",
		"/admin/instances?workspace=none",
	} {
		d.ask(http.MethodGet, path, nil).is(404)
	}
	for _, path := range []string{
		"/admin/users/none/sign-out", "/admin/instances/none/approve", "/admin/catalogue/none/slots", "/admin/accounts/none/sync",
		"/admin/jobs/7/retry", "/admin/jobs/seven/discard",
	} {
		d.post(path).is(404)
	}
	d.post("/admin/catalogue/none", "position", "0").is(404)
	if codes := d.codes(); len(codes) != 0 {
		t.Errorf("what was not found is in the audit log: %v", codes)
	}
}

// Each POST of the route table is made once by somebody who may, and leaves one line in the audit log; a POST that is
// added to the table and not here fails the test. Those who may less are refused, and leave nothing.
func TestEveryAdminChangeIsAudited(t *testing.T) {
	d := newDesk(t)
	g := d.unlisted("CRM")
	held := d.instance(g, store.Enabling)
	d.change(held, func(in *store.Instance) { in.Hold = store.HoldCheck })
	job := d.job()
	changes := map[string]struct {
		path, code string
		form       []string
	}{
		"/admin/users/:user/sign-out":         {"/admin/users/" + d.ann.ID + "/sign-out", "session.ended", nil},
		"/admin/instances/:instance/approve":  {"/admin/instances/" + held.ID + "/approve", "instance.checked", nil},
		"/admin/catalogue/:integration":       {"/admin/catalogue/" + g.ID, "integration.changed", []string{"position", "4"}},
		"/admin/catalogue/:integration/shown": {"/admin/catalogue/" + g.ID + "/shown", "integration.changed", []string{"shown", "1"}},
		"/admin/catalogue/:integration/slots": {"/admin/catalogue/" + g.ID + "/slots", "slots.changed", slotRow("x", "X", "", "1")},
		"/admin/accounts/:account/sync":       {"/admin/accounts/" + d.account.ID + "/sync", "catalogue.synced", nil},
		"/admin/jobs/:job/retry":              {"/admin/jobs/" + job + "/retry", "job.retried", nil},
		"/admin/jobs/:job/discard":            {"/admin/jobs/" + job + "/discard", "job.discarded", nil},
	}
	for _, r := range d.server.adminRoutes() {
		if r.method != http.MethodPost || r.path == "/admin/sign-in" || r.path == "/admin/sign-out" {
			continue
		}
		change, ok := changes[r.path]
		if !ok {
			t.Errorf("nobody tests that POST %s is audited", r.path)
			continue
		}
		before := d.codes()
		for _, role := range []string{store.StaffViewer, store.StaffSupport} {
			if rank(role) < r.serves {
				d.as(role).post(change.path, change.form...).is(403)
			}
		}
		if after := d.codes(); !slices.Equal(before, after) {
			t.Errorf("%s: those who may not left %v", r.path, after)
		}
		d.as(map[access]string{staffSupport: store.StaffSupport, staffAdmin: store.StaffAdmin}[r.serves]).post(change.path, change.form...).is(303)
		if after := d.codes(); !slices.Equal(after, append(before, change.code)) {
			t.Errorf("%s: the audit log has %v, want %s besides %v", r.path, after, change.code, before)
		}
	}
	log := storetest.Must[[]store.Audit](t)(d.store.AuditLog(d.ctx, "", 100))
	for _, a := range log {
		if a.Actor.Kind == store.ActorStaff && (a.Actor.Name == "" || a.Actor.Address == "" || a.Actor.RequestID == "") {
			t.Errorf("%s was written without who, from where or in which request: %+v", a.Code, a.Actor)
		}
	}
}

// What a role may not do is not on its pages.
func TestAdminButtons(t *testing.T) {
	d := newDesk(t)
	g := d.unlisted("CRM")
	held := d.instance(g, store.Enabling)
	d.change(held, func(in *store.Instance) { in.Hold = store.HoldCheck })
	d.job()
	d.signedIn()
	buttons := map[string]string{ // a form's action, and the page that it is on
		"/admin/users/" + d.ann.ID + "/sign-out":    "/admin/users/" + d.ann.ID,
		"/admin/instances/" + held.ID + "/approve":  "/admin/instances/" + held.ID,
		"/admin/accounts/" + d.account.ID + "/sync": "/admin/catalogue",
		"/admin/jobs/":                        "/admin/jobs",
		"/admin/catalogue/" + g.ID:            "/admin/catalogue/" + g.ID,
		"/admin/catalogue/" + g.ID + "/slots": "/admin/catalogue/" + g.ID,
	}
	for _, role := range []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin} {
		d.as(role)
		for action, path := range buttons {
			shown := 0
			d.get(path).Find("main form[method=post]").Each(func(_ int, f *selection) {
				to := strings.TrimSuffix(f.AttrOr("action", ""), "#slots")
				if to == "/in"+action || (strings.HasSuffix(action, "/") && strings.HasPrefix(to, "/in"+action)) {
					shown++
				}
			})
			may := role == store.StaffAdmin || (role == store.StaffSupport && !strings.HasPrefix(action, "/admin/catalogue/"))
			if (shown > 0) != may {
				t.Errorf("a %s sees %d of %s", role, shown, action)
			}
		}
	}
	d.as(store.StaffViewer).get("/admin/instances/"+held.ID).says("[data-testid=verdict]", "This needs the role support.")
	d.get("/admin/catalogue/"+g.ID).says("main", "This needs the role admin.")
}

// job is the number of a job that waits.
func (d *desk) job() string {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		return tx.Enqueue(d.ctx, store.FetchIcon{IntegrationID: "icon-of"}, d.clock.Now().Add(time.Hour))
	})
	jobs := storetest.Must[[]*store.Job](d)(d.store.JobList(d.ctx, 1, "scheduled"))
	return fmt.Sprint(jobs[0].ID)
}

// signedIn opens a session of the customer's person.
func (d *desk) signedIn() {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		_, err := tx.CreateSession(d.ctx, store.SessionUser, d.ann.ID)
		return err
	})
}

// unlisted is an integration whose sign-ins the platform does not list.
func (d *desk) unlisted(title string) (g store.Integration) {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) (err error) {
		if g, err = tx.IntegrationByUpstreamID(d.ctx, d.account.ID, "upstream-"+title, title); err != nil {
			return err
		}
		g.Shown = true
		g, err = tx.PutIntegration(d.ctx, g)
		return err
	})
	return g
}

func slotRow(id, title, service, order string) []string {
	return []string{"slot_id", id, "slot_title", title, "slot_service", service, "slot_order", order}
}
