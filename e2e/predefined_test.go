package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// gelato is what a predefined connection to Gelato holds for a customer.
func gelato(key, store string) map[string]any {
	return map[string]any{"type": "CUSTOM_AUTH", "props": map[string]any{"apiKey": key, "storeId": store}}
}

// customers are people of customers of their own, whose records name these stores; "" has none.
func (s site) customers(stores ...string) []*person {
	s.t.Helper()
	var all []*person
	for _, store := range stores {
		n := people.Add(1)
		p := s.visitor(recorded(n, store))
		p.store = store
		all = append(all, p)
	}
	return all
}

// recorded is what the host says of a customer's admin, with what its record says of the customer.
func recorded(n int64, store string) claims {
	workspace := map[string]any{"id": fmt.Sprintf("customer-%d", n), "name": fmt.Sprintf("Customer %d Ltd", n)}
	if store != "" {
		workspace["attributes"] = map[string]string{"store_id": store}
	}
	return claims{"sub": fmt.Sprintf("person-%d", n), "name": fmt.Sprintf("Ada Number%d", n), "role": "admin", "workspace": workspace}
}

// number is that of a customer's admin, by which claims name them.
func (p *person) number() (n int64) {
	p.t.Helper()
	if _, err := fmt.Sscanf(p.sub, "person-%d", &n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// customer is the name of a person's customer.
func (p *person) customer() string { return fmt.Sprintf("Customer %d Ltd", p.number()) }

// predefines makes a predefined connection of a piece, and shows it.
func (b *browser) predefines(portal, piece string, fields ...string) {
	b.t.Helper()
	b.open(portal + "/admin")
	b.follow("Connections")
	b.follow("New connection")
	b.submit(b.doc.Find("main form[role=search]"), b.doc.Find("#none"), "q", piece)
	b.follow(piece)
	b.press("Make the connection", fields...)
	if b.status != 200 {
		b.t.Fatalf("making it: status %d, %s", b.status, b.text())
	}
}

// tries tries the predefined connection that is shown on a customer, waits for the outcome and goes back.
func (b *browser) tries(customer, outcome string) {
	b.t.Helper()
	at := b.url.String()
	b.follow("Try on one customer")
	b.press("Try on " + customer)
	eventually(b.t, "what comes of trying", func() string {
		if strings.Contains(b.text(), outcome) {
			return ""
		}
		b.reload()
		return b.text()
	})
	b.open(strings.SplitN(at, "?", 2)[0])
}

// applies applies the predefined connection that is shown to all customers, waits for the end and goes back.
func (b *browser) applies(verdict string) {
	b.t.Helper()
	at := strings.SplitN(b.url.String(), "?", 2)[0]
	b.follow("Apply to")
	b.press("Apply to")
	b.ends(verdict)
	b.open(at)
}

// ends waits for the rollout that is shown to end.
func (b *browser) ends(verdict string) {
	b.t.Helper()
	eventually(b.t, "the end of the rollout", func() string {
		if got := words(b.doc.Find("[data-testid=verdict]").Text()); strings.Contains(got, verdict) {
			return ""
		}
		b.reload()
		return b.text()
	})
}

// state is how the predefined connection that is shown stands in a customer.
func (b *browser) state(customer string) string {
	b.reload()
	return words(b.doc.Find(fmt.Sprintf("[data-testid=%q] .pill", "customer-"+customer)).Text())
}

// TestPredefined lets staff predefine connections, and customers use them.
func TestPredefined(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	staff := s.adminOf()
	who := s.customers("41", "42", "43")
	one, two, three := who[0], who[1], who[2]
	key, rotated := canaryValue+"-first", canaryValue+"-second"

	staff.open(s.portal + "/admin")
	staff.follow("Connections")
	staff.sees("Nothing is predefined")
	staff.follow("New connection")
	staff.follow("Gelato")
	staff.sees("Your shop's key.", "gelato_")
	staff.press("Preview", "pattern", "{piece}-of-{externalProjectId}", "source:storeId", "attribute")
	if got := words(staff.doc.Find("[data-testid=preview]").Text()); !strings.Contains(got, "gelato-of-") {
		t.Errorf("the preview says %q", got)
	}
	staff.press("Make the connection", "pattern", "{oops}", "value:apiKey", key, "source:storeId", "attribute", "attribute:storeId", "store_id")
	if staff.status != 422 || strings.Contains(staff.html, key) {
		t.Errorf("a pattern that is none: status %d, %s", staff.status, staff.text())
	}
	staff.predefines(s.portal, "Gelato", "value:apiKey", "revoked", "source:storeId", "attribute", "attribute:storeId", "store_id", "stop", "60")
	at := staff.url.String()
	staff.sees("No customer has it yet", "gelato_${await")

	t.Run("the service's own words", func(t *testing.T) {
		staff, s := staff.with(t), s.with(t)
		staff.open(at)
		staff.tries(one.customer(), "Gelato: key •••") // the piece says it with the key, which nobody is shown
		staff.press("Save", "value:apiKey", key)
		staff.tries(one.customer(), "It works")
		s.wantValue(one.workspace, "gelato", gelato(key, "41"))
		if n := s.pieces.control("GET", "counts", nil).number("global_connections"); n != 1 {
			t.Errorf("trying on one makes %d connections, want 1", n)
		}
	})
	t.Run("to all", func(t *testing.T) {
		staff, s := staff.with(t), s.with(t)
		staff.open(at)
		staff.follow("Apply to")
		staff.sees(two.customer(), three.customer())
		staff.open(at)
		staff.applies("Finished")
		s.wantGelato(key, who...)
		poor := s.customers("")[0]
		staff.open(at)
		staff.tries(poor.customer(), "The customer has no attribute store_id")
		s.visitor(recorded(poor.number(), "77"))
		poor.store = "77"
		eventually(t, "the connection, once the attribute is there", func() string {
			if got := staff.state(poor.customer()); got != "Active" {
				return got
			}
			return ""
		})
		s.wantGelato(key, append(who, poor)...)
	})
	t.Run("another value", func(t *testing.T) {
		staff, s := staff.with(t), s.with(t)
		staff.open(at)
		if strings.Contains(staff.html, key) {
			t.Error("the page shows the value")
		}
		staff.press("Save", "value:apiKey", rotated)
		s.wantGelato(key, who...) // nothing is sent before it is applied
		staff.applies("Finished")
		s.wantGelato(rotated, who...)
		staff.sees("the name leads to exactly one connection")
	})
	t.Run("drift", func(t *testing.T) { drift(t, s.with(t), staff.with(t), at, rotated, who) })
	t.Run("customers use it", func(t *testing.T) {
		p := s.with(t).customers("44")[0]
		p.begins("New flavours in Slack")
		p.sees("Connected for you")
		p.misses("API key")
		piecesPlatform{}.gives(p, "Slack")
		p.isOn()
		s := s.with(t)
		piecesPlatform{}.wantConnected(s, p, "gelato", "slack")
		s.wantGelato(rotated, p)
	})
	t.Run("customers are asked", func(t *testing.T) { asked(t, s.with(t), staff.with(t)) })
	t.Run("it is not ready", func(t *testing.T) {
		s := s.with(t)
		p := s.customers("")[0]
		p.finds("New flavours in Slack")
		p.press("Connect")
		p.comes("the mark", func() bool { return p.attention() != "" })
		p.sees("A connection that we make for you is not ready", "This is ours to put right")
		p.misses("store_id")
		s.visitor(recorded(p.number(), "78"))
		s.advance(6 * time.Minute)
		p.comes("the step to sign in", func() bool { return p.doc.Find("[data-testid=credentials]").Length() > 0 })
		piecesPlatform{}.gives(p, "Slack")
		p.isOn()
		piecesPlatform{}.wantConnected(s, p, "gelato", "slack")
	})
	t.Run("removed", func(t *testing.T) {
		staff, s := staff.with(t), s.with(t)
		staff.open(at)
		staff.follow("Remove from all customers")
		staff.press("Remove from all customers")
		staff.ends("Finished")
		for _, c := range s.pieces.control("GET", "connections", nil).all() {
			if c.text("scope") == "PLATFORM" && c.text("piece") == "@activepieces/piece-gelato" {
				t.Errorf("it is still in %v", c.get("projects").value)
			}
		}
		staff.open(at)
		staff.sees("This was removed from all customers")
		if staff.offers("Try on one customer") {
			t.Error("it can still be tried")
		}
	})
	staff.open(s.portal + "/admin/audit")
	staff.sees("Alex Admin")
}

// wantGelato fails unless each of these has exactly one connection to Gelato with the key and the store of their record.
func (s *sandbox) wantGelato(key string, who ...*person) {
	s.t.Helper()
	for _, p := range who {
		s.wantValue(p.workspace, "gelato", gelato(key, p.store))
	}
}

// drift changes connections behind the portal's back: all but what the service says is repaired by itself.
func drift(t *testing.T, s *sandbox, staff *browser, at, key string, who []*person) {
	of := func(p *person) result {
		t.Helper()
		project := s.project(p.workspace).text("id")
		found := slices.DeleteFunc(s.connections(project), func(c result) bool { return c.text("external_id") != "gelato_"+p.workspace })
		if len(found) != 1 {
			t.Fatalf("%s has %d connections of that name", p.workspace, len(found))
		}
		return found[0]
	}
	s.pieces.control("POST", "connections/"+of(who[0]).text("id")+"/remove", nil)
	s.pieces.control("POST", "connections/"+of(who[1]).text("id"), map[string]any{"external_id": "mine"})
	s.pieces.control("POST", "connections", map[string]any{
		"projects": []string{s.project(who[2].workspace).text("id")}, "external_id": "gelato_" + who[2].workspace, "name": "Mine",
		"piece": "@activepieces/piece-gelato", "type": "CUSTOM_AUTH",
	})
	staff.open(at)
	staff.press("Check now")
	eventually(t, "the repair", func() string {
		for _, p := range who {
			var found []string
			for _, c := range s.connections(s.project(p.workspace).text("id")) {
				if c.text("external_id") == "gelato_"+p.workspace {
					found = append(found, c.text("value_sha256"))
				}
			}
			if len(found) != 1 || found[0] != digest(t, gelato(key, p.store)) {
				return fmt.Sprintf("%s has %d of that name", p.workspace, len(found))
			}
			if got := staff.state(p.customer()); got != "Active" {
				return fmt.Sprintf("%s is %s", p.customer(), got)
			}
		}
		return ""
	})
	s.pieces.control("POST", "connections/"+of(who[0]).text("id"), map[string]any{"status": "ERROR"})
	staff.open(at)
	staff.press("Check now")
	eventually(t, "the error to be reported", func() string {
		if got := staff.state(who[0].customer()); got != "Error" {
			return got
		}
		return ""
	})
	if got := of(who[0]).text("status"); got != "ERROR" {
		t.Errorf("what the service says is hidden: %s", got)
	}
	staff.press("Repair the connection of " + who[0].customer())
	eventually(t, "the repair on a click", func() string {
		if got := of(who[0]).text("status") + " " + staff.state(who[0].customer()); got != "ACTIVE Active" {
			return got
		}
		return ""
	})
}

// asked predefines all but one value, which each customer gives when they connect.
func asked(t *testing.T, s *sandbox, staff *browser) {
	staff.predefines(s.portal, "commercetools", "value:region", `"europe-west1.gcp"`, "source:projectKey", "workspace", "value:clientId", "ours",
		"value:clientSecret", canaryValue, "source:pageSize", "none", "source:staged", "none", "source:notes", "none")
	p := s.newcomer()
	p.begins("commercetools prices")
	p.comes("the question", func() bool { return p.doc.Find("form[data-testid=answer]").Length() == 1 })
	p.sees("commercetools is connected for you. We only need this from you", "Project key")
	p.misses("Client secret", "Region")
	p.enters(url.Values{"v.projectKey": {"my shop"}})
	if !strings.Contains(p.text(), "the project key has no spaces") || p.status != 422 {
		t.Errorf("what the service refuses: status %d, %s", p.status, p.text())
	}
	p.enters(url.Values{"v.projectKey": {"my-shop"}})
	p.isOn()
	piecesPlatform{}.wantConnected(s, p, "commercetools")
	s.wantValue(p.workspace, "commercetools", map[string]any{"type": "CUSTOM_AUTH", "props": map[string]any{
		"region": "europe-west1.gcp", "projectKey": "my-shop", "clientId": "ours", "clientSecret": canaryValue,
	}})
	second := s.visitor(claims{"sub": p.sub + "-b", "name": "Colleague", "workspace": map[string]any{"id": p.workspace}})
	second.begins("commercetools prices") // what the customer has answered is asked of nobody again
	second.isOn()
}
