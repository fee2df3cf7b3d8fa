package e2e

// accessibleAtPieces looks at the pages that only an Activepieces has: first as a customer, then as the staff.
func (s *sandbox) accessibleAtPieces() {
	s.t.Helper()
	p := s.customers("41")[0]
	b := newTab(s.t, withScripts)
	b.open(s.invite(recorded(p.number(), p.store)))
	b.begins("commercetools prices")
	b.accessible("pieces-form")
	b.open(s.portal + "/integrations")
	b.begins("Stripe customers")
	b.fill("Secret API Key", "wrong")
	b.click("Connect Stripe")
	b.until(`document.querySelector("[data-testid=refused]")`)
	b.accessible("pieces-refused")
	s.pieces.set("worker", false)
	b.fill("Secret API Key", "sk_live_1")
	b.click("Connect Stripe")
	b.until(`document.querySelector("[data-testid=progress]")`)
	b.accessible("pieces-checking")
	s.pieces.set("worker", true)
	b.isOn()
	flow := piecesPlatform{}.there(s, p)
	for _, f := range flow {
		if f.on {
			s.pieces.control("POST", "flows/"+f.id+"/fail", nil)
			s.pieces.control("POST", "flows/"+f.id+"/run", nil)
		}
	}
	p.open(ask[string](b, "location.href"))
	p.comesRefreshed("the failed run", func() bool { return p.runs("FAILED") == 1 })
	b.open(p.url.String())
	b.accessible("pieces-instance")
	b.click("Automations")
	b.until(`document.querySelector("[data-testid=automation]")`)
	b.accessible("pieces-automations")
	b.click("Stripe customers")
	b.until(`document.querySelector("[data-testid=run]")`)
	b.accessible("pieces-automation")
	s.accessibleToPiecesStaff(b, p)
}

// begins connects an integration up to its first step, whatever that asks for.
func (b *tab) begins(title string) {
	b.t.Helper()
	b.click(title)
	b.click("Connect")
	b.until(`document.querySelector("[data-testid=now] form, [data-testid=now] #open")`)
}

func (s *sandbox) accessibleToPiecesStaff(b *tab, p *person) {
	s.t.Helper()
	staff := s.adminOf()
	home := s.piecesPages(staff)
	staff.predefines(s.portal, "Gelato", "value:apiKey", "revoked", "source:storeId", "attribute", "attribute:storeId", "store_id", "stop", "100")
	one := staff.url.Scheme + "://" + staff.url.Host + staff.url.Path
	staff.applies("failed")
	b.open(s.said("admin_sign_in"))
	for name, path := range map[string]string{
		"server": home, "projects": home + "/projects", "connections": home + "/connections", "pick": home + "/pieces", "scripts": home + "/scripts",
		"pick-none": home + "/pieces?q=nothing+like+that", "new": home + "/connections/new?piece=%40activepieces%2Fpiece-commercetools",
		"new-ways": home + "/connections/new?piece=%40activepieces%2Fpiece-slack", "new-open": home + "/connections/new?piece=%40activepieces%2Fpiece-http",
		"connection": one, "try": one + "/try", "apply": one + "/apply", "remove": one + "/remove",
	} {
		b.open(path)
		b.accessible("admin-pieces-" + name)
	}
	b.open(one + "/try")
	b.click("Try on " + p.customer())
	b.until(`document.querySelector("[data-testid=tried]")`)
	b.accessible("admin-pieces-tried")
	staff.open(home + "/projects")
	staff.backfills()
	staff.ends("failed")
	b.open(staff.url.String())
	b.accessible("admin-pieces-rollout")
	b.open(home + "/projects")
	b.click("Delete project: " + p.customer())
	b.until(`location.pathname.endsWith("/delete")`)
	b.accessible("admin-pieces-project-delete")
	b.open(s.portal + "/admin/catalogue")
	b.click("activepieces")
	b.until(`location.search.includes("account=")`)
	b.accessible("admin-pieces-catalogue")
	b.click("Tickets both ways")
	b.until(`location.pathname.startsWith("/admin/catalogue/")`)
	b.accessible("admin-pieces-problem")
	b.open(s.portal + "/admin/workspaces")
	b.click(p.customer())
	b.until(`location.pathname.startsWith("/admin/workspaces/")`)
	b.accessible("admin-pieces-workspace")
}
