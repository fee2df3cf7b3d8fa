package traysim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// sheet is a page as a person without scripts has it.
type sheet struct {
	m      *sim
	doc    *goquery.Document
	status int
}

func (m *sim) open(path string) *sheet {
	m.t.Helper()
	res, err := http.Get(m.url + path)
	return m.sheet(res, err)
}

func (m *sim) sheet(res *http.Response, err error) *sheet {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	if len(res.Cookies()) > 0 {
		m.t.Errorf("the dialog sets a cookie: %v", res.Cookies())
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	p := &sheet{m, doc, res.StatusCode}
	p.checkLabels()
	return p
}

// checkLabels: everything that can be filled in has a label.
func (p *sheet) checkLabels() {
	p.m.t.Helper()
	p.doc.Find("input:not([type=hidden]), textarea, select").Each(func(_ int, f *goquery.Selection) {
		id := f.AttrOr("id", "")
		if id == "" || strings.TrimSpace(p.doc.Find(`label[for="`+id+`"]`).Text()) == "" {
			p.m.t.Errorf("field %q has no label", f.AttrOr("name", ""))
		}
	})
	if p.doc.Find("script:not([src]), style, [style], [onclick]").Length() > 0 {
		p.m.t.Error("the page has inline script or style")
	}
}

// press submits the page's form with fields filled in and a button pressed.
func (p *sheet) press(action string, fill url.Values) *sheet {
	p.m.t.Helper()
	form := p.doc.Find("form")
	if form.Find(`button[name=action][value=`+action+`]`).Length() == 0 {
		p.m.t.Fatalf("no button %q on %q", action, p.heading())
	}
	values := url.Values{"action": {action}}
	form.Find("input, textarea").Each(func(_ int, f *goquery.Selection) {
		kind, _ := f.Attr("type")
		_, checked := f.Attr("checked")
		value := f.AttrOr("value", "")
		if goquery.NodeName(f) == "textarea" {
			value = f.Text()
		}
		if kind != "radio" && kind != "checkbox" || checked {
			values.Add(f.AttrOr("name", ""), value)
		}
	})
	for k, v := range fill {
		if values[k] = v; v == nil {
			delete(values, k)
		}
	}
	res, err := http.PostForm(p.m.url+form.AttrOr("action", ""), values)
	return p.m.sheet(res, err)
}

func (p *sheet) heading() string { return strings.TrimSpace(p.doc.Find("h1").Text()) }

func (p *sheet) post() string { return p.doc.Find("body").AttrOr("data-post", "") }

func (p *sheet) wantPost(want string) {
	p.m.t.Helper()
	if got := p.post(); got != want {
		p.m.t.Errorf("page %q posts %s, want %s", p.heading(), got, want)
	}
}

var signIn = url.Values{"email": {"ada@example.com"}, "password": {"whatever"}}

// slotDialog is the address of the auth dialog for a fresh instance of Notion notes.
func (m *sim) slotDialog(user, token string) string {
	m.t.Helper()
	id := m.newInstance(token, "Notion notes").at("id").text()
	return fmt.Sprintf("/external/auth/create/%s/%s/external_notion_authentication?code=%s", m.s.EmbeddedID(), id, m.code(user))
}

func TestAuthDialog(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	address := m.slotDialog(user, token)
	if status, _ := m.do("HEAD", address, "", ""); status != http.StatusOK {
		t.Errorf("HEAD: %d", status)
	}
	name := m.open(address)
	name.wantPost("")
	wrong := name.press("continue", url.Values{"name": {"Work notes"}}).press("allow", url.Values{"email": {"a@b.c"}, "password": {"wrong"}})
	if !strings.Contains(wrong.doc.Find("[role=alert]").Text(), "not right") {
		t.Errorf("a wrong password: %s", wrong.doc.Text())
	}
	end := wrong.press("allow", signIn)
	auths := m.data(token, `{ viewer { authentications { edges { node { id name } } } solutionInstances { edges { node { authValues { authId } } } } } }`, nil)
	id := auths.at("viewer.authentications.edges.0.node.id").text()
	end.wantPost(`{"authId":"` + id + `","authType":"oauth","type":"tray.authpopup.finish"}`)
	if !strings.Contains(end.doc.Text(), "You can close this window and go back") {
		t.Errorf("last page: %s", end.doc.Text())
	}
	if got := auths.at("viewer.authentications.edges.0.node.name").text(); got != "Work notes" {
		t.Errorf("name = %q", got)
	}
	if got := auths.at("viewer.solutionInstances.edges.0.node.authValues").len(); got != 0 {
		t.Error("the dialog attached the authentication")
	}
	wrong.press("allow", signIn).wantPost(end.post()) // pressed twice
	if got := m.control("GET", "state", "").at("authentications").len(); got != 1 {
		t.Errorf("%d authentications after pressing twice, want 1", got)
	}
}

func TestCodes(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	eve, _ := m.newUser("eve")
	const refused = `{"error":"The authorization code is invalid, has been used or has expired","type":"tray.authPopup.error"}`

	address := m.slotDialog(user, token)
	m.open(address)
	used := m.open(address)
	used.wantPost(refused)
	if used.status != http.StatusBadRequest {
		t.Errorf("a used code: %d", used.status)
	}
	old := m.slotDialog(user, token)
	m.advance(5 * time.Minute)
	m.open(old).wantPost(refused)
	m.open(strings.Split(old, "?")[0]).wantPost(refused)

	fresh := m.slotDialog(user, token)
	foreign := strings.Split(fresh, "code=")[0] + "code=" + m.code(eve)
	m.open(foreign).wantPost(`{"error":"The solution instance does not exist","type":"tray.authPopup.error"}`)
	m.open(strings.Replace(fresh, m.s.EmbeddedID(), "nobody", 1)).wantPost(`{"error":"There is no account of this name","type":"tray.authPopup.error"}`)
	if len(m.code(user)) != 40 {
		t.Error("a code is not 40 characters long")
	}
}

func TestAuthDialogCancelled(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	name := m.open(m.slotDialog(user, token))
	name.press("cancel", nil).wantPost(`{"type":"tray.authpopup.close"}`)
	name.press("continue", nil).wantPost(`{"type":"tray.authpopup.close"}`)

	straight := m.open(m.slotDialog(user, token) + "&skipTitleField=true&skipAuthSettings=true")
	straight.press("cancel", nil).wantPost(`{"type":"tray.authpopup.close"}`)
	bare := m.open(m.slotDialog(user, token) + "&skipTitleField=true")
	if bare.doc.Find("input[name=name]").Length() != 0 {
		t.Error("skipTitleField leaves the title field")
	}
	late := m.open(m.slotDialog(user, token))
	m.advance(2 * time.Hour)
	if got := late.press("continue", nil).status; got != http.StatusBadRequest {
		t.Errorf("a dialog left open for two hours: %d", got)
	}
}

func TestFreeAndEditDialogs(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	stripe := serviceByName("stripe")
	address := func(environment string) string {
		return fmt.Sprintf("/external/auth/create/%s?code=%s&serviceId=%s&serviceEnvironmentId=%s&scopes[]=read&scopes[]=write",
			m.s.EmbeddedID(), m.code(user), stripe.id(), environment)
	}
	m.open(address("other")).wantPost(`{"error":"The service and its environment do not match","type":"tray.authPopup.error"}`)
	consent := m.open(address(stripe.environmentID())).press("continue", url.Values{"name": {""}})
	if got := consent.doc.Find("li").Length(); got != 2 {
		t.Errorf("%d scopes shown, want 2", got)
	}
	end := consent.press("allow", signIn)
	id := m.data(token, `{ viewer { authentications { edges { node { id name } } } } }`, nil).at("viewer.authentications.edges.0.node.id").text()
	end.wantPost(`{"authId":"` + id + `","authType":"token","type":"tray.authpopup.finish"}`)

	m.control("POST", "authentications/"+id+"/expire", "")
	edit := m.open("/external/auth/edit/" + m.s.EmbeddedID() + "/" + id + "?code=" + m.code(user))
	edit.press("continue", url.Values{"name": {"Renamed"}}).press("allow", signIn).wantPost(end.post())
	state := m.control("GET", "state", "").at("authentications")
	if state.len() != 1 || state.at("0.name").text() != "Renamed" || state.at("0.expired").v != false {
		t.Errorf("after the edit: %v", state.v)
	}
	eve, _ := m.newUser("eve")
	m.open("/external/auth/edit/" + m.s.EmbeddedID() + "/" + id + "?code=" + m.code(eve)).wantPost(`{"error":"The authentication does not exist","type":"tray.authPopup.error"}`)
}

func (m *sim) wizard(user, instance, more string) *sheet {
	m.t.Helper()
	return m.open("/external/solutions/" + m.s.EmbeddedID() + "/configure/" + instance + "?code=" + m.code(user) + more)
}

func TestWizard(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Jira issues").at("id").text()
	first := m.wizard(user, id, "")
	first.wantPost(`{"type":"tray.configPopup.ready"}`)
	back := first.press("next", nil).press("cancel", nil) // the sign-in is cancelled, not the wizard
	back.wantPost("")
	config := back.press("next", url.Values{"choice": {"new"}}).press("allow", signIn)
	if got := config.doc.Find(`input[type=number]`).AttrOr("value", ""); got != "7" {
		t.Errorf("the number's default = %q", got)
	}
	marked := config.press("next", url.Values{"slot.external_days_open": {"many"}, "slot.external_assign": nil})
	if got := marked.doc.Find("[data-problem]").Text(); !strings.Contains(got, "cannot be left empty") || !strings.Contains(got, "Enter a number") {
		t.Errorf("problems = %q", got)
	}
	end := marked.press("next", url.Values{"slot.external_project_key": {"OPS"}, "slot.external_days_open": {"3"}})
	end.wantPost(`{"type":"tray.configPopup.finish"}`)

	got := m.control("GET", "state", "").at("instances.0")
	values := encode(t, got.at("config_values").v)
	for _, want := range []string{`"\"OPS\""`, `"value":"3"`, `"value":"false"`} {
		if !strings.Contains(values, want) {
			t.Errorf("config values %s lack %s", values, want)
		}
	}
	if got.at("auth_values").len() != 1 || got.at("enabled").v != false {
		t.Errorf("instance: %v", got.v)
	}
	m.advance(2 * time.Second)
	m.data(token, updateQuery, map[string]any{"id": id, "on": true, "check": true})

	again := m.wizard(user, id, "&start=2")
	if got := again.doc.Find(`input[name="slot.external_project_key"]`).AttrOr("value", ""); got != "OPS" {
		t.Errorf("a second visit shows %q, want the stored value", got)
	}
	again.press("back", nil).press("cancel", nil).wantPost(`{"type":"tray.configPopup.cancel"}`)
	only := m.wizard(user, id, "&show=[2]")
	if !strings.Contains(only.doc.Find(".step").Text(), "1 of 1") {
		t.Errorf("show=[2]: %s", only.doc.Find(".step").Text())
	}
	only.press("next", nil).wantPost(`{"type":"tray.configPopup.finish"}`)
	m.open("/external/solutions/" + m.s.EmbeddedID() + "/configure/" + id + "?code=nope").wantPost(
		`{"err":"The authorization code is invalid, has been used or has expired","type":"tray.configPopup.error"}`)
}

func TestWizardOfListsAndMappings(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Mailchimp audiences").at("id").text()
	own := m.newAuth(user, "mailchimp")
	eve, _ := m.newUser("eve")
	first := m.wizard(user, id, "")
	if got := first.press("next", url.Values{"choice": {m.newAuth(eve, "mailchimp")}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("another user's authentication: %d", got.status)
	}
	first.press("next", url.Values{"choice": {own}}).press("next", url.Values{
		"slot.external_tags": {"vip\r\n\r\n gold "}, "slot.external_field_mapping.email": {"MAIL"},
	}).wantPost(`{"type":"tray.configPopup.finish"}`)
	values := map[string]string{}
	for _, v := range m.s.state.Instances.Rows[0].Configs {
		values[v.ExternalID] = v.Value
	}
	for slot, want := range map[string]string{
		"external_audience": `"Customers"`, "external_tags": `["vip","gold"]`,
		"external_field_mapping": `{"email":"MAIL","first_name":"FNAME"}`,
	} {
		if values[slot] != want {
			t.Errorf("%s = %s, want %s", slot, values[slot], want)
		}
	}
}

func TestWizardWithNothingToAsk(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	id := m.newInstance(token, "Exchange rates").at("id").text()
	m.wizard(user, id, "").press("next", nil).wantPost(`{"type":"tray.configPopup.finish"}`)
}
