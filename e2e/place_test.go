package e2e

import (
	"strings"
	"sync"
	"testing"

	"portico/store/pgtest"
)

// TestBelowAPath serves the portal below a path of its address.
func TestBelowAPath(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	listen := freeAddress(t)
	in := configure(t, s, "http://"+listen+"/integrations-portal", "PORTICO_LISTEN="+listen, "PORTICO_URL=http://"+listen+"/integrations-portal/")
	in.addStaff("sam@host.example", "admin")
	in.begin()
	p := in.newcomer()
	in.offers(p)
	p.begins("HubSpot contacts")
	p.gives("Contacts")
	p.isOn()
	s.wantConnected(p, "hubspot")
	staff := in.staff("sam@host.example")
	for _, b := range []*browser{p.browser, staff} {
		for _, link := range b.doc.Find("[href], [src], [action]").EachIter() {
			for _, name := range []string{"href", "src", "action"} {
				if to := link.AttrOr(name, ""); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/integrations-portal/") {
					t.Errorf("%s leads out of the portal: %s", b.url, to)
				}
			}
		}
	}
	b := newTab(t, withScripts)
	b.open(in.invite(claims{"sub": "tab", "name": "Tab"}))
	b.begin("Notion notes")
	b.click("open")
	b.window(s.tray + "/external/").signInAtTray("Notes")
	b.isOn()
	b.gone(s.tray + "/external/")
}

// TestPostgreSQL connects while two processes share one database, and while one of them is killed.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	const customers = 50
	s := newSandbox(t)
	one := newFlavours(t, s, "PORTICO_DATABASE="+pgtest.URL(t))
	other := &installation{life: &life{of: t}, site: one.site, tray: one.tray, dir: one.dir, issuer: one.issuer, hostSecret: one.hostSecret}
	listen := freeAddress(t)
	other.env = append(append([]string{}, one.env...), "PORTICO_LISTEN="+listen, "PORTICO_URL=http://"+listen)
	other.portal = "http://" + listen
	other.begin()
	one.offers(one.newcomer())

	t.Run("both at once", func(t *testing.T) {
		one, other := one.with(t), other.with(t)
		who := claims{"sub": "both", "name": "Bo Both", "workspace": map[string]any{"id": "both"}}
		here, there := one.visitor(who), other.visitor(who)
		here.finds("Slack alerts for Salesforce deals")
		there.finds("Slack alerts for Salesforce deals")
		var pressed sync.WaitGroup
		for _, p := range []*person{here, there} {
			pressed.Go(func() { p.press("Connect") })
		}
		pressed.Wait()
		if here.url.Path != there.url.Path {
			t.Fatalf("one leads to %s, the other to %s", here.url, there.url)
		}
		here.prepared()
		here.gives("Deals")
		there.reload()
		there.sees("Deals")
		there.gives("Alerts")
		here.isOn()
		there.isOn()
		s.with(t).wantConnected(here, "salesforce", "slack")
	})
	t.Run("a session is good at both, and ends at both", func(t *testing.T) {
		one, other := one.with(t), other.with(t)
		p := one.newcomer()
		p.open(other.portal + "/integrations")
		if p.status != 200 {
			t.Errorf("at the other: status %d", p.status)
		}
		other.api("DELETE", "/api/v1/sessions?user="+p.sub, nil)
		if p.open(one.portal + "/integrations"); p.status != 401 {
			t.Errorf("after its end: status %d", p.status)
		}
	})
	t.Run("one of them is killed", func(t *testing.T) {
		one := one.with(t)
		one.seeds(customers)
		staff := one.staff("sam@host.example")
		staff.predefines(one.portal, "Stripe", "value:secret_text", "sk_live_"+canaryValue)
		// Nobody's project is found at once, so that a backfill of theirs is under way when the program is killed.
		s.pieces.control("POST", "faults", map[string]any{"operation": "listProjects", "kind": "latency", "latency_ms": 200, "times": customers})
		staff.backfills()
		one.crash( // its jobs go on in the other, once its claims have run out
			cut{notes, point{"createSolutionInstance", 0, "hold_after"}}, cut{notes, point{"updateSolutionInstance", 1, "hold_before"}},
			cut{flavours, point{"createProject", 0, "hold_after"}}, cut{flavours, point{"upsertGlobalConnection", 0, "hold_after"}},
		)
		staff.ends("Finished")
		s.with(t).wantBackfilled(customers, func(int) string { return "1042" })
	})
}
