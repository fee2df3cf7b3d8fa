package e2e

import (
	"strings"
	"testing"
)

// TestPiecesStaff is what staff do at an Activepieces besides predefining connections.
func TestPiecesStaff(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for name, walk := range map[string]func(*testing.T, *sandbox){
		"what the server is": serverShown, "projects": projectsByStaff, "templates": templatesPublished,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			walk(t, s.with(t))
		})
	}
}

// piecesPages is where the staff's pages about the Activepieces begin.
func (s *sandbox) piecesPages(staff *browser) string {
	s.t.Helper()
	address, ok := staff.doc.Find("nav a[href*='/admin/activepieces/']").First().Attr("href")
	if !ok {
		s.t.Fatalf("nothing leads to the Activepieces: %s", staff.html)
	}
	return s.portal + address
}

func serverShown(_ *testing.T, s *sandbox) {
	staff := s.adminOf()
	staff.open(s.piecesPages(staff))
	staff.press("Check now")
	staff.sees("0.86.0", "Enterprise", s.pieces.url)
	staff.misses(s.said("activepieces_api_key"))
	staff.follow("Script of the builder")
	staff.sees(s.said("activepieces_sdk"))
}

func projectsByStaff(t *testing.T, s *sandbox) {
	p := s.customers("1")[0]
	p.begins("Stripe customers")
	f := piecesPlatform{}
	f.gives(p, "Stripe")
	p.isOn()
	idle := s.customers("2")[0]
	staff := s.adminOf()
	staff.follow("Projects")
	staff.press("Make project: " + idle.customer())
	s.project(idle.workspace)
	staff.follow("Delete project: " + p.customer())
	staff.sees("does not come back", "Stripe customers", "The project "+p.customer()[:8])
	staff.submit(staff.doc.Find("main form"), staff.named("button", "Delete project"))
	eventually(t, "the project to be gone", func() string {
		for _, one := range s.pieces.control("GET", "projects", nil).all() {
			if one.text("external_id") == p.workspace {
				return "it is there"
			}
		}
		return ""
	})
	p.open(p.home.portal + "/integrations")
	p.comes("what was in it to be gone", func() bool { return p.doc.Find("[data-testid=mine]").Length() == 0 })
	p.begins("Stripe customers") // in a project that is made anew
	f.gives(p, "Again")
	p.isOn()
	f.wantConnected(s, p, "stripe")
	staff.open(s.portal + "/admin/audit")
	staff.sees(p.customer())
}

func templatesPublished(t *testing.T, s *sandbox) {
	key := s.said("activepieces_api_key")
	flow := map[string]any{
		"displayName": "Orders", "valid": true, "schemaVersion": "20", "notes": []any{},
		"trigger": map[string]any{
			"name": "trigger", "type": "PIECE_TRIGGER", "displayName": "Catch", "valid": true,
			"settings": map[string]any{
				"pieceName": "@activepieces/piece-webhook", "pieceVersion": "0.1.36", "triggerName": "catch_webhook",
				"input": map[string]any{"authType": "none", "authFields": map[string]any{}}, "propertySettings": map[string]any{},
			},
		},
	}
	made := s.pieces.ask("POST", "/api/v1/templates", key, map[string]any{
		"name": "Orders <b>&</b> more", "summary": "Of ours.", "description": "Made just now.", "author": "Sam", "type": "CUSTOM", "categories": []string{},
		"tags": []any{}, "flows": []any{flow},
	})
	s.syncs("activepieces")
	p := s.newcomer()
	staff := s.adminOf()
	shown := func() string { p.open(s.portal + "/integrations?q=Orders"); return p.text() }
	eventually(t, "the template in the staff's catalogue", func() string {
		staff.open(s.portal + "/admin/catalogue")
		staff.follow("activepieces")
		if !staff.offers("Publish Orders <b>&</b> more") {
			return staff.text()
		}
		return ""
	})
	if text := shown(); strings.Contains(text, "Orders <b>") {
		t.Error("customers see a template that nobody has published")
	}
	staff.press("Publish Orders <b>&</b> more")
	if text := shown(); !strings.Contains(text, "Orders <b>&</b> more") {
		t.Errorf("customers do not see what was published: %s", text)
	}
	p.begins("Orders <b>&</b> more")
	p.isOn()
	piecesPlatform{}.wantConnected(s, p)

	staff.open(s.portal + "/admin/catalogue")
	staff.follow("activepieces")
	staff.sees("It does not have exactly one flow")
	if staff.offers("Publish Tickets both ways") {
		t.Error("a template of two flows can be published")
	}
	staff.follow("Tickets both ways")
	staff.sees("It cannot be published, since connecting it makes one flow")
	staff.load("POST", staff.url.Path+"/shown", map[string][]string{"shown": {"1"}})
	if staff.status != 409 {
		t.Errorf("publishing it all the same: status %d", staff.status)
	}
	s.pieces.ask("GET", "/api/v1/templates/"+made.text("id"), key, nil)
	staff.open(s.portal + "/admin/catalogue")
	staff.follow("activepieces")
	staff.press("Hide Orders <b>&</b> more")
	if text := s.newcomer(); strings.Contains(text.text(), "Orders <b>") {
		t.Error("customers see what was hidden")
	}
}
