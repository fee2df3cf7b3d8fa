package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestBackfill makes projects and two connections each for a thousand customers, and is killed twice on the way.
func TestBackfill(t *testing.T) {
	t.Parallel()
	const customers = 1000
	s := newSandbox(t)
	in := configure(t, s, "http://"+freeAddress(t), s.piecesEnv(t)...)
	in.env = slices.DeleteFunc(in.env, func(v string) bool { return strings.HasPrefix(v, "PORTICO_TRAY_") }) // it has nothing else
	in.addStaff("sam@host.example", "admin")
	in.begin()
	in.seeds(customers)
	staff := in.predefinesTwo()
	staff.backfills()
	for _, made := range []int{customers / 3, customers} { // of 2 × customers
		eventually(t, fmt.Sprintf("%d connections", made), func() string {
			if n := s.pieces.control("GET", "counts", nil).number("global_connections"); n < made {
				return fmt.Sprintf("there are %d", n)
			}
			return ""
		})
		in.kill()
		in.begin()
	}
	staff.ends("Finished: every customer is done")
	staff.sees("1,000 of 1,000 customers")
	s.wantBackfilled(customers, func(n int) string { return fmt.Sprint(n) })
	staff.follow("Projects")
	staff.sees("1,000 of 1,000 customers have their project")
}

// seeds brings one person of each of so many customers, whose records name a store each.
func (in *installation) seeds(customers int) {
	in.t.Helper()
	left := make(chan int)
	var bringing sync.WaitGroup
	for range 8 {
		bringing.Go(func() {
			for n := range left {
				if status, answer := in.api("POST", "/api/v1/sessions", seeded(n)); status != http.StatusCreated {
					in.t.Errorf("bringing customer %d: status %d, %v", n, status, answer.value)
				}
			}
		})
	}
	for n := range customers {
		left <- n
	}
	close(left)
	bringing.Wait()
}

func seeded(n int) claims {
	return claims{"sub": fmt.Sprintf("seeded-%d", n), "workspace": map[string]any{
		"id": fmt.Sprintf("seeded-%d", n), "name": fmt.Sprintf("Seed & Sons No. %d/%d", n, n), "attributes": map[string]string{"store_id": fmt.Sprint(n)},
	}}
}

// predefinesTwo predefines a connection that differs by the customer, and one that is the same for all.
func (in *installation) predefinesTwo() *browser {
	in.t.Helper()
	staff := in.publishes() // nothing but the staff
	eventually(in.t, "the pieces", func() string {
		staff.open(in.portal + "/admin/catalogue")
		if staff.offers("activepieces") { // there are others
			staff.follow("activepieces")
		}
		return map[bool]string{false: "there is nothing to publish"}[staff.offers("Publish")]
	})
	staff.predefines(in.portal, "Gelato", "value:apiKey", canaryValue, "source:storeId", "attribute", "attribute:storeId", "store_id")
	staff.predefines(in.portal, "Stripe", "value:secret_text", "sk_live_"+canaryValue)
	return staff
}

// backfills begins a backfill for all customers.
func (b *browser) backfills() {
	b.t.Helper()
	b.follow("Projects")
	b.press("Make what")
	b.sees("This goes on in the background")
}

// wantBackfilled fails unless each seeded customer has one project, and in it both connections with the right values: the
// store of Gelato's is said by the customer's number.
func (s *sandbox) wantBackfilled(customers int, store func(int) string) {
	s.t.Helper()
	projects := map[string]int{} // by the project's ID, the number of its customer
	for _, p := range s.pieces.control("GET", "projects", nil).all() {
		var n int
		if _, err := fmt.Sscanf(p.text("external_id"), "seeded-%d", &n); err == nil {
			projects[p.text("id")] = n
		}
	}
	if len(projects) != customers {
		s.t.Errorf("%d projects, want %d", len(projects), customers)
	}
	have := map[string]int{}
	stripe := digest(s.t, map[string]any{"type": "SECRET_TEXT", "secret_text": "sk_live_" + canaryValue})
	for _, c := range s.pieces.control("GET", "connections", nil).all() {
		in := c.list("projects")
		if len(in) != 1 {
			s.t.Errorf("a connection is in %v", c.get("projects").value)
			continue
		}
		n, seeded := projects[in[0].string()]
		if !seeded {
			continue
		}
		want := map[string]string{
			fmt.Sprintf("gelato_seeded-%d", n): digest(s.t, gelato(canaryValue, store(n))), fmt.Sprintf("stripe_seeded-%d", n): stripe,
		}
		name := c.text("external_id")
		if have[name]++; have[name] != 1 || want[name] != c.text("value_sha256") || c.text("status") != "ACTIVE" {
			s.t.Errorf("%s is there %d times, %s, and has the right value: %v", name, have[name], c.text("status"), want[name] == c.text("value_sha256"))
		}
	}
	if len(have) != 2*customers {
		s.t.Errorf("%d connections, want %d", len(have), 2*customers)
	}
}
