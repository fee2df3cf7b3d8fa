package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portico/portal"
	"portico/store"
	"portico/store/storetest"
)

// newVisit is a desk at which a customer's person sits: u of the workspace acme, with a role.
func newVisit(t *testing.T, role string) *desk {
	t.Helper()
	return newDesk(t).enter("u", role)
}

// enter signs somebody of the workspace acme in, in the browser's place of whoever was there.
func (d *desk) enter(subject, role string) *desk {
	d.Helper()
	d.cookies = map[string]string{}
	i, err := d.portal.Invite(d.ctx, portal.Claims{
		Subject: subject, Name: strings.ToUpper(subject), Role: role, Workspace: &portal.WorkspaceClaim{ID: "acme", Name: "Acme"},
	}, "/", store.Actor{})
	if err != nil {
		d.Fatal(err)
	}
	d.ask(http.MethodGet, "/session/"+i.Ticket.Reveal(), nil).is(http.StatusSeeOther)
	return d
}

// person is somebody of the workspace acme who has been there.
func (d *desk) person(subject string) store.User {
	d.Helper()
	for _, u := range storetest.Must[[]store.User](d)(d.store.UsersByExternalID(d.ctx, subject)) {
		if u.WorkspaceID == d.acme.ID {
			return u
		}
	}
	d.Fatalf("nobody is %q", subject)
	return store.User{}
}

// has gives somebody an instance in a state.
func (d *desk) has(subject string, g store.Integration, state string) store.Instance {
	d.Helper()
	u := d.person(subject)
	i := storetest.Identity(d, d.store, d.acme, u)
	return storetest.Instance(d, d.store, u, i, g, state)
}

// slot gives an instance a slot.
func (d *desk) slot(in store.Instance, s store.Slot) {
	d.Helper()
	s.InstanceID = in.ID
	if s.Kind == "" {
		s.Kind = store.SlotAuth
	}
	storetest.Update(d, d.store, func(tx *store.Tx) error { return tx.PutSlot(d.ctx, s) })
}

// signIns gives the person of an instance sign-ins at the platform.
func (d *desk) signIns(in store.Instance, all ...store.Authentication) {
	d.Helper()
	i := storetest.Must[store.Identity](d)(d.store.Identity(d.ctx, in.IdentityID))
	storetest.Update(d, d.store, func(tx *store.Tx) error { return tx.PutAuthentications(d.ctx, i, all) })
}

// synced says that the catalogue was copied just now.
func (d *desk) synced() {
	d.Helper()
	storetest.Update(d, d.store, func(tx *store.Tx) error {
		return tx.SetSync(d.ctx, d.account.ID, store.SyncedCatalogue, "")
	})
}

// live lets the portal's jobs run and waits until the simulated platform's catalogue is there.
func (d *desk) live() {
	d.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.portal.Run(ctx) }()
	d.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			d.Errorf("working on jobs: %v", err)
		}
	})
	if err := d.portal.SyncNow(d.ctx, store.Actor{}, d.account.ID); err != nil {
		d.Fatal(err)
	}
	d.until("the catalogue is there", func() bool {
		s, err := d.store.Sync(d.ctx, d.account.ID, store.SyncedCatalogue)
		return err == nil && !s.DoneAt.IsZero()
	})
}

// until waits for something that a job does.
func (d *desk) until(what string, happened func() bool) {
	d.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !happened() {
		select {
		case <-tick.C:
		case <-deadline:
			d.Fatalf("waited in vain until %s", what)
		}
	}
}

// answer sends a request with headers and returns the answer as it came.
func (d *desk) answer(method, path string, form url.Values, headers ...string) *http.Response {
	d.Helper()
	r := httptest.NewRequest(method, "https://portal.test"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	d.server.ServeHTTP(w, r)
	return w.Result()
}

// read is an answer with its page.
func read(t *testing.T, r *http.Response) reply {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{T: t, status: r.StatusCode, location: r.Header.Get("Location"), Document: doc}
}

// silence makes the simulated platform answer every call with 500.
func (d *desk) silence() {
	d.Helper()
	fault := `{"operation": "*", "kind": "500"}`
	r, err := http.Post(d.account.DialogURL+"/_control/faults", "application/json", strings.NewReader(fault))
	if err != nil {
		d.Fatal(err)
	}
	if err := r.Body.Close(); err != nil || r.StatusCode >= 300 {
		d.Fatalf("silencing the platform: %s, %v", r.Status, err)
	}
}
