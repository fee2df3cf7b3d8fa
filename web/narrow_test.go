package web

import (
	"net/http"
	"strings"
	"testing"

	"portico/portal"
	"portico/store"
)

// Names as long as they may be, without a space to break them at, do not make the pages wider than a small phone.
func TestLongNamesOnSmallScreens(t *testing.T) {
	d := newVisit(t, store.RoleAdmin)
	endless := strings.Repeat("W", 255)
	i, err := d.portal.Invite(d.ctx, portal.Claims{
		Subject: "u", Name: endless, Role: store.RoleAdmin, Workspace: &portal.WorkspaceClaim{ID: "acme", Name: endless},
	}, "/", store.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	d.ask(http.MethodGet, "/session/"+i.Ticket.Reveal(), nil).is(http.StatusSeeOther)
	g, paths := d.integration("Deals"), []string{"/integrations"}
	for _, state := range []string{store.Enabled, store.Authorizing} {
		in := d.has("u", g, state)
		d.change(in, func(in *store.Instance) {
			in.Name, in.Shared, in.WantEnabled = endless[:80], state == store.Authorizing, state == store.Enabled
		})
		d.slot(in, store.Slot{ExternalID: "slack", Title: endless, Service: endless, AuthenticationID: "a1"})
		d.slot(in, store.Slot{ExternalID: "xero", Title: endless, Service: endless, Position: 1})
		d.signIns(in, store.Authentication{UpstreamID: "a1", Name: endless}, store.Authentication{UpstreamID: "a2", Name: endless, Service: endless})
		paths = append(paths, "/instances/"+in.ID, "/instances/"+in.ID+"/disconnect")
	}
	paths = append(paths, "/integrations/"+d.integration(endless).ID)
	site, b := d.serve(), newBrowser(t)
	for _, path := range paths {
		b.look(site+path, 320, "light")
		if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > 320 {
			t.Errorf("%s is %d px wide on a screen of 320", path, wide)
		}
	}
}
