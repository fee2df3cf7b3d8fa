package web

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"portico/store"
)

// connected leads a person through connecting one of the demo integrations up to its sign-in, over the simulated Tray.
func connecting(t *testing.T) (*desk, string) {
	t.Helper()
	d := newVisit(t, store.RoleMember)
	d.live()
	card := d.get("/integrations?q=slack+salesforce").count("[data-testid=offer]", 1).Find("[data-testid=offer] a")
	at := strings.TrimPrefix(card.AttrOr("href", ""), "/in")
	path := d.post(at + "/connect").is(303).location
	d.until("the sign-in is asked for", func() bool { return d.get(path).Find("form[data-dialog]").Length() == 1 })
	return d, path
}

func TestOpenDialog(t *testing.T) {
	d, path := connecting(t)
	slot := d.get(path).value("form[data-dialog] input[name=slot]")
	form := url.Values{"slot": {slot}}

	t.Run("at the top level the same tab", func(t *testing.T) {
		for _, dest := range []string{"document", ""} {
			r := d.answer("POST", "/in"+path+"/open", form, "Sec-Fetch-Dest", dest, "Sec-Fetch-Site", "same-origin", "Accept", "text/html")
			to := r.Header.Get("Location")
			if r.StatusCode != 303 || !strings.HasPrefix(to, d.account.DialogURL+"/external/auth/create/demo/") {
				t.Errorf("%q: got %s to %q", dest, r.Status, to)
			}
			if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%q: the one-time code may stay somewhere: %v", dest, r.Header)
			}
		}
	})
	t.Run("in a frame a link to a new tab", func(t *testing.T) {
		r := d.answer("POST", "/in"+path+"/open", form, "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "same-origin", "Accept", "text/html")
		page := read(t, r)
		link := page.is(200).Find("[data-testid=dialog]")
		if href := link.AttrOr("href", ""); !strings.HasPrefix(href, d.account.DialogURL+"/") || link.AttrOr("target", "") != "_blank" || link.AttrOr("rel", "") != "noopener noreferrer" {
			t.Errorf("the link is %v", link.Nodes)
		}
		page.count(`form[action="/in`+path+`/check"] #check`, 1)
		if at := page.Find("html").AttrOr("data-path", ""); at != path {
			t.Errorf("the page is to be asked for again at %q", at)
		}
	})
	t.Run("for a script the address", func(t *testing.T) {
		r := d.answer("POST", "/in"+path+"/open", form, "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "application/json")
		var answer struct{ URL, Origin, Finish string }
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || r.StatusCode != 200 {
			t.Fatalf("got %s, %v", r.Status, err)
		}
		if !strings.HasPrefix(answer.URL, answer.Origin+"/") || answer.Origin != d.account.DialogURL || !strings.HasPrefix(answer.Finish, "/in"+path+"/flows/") {
			t.Errorf("got %+v", answer)
		}
		to := d.post(strings.TrimPrefix(answer.Finish, "/in"), "outcome", "cancelled").is(303).location
		d.get(to).count("form[data-dialog]", 1).says("#check", "I have signed in").says("[role=status].info", "closed before you had finished")
	})
	t.Run("nothing new is said", func(t *testing.T) {
		to := d.post(path+"/check", "slot", slot).is(303).location
		d.get(to).says("[data-testid=looked]", "no new sign-in")
	})
}

func TestDialogOfASilentPlatform(t *testing.T) {
	d, path := connecting(t)
	slot := d.get(path).value("form[data-dialog] input[name=slot]")
	d.post(path+"/open", "slot", "none").is(409)
	d.post(path + "/wizard").is(409)
	d.silence()
	page := d.post(path+"/open", "slot", slot).is(502).says("main", "Tray", "Nothing is lost")
	page.count(`a.primary[href="/in`+path+`"]`, 1).count("code", 1)
	r := d.answer("POST", "/in"+path+"/open", url.Values{"slot": {slot}}, "Accept", "application/json", "Sec-Fetch-Site", "same-origin")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != 502 || r.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(body), `"temporary":true`) {
		t.Errorf("got %s %s %s", r.Status, r.Header.Get("Content-Type"), body)
	}
	d.get("/integrations").count("[data-testid=mine]", 1) // pages never wait for it
}
