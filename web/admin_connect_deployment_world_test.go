package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/store"
	"portico/store/storetest"
	"portico/upstream/commercetools"
)

const (
	shopLoyalty    = "git@github.com:acme/loyalty.git"
	shopBloomreach = "https://github.com/composable-com/ct-connect-bloomreach-engagement.git"
)

// shop is the admin area over two projects at a simulated commercetools.
type shop struct {
	*desk
	sim     *connectsim.Server
	address string
	us, sis store.DeployAccount // projects of one organisation in one region
	actor   store.Actor
}

func newShop(t *testing.T) *shop {
	t.Helper()
	d := newDesk(t)
	sim, err := connectsim.Open(connectsim.Options{Clock: d.clock})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	s := &shop{desk: d, sim: sim, address: server.URL, actor: store.Actor{Kind: store.ActorStaff, ID: "kim", Name: "Kim"}}
	us := sim.Access("us-central1.gcp")
	s.us = s.project("us", us)
	s.control("projects", `{"key": "sister"}`, nil)
	var client struct{ ID, Secret string }
	s.control("clients", `{"project": "sister"}`, &client)
	us.ProjectKey, us.ClientID, us.ClientSecret = "sister", client.ID, client.Secret
	s.sis = s.project("sister", us)
	d.as(store.StaffAdmin)
	return s
}

// control asks the simulator's control API.
func (s *shop) control(path, body string, answer any) {
	s.Helper()
	r, err := http.Post(s.address+"/_control/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	defer r.Body.Close() //nolint:errcheck // only read
	if r.StatusCode >= 300 {
		s.Fatalf("control %s: %s", path, r.Status)
	}
	if answer != nil {
		err = json.NewDecoder(r.Body).Decode(answer)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// project configures a project.
func (s *shop) project(name string, a connectsim.Access) store.DeployAccount {
	s.Helper()
	account := store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: name, Region: a.Region, APIURL: s.address + a.ConnectURL, AuthURL: s.address + a.AuthURL,
		ProjectKey: a.ProjectKey, ClientID: a.ClientID, Secret: secret.Text(a.ClientSecret),
	}
	storetest.Update(s, s.store, func(tx *store.Tx) (err error) {
		account, err = tx.PutDeployAccount(s.ctx, account)
		return err
	})
	return account
}

// copied brings the copies of both projects up to date, after a time.
func (s *shop) copied(after time.Duration) {
	s.Helper()
	s.clock.Advance(after)
	for _, a := range []store.DeployAccount{s.us, s.sis} {
		if err := s.portal.CopyConnect(s.ctx, a.ID); err != nil {
			s.Fatal(err)
		}
	}
}

// settle advances an operation over every wait until it is over.
func (s *shop) settle(id string) store.Operation {
	s.Helper()
	for range 60 {
		wait, err := s.portal.AdvanceOperation(s.ctx, id)
		if err != nil {
			s.Fatal(err)
		}
		if o := storetest.Must[store.Operation](s)(s.store.Operation(s.ctx, id)); !o.UnderWay() {
			return o
		}
		s.clock.Advance(max(wait, time.Second))
	}
	s.Fatal("the operation does not come to an end")
	return store.Operation{}
}

// published is a connector of a repository at a tag, published for its makers.
func (s *shop) published(key, repository, tag string) store.ConnectorDraft {
	s.Helper()
	o, err := s.portal.CreateDraft(s.ctx, s.actor, s.us.ID, commercetools.DraftDraft{
		Key: key, Name: "Connector " + key, Creator: commercetools.Creator{Email: "kim@acme.example"}, Repository: commercetools.Repository{URL: repository, Tag: tag},
	})
	if err != nil {
		s.Fatal(err)
	}
	return s.update(s.settle(o.ID).SubjectID, commercetools.Publish(false))
}

func (s *shop) update(draftID string, actions ...commercetools.Action) store.ConnectorDraft {
	s.Helper()
	for _, a := range actions {
		o, err := s.portal.UpdateDraft(s.ctx, s.actor, draftID, 0, []commercetools.Action{a})
		if err != nil {
			s.Fatal(err)
		}
		s.settle(o.ID)
		s.copied(31 * time.Second)
	}
	return storetest.Must[store.ConnectorDraft](s)(s.store.ConnectorDraft(s.ctx, draftID))
}

// filled is the fields of a form as a browser sends them when somebody has typed pairs over them; a button is pressed by its
// step.
func filled(form *goquery.Selection, step string, pairs ...string) []string {
	fields := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, one *goquery.Selection) {
		name := one.AttrOr("name", "")
		kind := one.AttrOr("type", "")
		_, checked := one.Attr("checked")
		switch {
		case (kind == "checkbox" || kind == "radio") && !checked:
		case goquery.NodeName(one) == "textarea":
			fields.Add(name, strings.TrimPrefix(one.Text(), "\n"))
		case goquery.NodeName(one) == "select":
			option := one.Find("option[selected]")
			if option.Length() == 0 {
				option = one.Find("option").First()
			}
			fields.Add(name, option.AttrOr("value", ""))
		default:
			fields.Add(name, one.AttrOr("value", ""))
		}
	})
	for n := 0; n+1 < len(pairs); n += 2 {
		fields[pairs[n]] = append(fields[pairs[n]], pairs[n+1])
		if n == 0 || pairs[n] != pairs[n-2] {
			fields[pairs[n]] = []string{pairs[n+1]}
		}
	}
	fields.Set("step", step)
	var sent []string
	for name, values := range fields {
		for _, value := range values {
			sent = append(sent, name, value)
		}
	}
	return sent
}

// fill sends the form of a page that has the fields, with pairs typed over them.
func (s *shop) fill(page reply, path, step string, pairs ...string) reply {
	s.Helper()
	answer := s.post(path, filled(page.Find("main form.stack.wide"), step, pairs...)...)
	s.clean(answer)
	return answer
}

// send presses the button under what was looked at.
func (s *shop) send(page reply, path string) reply {
	s.Helper()
	page.count("[data-testid=review] #send", 1)
	answer := s.post(path, filled(page.Find("[data-testid=review] form"), "send")...)
	s.clean(answer)
	return answer
}

// clean fails the test when a page has a secret in it.
func (s *shop) clean(page reply) {
	s.Helper()
	if at := strings.Index(page.body, "canary-"); at >= 0 {
		s.Errorf("a page shows a secret: %s", page.body[max(0, at-80):min(len(page.body), at+40)])
	}
}

// loyaltyFields is what is typed to deploy acme/loyalty: what has no default.
var loyaltyFields = []string{
	"v:/LOYALTY_API_KEY", "canary-loyalty", "v:points/SIGNING_KEY", "canary-signing", "v:loyalty-admin/CUSTOM_APPLICATION_ID", "app-1",
	"v:loyalty-admin/ENTRY_POINT_URI_PATH", "loyalty",
}

// deployed is acme/loyalty, deployed to the first project through the pages.
func (s *shop) deployed(draft store.ConnectorDraft) store.ConnectDeployment {
	s.Helper()
	path := "/admin/connect/drafts/" + draft.ID + "/deploy?what=published"
	page := s.fill(s.get(path), path, "review", append([]string{"target", s.us.ID, "key:" + s.us.ID, "loyalty-us"}, loyaltyFields...)...).is(200)
	s.send(page, path).is(303)
	s.copied(42 * time.Second)
	return storetest.Must[store.ConnectDeployment](s)(s.store.ConnectDeploymentByKey(s.ctx, s.us.ID, "loyalty-us"))
}
