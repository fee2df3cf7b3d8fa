// Package tray calls Tray's Embedded API: users, the catalogue, instances and
// authentications over GraphQL, the addresses of Tray's hosted dialogs, and the
// trigger URLs of workflows. It speaks Tray's language and returns small types
// named by the portal's nouns; its errors are *upstream.Error.
//
// Calls with the master token are methods of Client, those with an end user's
// token methods of UserClient. Only queries are ever sent twice: Tray has no
// idempotency keys.
package tray

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/secret"
	"portico/upstream"
)

// Platform is the name of Tray in errors and records.
const Platform = "tray"

// Tray's limits for one account (its limits page: 30 requests a second and 1800
// a minute).
const (
	RatePerSecond = 30
	PerMinute     = 1800
)

// Lifetimes of what Tray mints (Embedded API, user mutations).
const (
	TokenLife = 48 * time.Hour  // of a user token
	CodeLife  = 5 * time.Minute // of a one-time authorization code
)

// EnableDelay is how long after the creation of an instance Tray wants to be
// asked to enable it (Embedded documentation, enabling instances).
const EnableDelay = 2 * time.Second

// Config is one Tray account.
type Config struct {
	Account      string   // the portal's name for it
	APIURL       string   // of GraphQL, "https://tray.io/graphql"
	DialogURL    string   // scheme and host of the hosted dialogs, no trailing slash; a white-label host replaces it
	WebhookHosts []string // where trigger URLs may lead, see upstream.NewWebhooks
	EmbeddedID   string   // not secret: part of every dialog's address
	MasterToken  secret.Text

	HTTP *http.Client // of upstream.NewClient(Options(…)); nil makes one that records nothing
}

// Regions returns the hosts of Tray's installations. They share nothing: a
// token, user, solution or code of one is unknown in the others. The webhook
// hosts include those of white-label customers.
func Regions() map[string]Config {
	regions := map[string]Config{}
	for name, prefix := range map[string]string{"us": "", "eu1": "eu1.", "ap1": "ap1."} {
		regions[name] = Config{
			APIURL:       "https://" + prefix + "tray.io/graphql",
			DialogURL:    "https://embedded." + prefix + "tray.io",
			WebhookHosts: []string{"*." + prefix + "trayapp.io", "*." + prefix + "integration-hook.com"},
		}
	}
	return regions
}

// Options are those of the HTTP client of an account: Tray's name and limits,
// and the master token among what records must not hold.
func Options(account string, masterToken secret.Text) upstream.Options {
	return upstream.Options{
		Platform:      Platform,
		Account:       account,
		RatePerSecond: RatePerSecond,
		PerMinute:     PerMinute,
		Secrets:       []secret.Text{masterToken},
	}
}

// Client calls one account with its master token.
type Client struct {
	config Config // without the token
	http   *http.Client
	master caller
}

// New makes a client. It calls nobody.
func New(config Config) *Client {
	config.DialogURL = strings.TrimRight(config.DialogURL, "/")
	c := &Client{http: config.HTTP}
	if c.http == nil {
		c.http = upstream.NewClient(Options(config.Account, config.MasterToken)).HTTP
	}
	c.master = caller{http: c.http, address: config.APIURL, keys: &keys{token: config.MasterToken}}
	config.MasterToken = ""
	c.config = config
	return c
}

// AsUser calls the same account with an end user's token.
func (c *Client) AsUser(token secret.Text) *UserClient {
	return &UserClient{user: caller{http: c.http, address: c.config.APIURL, keys: &keys{token: token, others: c.master.secrets()}}}
}

// UserClient calls an account as one end user. On Unauthorized, and on Forbidden
// (what Tray says to an expired token is not documented), get a new token once.
type UserClient struct{ user caller }

// DialogOrigin is the origin that the hosted dialogs post their messages from.
func (c *Client) DialogOrigin() string {
	u, err := url.Parse(c.config.DialogURL)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// AuthDialogURL is where a user authenticates for one slot of an instance
// without configuration (/external/auth/create). The dialog does not attach the
// authentication: SetValues does.
func (c *Client) AuthDialogURL(instanceID, slot string, code secret.Text) string {
	return c.dialog(code, "auth", "create", c.config.EmbeddedID, instanceID, slot)
}

// WizardURL is where a user fills in all slots of an instance, the first time
// and later (/external/solutions/{embedded ID}/configure). The wizard stores the
// values itself.
func (c *Client) WizardURL(instanceID string, code secret.Text) string {
	return c.dialog(code, "solutions", c.config.EmbeddedID, "configure", instanceID)
}

// AuthEditURL is where a user signs in again for an authentication they have
// (/external/auth/edit).
func (c *Client) AuthEditURL(authID string, code secret.Text) string {
	return c.dialog(code, "auth", "edit", c.config.EmbeddedID, authID)
}

func (c *Client) dialog(code secret.Text, path ...string) string {
	for i := range path {
		path[i] = escapeSegment(path[i])
	}
	return c.config.DialogURL + "/external/" + strings.Join(path, "/") + "?code=" + url.QueryEscape(code.Reveal())
}

// escapeSegment is url.PathEscape that also keeps "." and ".." from being taken
// for steps of the path.
func escapeSegment(segment string) string {
	if segment == "." || segment == ".." {
		return strings.ReplaceAll(segment, ".", "%2E")
	}
	return url.PathEscape(segment)
}
