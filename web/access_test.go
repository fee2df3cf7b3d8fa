package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/web/api"
)

// asker is somebody at the door, with what their browser or server holds.
type asker struct {
	name   string
	kind   string // "", "user", "staff" or "host"
	role   string // in the workspace, or of the staff
	mine   string // what an instance is to them: "owner", "colleague" or "foreign"
	cookie *http.Cookie
	key    string
}

// town is everybody who may come to an address, and the things there are to come for.
type town struct {
	*desk
	askers     []asker
	offer      store.Integration
	automation string        // made in the builder
	pieces     store.Account // at Activepieces
	predefined string
	rollout    string
	quay       quay
}

const (
	townKey    = "api-key-of-the-tests-0123456789"
	townScript = "5c41b7" // hash of a platform's script
)

func newTown(t *testing.T) *town {
	t.Helper()
	y := newYard(t, piecesim.Options{})
	y.configure(func(a *store.Account) { a.SDKURL = "https://ap.invalid/sdk.js" })
	d := y.desk
	w := &town{desk: d, offer: d.integration("Slack", "Messaging"), pieces: y.pieces, predefined: y.predefine("k").ID}
	w.rollout = y.rollout(store.Rollout{Kind: store.RolloutApply, PredefinedID: w.predefined, StopPercent: 20}).ID
	other := storetest.Workspace(t, d.store, d.account, "globex")
	people := []struct {
		workspace store.Workspace
		id, role  string
		mine      string
	}{
		{d.acme, "ann", store.RoleMember, "owner"}, {d.acme, "vera", store.RoleViewer, "colleague"}, {d.acme, "carl", store.RoleMember, "colleague"},
		{d.acme, "adam", store.RoleAdmin, "colleague"}, {other, "eve", store.RoleAdmin, "foreign"},
	}
	for _, p := range people {
		u := storetest.User(t, d.store, p.workspace, p.id, p.role)
		w.askers = append(w.askers, asker{name: p.id, kind: "user", role: p.role, mine: p.mine, cookie: w.userCookie(u)})
	}
	for _, role := range []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin} {
		d.cookies = map[string]string{}
		d.as(role)
		w.askers = append(w.askers, asker{name: "staff " + role, kind: "staff", role: role, cookie: &http.Cookie{Name: staffCookie, Value: d.cookies[staffCookie]}})
	}
	w.askers = append(w.askers, asker{name: "stranger"}, asker{name: "host", kind: "host", key: townKey})
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		if err := tx.PutScript(d.ctx, store.Script{AccountID: w.pieces.ID, Hash: townScript}, []byte("one();")); err != nil {
			return err
		}
		g := w.offer
		g.Restricted = true
		if _, err := tx.PutIntegration(d.ctx, g); err != nil {
			return err
		}
		if err := tx.PutAutomations(d.ctx, d.there, []store.Automation{{UpstreamID: "flow", Name: "Nightly"}}, d.clock.Now()); err != nil {
			return err
		}
		return tx.SetAudience(d.ctx, g.ID, []string{d.acme.ID})
	})
	w.quay = w.newQuay()
	w.automation = storetest.Must[[]store.AutomationCard](w)(d.store.Automations(d.ctx, d.ann, 0, 1))[0].ID
	return w
}

// userCookie signs a person in by a ticket, as the host's server would.
func (w *town) userCookie(u store.User) *http.Cookie {
	w.Helper()
	ws := storetest.Must[store.Workspace](w)(w.store.Workspace(w.ctx, u.WorkspaceID))
	i := storetest.Must[portal.Invitation](w)(w.portal.Invite(w.ctx, portal.Claims{
		Subject: u.ExternalID, Name: u.Name, Email: u.Email, Role: u.Role, Workspace: &portal.WorkspaceClaim{ID: ws.ExternalID, Name: ws.Name},
	}, "/", store.Actor{}))
	w.cookies = map[string]string{}
	w.ask("GET", "/session/"+i.Ticket.Reveal(), nil).is(303)
	return &http.Cookie{Name: userCookie, Value: w.cookies[userCookie]}
}

