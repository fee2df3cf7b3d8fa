package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"

	"portico/secret"
	"portico/store"
	"portico/upstream/commercetools"
)

// projectKeyShape is what commercetools lets a project be called.
var projectKeyShape = regexp.MustCompile(`^[A-Za-z0-9_-]{2,36}$`)

// commercetools reads an API client of a project from settings whose names begin with prefix.
func (s *settings) commercetools(name, prefix string) store.DeployAccount {
	a := store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: name, Region: s.required(prefix+"REGION", "europe-west1.gcp"),
		ProjectKey: s.required(prefix+"PROJECT_KEY", "my-shop"),
		ClientID:   s.required(prefix+"CLIENT_ID", "the API client's ID, which the Merchant Center shows once"),
		Secret:     s.secret(prefix + "CLIENT_SECRET"),
	}
	if !s.given(prefix + "CLIENT_SECRET") {
		s.fault(prefix+"CLIENT_SECRET", "is not set, and neither is "+prefix+"CLIENT_SECRET_FILE", "/run/secrets/commercetools in "+prefix+"CLIENT_SECRET_FILE")
	}
	if a.ProjectKey != "" && !projectKeyShape.MatchString(a.ProjectKey) {
		s.fault(prefix+"PROJECT_KEY", fmt.Sprintf("is %q, not the key of a project: 2 to 36 letters, digits, _ and -", a.ProjectKey), "my-shop")
	}
	s.commercetoolsHosts(prefix, &a)
	s.repositories(prefix, &a)
	return a
}

// commercetoolsHosts finds the addresses: the region's, unless they are given.
func (s *settings) commercetoolsHosts(prefix string, a *store.DeployAccount) {
	const connect, auth = "https://connect.europe-west1.gcp.commercetools.com", "https://auth.europe-west1.gcp.commercetools.com"
	a.APIURL, a.AuthURL = commercetools.ConnectURL(a.Region), commercetools.AuthURL(a.Region)
	ownAPI, ownAuth := s.text(prefix+"CONNECT_URL", ""), s.text(prefix+"AUTH_URL", "")
	if u := s.address(prefix+"CONNECT_URL", ownAPI, connect); u != nil {
		a.APIURL = u.String()
	}
	if u := s.address(prefix+"AUTH_URL", ownAuth, auth); u != nil {
		a.AuthURL = u.String()
	}
	if a.Region != "" && (ownAPI == "" || ownAuth == "") && commercetools.RegionName(a.Region) == a.Region {
		var known []string
		for _, r := range commercetools.Regions {
			known = append(known, r.ID)
		}
		s.fault(prefix+"REGION", fmt.Sprintf("is %q, not one of %s", a.Region, strings.Join(known, ", ")), known[0])
	}
}

// repositories reads what opens private repositories by SSH: a key, and the hosts that may ask for it.
func (s *settings) repositories(prefix string, a *store.DeployAccount) {
	key, hosts := prefix+"GIT_SSH_KEY_FILE", prefix+"GIT_KNOWN_HOSTS_FILE"
	a.GitKey = secret.Text(s.file(key))
	a.KnownHosts = s.file(hosts)
	if a.GitKey != "" {
		if _, err := ssh.ParseRawPrivateKey([]byte(a.GitKey.Reveal())); err != nil {
			s.fault(key, "holds no private key without a passphrase", "the file that this writes: ssh-keygen -t ed25519 -N '' -f portico_git")
		}
	}
	switch given := s.text(key, "") != ""; {
	case given && s.text(hosts, "") == "":
		s.fault(hosts, "is not set, and "+key+" is: nobody could tell the right host from another", "the file that this writes: ssh-keyscan github.com > known_hosts")
	case a.KnownHosts != "":
		if _, _, _, _, _, err := ssh.ParseKnownHosts([]byte(a.KnownHosts)); err != nil {
			s.fault(hosts, "holds no host's key", "the file that this writes: ssh-keyscan github.com > known_hosts")
		}
	}
}

// file is what the file holds that a setting names; "" where none is named.
func (s *settings) file(name string) string {
	path := s.text(name, "")
	if path == "" {
		return ""
	}
	b, err := os.ReadFile(path)
	if err != nil {
		s.fault(name, "cannot be read: "+err.Error(), "")
	} else if strings.TrimSpace(string(b)) == "" {
		s.fault(name, "names a file that is empty", "")
	}
	return string(b)
}
