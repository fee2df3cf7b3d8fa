package upstream_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"portico/secret"
	"portico/upstream"
)

func TestRefusalsUnder500(t *testing.T) {
	for _, tt := range []struct {
		found     upstream.Kind
		wantTries int
		want      string
	}{
		{upstream.Refused, 1, "closed"},
		{upstream.Exists, 1, "closed"},
		{upstream.Unlicensed, 1, "closed"},
		{upstream.Unavailable, 3, "open"},
	} {
		t.Run(string(tt.found), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{script: []func(*http.Request) (*http.Response, error){says(500, `{"message":"no"}`)}}
				var call upstream.Call
				c := upstream.NewClient(upstream.Options{Transport: p, BreakerAfter: 3, Record: func(_ context.Context, got upstream.Call) { call = got }})
				ctx := upstream.Checked(upstream.Safe(t.Context()), func(int, []byte) *upstream.Error { return &upstream.Error{Kind: tt.found} })
				if got, err := post(ctx, c); got != 500 || err != nil {
					t.Errorf("got %d, %v; want the answer", got, err)
				}
				if len(p.at) != tt.wantTries || c.Breaker() != tt.want || !strings.Contains(call.Err, string(tt.found)) {
					t.Errorf("%d tries, the breaker is %s, recorded %q; want %d, %s and the kind", len(p.at), c.Breaker(), call.Err, tt.wantTries, tt.want)
				}
			})
		})
	}
}

func TestHidingAndWithoutAnswer(t *testing.T) {
	const canary = "canary-of-one-call"
	ctx := upstream.Hiding(upstream.Hiding(t.Context(), "another-canary"), secret.Text(canary))
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		status int
		want   string // of the recorded answer
	}{
		{"hidden", ctx, 200, `{"note":"you sent ••• and •••"}`},
		{"not kept", upstream.WithoutAnswer(ctx), 200, "(65 bytes, not kept)"},
		{"an error is kept", upstream.WithoutAnswer(ctx), 400, `{"note":"you sent ••• and •••"}`},
	} {
		var call upstream.Call
		p := &platform{script: []func(*http.Request) (*http.Response, error){says(tt.status, `{"note":"you sent canary-of-one-call and another-canary"}        `)}}
		c := upstream.NewClient(upstream.Options{Transport: p, Record: func(_ context.Context, got upstream.Call) { call = got }})
		if got, err := post(tt.ctx, c); got != tt.status || err != nil {
			t.Errorf("%s: got %d, %v", tt.name, got, err)
		}
		if call.Answer != tt.want {
			t.Errorf("%s: recorded %s, want %s", tt.name, call.Answer, tt.want)
		}
	}
}
