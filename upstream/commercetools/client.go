// Package commercetools calls the Connect API of commercetools: connector drafts (ConnectorStaged), published
// connectors, and their deployments into one project. It speaks Connect's language; its errors are *upstream.Error.
//
// What it says of the API is from the official API specification, the official command line client, and answers that
// users have published. Members of an answer that are null, absent or of another type than specified are read as empty,
// and texts that nobody has announced, such as a new status, are kept. The logs of deployments are not offered: their
// endpoints go away on 31 January 2027.
package commercetools

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"portico/secret"
	"portico/upstream"
)

// Platform is the name of commercetools in errors and records.
const Platform = "commercetools"

const (
	// Timeout is how long one try of a call may take. Creating a draft or naming another tag makes the service read a
	// repository before it answers.
	Timeout = 30 * time.Second

	// maxBody is the longest answer that is read: 500 deployments come in one page, and a value can be a whole document.
	maxBody = 64 << 20
)

// Config is one API client of one project.
type Config struct {
	Account      string // the portal's name for it
	Region       string // of the project, which decides the two addresses
	ProjectKey   string
	ClientID     string
	ClientSecret secret.Text

	ConnectURL string // instead of the region's; "" is the region's
	AuthURL    string // instead of the region's; "" is the region's

	HTTP *http.Client     // of upstream.NewClient(Options(…)); nil makes one that records nothing
	Now  func() time.Time // time.Now
}

// Options are those of the HTTP client of an account: commercetools' name, the length and time of its answers, and the
// secrets that records must not hold. Limits of the rate of calls are not published.
func Options(account string, secrets ...secret.Text) upstream.Options {
	return upstream.Options{
		Platform: Platform,
		Account:  account,
		Timeout:  Timeout,
		MaxBody:  maxBody,
		Secrets:  secrets,
	}
}

// Client calls Connect for one project. It is for all goroutines.
type Client struct {
	http    *http.Client
	connect string // addresses without a slash at the end
	auth    string
	project string
	session *session
}

// Format shows whose client it is, whatever the verb, and nothing of its session.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "client of %s", c.project) }

// New makes a client. It calls nobody; a configuration that cannot work shows in the error of the first call.
func New(config Config) *Client {
	c := &Client{
		http:    config.HTTP,
		connect: address(config.ConnectURL, ConnectURL(config.Region)),
		auth:    address(config.AuthURL, AuthURL(config.Region)),
		project: config.ProjectKey,
	}
	if c.http == nil {
		c.http = upstream.NewClient(Options(config.Account, config.ClientSecret)).HTTP
	}
	now := config.Now
	if now == nil {
		now = time.Now
	}
	c.session = newSession(config.ClientID, config.ClientSecret, now)
	return c
}

func address(chosen, usual string) string {
	chosen = strings.TrimRight(strings.TrimSpace(chosen), "/")
	if chosen == "" {
		return usual
	}
	return chosen
}

// Shapes that the API gives its names.
var (
	keyShape     = regexp.MustCompile(`^[A-Za-z0-9_-]{2,256}$`)
	projectShape = regexp.MustCompile(`^[A-Za-z0-9_-]{2,36}$`)
	idShape      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
)

// ValidKey reports whether a text can be the key of a connector or a deployment: 2 to 256 letters of the English
// alphabet, digits, underscores and hyphens.
func ValidKey(key string) bool { return keyShape.MatchString(key) }
