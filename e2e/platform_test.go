package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// platform runs what people connect. Their journeys are the same with each; what there is to connect, how one signs in
// and where it is kept is not.
type platform interface {
	// account is what the staff's pages call it.
	account() string
	// simulator is who plays it.
	simulator(s *sandbox) simulator
	// asides says whether a call that was made before so often is none of a journey's own: what the sweeps ask, and what
	// is asked more often only when two are in a hurry.
	asides(call result, before int) bool
	// needs is an integration that asks for this many sign-ins, 0 to 2, and the services that they are to.
	needs(signIns int) (title string, services []string)
	// gives signs in for the step that is next, and says what the pages then call the sign-in.
	gives(p *person, name string) string
	// givesUp begins to sign in for the step that is next, and leaves.
	givesUp(p *person)
	// there is all that the platform has of a person, each with the services that it is signed in to.
	there(s *sandbox, p *person) []copied
	// wantConnected fails unless that is one copy, which is on and signed in to these services by sign-ins of theirs.
	wantConnected(s *sandbox, p *person, services ...string) copied
	// removes takes a copy away behind the portal's back.
	removes(s *sandbox, id string)
}

// copied is a person's copy of an integration, as its platform has it.
type copied struct {
	id, name string
	on       bool
	signIns  []string // as choosing one names it
	services []string
}

// platforms are those that the same journeys are walked with.
var platforms = map[string]platform{"Tray": trayPlatform{}, "Activepieces": piecesPlatform{}}

// journey is what a person does with either platform.
type journey struct {
	name string
	walk func(*testing.T, *sandbox, platform)
}

// walked walks journeys with each platform at once, in one sandbox.
func (s *sandbox) walked(t *testing.T, journeys []journey) {
	t.Helper()
	for name, f := range platforms {
		for _, j := range journeys {
			t.Run(name+"/"+j.name, func(t *testing.T) {
				t.Parallel()
				j.walk(t, s.with(t), f)
			})
		}
	}
}

// connects connects an integration that asks for this many sign-ins, up to its end.
func (p *person) connects(f platform, signIns int) (title string, services []string) {
	p.t.Helper()
	title, services = f.needs(signIns)
	p.begins(title)
	for _, service := range services {
		f.gives(p, "My "+service)
	}
	p.isOn()
	return title, services
}

// slot is the slot of the step that is next.
func (p *person) slot() string {
	p.t.Helper()
	name, ok := p.doc.Find("[data-testid=now] input[name=slot]").First().Attr("value")
	if !ok {
		p.t.Fatalf("no step is next: %s", p.text())
	}
	return name
}

// takesBack says that a sign-in is not the right one, whatever the button is called.
func (p *person) takesBack() {
	p.t.Helper()
	form := p.doc.Find("form[action$='/reject']").First()
	if form.Length() == 0 {
		p.t.Fatalf("nothing can be taken back: %s", p.text())
	}
	p.submit(form, form.Find("button"))
}

// trayPlatform signs in by dialogs of its own.
type trayPlatform struct{}

func (trayPlatform) account() string { return "sandbox" }

func (trayPlatform) simulator(s *sandbox) simulator { return simulator{s.t, s.tray} }

func (trayPlatform) asides(call result, before int) bool {
	o := call.text("operation")
	sweep := call.text("token") == "master" && (o == "solutions" || o == "solutionInstances")
	return sweep || before > 1 || before > 0 && o != "updateSolutionInstance" // signing in, and turning on
}

func (trayPlatform) needs(signIns int) (title string, services []string) {
	switch signIns {
	case 0:
		return "Exchange rates", nil
	case 1:
		return "HubSpot contacts", []string{"hubspot"}
	}
	return "Slack alerts for Salesforce deals", []string{"salesforce", "slack"}
}

func (trayPlatform) gives(p *person, name string) string {
	p.t.Helper()
	p.gives(name)
	return name
}

func (trayPlatform) givesUp(p *person) {
	p.t.Helper()
	p.press("open")
	p.press("auth-cancel")
	p.sees("You cancelled")
}

func (trayPlatform) there(s *sandbox, p *person) []copied {
	s.t.Helper()
	_, instances := s.atTray(p)
	services := map[string]string{}
	for _, a := range s.control("GET", "state", nil).list("authentications") {
		services[a.text("id")] = a.text("service")
	}
	var all []copied
	for _, in := range instances {
		c := copied{id: in.text("id"), name: in.text("name"), on: in.is("enabled")}
		for _, v := range in.list("auth_values") {
			c.signIns, c.services = append(c.signIns, v.text("value")), append(c.services, services[v.text("value")])
		}
		all = append(all, c)
	}
	return all
}

func (f trayPlatform) wantConnected(s *sandbox, p *person, services ...string) copied {
	s.t.Helper()
	s.wantConnected(p, services...)
	return f.there(s, p)[0]
}

func (trayPlatform) removes(s *sandbox, id string) {
	s.t.Helper()
	s.control("POST", "instances/"+id+"/remove", nil)
}

// piecesPlatform signs in by forms of the portal's own.
type piecesPlatform struct{}

func (piecesPlatform) account() string { return "activepieces" }

func (piecesPlatform) simulator(s *sandbox) simulator { return s.pieces }

