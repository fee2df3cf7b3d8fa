package commercetools_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/upstream"
	"portico/upstream/commercetools"
)

const emptyDraft = `{"id":"` + draftID + `","version":1}`

func TestOneTokenForAll(t *testing.T) {
	s, c := serve(t, says(200, emptyDraft))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.Draft(t.Context(), draftID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := s.given(); got != 1 || len(s.got()) != 20 {
		t.Errorf("%d tokens for %d calls, want 1 for 20", got, len(s.got()))
	}
}

func TestTokensAreRenewedBeforeTheirEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		expires int // seconds
		good    time.Duration
	}{
		"48 hours":  {172800, 48*time.Hour - 5*time.Minute},
		"6 minutes": {360, 3 * time.Minute},
		"a minute":  {60, 30 * time.Second},
		"not said":  {0, 5 * time.Minute},
	} {
		s, c := serve(t, says(200, emptyDraft))
		s.set(func() { s.expires = tt.expires })
		for _, step := range []struct {
			pass time.Duration
			want int
		}{{0, 1}, {tt.good - time.Second, 1}, {time.Second, 2}} {
			s.pass(step.pass)
			if _, err := c.Draft(t.Context(), draftID); err != nil {
				t.Fatal(err)
			}
			if got := s.given(); got != step.want {
				t.Errorf("%s, after %s: %d tokens, want %d", name, step.pass, got, step.want)
			}
		}
	}
}

// refuses answers 401 to all tokens but one.
func refuses(good string) reply {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+good {
			says(401, `{"statusCode":401,"message":"invalid_token","errors":[{"code":"invalid_token","message":"invalid_token"}],"error":"invalid_token"}`)(w, r)
			return
		}
		says(201, emptyDraft)(w, r)
	}
}

func TestATokenThatIsNotKnownIsReplacedOnce(t *testing.T) {
	s, c := serve(t, refuses("canary-token-2"))
	if _, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.UpdatePreviewable()); err != nil {
		t.Fatal(err)
	}
	got := s.got()
	if len(got) != 2 || got[0].body != got[1].body || got[0].correlation == got[1].correlation || s.given() != 2 {
		t.Errorf("sent %+v with %d tokens, want the same body twice", got, s.given())
	}

	s, c = serve(t, refuses("none"))
	_, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.UpdatePreviewable())
	if got := failure(t, err); got.Kind != upstream.Unauthorized || got.Code != "invalid_token" || got.OutcomeUnknown() || len(s.got()) != 2 {
		t.Errorf("got %+v after %d requests", *got, len(s.got()))
	}
}

func TestRefusedCredentials(t *testing.T) {
	s, c := serve(t, says(200, emptyDraft))
	s.set(func() {
		s.token = says(401, `{"statusCode":401,"message":"Please provide valid client credentials using HTTP Basic Authentication.","errors":[{"code":"invalid_client","message":"Please provide valid client credentials using HTTP Basic Authentication."}],"error":"invalid_client","error_description":"for `+secretCanary+`"}`)
	})
	for range 3 {
		_, err := c.Draft(t.Context(), draftID)
		got := failure(t, err)
		if got.Kind != upstream.Unauthorized || got.Code != "invalid_client" || !strings.HasPrefix(got.Message, "Please provide valid client credentials") || got.Operation != "POST /oauth/token" {
			t.Errorf("got %+v", *got)
		}
	}
	if s.given() != 1 || len(s.got()) != 0 {
		t.Errorf("%d requests for tokens and %d calls, want 1 and 0", s.given(), len(s.got()))
	}
	s.pass(time.Minute)
	s.set(func() { s.token = nil })
	if _, err := c.Draft(t.Context(), draftID); err != nil {
		t.Errorf("after a minute: %v", err)
	}
}

func TestTokensThatCannotBeHad(t *testing.T) {
	for name, tt := range map[string]struct {
		token reply
		kind  upstream.Kind
	}{
		"no token":       {says(200, `{"expires_in":7}`), upstream.Malformed},
		"a page":         {says(200, `<html>`), upstream.Malformed},
		"out of order":   {says(503, ``), upstream.Unavailable},
		"a fault of us":  {says(400, `{"error":"unsupported_grant_type"}`), upstream.Invalid},
		"lost on way":    {dies, upstream.Unavailable},
		"another server": {says(404, `not found`), upstream.Malformed},
	} {
		s, c := serve(t, says(200, emptyDraft))
		s.set(func() { s.token = tt.token })
		_, err := c.CreateDraft(t.Context(), commercetools.DraftDraft{})
		if got := failure(t, err); got.Kind != tt.kind || len(s.got()) != 0 {
			t.Errorf("%s: got %+v, and %d calls were sent", name, *got, len(s.got()))
		}
	}
}

