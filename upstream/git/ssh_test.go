package git_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"portico/sandbox/githost"
	"portico/secret"
	"portico/upstream/git"
)

// sshHost serves repositories over SSH to one key.
type sshHost struct {
	addr  string
	repos map[string]*githost.Repository // by the path that a client asks for
	says  string                         // to those who ask for another
	known string                         // its line in a known_hosts file
	keys  []ssh.Signer
	hangs chan struct{} // closed when somebody waits in vain
}

func serveSSH(t *testing.T, allowed ssh.PublicKey) *sshHost {
	t.Helper()
	r, _, _ := shop()
	p, _, _ := shop()
	p.Plain = true
	h := &sshHost{
		repos: map[string]*githost.Repository{"/o/shop.git": r, "/o/plain.git": p},
		says:  "ERROR: Repository not found.\n",
		keys:  []ssh.Signer{signer(t, rsaKey()), newKey(t)},
		hangs: make(chan struct{}),
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if c.User() != "git" || string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, errors.New("another key")
		}
		return &ssh.Permissions{}, nil
	}}
	for _, k := range h.keys {
		config.AddHostKey(k)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	h.addr = l.Addr().String()
	h.known = knownhosts.Line([]string{h.addr}, h.keys[0].PublicKey())
	go h.accept(l, config)
	return h
}

// rsaKey is made once, since that takes long.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, private)
}

func signer(t *testing.T, private any) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// clientKey is a key to sign in with, in PEM.
func clientKey(t *testing.T, passphrase string) (secret.Text, ssh.PublicKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return secret.Text(pem.EncodeToMemory(block)), signer(t, private).PublicKey()
}

func (h *sshHost) accept(l net.Listener, config *ssh.ServerConfig) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, channels, requests, err := ssh.NewServerConn(conn, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for c := range channels {
				if channel, asked, err := c.Accept(); err == nil {
					go h.session(channel, asked)
				}
			}
		}()
	}
}

// session runs git-upload-pack and nothing else.
func (h *sshHost) session(c ssh.Channel, asked <-chan *ssh.Request) {
	defer c.Close()
	for r := range asked {
		var exec struct{ Command string }
		if r.Type != "exec" || ssh.Unmarshal(r.Payload, &exec) != nil {
			_ = r.Reply(false, nil)
			continue
		}
		_ = r.Reply(true, nil)
		path, ok := strings.CutPrefix(exec.Command, "git-upload-pack '")
		path = strings.TrimSuffix(path, "'")
		repo := h.repos[path]
		status := uint32(0)
		switch {
		case strings.HasPrefix(path, "/hang"):
			close(h.hangs)
			_, _ = io.Copy(io.Discard, c)
		case !ok || repo == nil:
			_, _ = io.WriteString(c.Stderr(), h.says)
			status = 128
		default:
			repo.Advertise(c)
			repo.Upload(c, c)
		}
		_, _ = c.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

func (h *sshHost) source(path string, key secret.Text) git.Source {
	return git.Source{URL: "ssh://git@" + h.addr + path, Tag: "v2.0.0", SSHKey: key, KnownHosts: h.known}
}

func TestReadFileOverSSH(t *testing.T) {
	key, public := clientKey(t, "")
	h := serveSSH(t, public)
	for _, path := range []string{"/o/shop.git", "/o/plain.git"} {
		got, err := git.ReadFile(t.Context(), h.source(path, key), "connect.yaml", 1000)
		if err != nil || string(got.Data) != newText || got.Ref != "refs/tags/v2.0.0" {
			t.Errorf("%s: got %+v, %v", path, got, err)
		}
	}
	tags, err := git.Tags(t.Context(), h.source("/o/shop.git", key))
	if err != nil || strings.Join(tags, " ") != "v2.0.0 v1.0.0" {
		t.Errorf("tags: got %v, %v", tags, err)
	}
}

func TestSSHRefuses(t *testing.T) {
	key, public := clientKey(t, "")
	other, _ := clientKey(t, "")
	locked, _ := clientKey(t, "hunter2")
	h := serveSSH(t, public)
	stranger := newKey(t).PublicKey()
	for name, tt := range map[string]struct {
		change func(*git.Source)
		want   git.Kind
		says   string
	}{
		"no repository":    {func(s *git.Source) { s.URL = "ssh://" + h.addr + "/o/none.git" }, git.NoRepository, "Repository not found"},
		"no file":          {func(s *git.Source) { s.Tag = "v1.0.1" }, git.NoTag, "v1.0.1"},
		"another key":      {func(s *git.Source) { s.SSHKey = other }, git.Denied, "does not take the SSH key"},
		"a locked key":     {func(s *git.Source) { s.SSHKey = locked }, git.Denied, "passphrase"},
		"no key":           {func(s *git.Source) { s.SSHKey = "" }, git.Denied, "no SSH key"},
		"no PEM":           {func(s *git.Source) { s.SSHKey = "canary-4711" }, git.Denied, "PEM"},
		"another user":     {func(s *git.Source) { s.URL = strings.Replace(s.URL, "git@", "root@", 1) }, git.Denied, ""},
		"no known hosts":   {func(s *git.Source) { s.KnownHosts = "" }, git.HostKey, "ssh-keyscan"},
		"another host":     {func(s *git.Source) { s.KnownHosts = knownhosts.Line([]string{"github.com"}, h.keys[0].PublicKey()) }, git.HostKey, "ssh-keyscan"},
		"another host key": {func(s *git.Source) { s.KnownHosts = knownhosts.Line([]string{h.addr}, stranger) }, git.HostKey, ssh.FingerprintSHA256(h.keys[1].PublicKey())},
		"revoked": {func(s *git.Source) {
			s.KnownHosts += "\n@revoked " + knownhosts.Line([]string{h.addr}, h.keys[0].PublicKey())
		}, git.HostKey, "revoked"},
		"not a known hosts": {func(s *git.Source) { s.KnownHosts = "github.com ssh-ed25519 canary-4711" }, git.HostKey, "each line"},
		"a kind it has not": {func(s *git.Source) {
			s.KnownHosts = strings.Replace(ecdsaLine, "HOST", knownhosts.Normalize(h.addr), 1)
		}, git.HostKey, "no key of a kind"},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.source("/o/shop.git", key)
			tt.change(&s)
			_, err := git.ReadFile(t.Context(), s, "connect.yaml", 1000)
			if !git.IsKind(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Fatalf("got %v, want %s: %s", err, tt.want, tt.says)
			}
			for _, leaked := range []string{"canary-4711", "hunter2", "PRIVATE KEY"} {
				if strings.Contains(err.Error(), leaked) {
					t.Errorf("the error shows %q: %v", leaked, err)
				}
			}
		})
	}
}

