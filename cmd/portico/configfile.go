package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// configFile is the file's shape: each key is the name of a variable in lower case, without PORTICO_.
type configFile struct {
	URL          words              `yaml:"url"`
	Listen       words              `yaml:"listen"`
	Data         words              `yaml:"data"`
	Database     words              `yaml:"database"`
	DatabaseIn   words              `yaml:"database_file"`
	KeysFile     words              `yaml:"keys_file"`
	HostIssuer   words              `yaml:"host_issuer"`
	HostAudience words              `yaml:"host_audience"`
	HostKeysFile words              `yaml:"host_keys_file"`
	HostSecret   words              `yaml:"host_secret"`
	HostSecretIn words              `yaml:"host_secret_file"`
	HostName     words              `yaml:"host_name"`
	HostURL      words              `yaml:"host_url"`
	HostOrigins  words              `yaml:"host_origins"`
	APIKeys      words              `yaml:"api_keys"`
	APIKeysIn    words              `yaml:"api_keys_file"`
	TrustProxy   words              `yaml:"trust_proxy"`
	ArchiveLimit words              `yaml:"archive_limit"`
	LogLevel     words              `yaml:"log_level"`
	LogFormat    words              `yaml:"log_format"`
	Tray         []trayFile         `yaml:"tray"`
	Activepieces []activepiecesFile `yaml:"activepieces"`

	TrayCDK       []trayCDKFile       `yaml:"tray_cdk"`
	Commercetools []commercetoolsFile `yaml:"commercetools"`
}

// trayFile is one Tray account in the file.
type trayFile struct {
	Name          string `yaml:"name"`
	Region        words  `yaml:"region"`
	MasterToken   words  `yaml:"master_token"`
	MasterTokenIn words  `yaml:"master_token_file"`
	EmbeddedID    words  `yaml:"embedded_id"`
	APIURL        words  `yaml:"api_url"`
	DialogURL     words  `yaml:"dialog_url"`
	WebhookHosts  words  `yaml:"webhook_hosts"`
	User          words  `yaml:"user"`
}

// activepiecesFile is one Activepieces account in the file.
type activepiecesFile struct {
	Name         string `yaml:"name"`
	URL          words  `yaml:"url"`
	APIKey       words  `yaml:"api_key"`
	APIKeyIn     words  `yaml:"api_key_file"`
	Email        words  `yaml:"email"`
	Password     words  `yaml:"password"`
	PasswordIn   words  `yaml:"password_file"`
	SigningKeyID words  `yaml:"signing_key_id"`
	SigningKeyIn words  `yaml:"signing_key_file"`
	SDKURL       words  `yaml:"sdk_url"`
}

// trayCDKFile is one token of one of Tray's regions in the file, to deploy connectors with.
type trayCDKFile struct {
	Name    string `yaml:"name"`
	Region  words  `yaml:"region"`
	Token   words  `yaml:"token"`
	TokenIn words  `yaml:"token_file"`
	URL     words  `yaml:"url"`
}

// commercetoolsFile is one API client of a commercetools project in the file.
type commercetoolsFile struct {
	Name           string `yaml:"name"`
	Region         words  `yaml:"region"`
	ProjectKey     words  `yaml:"project_key"`
	ClientID       words  `yaml:"client_id"`
	ClientSecret   words  `yaml:"client_secret"`
	ClientSecretIn words  `yaml:"client_secret_file"`
	ConnectURL     words  `yaml:"connect_url"`
	AuthURL        words  `yaml:"auth_url"`
	GitSSHKeyIn    words  `yaml:"git_ssh_key_file"`
	GitKnownHosts  words  `yaml:"git_known_hosts_file"`
}

// listedAccount is an account in the file, of whichever platform.
type listedAccount struct {
	name   string
	values map[string]string
}

// get looks up an account's value by its key in capitals, as it is asked for.
func (a listedAccount) get(name string) string { return a.values[strings.ToLower(name)] }

// listed is the accounts in the file, by the key of their list.
func (f configFile) listed() map[string][]listedAccount {
	all := map[string][]listedAccount{}
	for _, a := range f.Tray {
		all["tray"] = append(all["tray"], listedAccount{a.Name, byKey(a)})
	}
	for _, a := range f.Activepieces {
		all["activepieces"] = append(all["activepieces"], listedAccount{a.Name, byKey(a)})
	}
	for _, a := range f.TrayCDK {
		all["tray_cdk"] = append(all["tray_cdk"], listedAccount{a.Name, byKey(a)})
	}
	for _, a := range f.Commercetools {
		all["commercetools"] = append(all["commercetools"], listedAccount{a.Name, byKey(a)})
	}
	return all
}

// words is a value as a variable would hold it: a list is joined by commas.
type words string

// errMap is what YAML makes of a colon: in {hosts: [host:port]} it needs quotes.
var errMap = errors.New("is a map where a value is wanted; a value with a colon may need quotes")

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (w *words) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			if p != nil && reflect.TypeOf(p).Kind() == reflect.Map {
				return errMap
			}
			parts[i] = fmt.Sprint(p)
		}
		*w = words(strings.Join(parts, ","))
	case map[string]any:
		return errMap
	case nil:
	default:
		*w = words(fmt.Sprint(v))
	}
	return nil
}

// readFile reads the configuration file. A key that means nothing is a fault: it may be another one misspelt.
func readFile(path string) (configFile, error) {
	var f configFile
	b, err := os.ReadFile(path)
	if err != nil {
		return f, fmt.Errorf("cannot be read: %w", err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		// Without the source around the fault, which may hold a secret.
		return f, fmt.Errorf("%s, at [line:column] %s", path, yaml.FormatError(err, false, false))
	}
	return f, nil
}

// below looks a variable up in the environment, and then in the file.
func (f configFile) below(getenv func(string) string) func(string) string {
	values := byKey(f)
	return func(name string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return values[strings.ToLower(strings.TrimPrefix(name, "PORTICO_"))]
	}
}

func byKey(shape any) map[string]string {
	values := map[string]string{}
	v := reflect.ValueOf(shape)
	for i := range v.NumField() {
		if w, ok := v.Field(i).Interface().(words); ok {
			values[v.Type().Field(i).Tag.Get("yaml")] = string(w)
		}
	}
	return values
}
