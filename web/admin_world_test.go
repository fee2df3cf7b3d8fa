package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"portico/portal"
	"portico/sandbox/clock"
	"portico/sandbox/traysim"
	"portico/secret"
	"portico/static"
	"portico/store"
	"portico/store/storetest"
	"portico/views/messages"
)

const adminPassword = "correct horse battery"

// desk is the admin area over a store with a customer in it, as a browser without scripts meets it.
type desk struct {
	*testing.T
	ctx     context.Context
	server  *Server
	portal  *portal.Portal
	store   *store.Store
	clock   *clock.Clock
	account store.Account
	acme    store.Workspace
	ann     store.User
	there   store.Identity
	cookies map[string]string
}

// newDesk makes one with a member of the staff of each role, named after it; nobody is signed in.
func newDesk(t *testing.T) *desk {
	t.Helper()
	c := clock.New()
	s, err := store.Open(t.Context(), store.Options{Database: storetest.SQLite(t), Keys: storetest.Keys(t), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	sim := httptest.NewServer(traysim.New(traysim.Options{Clock: c, MasterToken: "master-canary", EmbeddedID: "demo"}))
	t.Cleanup(sim.Close)
	d := &desk{T: t, ctx: context.Background(), store: s, clock: c, cookies: map[string]string{}}
	d.account = store.Account{
		Platform: "tray", Name: "main", Region: "us", APIURL: sim.URL + "/graphql", DialogURL: sim.URL, EmbeddedID: "demo",
		Token: secret.Text("master-canary"), UserScope: store.ScopeUser, IsDefault: true,
	}
	storetest.Update(t, s, func(tx *store.Tx) (err error) {
		d.account, err = tx.PutAccount(d.ctx, d.account)
		return err
	})
	d.acme = storetest.Workspace(t, s, d.account, "acme")
	d.ann = storetest.User(t, s, d.acme, "ann", store.RoleMember)
	d.there = storetest.Identity(t, s, d.acme, d.ann)
	d.open(c)
	for _, role := range []string{store.StaffViewer, store.StaffSupport, store.StaffAdmin} {
		if _, err := d.portal.CreateStaff(d.ctx, store.Actor{}, role+"@host.example", "", role, adminPassword); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// open makes the portal and the server; the portal's address carries a path, which every link has to have.
func (d *desk) open(c *clock.Clock) {
	d.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	texts, err := messages.Load()
	if err != nil {
		d.Fatal(err)
	}
	if d.portal, err = portal.New(portal.Options{Store: d.store, Now: c.Now, Log: log, URL: "https://portal.test/in"}); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(d.portal.Close)
	d.server, err = New(Options{
		Store: d.store, Portal: d.portal, Assets: static.New("/in"), Messages: texts, Log: log, Now: c.Now,
		URL: "https://portal.test/in", HostOrigins: []string{"https://host.example"},
	})
	if err != nil {
		d.Fatal(err)
	}
}

// reply is an answer, and its page.
type reply struct {
	*testing.T
	status   int
	location string // without the path of the portal's address
	body     string
	*goquery.Document
}

// ask sends what a browser would; form is nil for a GET.
func (d *desk) ask(method, path string, form url.Values) reply {
	d.Helper()
	r := httptest.NewRequest(method, "https://portal.test/in"+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if d.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(d.cookies, c.Name)
		}
	}
	body := w.Body.String()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	return reply{T: d.T, status: w.Code, location: strings.TrimPrefix(w.Header().Get("Location"), "/in"), body: body, Document: doc}
}

func (d *desk) get(path string) reply { d.Helper(); return d.ask(http.MethodGet, path, nil).is(200) }

func (d *desk) post(path string, pairs ...string) reply {
	d.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return d.ask(http.MethodPost, path, form)
}

// as signs a member of the staff in by their role.
func (d *desk) as(role string) *desk {
	d.Helper()
	d.post("/admin/sign-in", "email", role+"@host.example", "password", adminPassword).is(303)
	return d
}

func (r reply) is(status int) reply {
	r.Helper()
	if r.status != status {
		r.Fatalf("got the status %d, want %d: %s", r.status, status, r.text("main"))
	}
	return r
}

// text is what a person reads in the elements that a selector finds, with single spaces.
func (r reply) text(selector string) string {
	return strings.Join(strings.Fields(r.Find(selector).Text()), " ")
}

// says fails the test unless an element has all of the texts.
func (r reply) says(selector string, texts ...string) reply {
	r.Helper()
	for _, text := range texts {
		if got := r.text(selector); !strings.Contains(got, text) {
			r.Errorf("%s says %q, which lacks %q", selector, got, text)
		}
	}
	return r
}

// count fails the test unless so many elements match.
func (r reply) count(selector string, want int) reply {
	r.Helper()
	if got := r.Find(selector).Length(); got != want {
		r.Errorf("%d elements match %s, want %d", got, selector, want)
	}
	return r
}

// value is what an input holds.
func (r reply) value(selector string) string {
	value, _ := r.Find(selector).Attr("value")
	return value
}

// codes is the codes of what staff have changed in the audit log, oldest first; not that they came and went.
func (d *desk) codes() []string {
	d.Helper()
	log := storetest.Must[[]store.Audit](d)(d.store.AuditLog(d.ctx, "", 100))
	var codes []string
	for _, a := range log {
		if a.Actor.Kind == store.ActorStaff && a.SubjectKind != "staff" {
			codes = append([]string{a.Code}, codes...)
		}
	}
	return codes
}

// integration is one whose sign-in the platform lists.
func (d *desk) integration(title string, tags ...string) store.Integration {
	d.Helper()
	return storetest.Integration(d, d.store, d.account, title, tags...)
}

func (d *desk) instance(g store.Integration, state string) store.Instance {
	d.Helper()
	return storetest.Instance(d, d.store, d.ann, d.there, g, state)
}

// change changes an instance in the store.
func (d *desk) change(in store.Instance, do func(*store.Instance)) {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		now, err := tx.LockInstance(d.ctx, in.ID)
		if err != nil {
			return err
		}
		do(&now)
		return tx.PutInstance(d.ctx, now, "")
	})
}

type selection = goquery.Selection
