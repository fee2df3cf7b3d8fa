package e2e

import (
	"strings"
	"testing"
)

// runsShown looks at what an integration did: on its own page, and among the workspace's automations.
func runsShown(t *testing.T, s *sandbox) {
	p := s.newcomer()
	p.connects(piecesPlatform{}, 0)
	at, flow := p.url.String(), piecesPlatform{}.there(s, p)[0]
	p.press("Try it now")
	p.sees("Status 200")
	p.open(at)
	p.comesRefreshed("the run that worked", func() bool { return p.runs("SUCCEEDED") == 1 })

	s.pieces.control("POST", "flows/"+flow.id+"/fail", map[string]any{"message": "The warehouse is closed"})
	s.pieces.control("POST", "flows/"+flow.id+"/run", nil)
	p.comesRefreshed("the run that failed", func() bool { return p.runs("FAILED") == 1 })
	p.sees("did not work: The warehouse is closed")
	p.press("Go on from the failed step")
	p.comesRefreshed("it to have worked then", func() bool { return p.runs("FAILED") == 0 && p.runs("SUCCEEDED") == 2 })
	older := p.doc.Find("[data-testid=run]").Last().Find("form") // the newer one was run again just now
	p.submit(older, older.Find("button"))
	p.comesRefreshed("a third run", func() bool { return p.runs("SUCCEEDED") == 3 })
	if strings.Contains(p.html, "/srv/") {
		t.Error("the page has paths of a server")
	}

	p.open(p.home.portal + "/automations")
	p.sees("Webhook to your system", "Runs one of your integrations")
	p.submit(p.doc.Find("[data-testid=automation] form").First(), p.doc.Find("[data-testid=automation] button").First())
	p.comes("it to be off", func() bool {
		return p.doc.Find("[data-testid=automation] [role=switch][aria-checked=false]").Length() == 1
	})
	eventually(t, "it to be off at Activepieces", func() string {
		if (piecesPlatform{}).there(s, p)[0].on {
			return "it is on"
		}
		return ""
	})
	p.follow("Webhook to your system")
	p.sees("Runs")
	viewer := s.visitor(claims{"sub": p.sub + "-viewer", "name": "Vi Ewer", "role": "viewer", "workspace": map[string]any{"id": p.workspace}})
	if viewer.open(p.url.String()); viewer.status != 404 {
		t.Errorf("a colleague sees what is personal: status %d", viewer.status)
	}
}

// runs is how many runs of that outcome the page shows.
func (p *person) runs(status string) int {
	return p.doc.Find("[data-testid=run][data-status=" + status + "]").Length()
}

// comesRefreshed asks for the newest runs until something is so.
func (p *person) comesRefreshed(what string, is func() bool) {
	p.t.Helper()
	at := p.url.String()
	p.comes(what, func() bool {
		if is() {
			return true
		}
		if form := p.doc.Find("[data-testid=freshness]"); form.Length() == 1 {
			p.submit(form, form.Find("button"))
		}
		p.open(at)
		return is()
	})
}
