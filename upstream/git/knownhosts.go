package git

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha1" //nolint:gosec // known_hosts hides names by it
	"encoding/base64"
	"errors"
	"io"
	"net"
	"path"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// howToKnow says where a host's keys come from.
const howToKnow = "get its keys by ssh-keyscan, compare them with those that it publishes, and save them with the account"

// knownHosts are the keys that a host may have.
type knownHosts struct {
	host    string // as known_hosts writes it: "host" or "[host]:port"
	keys    []ssh.PublicKey
	revoked []ssh.PublicKey
}

// readKnownHosts takes from lines of a known_hosts file what concerns one host.
// Lines for authorities of certificates are passed over.
func readKnownHosts(lines, to string) (*knownHosts, error) {
	host, port, err := net.SplitHostPort(to)
	if err != nil {
		return nil, fail(BadURL, "the address cannot be read")
	}
	k := &knownHosts{host: strings.ToLower(host)}
	if port != "22" {
		k.host = "[" + k.host + "]:" + port
	}
	for rest := []byte(lines); ; {
		marker, hosts, key, _, next, err := ssh.ParseKnownHosts(rest)
		switch {
		case errors.Is(err, io.EOF):
			return k.complete()
		case err != nil:
			return nil, fail(HostKey, "the known hosts cannot be read: each line is a host, a kind of key and the key")
		case marker == "revoked" && k.named(hosts):
			k.revoked = append(k.revoked, key)
		case marker == "" && k.named(hosts):
			k.keys = append(k.keys, key)
		}
		rest = next
	}
}

func (k *knownHosts) complete() (*knownHosts, error) {
	if len(k.keys) == 0 {
		return nil, fail(HostKey, "no key is known of the SSH server "+k.host+": "+howToKnow)
	}
	return k, nil
}

// named reports whether patterns of a line name the host. One with an exclamation
// mark takes back what others say.
func (k *knownHosts) named(patterns []string) bool {
	found := false
	for _, p := range patterns {
		not, negated := strings.CutPrefix(p, "!")
		switch {
		case negated && k.matches(not):
			return false
		case k.matches(p):
			found = true
		}
	}
	return found
}

func (k *knownHosts) matches(pattern string) bool {
	if hidden, ok := strings.CutPrefix(pattern, "|1|"); ok {
		return k.hides(hidden)
	}
	// Brackets around a host with a port mean a choice of letters to path.Match.
	escape := strings.NewReplacer("[", `\[`, "]", `\]`)
	ok, err := path.Match(escape.Replace(strings.ToLower(pattern)), k.host)
	return err == nil && ok
}

// hides reports whether "salt|hash" is made of the host.
func (k *knownHosts) hides(hidden string) bool {
	salt, sum, _ := strings.Cut(hidden, "|")
	rawSalt, err1 := base64.StdEncoding.DecodeString(salt)
	rawSum, err2 := base64.StdEncoding.DecodeString(sum)
	if err1 != nil || err2 != nil {
		return false
	}
	mac := hmac.New(crypto.SHA1.New, rawSalt)
	_, _ = mac.Write([]byte(k.host)) // never fails
	return hmac.Equal(mac.Sum(nil), rawSum)
}

// check takes the keys that are known and no other.
func (k *knownHosts) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	same := func(known ssh.PublicKey) bool { return bytes.Equal(known.Marshal(), key.Marshal()) }
	switch {
	case slices.ContainsFunc(k.revoked, same):
		return fail(HostKey, "the key of the SSH server "+k.host+" has been revoked")
	case slices.ContainsFunc(k.keys, same):
		return nil
	}
	return fail(HostKey, "the SSH server "+k.host+" has the key "+ssh.FingerprintSHA256(key)+
		", which is not the one that is known: somebody may be in between, or the host has a new one; "+howToKnow)
}

// algorithms are those of the keys that are known, so that the server does not show
// another of its keys.
func (k *knownHosts) algorithms() []string {
	var all []string
	for _, key := range k.keys {
		if key.Type() == ssh.KeyAlgoRSA {
			all = append(all, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		all = append(all, key.Type())
	}
	return all
}
