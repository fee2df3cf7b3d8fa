package connectsim

import (
	"net"
	"net/url"
	"strings"

	"portico/upstream/commercetools/connectyaml"
)

// specificationFile is where a connector says what it is: in the root of its repository.
const specificationFile = "connect.yaml"

// fixture is a repository that the service can read.
type fixture struct {
	Name string                       `json:"name"` // owner/name
	Tags map[string]map[string]string `json:"tags"` // tag to path to text
	// Private: only addresses of SSH reach it.
	Private bool `json:"private"`
	// Unreachable: none does.
	Unreachable bool `json:"unreachable"`
}

func (f *fixture) rowID() string { return f.Name }

// repositoryName finds owner/name in any way of writing an address at GitHub, or of this server's own repositories.
func repositoryName(address string) (name string, ssh, ok bool) {
	if rest, found := strings.CutPrefix(address, "git@github.com:"); found {
		return trimName(rest), true, true
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", false, false
	}
	path := u.Path
	switch {
	case strings.EqualFold(u.Hostname(), "github.com") && (u.Scheme == "https" || u.Scheme == "ssh"):
	case (u.Scheme == "http" || u.Scheme == "https") && isLoopback(u.Hostname()) && strings.HasPrefix(path, "/git/"):
		path = strings.TrimPrefix(path, "/git")
	default:
		return "", false, false
	}
	return trimName(path), u.Scheme == "ssh", true
}

func trimName(path string) string { return strings.TrimSuffix(strings.Trim(path, "/"), ".git") }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// files reads a repository at its tag.
func (st *state) files(r repository) (map[string]string, error) {
	name, ssh, ok := repositoryName(r.URL)
	f, known := st.fixtures.get(name)
	if !ok || !known || f.Unreachable || f.Private && !ssh {
		return nil, refuse(codeNoRepository)
	}
	files, tagged := f.Tags[r.Tag]
	if !tagged {
		return nil, refuse(codeNoRepository)
	}
	return files, nil
}

// inspect reads what a repository at its tag wants, or says why it cannot.
func (st *state) inspect(r repository) (specification, error) {
	files, err := st.files(r)
	if err != nil {
		return specification{}, err
	}
	text, ok := files[specificationFile]
	if !ok {
		return specification{}, refuse(codeNoSpecification, r.URL, r.Tag)
	}
	result := connectyaml.Parse([]byte(text))
	if !result.Valid {
		return specification{}, refuse(codeBadSpecification, r.URL, r.Tag)
	}
	return specify(result.File), nil
}