func (piecesPlatform) asides(call result, before int) bool {
	sweeps := []string{"getPlatform", "listTemplates", "listRuns", "image"}
	return slices.Contains(sweeps, call.text("operation")) || before > 0
}

func (piecesPlatform) needs(signIns int) (title string, services []string) {
	switch signIns {
	case 0:
		return "Webhook to your system", nil
	case 1:
		return "Stripe customers", []string{"stripe"}
	}
	return "New flavours in Slack", []string{"gelato", "slack"}
}

// canaryValue is in every value that tests enter as a secret, and must be seen nowhere.
const canaryValue = "canary-value-31"

// entered is what people type into the forms of services, by the field's name.
func entered(name string) url.Values {
	return url.Values{
		"v.secret_text": {"sk_live_" + canaryValue + name}, "v.username": {"AC-" + name}, "v.password": {canaryValue + name},
		"v.region": {`"us-central1.gcp"`}, "v.projectKey": {"my-shop-us"}, "v.clientId": {"id-" + name}, "v.clientSecret": {canaryValue + name},
		"v.pageSize": {"50"}, "v.staged": {"true"}, "v.apiKey": {canaryValue + name}, "v.storeId": {"1042"}, "v.botToken": {"xoxb-" + canaryValue + name},
	}
}

func (piecesPlatform) gives(p *person, name string) string {
	p.t.Helper()
	title := words(p.doc.Find("[data-testid=now] h3").First().Text())
	p.enters(entered(name))
	p.comes("the check", func() bool { return !p.busy() })
	return title
}

func (piecesPlatform) givesUp(p *person) {
	p.t.Helper()
	p.enters(url.Values{})
	if p.status != 422 || p.doc.Find("[data-testid=wrong]").Length() != 1 {
		p.t.Fatalf("an empty form: status %d, %s", p.status, p.text())
	}
}

// enters fills the form of the step that is next with those values that it asks for, and sends it.
func (p *person) enters(values url.Values) {
	p.t.Helper()
	form := p.doc.Find("[data-testid=now] form[data-testid=credentials], [data-testid=now] form[data-testid=answer]").First()
	if form.Length() == 0 {
		p.t.Fatalf("there is no form to sign in: %s", p.text())
	}
	var fields []string
	for name := range values {
		if form.Find(`[name="`+name+`"]`).Length() > 0 {
			fields = append(fields, name, values.Get(name))
		}
	}
	p.submit(form, form.Find("button").First(), fields...)
}

// project is the workspace's project at Activepieces, of which there is exactly one.
func (s *sandbox) project(workspace string) result {
	s.t.Helper()
	all := slices.DeleteFunc(s.pieces.control("GET", "projects", nil).all(), func(r result) bool { return r.text("external_id") != workspace })
	if len(all) != 1 {
		s.t.Fatalf("Activepieces has %d projects of %s, want 1", len(all), workspace)
	}
	return all[0]
}

// connections are those in a project at Activepieces, the host's among them.
func (s *sandbox) connections(project string) []result {
	s.t.Helper()
	return s.pieces.control("GET", "connections?project="+project, nil).all()
}

func (piecesPlatform) there(s *sandbox, p *person) []copied {
	s.t.Helper()
	project := s.project(p.workspace).text("id")
	connections := map[string]result{}
	for _, c := range s.connections(project) {
		if _, double := connections[c.text("external_id")]; double {
			s.t.Errorf("two connections of the project are called %s", c.text("external_id"))
		}
		connections[c.text("external_id")] = c
	}
	var all []copied
	for _, f := range s.pieces.control("GET", "flows?project="+project, nil).all() {
		c := copied{id: f.text("id"), name: f.text("name"), on: f.text("status") == "ENABLED" && f.text("published") != "" && f.is("valid")}
		for _, name := range f.list("connections") {
			at := connections[name.string()]
			if at.text("status") != "ACTIVE" {
				s.t.Errorf("the flow uses %s, which is %s", name.string(), at.text("status"))
			}
			c.signIns = append(c.signIns, at.text("id"))
			c.services = append(c.services, strings.TrimPrefix(at.text("piece"), "@activepieces/piece-"))
		}
		all = append(all, c)
	}
	return all
}

// wantConnected also fails unless the flow bears the mark of the instance that is shown.
func (f piecesPlatform) wantConnected(s *sandbox, p *person, services ...string) copied {
	s.t.Helper()
	all := f.there(s, p)
	if len(all) != 1 {
		s.t.Fatalf("the project has %d flows, want 1: %v", len(all), all)
	}
	c := all[0]
	if got, want := slices.Sorted(slices.Values(c.services)), slices.Sorted(slices.Values(services)); !slices.Equal(got, want) {
		s.t.Errorf("the flow is signed in to %v, want %v", got, want)
	}
	if !c.on {
		s.t.Error("the flow is off at Activepieces")
	}
	for _, flow := range s.pieces.control("GET", "flows", nil).all() {
		if flow.text("id") == c.id && flow.get("metadata").text("portico") != p.instanceID() {
			s.t.Errorf("the flow bears the mark %v, want %s", flow.get("metadata").value, p.instanceID())
		}
	}
	return c
}

func (piecesPlatform) removes(s *sandbox, id string) {
	s.t.Helper()
	s.pieces.control("POST", "flows/"+id+"/remove", nil)
}
