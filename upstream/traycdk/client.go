// Package traycdk deploys connectors to Tray: the calls of its CDK deployment API,
// and the reader that says what a connector.zip holds before it is sent. It speaks
// Tray's language and returns small types; its errors are *upstream.Error.
//
// The API takes one token a region, and a connector belongs to the token that first
// deployed it. There are no idempotency keys, so only reads are ever sent twice, and
// there is no list of deployments, so whoever deploys keeps the IDs.
package traycdk

import (
	"net/http"
	"strings"
	"time"

	"portico/secret"
	"portico/upstream"
)

// Platform is the name of Tray's deployment API in errors and records.
const Platform = "traycdk"

// Tray's limits for one account (its limits page: 30 requests a second and 1800 a
// minute). Nothing says that the deployment API has others.
const (
	RatePerSecond = 30
	PerMinute     = 1800
)

// SlowTimeout is how long a deploy may take: the archive goes up, and then Tray
// checks it before it answers, for which its own tests allow a minute.
const SlowTimeout = 3 * time.Minute

// Options are those of the HTTP client of an account: the name, Tray's limits, and
// the secrets that records must not hold.
func Options(account string, secrets ...secret.Text) upstream.Options {
	return upstream.Options{
		Platform:      Platform,
		Account:       account,
		RatePerSecond: RatePerSecond,
		PerMinute:     PerMinute,
		Secrets:       secrets,
	}
}

// Config is one token in one region.
type Config struct {
	Account string      // the portal's name for it
	URL     string      // of the region, see Regions
	Token   secret.Text // of an API user with the right role; see CleanToken

	HTTP *http.Client // of upstream.NewClient(Options(…)); nil makes one that records nothing
	// SlowHTTP sends archives. Give it SlowTimeout; nil is HTTP, or a slow one where
	// that is nil too.
	SlowHTTP *http.Client
}

// Client calls one region with one token.
type Client struct {
	http, slow *http.Client
	origin     string // without a slash at its end
	keys       *keys  // behind a pointer, so that printing a client does not print it
}

// keys is the secret of a client, which no error may hold.
type keys struct{ token secret.Text }

// New makes a client. It calls nobody.
func New(config Config) *Client {
	token := secret.Text(CleanToken(config.Token.Reveal()))
	c := &Client{
		http:   config.HTTP,
		slow:   config.SlowHTTP,
		origin: strings.TrimRight(strings.TrimSpace(config.URL), "/"),
		keys:   &keys{token: token},
	}
	o := Options(config.Account, token)
	if c.slow == nil && c.http == nil {
		patient := o
		patient.Timeout = SlowTimeout
		c.slow = upstream.NewClient(patient).HTTP
	}
	if c.http == nil {
		c.http = upstream.NewClient(o).HTTP
	}
	if c.slow == nil {
		c.slow = c.http
	}
	return c
}
