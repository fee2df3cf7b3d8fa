// Package activepieces calls the HTTP API of an instance of Activepieces:
// projects, connections, flows and their runs, pieces, templates, and what
// embedding its builder needs. It speaks Activepieces' language and returns
// small types named by its nouns; its errors are *upstream.Error.
//
// What it says of the API was seen on release 0.86.0, or read in its source
// where the call needs a licence: global connections, signing keys and external
// tokens. Only reads are ever sent twice: there are no idempotency keys.
package activepieces

import (
	"net/http"
	"strings"
	"time"

	"portico/secret"
	"portico/upstream"
)

// Platform is the name of Activepieces in errors and records.
const Platform = "activepieces"

const (
	// TokenLife is the life of a user's token (POST /authentication/sign-in and
	// POST /managed-authn/external-token); it cannot be renewed.
	TokenLife = 7 * 24 * time.Hour
	// SlowTimeout is how long a call that waits for a worker may take. Without a
	// worker the platform itself gives up after 5 minutes only.
	SlowTimeout = 30 * time.Second

	// maxBody is the longest answer that is read: a list comes in one page.
	maxBody = 64 << 20
)

// Config is one instance.
type Config struct {
	Account string // the portal's name for it
	URL     string // of the instance as people open it, without /api
	// APIKey is the platform's ("sk-…", enterprise edition). It acts for the
	// whole platform, but manages neither API keys nor signing keys.
	APIKey secret.Text
	// Email and Password are an admin's. They are used where there is no API key,
	// which the community edition cannot make, and where a key does not do.
	Email    string
	Password secret.Text

	HTTP *http.Client // of upstream.NewClient(Options(…)); nil makes one that records nothing
	// SlowHTTP sends what waits for a worker: making a connection, whose check
	// runs there, and switching a flow on. Give it SlowTimeout; nil is HTTP.
	SlowHTTP *http.Client
	Now      func() time.Time // time.Now
}

// Options are those of the HTTP client of an account: Activepieces' name, the
// length of its lists, and the secrets that records must not hold. The API has
// no rate limit but that of signing in, which the client keeps by itself.
func Options(account string, secrets ...secret.Text) upstream.Options {
	return upstream.Options{
		Platform: Platform,
		Account:  account,
		MaxBody:  maxBody,
		Secrets:  secrets,
	}
}

// Client calls one instance.
type Client struct {
	http, slow *http.Client
	origin     string // without a slash at its end
	keys       *keys  // behind a pointer, so that printing a client does not print them
	session    *session
	page       int // elements asked for at once; 0 leaves it to the platform
}

// keys are the secrets that a client knows, none of which an error may hold.
type keys struct {
	api      secret.Text
	password secret.Text
}

// New makes a client. It calls nobody.
func New(config Config) *Client {
	c := &Client{
		http:   config.HTTP,
		slow:   config.SlowHTTP,
		origin: strings.TrimRight(strings.TrimSpace(config.URL), "/"),
		keys:   &keys{api: config.APIKey, password: config.Password},
		page:   wholeList,
	}
	if c.http == nil {
		c.http = upstream.NewClient(Options(config.Account, config.APIKey, config.Password)).HTTP
	}
	if c.slow == nil {
		c.slow = c.http
	}
	now := config.Now
	if now == nil {
		now = time.Now
	}
	if config.Email != "" {
		c.session = newSession(config.Email, now)
	}
	return c
}