// ecdsaLine is a key of a kind that the host does not have.
const ecdsaLine = "HOST ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg="

// TestKnownHosts takes the lines that OpenSSH writes.
func TestKnownHosts(t *testing.T) {
	key, public := clientKey(t, "")
	h := serveSSH(t, public)
	name := knownhosts.Normalize(h.addr)
	line := strings.TrimPrefix(h.known, name)
	for lines, want := range map[string]bool{
		"# a comment\n\n" + h.known + "\r\n":                     true,
		knownhosts.HashHostname(name) + line:                     true,
		"github.com," + name + line:                              true,
		strings.ToUpper("[127.*]:*") + line:                      true,
		"[127.0.0.?]:*" + line:                                   true,
		"*" + line:                                               true,
		"*,!" + name + line:                                      false,
		"127.0.0.1" + line:                                       false,
		knownhosts.HashHostname("github.com") + line:             false,
		"|1|no base64|" + line:                                   false,
		"@cert-authority " + h.known:                             false,
		knownhosts.Line([]string{h.addr}, h.keys[1].PublicKey()): true,
	} {
		s := h.source("/o/shop.git", key)
		s.KnownHosts = lines
		_, err := git.ReadFile(t.Context(), s, "connect.yaml", 1000)
		if (err == nil) != want || err != nil && !git.IsKind(err, git.HostKey) {
			t.Errorf("%s: got %v, want it known: %v", lines, err, want)
		}
	}
}

// TestSSHSays reads what servers write beside the protocol.
func TestSSHSays(t *testing.T) {
	key, public := clientKey(t, "")
	h := serveSSH(t, public)
	for says, want := range map[string]git.Kind{
		"Permission to o/r.git denied to deploy key\n":                                                         git.Denied,
		"fatal: '/o/r.git' does not appear to be a git repository\n":                                           git.NoRepository,
		"remote: The project you were looking for could not be found or you don't have permission to view it.": git.Denied,
		"We are down\x1b[31m for maintenance\n":                                                                git.Unreachable,
		"":                                                                                                     git.Malformed,
	} {
		h.says = says
		_, err := git.Tags(t.Context(), h.source("/o/r.git", key))
		if !git.IsKind(err, want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: got %v, want %s", says, err, want)
		}
	}
}

func TestSSHCancelled(t *testing.T) {
	key, public := clientKey(t, "")
	h := serveSSH(t, public)
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("the deployment has been cancelled")
	cancel(over)
	if _, err := git.Tags(ctx, h.source("/o/shop.git", key)); !git.IsKind(err, git.Unreachable) || !errors.Is(err, over) {
		t.Errorf("before: got %v", err)
	}
	ctx, cancel = context.WithCancelCause(t.Context())
	go func() {
		<-h.hangs
		cancel(over)
	}()
	if _, err := git.Tags(ctx, h.source("/hang.git", key)); !git.IsKind(err, git.Unreachable) || !errors.Is(err, over) {
		t.Errorf("meanwhile: got %v", err)
	}
}

// TestNoSSH meets servers that do not speak SSH.
func TestNoSSH(t *testing.T) {
	key, _ := clientKey(t, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = conn.Close()
		}
	}()
	s := git.Source{URL: "ssh://" + l.Addr().String() + "/o/r.git", SSHKey: key, KnownHosts: "*" + strings.TrimPrefix(ecdsaLine, "HOST")}
	if _, err := git.Tags(t.Context(), s); !git.IsKind(err, git.Unreachable) {
		t.Errorf("got %v, want it unreachable", err)
	}
}
