package git

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// official is what commercetools' own command line takes for a repository's address.
var official = regexp.MustCompile(`^(https|git@[\w.]+):(//)?[\w.@:/\-~]+\.git$`)

// withScheme are the same addresses in the form that names a scheme, which alone
// can name a port of an SSH server.
var withScheme = regexp.MustCompile(`^(ssh|http)://[\w.@:/\-~\[\]]+\.git$`)

// maxURL is the limit of an address, in bytes.
const maxURL = 2000

// address is where a repository is.
type address struct {
	scheme string // https, http or ssh
	user   string // of SSH
	host   string
	port   string // "" is the scheme's own
	path   string // of SSH it may be without a slash in front
}

// CheckURL reports whether an address is one of a repository: as commercetools'
// own command line takes it, or one that begins with ssh://. http:// is for servers
// on this machine, where that is allowed. Errors are *Error of kind BadURL.
func CheckURL(address string, allowLoopback bool) error {
	_, err := parse(address, allowLoopback)
	return err
}

func parse(text string, allowLoopback bool) (address, error) {
	switch {
	case len(text) > maxURL, !official.MatchString(text) && !withScheme.MatchString(text):
		return address{}, fail(BadURL, "the address must be https://host/owner/name.git or git@host:owner/name.git, and end in .git")
	case strings.HasPrefix(text, "git@"):
		return short(text)
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return address{}, fail(BadURL, "the address cannot be read") // the cause would repeat it, with what is in front of the host
	}
	if _, has := u.User.Password(); has {
		return address{}, fail(BadURL, "the address holds a password, which everybody could read who sees it")
	}
	if u.Scheme == "http" && !(allowLoopback && loopback(u.Hostname())) {
		return address{}, fail(BadURL, "the address must begin with https://")
	}
	at := address{scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: u.Path}
	if u.Scheme == "ssh" {
		if at.user = u.User.Username(); at.user == "" {
			at.user = "git"
		}
	}
	return at, nil
}

// short reads git@host:owner/name.git, whose path is seen from the user's folder.
func short(text string) (address, error) {
	host, path, _ := strings.Cut(strings.TrimPrefix(text, "git@"), ":")
	if strings.HasPrefix(path, "-") {
		return address{}, fail(BadURL, "the path of the address begins with a hyphen")
	}
	return address{scheme: "ssh", user: "git", host: host, path: path}, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// labels are the tags that commercetools' own command line takes.
var labels = regexp.MustCompile(`^[A-Za-z0-9][\w.@/-]{0,254}$`)

// CheckTag reports whether a text can be a tag, as commercetools' own command line
// sees it. Errors are *Error of kind BadTag.
func CheckTag(tag string) error {
	if !labels.MatchString(tag) || strings.Contains(tag, "..") {
		return fail(BadTag, "a tag has 1 to 255 letters, digits or . _ @ / -, begins with a letter or digit, and has no two dots in a row")
	}
	return nil
}
