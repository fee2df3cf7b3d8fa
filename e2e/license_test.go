package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestUnlicensed takes the licence away in the middle of journeys. Customers read what it means for them, and nothing of
// licences; staff read what to do.
func TestUnlicensed(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	staff := s.adminOf()
	staff.predefines(s.portal, "Gelato", "value:apiKey", canaryValue, "value:storeId", "1042")
	p := s.newcomer()
	p.begins("Stripe customers")
	var late []*person
	for range 3 {
		late = append(late, s.newcomer())
	}
	s.pieces.set("licensed", false)

	for n, title := range []string{"Stripe customers", "New flavours in Slack", "Webhook to your system"} {
		l := late[n]
		l.finds(title)
		l.press("Connect")
		l.comes("what is wrong", func() bool { return l.attention() != "" })
		l.unbilled()
		for _, page := range []string{"/integrations", "/automations"} {
			l.open(l.home.portal + page)
			l.unbilled()
		}
	}
	p.enters(entered("Late")) // in a project that is there
	p.isOn()
	p.unbilled()
	s.pieces.set("active_flows_limit", 1)
	p.begins("Webhook to your system")
	p.comes("what is wrong", func() bool { return p.attention() != "" })
	p.sees("This cannot be turned on at the moment", "This is ours to put right")
	p.unbilled()

	staff.open(s.piecesPages(staff))
	staff.press("Check now")
	staff.sees("licence")
	staff.follow("Projects")
	staff.backfills()
	staff.ends("Stopped")
	staff.sees("no licence")
	s.pieces.control("PATCH", "settings", map[string]any{"licensed": true, "active_flows_limit": 0})
	for n, title := range []string{"Stripe customers", "New flavours in Slack", "Webhook to your system"} {
		l := late[n]
		l.open(l.home.portal + "/integrations")
		l.follow(title)
		if l.offers("Try again") {
			l.press("Try again")
		}
		l.comes("it to go on", func() bool { return l.attention() == "" && !l.busy() })
	}
	p.press("Try again")
	p.isOn()
}

// unbilled fails if the page speaks of licences, plans or numbers of HTTP.
func (p *person) unbilled() {
	p.t.Helper()
	for _, word := range []string{"402", "icens", "upgrade", "Upgrade", "FEATURE_DISABLED", "QUOTA"} {
		if strings.Contains(p.text(), word) {
			p.t.Errorf("%s says %q:\n%s", p.url, word, p.text())
		}
	}
}

// TestNoActivepieces points an account at something else: staff read what is there, customers see that it cannot be had.
func TestNoActivepieces(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!doctype html><title>Intranet</title><p>Welcome, secret visitor")) //nolint:errcheck // the client may have gone
	}))
	t.Cleanup(other.Close)
	s := newSandbox(t)
	in := configure(t, s, "http://"+freeAddress(t), append(s.piecesEnv(t), "PORTICO_ACTIVEPIECES_URL="+other.URL)...)
	in.addStaff("sam@host.example", "admin")
	said, err := command(t, in.env, "check")
	if err == nil || !strings.Contains(said, "is not Activepieces") || strings.Contains(said, s.said("activepieces_api_key")) {
		t.Errorf("check says %v:\n%s", err, said)
	}
	in.begin()
	p := in.newcomer()
	in.offers(p)
	staff := in.staff("sam@host.example")
	staff.open(s.piecesPagesOf(in, staff))
	staff.press("Check now")
	staff.sees("text/html instead of JSON")
	staff.misses("secret visitor")
	p.begins("Exchange rates") // Tray's are none the worse
	p.isOn()
	for _, page := range []string{"/integrations", "/automations"} {
		p.open(in.portal + page)
		if p.status != 200 || strings.Contains(p.text(), "HTML") || strings.Contains(p.text(), "JSON") {
			t.Errorf("%s: status %d, %s", page, p.status, p.text())
		}
	}
}

// piecesPagesOf is where an installation's pages about its Activepieces begin.
func (s *sandbox) piecesPagesOf(in *installation, staff *browser) string {
	s.t.Helper()
	c := *s
	c.site = in.site
	return c.piecesPages(staff)
}

// TestBadValues enters what no page offers: each ends in a plain message, and nothing is sent.
func TestBadValues(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	staff := s.adminOf()
	home := s.piecesPages(staff)
	post := func(change url.Values) string {
		t.Helper()
		form := url.Values{
			"do": {"save"}, "piece": {"@activepieces/piece-gelato"}, "way": {"CUSTOM_AUTH"}, "stop": {"10"}, "pattern": {""}, "title": {"T"},
			"source:apiKey": {"all"}, "value:apiKey": {canaryValue}, "source:storeId": {"all"}, "value:storeId": {"1"},
		}
		for name, v := range change {
			form[name] = v
		}
		staff.open(home + "/connections")
		staff.load("POST", home+"/connections", form)
		if staff.status < 400 || staff.status >= 500 || strings.Contains(staff.html, canaryValue) {
			t.Errorf("%v: status %d, %.300s", change, staff.status, staff.text())
		}
		return staff.text()
	}
	for want, change := range map[string]url.Values{
		"What was sent is larger than anything we ask for": {"value:apiKey": {strings.Repeat("s", 5<<20)}},
		"is too long: 64 kB at most":                       {"value:apiKey": {strings.Repeat("s", 100<<10)}},
		"The name pattern may hold":                        {"pattern": {`{piece}'"`}},
		"The name pattern is too long":                     {"pattern": {strings.Repeat("x", 300)}},
		"Stop at a share of failures":                      {"stop": {"-3"}},
		"Say which attribute of the customer":              {"source:storeId": {"attribute"}, "attribute:storeId": {" "}},
		"Enter a value for API key":                        {"value:apiKey": {""}},
		"Choose where the value of Store ID comes from":    {"source:storeId": {"the moon"}},
	} {
		if got := post(change); !strings.Contains(got, want) {
			t.Errorf("it says %.300s, want %q", got, want)
		}
	}
	post(url.Values{"piece": {"@evil/piece-none"}})
	if n := s.pieces.control("GET", "counts", nil).number("global_connections"); n != 0 {
		t.Errorf("%d connections were made", n)
	}

	hostile := `"><script>alert(1)</script> ../.. 'x' 🦉 ` + strings.Repeat("n", 200)
	p := s.visitor(claims{"sub": "hostile", "name": hostile, "workspace": map[string]any{"id": "hostile", "name": hostile}})
	p.begins("Stripe customers")
	p.enters(entered("H"))
	p.isOn()
	p.press("Save", "Name", `x"'><b>/..`)
	p.sees(`x"'><b>/..`)
	piecesPlatform{}.wantConnected(s, p, "stripe")
	if name := s.project("hostile").text("name"); name == "" || strings.ContainsAny(name, "./") {
		t.Errorf("the project is called %q", name)
	}
	for _, page := range []string{home + "/projects", s.portal + "/admin/workspaces"} {
		if staff.open(page); strings.Contains(staff.html, "<script>alert") {
			t.Errorf("%s runs a customer's name", page)
		}
	}
}