// fill puts things that there are into a route's path.
func (w *town) fill(path string, in store.Instance) string {
	path = w.fillDeploy(path)
	path = strings.Replace(path, "/activepieces/:account", "/activepieces/"+w.pieces.ID, 1)
	return strings.NewReplacer(":instance", in.ID, ":integration", w.offer.ID, ":workspace", w.acme.ID, ":automation", w.automation, ":user", w.ann.ID,
		":account", w.account.ID, ":flow", "none", ":icon", "none", ":ticket", "none", ":job", "1", ":hash", townScript, ":slot", "none", ":predefined", w.predefined, ":rollout", w.rollout, "*", "none").Replace(path)
}

// status asks for a route and says how it was answered.
func (w *town) status(r route, a asker, in store.Instance) int {
	w.Helper()
	request := httptest.NewRequest(r.method, "https://portal.test/in"+w.fill(r.path, in), nil)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if a.cookie != nil {
		request.AddCookie(a.cookie)
	}
	if a.key != "" {
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, request)
	return answer.Code
}

// refusedAs is the status with which the table turns somebody away from a thing; 0 when they are served.
func refusedAs(r route, a asker, shared bool) int {
	switch {
	case r.serves == anyone:
		return 0
	case r.serves == hostKey:
		if a.kind != "host" {
			return 401
		}
		return 0
	case r.serves == staffViewer || r.serves == staffSupport || r.serves == staffAdmin:
		if a.kind != "staff" {
			return 401
		}
		if rank(a.role) < r.serves {
			return 403
		}
		return 0
	case a.kind != "user":
		return 401
	case r.serves == member && a.role == store.RoleViewer:
		return 403
	}
	return refusedThing(r, a, shared)
}

// refusedThing is the same for those whom the route serves, by what the thing is to them.
func refusedThing(r route, a asker, shared bool) int {
	switch {
	case (strings.Contains(r.path, ":integration") || strings.Contains(r.path, ":automation")) && a.mine == "foreign":
		return 404
	case !strings.Contains(r.path, ":instance") || a.mine == "owner":
		return 0
	case a.mine == "foreign" || !shared:
		return 404
	case r.serves == member && a.role != store.RoleAdmin:
		return 403
	}
	return 0
}

// Every route, asked for by everybody, answers as the table says: for a personal instance and for a shared one.
func TestEveryRouteServesWhomItSays(t *testing.T) {
	w := newTown(t)
	w.server.wrongKeys = rate.NewLimiter(rate.Inf, 0) // so many wrong keys at once would have to wait
	w.server.apiKeys = api.NewKeys([]secret.Text{townKey})
	for _, shared := range []bool{false, true} {
		for _, r := range w.server.routes() {
			for _, a := range w.askers {
				if r.path == "/session/end" || r.path == "/admin/sign-out" || strings.HasSuffix(r.path, "/users/:user/sign-out") {
					if refusedAs(r, a, shared) == 0 {
						continue // it would end the session that the rest asks with
					}
				}
				in := w.instance(w.offer, store.Authorizing)
				w.change(in, func(in *store.Instance) { in.Shared = shared })
				got, want := w.status(r, a, in), refusedAs(r, a, shared)
				served := got != 401 && got != 403 && got < 500
				if r.serves == anyone || strings.Contains(r.path, ":job") {
					served = got < 500 // doors answer strangers as they see fit, and there is no such job
				} else if got == 404 {
					served = false
				}
				if (want == 0 && !served) || (want != 0 && got != want) {
					t.Errorf("%s %s (%s), shared %v, asked by %s: got %d, want %s", r.method, r.path, r.serves, shared, a.name, got, wanted(want))
				}
			}
		}
	}
}

func wanted(status int) string {
	if status == 0 {
		return "it served"
	}
	return fmt.Sprint(status)
}

// The table is all there is: the router answers nothing else.
func TestTheTableIsWhole(t *testing.T) {
	d := newDesk(t)
	listed := map[string]bool{}
	for _, r := range d.server.routes() {
		if r.serves == undeclared {
			t.Errorf("%s %s does not say whom it serves", r.method, r.path)
		}
		listed[r.method+" "+r.path] = true
		if r.method == http.MethodGet {
			listed["HEAD "+r.path] = true
		}
	}
	for _, r := range d.server.echo.Routes() {
		if !listed[r.Method+" "+r.Path] {
			t.Errorf("the router answers %s %s, which is not in the table", r.Method, r.Path)
		}
	}
}

func TestARouteMustSayWhomItServes(t *testing.T) {
	d := newDesk(t)
	if err := d.server.add(route{method: "GET", path: "/forgotten"}); err == nil {
		t.Error("a route that does not say whom it serves was added")
	}
}
