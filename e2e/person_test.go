package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// site is a running portal, as the host's server knows it.
type site struct {
	t      *testing.T
	portal string // address without a slash at the end
	apiKey string
}

// claims are what a host says of a user.
type claims map[string]any

// person is somebody of a customer, in a browser without scripts.
type person struct {
	*browser
	home        site
	sub, name   string
	workspace   string // the host's ID of their customer
	store       string // that their customer's record names
	integration string // address of the one that was found last
}

var people atomic.Int64

// newcomer is a person whom the portal has never seen, of a customer of their own, signed in.
func (s site) newcomer() *person {
	s.t.Helper()
	n := people.Add(1)
	return s.visitor(claims{
		"sub": fmt.Sprintf("person-%d", n), "name": fmt.Sprintf("Ada Number%d", n), "role": "admin",
		"workspace": map[string]any{"id": fmt.Sprintf("customer-%d", n), "name": fmt.Sprintf("Customer %d Ltd", n)},
	})
}

// visitor brings the person whom the claims name, as the host's server does: by a one-time address.
func (s site) visitor(c claims) *person {
	s.t.Helper()
	p := &person{browser: newBrowser(s.t), home: s, sub: fmt.Sprint(c["sub"]), name: fmt.Sprint(c["name"])}
	if w, ok := c["workspace"].(map[string]any); ok {
		p.workspace = fmt.Sprint(w["id"])
	}
	p.open(s.invite(c))
	if p.status != http.StatusOK {
		s.t.Fatalf("signing %v in: status %d, %s", c["sub"], p.status, p.text())
	}
	return p
}

// invite asks for a one-time address.
func (s site) invite(c claims) string {
	s.t.Helper()
	status, answer := s.api("POST", "/api/v1/sessions", c)
	if status != http.StatusCreated {
		s.t.Fatalf("asking for an address: status %d, %v", status, answer.value)
	}
	return answer.text("url")
}

// api asks the portal's API as the host's server.
func (s site) api(method, path string, body any) (int, result) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.portal+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.apiKey)
	answer, err := navigator.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close() //nolint:errcheck // read whole below
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		s.t.Fatalf("%s %s: status %d, %v: %s", method, path, answer.StatusCode, err, got)
	}
	return answer.StatusCode, result{v}
}

// finds goes to an integration's page the way people do: search, then the card.
func (p *person) finds(title string) {
	p.t.Helper()
	p.open(p.home.portal + "/integrations")
	p.submit(p.doc.Find("form[role=search]"), p.doc.Find("#none"), "q", title)
	p.follow(title)
	p.integration = p.url.String()
}

// begins connects an integration and shows its steps, once Tray has made the instance.
func (p *person) begins(title string) {
	p.t.Helper()
	p.finds(title)
	p.press("Connect")
	p.prepared()
}

// prepared waits for the instance to be made.
func (p *person) prepared() {
	p.t.Helper()
	p.comes("the instance", func() bool { return !p.busy() })
}

// comes reloads until something is so.
func (p *person) comes(what string, is func() bool) {
	p.t.Helper()
	eventually(p.t, what, func() string {
		if p.status == http.StatusOK && is() {
			return ""
		}
		p.reload()
		return fmt.Sprintf("%s, status %d, says:\n%s", p.url, p.status, p.text())
	})
}

// signsIn walks the dialog of the step that is next in the same tab, and comes back without pressing anything there.
func (p *person) signsIn(name string) {
	p.t.Helper()
	at := p.url.String()
	p.press("open")
	if p.url.Host == hostOf(p.t, p.home.portal) {
		p.t.Fatalf("no dialog opens: %s", p.text())
	}
	p.signInAtTray(name)
	p.open(at)
}

// carriesOn presses "I have signed in: carry on".
func (p *person) carriesOn() {
	p.t.Helper()
	p.press("check")
}

// gives does both: signs in, comes back and carries on.
func (p *person) gives(name string) {
	p.t.Helper()
	p.signsIn(name)
	p.carriesOn()
}

// isOn waits until the integration that is shown is turned on.
func (p *person) isOn() {
	p.t.Helper()
	p.comes("the integration to be on", func() bool { return p.power() == "true" && !p.busy() })
}

// power is what the switch shows; empty while there is none.
func (p *person) power() string {
	return p.doc.Find("#power").AttrOr("aria-checked", "")
}

// busy says whether something is under way.
func (p *person) busy() bool { return p.doc.Find("[data-testid=progress]").Length() > 0 }

// attention is what the page says is wrong.
func (p *person) attention() string {
	return words(p.doc.Find("[data-testid=attention]").Text())
}

// instanceID is the portal's ID of the instance that is shown.
func (p *person) instanceID() string {
	p.t.Helper()
	_, after, ok := strings.Cut(p.url.Path, "/instances/")
	if !ok {
		p.t.Fatalf("%s is not an instance's page", p.url)
	}
	id, _, _ := strings.Cut(after, "/")
	return id
}

// atTray is what Tray holds for a person: exactly one user, and their instances.
func (s *sandbox) atTray(p *person) (user result, instances []result) {
	s.t.Helper()
	users := s.trayUsers(p.sub)
	if len(users) != 1 {
		s.t.Fatalf("Tray has %d users for %s, want 1", len(users), p.sub)
	}
	return users[0], s.trayInstances(users[0].text("id"))
}

// one fails unless a person has one instance at Tray, and returns it.
func (s *sandbox) one(p *person) result {
	s.t.Helper()
	_, instances := s.atTray(p)
	if len(instances) != 1 {
		s.t.Fatalf("Tray has %d instances of %s, want 1: %v", len(instances), p.sub, instances)
	}
	return instances[0]
}
