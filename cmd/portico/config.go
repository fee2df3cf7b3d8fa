package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"portico/portal"
	"portico/secret"
	"portico/store"
)

// config is everything that serve and check are told.
type config struct {
	URL    *url.URL
	Listen string
	storeConfig
	Host        portal.HostLogin // whose tokens sign users in
	HostName    string           // what the host calls itself
	HostURL     string           // where a person goes back to when a session has ended
	HostOrigins []string         // exact origins that may embed the portal
	APIKeys     []secret.Text
	Accounts    []store.Account // that customers connect at
	deployConfig
	TrustProxy bool
	LogLevel   slog.Level
	LogJSON    bool
}

// storeConfig is where everything is kept; all that the commands for staff need.
type storeConfig struct {
	Database string // a postgres:// URL, or the path of a SQLite file
	KeysFile string
}

// deployConfig is what deploying connectors needs.
type deployConfig struct {
	Deploy   []store.DeployAccount
	Archives int64 // bytes that a connector's archive may have
}

// minKey is the least number of characters of an API key, so that nobody can guess one.
const minKey = 32

// maxArchives is the largest limit of archives, in bytes: what comes through a page and a JSON body is no larger.
const maxArchives = 1 << 30

// readConfig reads the variables, and the file where there is one, and returns all faults at once.
func readConfig(getenv func(string) string, file string) (config, error) {
	s, f, err := readSettings(getenv, file)
	if err != nil {
		return config{}, err
	}
	c := config{
		URL:         s.address("PORTICO_URL", s.required("PORTICO_URL", exampleURL), exampleURL),
		Listen:      s.hostPort("PORTICO_LISTEN", s.text("PORTICO_LISTEN", "127.0.0.1:8080")),
		TrustProxy:  s.choice("PORTICO_TRUST_PROXY", "false", "true") == "true",
		LogJSON:     s.choice("PORTICO_LOG_FORMAT", "json", "text") == "json",
		storeConfig: s.store(),
	}
	s.logLevel(&c)
	s.host(&c)
	c.Accounts = s.accounts(f)
	c.deployConfig = s.deploy(f)
	if len(c.Accounts)+len(c.Deploy) == 0 {
		s.fault("PORTICO_TRAY_MASTER_TOKEN", "is not set, and neither is PORTICO_ACTIVEPIECES_URL, nor is there an account to deploy connectors to: there would be nothing to do", "PORTICO_TRAY_MASTER_TOKEN_FILE=/run/secrets/tray_master_token")
	}
	return c, s.faults.orNil()
}

// readStoreConfig reads where everything is kept, whatever else is wrong.
func readStoreConfig(getenv func(string) string, file string) (storeConfig, error) {
	s, _, err := readSettings(getenv, file)
	if err != nil {
		return storeConfig{}, err
	}
	return s.store(), s.faults.orNil()
}

// readDeployConfig reads where connectors can be deployed to, whatever else is wrong.
func readDeployConfig(getenv func(string) string, file string) (deployConfig, error) {
	s, f, err := readSettings(getenv, file)
	if err != nil {
		return deployConfig{}, err
	}
	return s.deploy(f), s.faults.orNil()
}

// readSettings puts the variables in front of the file that -config or PORTICO_CONFIG names.
func readSettings(getenv func(string) string, file string) (*settings, configFile, error) {
	if file = cmp.Or(file, getenv("PORTICO_CONFIG")); file == "" {
		return &settings{get: getenv}, configFile{}, nil
	}
	f, err := readFile(file)
	if err != nil {
		return nil, f, faults{{"PORTICO_CONFIG", err.Error(), ""}}
	}
	return &settings{get: f.below(getenv)}, f, nil
}

const exampleURL = "https://integrations.example.com"

func (s *settings) logLevel(c *config) {
	text := s.choice("PORTICO_LOG_LEVEL", "info", "debug", "warn", "error")
	if err := c.LogLevel.UnmarshalText([]byte(text)); err != nil {
		s.fault("PORTICO_LOG_LEVEL", err.Error(), "info")
	}
}

func (s *settings) store() storeConfig {
	data := s.text("PORTICO_DATA", "data")
	c := storeConfig{
		Database: cmp.Or(s.secret("PORTICO_DATABASE").Reveal(), filepath.Join(data, "portico.db")), // an address may hold a password
		KeysFile: s.text("PORTICO_KEYS_FILE", filepath.Join(data, "keys.json")),
	}
	if scheme, _, ok := strings.Cut(c.Database, "://"); ok && scheme != "postgres" && scheme != "postgresql" {
		s.fault("PORTICO_DATABASE", "is neither a postgres:// address nor a path", "postgres://portico@db.example.com/portico?sslmode=verify-full")
	}
	if _, err := os.Stat(c.KeysFile); errors.Is(err, fs.ErrNotExist) {
		s.fault("PORTICO_KEYS_FILE", c.KeysFile+" is not there; make it once with: portico secrets new "+c.KeysFile, "")
	}
	return c
}

// host reads how the host signs people in, and where it embeds the portal.
func (s *settings) host(c *config) {
	c.HostName = s.text("PORTICO_HOST_NAME", "")
	const exampleHost = "https://app.example.com"
	if u := s.address("PORTICO_HOST_URL", s.text("PORTICO_HOST_URL", ""), exampleHost); u != nil {
		c.HostURL = u.String()
	}
	c.Host = portal.HostLogin{
		Issuer:   s.required("PORTICO_HOST_ISSUER", exampleHost),
		Audience: s.text("PORTICO_HOST_AUDIENCE", s.text("PORTICO_URL", "")),
		Keys:     s.hostKeys(),
	}
	for _, o := range s.list("PORTICO_HOST_ORIGINS") {
		c.HostOrigins = append(c.HostOrigins, s.origin("PORTICO_HOST_ORIGINS", o))
	}
	for _, key := range split(s.secret("PORTICO_API_KEYS").Reveal()) {
		if len(key) < minKey {
			s.fault("PORTICO_API_KEYS", fmt.Sprintf("holds a key that is shorter than %d characters", minKey), "the output of: openssl rand -hex 32")
		}
		c.APIKeys = append(c.APIKeys, secret.Text(key))
	}
}

// hostKeys reads what checks the host's tokens: public keys, a shared secret, or both while one takes the other's place.
func (s *settings) hostKeys() []portal.HostKey {
	var keys []portal.HostKey
	file, shared := s.text("PORTICO_HOST_KEYS_FILE", ""), s.secret("PORTICO_HOST_SECRET")
	if file == "" && shared == "" && s.text("PORTICO_HOST_SECRET_FILE", "") == "" {
		s.fault("PORTICO_HOST_KEYS_FILE", "is not set, and neither is PORTICO_HOST_SECRET: nobody could sign in", "/etc/portico/host-keys.pem")
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err == nil {
			keys, err = portal.HostKeys(b)
		}
		if err != nil {
			s.fault("PORTICO_HOST_KEYS_FILE", err.Error(), "a file of PEM blocks that begin with -----BEGIN PUBLIC KEY-----")
		}
	}
	if shared != "" {
		k, err := portal.HostSecret("", shared)
		if err != nil {
			s.fault("PORTICO_HOST_SECRET", err.Error(), "the output of: openssl rand -base64 48")
		}
		keys = append(keys, k)
	}
	return keys
}

// origins is every origin whose page holds the portal's, the portal's own first: a frame in it has to let all of them hold it.
func (c config) origins() []string {
	return append([]string{c.URL.Scheme + "://" + strings.ToLower(c.URL.Host)}, c.HostOrigins...)
}