// TestOneWhoGivesUp stops waiting for a token that others go on waiting for.
func TestOneWhoGivesUp(t *testing.T) {
	s, c := serve(t, says(200, emptyDraft))
	asked, answer := make(chan struct{}), make(chan struct{})
	s.set(func() {
		s.token = func(w http.ResponseWriter, _ *http.Request) {
			close(asked)
			<-answer
			fmt.Fprint(w, `{"access_token":"canary-token-1","expires_in":600}`)
		}
	})
	ctx, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() { _, err := c.Draft(ctx, draftID); gaveUp <- err }()
	<-asked
	others := make(chan error)
	go func() { _, err := c.Draft(t.Context(), draftID); others <- err }()
	giveUp()
	if err := <-gaveUp; !upstream.IsKind(err, upstream.Canceled) || failure(t, err).OutcomeUnknown() || !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up gets %v", err)
	}
	close(answer)
	if err := <-others; err != nil {
		t.Errorf("who goes on gets %v", err)
	}
}

func TestScopes(t *testing.T) {
	for name, tt := range map[string]struct {
		scope   string
		inspect reply
		want    []string
		code    string
	}{
		"all":             {"manage_project:my-shop manage_api_clients:my-shop", nil, []string{"manage_project", "manage_api_clients"}, ""},
		"some of ours":    {"view_products:other manage_connectors:my-shop manage_orders:my-shop:store", nil, []string{"manage_connectors"}, ""},
		"another project": {"manage_project:other manage_project:my-shop-2 my-shop", nil, nil, commercetools.CodeOtherProject},
		"said if asked":   {"", says(200, `{"active":true,"scope":"manage_project:my-shop"}`), []string{"manage_project"}, ""},
		"never said":      {"", nil, nil, ""},
		"said by nobody":  {"", says(200, `{"active":true}`), nil, ""},
	} {
		s, c := serve(t, says(200, emptyDraft))
		s.set(func() {
			s.scope = tt.scope
			if tt.inspect != nil {
				s.inspect = tt.inspect
			}
		})
		got, err := c.Scopes(t.Context())
		if !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, tt.want)
		}
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if tt.code != "" {
			if failed := failure(t, err); failed.Code != tt.code || failed.Kind != upstream.Forbidden {
				t.Errorf("%s: got %+v", name, *failed)
			}
		}
	}
	s, c := serve(t, says(200, emptyDraft))
	s.set(func() { s.scope, s.inspect = "", dies })
	if _, err := c.Scopes(t.Context()); !upstream.IsKind(err, upstream.Unavailable) {
		t.Errorf("an answer that is lost: got %v, want unavailable", err)
	}
}

func TestRegions(t *testing.T) {
	for _, r := range commercetools.Regions {
		if got, want := commercetools.ConnectURL(r.ID), "https://connect."+r.ID+".commercetools.com"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := commercetools.AuthURL(r.ID), "https://auth."+r.ID+".commercetools.com"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := commercetools.RegionName(r.ID); got != r.Name || got == "" {
			t.Errorf("%s is called %q", r.ID, got)
		}
	}
	if len(commercetools.Regions) != 5 {
		t.Errorf("%d regions, want 5", len(commercetools.Regions))
	}
	if got := commercetools.ConnectURL("eastus.azure"); got != "https://connect.eastus.azure.commercetools.com" || commercetools.RegionName("eastus.azure") != "eastus.azure" {
		t.Errorf("a region to come is at %q", got)
	}
	for _, none := range []string{"", "evil.com/", "a.b.c", "a@evil.com", "a.b?", "-a.gcp", "A.gcp", "a.gcp\n"} {
		if got := commercetools.ConnectURL(none) + commercetools.AuthURL(none); got != "" {
			t.Errorf("%q is at %q", none, got)
		}
	}
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	for name, config := range map[string]commercetools.Config{
		"no region":    {ProjectKey: project, ClientID: "a", ClientSecret: "canary-secret"},
		"no client":    {ProjectKey: project, Region: "europe-west1.gcp", ClientSecret: "canary-secret"},
		"no secret":    {ProjectKey: project, Region: "europe-west1.gcp", ClientID: "a"},
		"a wrong host": {ProjectKey: project, AuthURL: "not an address", ClientID: "a", ClientSecret: "canary-secret"},
	} {
		_, err := commercetools.New(config).AllDeployments(t.Context())
		if got := failure(t, err); got.Kind != upstream.Invalid || got.OutcomeUnknown() {
			t.Errorf("%s: got %+v, want invalid and not sent", name, *got)
		}
	}
}
