package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// overSSH is a repository behind SSH.
type overSSH struct {
	client  *ssh.Client
	command string
	fresh   *session // whose advertisement has been read and that wants nothing yet
	stop    func() bool
}

// session is one conversation: the advertisement, a request, the pack.
type session struct {
	*ssh.Session
	in  io.WriteCloser
	out io.Reader
	err *bounded // what the server says beside it
}

// dialSSH connects and signs in.
func dialSSH(ctx context.Context, s Source, at address) (*overSSH, error) {
	signer, err := key(s)
	if err != nil {
		return nil, err
	}
	to := net.JoinHostPort(at.host, cmp.Or(at.port, "22"))
	hosts, err := readKnownHosts(s.KnownHosts, to)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, unsent(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends every read and write
	c, channels, requests, err := ssh.NewClientConn(conn, to, &ssh.ClientConfig{
		User: at.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: hosts.check, HostKeyAlgorithms: hosts.algorithms(), ClientVersion: "SSH-2.0-Portico",
	})
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, signIn(err)
	}
	return &overSSH{
		client:  ssh.NewClient(c, channels, requests),
		command: service + " '" + strings.ReplaceAll(at.path, "'", `'\''`) + "'", stop: stop,
	}, nil
}

// key reads the private key. The cause of an error stays out: it may quote the key.
func key(s Source) (ssh.Signer, error) {
	if s.SSHKey == "" {
		return nil, fail(Denied, "the address is one for SSH, and there is no SSH key to sign in with")
	}
	signer, err := ssh.ParsePrivateKey([]byte(s.SSHKey.Reveal()))
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return nil, fail(Denied, "the SSH key has a passphrase; give one without")
	}
	if err != nil {
		return nil, fail(Denied, "the SSH key is not a private key in PEM form")
	}
	return signer, nil
}

// signIn is why a connection did not come about.
func signIn(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	switch text := err.Error(); {
	case strings.Contains(text, "unable to authenticate"):
		return fail(Denied, "the server does not take the SSH key")
	case strings.Contains(text, "no common algorithm for host key"):
		return fail(HostKey, "the server has no key of a kind that is known of it")
	}
	return &Error{Kind: Unreachable, Message: "there is no SSH server at the address, or none that we can talk to", Err: errors.New(words(err.Error()))}
}

func (o *overSSH) close() {
	_ = o.client.Close() // and with it its sessions
	o.stop()
}

// begin runs git-upload-pack.
func (o *overSSH) begin(context.Context) (advertisement, error) {
	s, err := o.open()
	if err != nil {
		return advertisement{}, err
	}
	a, err := readAdvertisement(s.out)
	if err != nil {
		return a, s.explain(err)
	}
	o.fresh = s
	return a, nil
}

func (o *overSSH) open() (*session, error) {
	opened, err := o.client.NewSession()
	if err != nil {
		return nil, err
	}
	s := &session{Session: opened, err: &bounded{}}
	opened.Stderr = s.err
	if s.in, err = opened.StdinPipe(); err != nil {
		return nil, err
	}
	if s.out, err = opened.StdoutPipe(); err != nil {
		return nil, err
	}
	return s, opened.Start(o.command)
}

// explain looks whether the server has said why it ended, if it has.
func (s *session) explain(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	_ = s.Wait()
	if said := s.err.String(); said != "" {
		return refusal(said)
	}
	return err
}

// upload sends a request. Each needs a conversation of its own, which begins with
// the advertisement.
func (o *overSSH) upload(ctx context.Context, request []byte) (answer, error) {
	if o.fresh == nil {
		if _, err := o.begin(ctx); err != nil {
			return nil, err
		}
	}
	s := o.fresh
	o.fresh = nil
	if _, err := s.in.Write(request); err != nil {
		return nil, s.explain(err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&limited{from: s.out, left: maxHTTPAnswer}, s}, nil
}

// bounded keeps the first bytes that are written.
type bounded struct{ bytes.Buffer }

// Write takes everything and keeps little of it.
func (b *bounded) Write(p []byte) (int, error) {
	const most = 4 << 10
	_, _ = b.Buffer.Write(p[:min(len(p), most-min(most, b.Len()))])
	return len(p), nil
}
