package git

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how often a server may say that the repository is elsewhere.
const maxRedirects = 5

// The parts of Git's protocol over HTTP.
const (
	service       = "git-upload-pack"
	references    = "/info/refs"
	advertises    = "application/x-git-upload-pack-advertisement"
	uploads       = "application/x-git-upload-pack-request"
	uploaded      = "application/x-git-upload-pack-result"
	maxHTTPAnswer = maxPack + maxAdvertisement
)

// trust are certificates to trust instead of the machine's own.
type trust = x509.CertPool

// overHTTP is a repository behind HTTPS.
type overHTTP struct {
	base     string // its address, after redirects
	client   *http.Client
	loopback bool // http:// to this machine is allowed
}

func newHTTP(s Source, at address) *overHTTP {
	host := at.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if at.port != "" {
		host += ":" + at.port
	}
	h := &overHTTP{base: (&url.URL{Scheme: at.scheme, Host: host, Path: at.path}).String(), loopback: s.AllowLoopback}
	guard := &guard{}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = guard.dial
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.trusted}
	h.client = &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		return h.redirect(guard, r, via)
	}}
	return h
}

func (h *overHTTP) close() { h.client.CloseIdleConnections() }

// redirect follows from https to https alone, and to other hosts only where they
// are public: the address that was given must not lead to what this machine alone
// can reach.
func (h *overHTTP) redirect(g *guard, r *http.Request, via []*http.Request) error {
	local := r.URL.Scheme == "http" && h.loopback && loopback(r.URL.Hostname()) && via[0].URL.Scheme == "http"
	switch {
	case len(via) > maxRedirects:
		return fail(Unreachable, "the server redirects too often")
	case r.URL.Scheme != "https" && !local:
		return fail(Unreachable, "the server redirects to an address that is not https://")
	case r.Method != http.MethodGet:
		return fail(Unreachable, "the server redirects where it must not")
	}
	r.URL.User = nil
	if !local && !strings.EqualFold(r.URL.Hostname(), via[0].URL.Hostname()) {
		g.watch(r.URL.Hostname())
	}
	return nil
}

// begin asks for GET {base}/info/refs?service=git-upload-pack.
func (h *overHTTP) begin(ctx context.Context) (advertisement, error) {
	resp, err := h.do(ctx, http.MethodGet, h.base+references+"?service="+service, advertises, nil)
	if err != nil {
		return advertisement{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	at := *resp.Request.URL
	path, same := strings.CutSuffix(at.Path, references)
	if !same {
		return advertisement{}, fail(Malformed, "the server redirects to what is no repository")
	}
	h.base = (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: path}).String()
	return readAdvertisement(resp.Body)
}

// upload asks for POST {base}/git-upload-pack.
func (h *overHTTP) upload(ctx context.Context, request []byte) (answer, error) {
	resp, err := h.do(ctx, http.MethodPost, h.base+"/"+service, uploaded, request)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// do sends a request and takes an answer of one type only.
func (h *overHTTP) do(ctx context.Context, method, address, wanted string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fail(BadURL, "the address cannot be read")
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", wanted)
	if body != nil {
		r.Header.Set("Content-Type", uploads)
	}
	resp, err := h.client.Do(r)
	if err != nil {
		return nil, unsent(err)
	}
	if wrong := status(resp, wanted); wrong != nil {
		_ = resp.Body.Close()
		return nil, wrong
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{&limited{from: resp.Body, left: maxHTTPAnswer}, resp.Body}
	return resp, nil
}

// unsent is why there was no answer. The address stays out of it.
func unsent(err error) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if sent, ok := errors.AsType[*url.Error](err); ok {
		err = sent.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Error{Kind: Unreachable, Message: "the server's certificate is not trusted", Err: err}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return &Error{Kind: Unreachable, Message: "there is no such host", Err: err}
	}
	return &Error{Kind: Unreachable, Message: "the server does not answer", Err: err}
}

// status reads an answer's status and type.
func status(resp *http.Response, wanted string) error {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	code := resp.StatusCode
	switch {
	case code == http.StatusOK && kind == wanted:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return fail(Denied, fmt.Sprintf("the server does not show the repository (HTTP %d): it is private, which needs the address for SSH, or does not exist", code))
	case code == http.StatusNotFound, code == http.StatusGone:
		return fail(NoRepository, fmt.Sprintf("the server knows no such repository (HTTP %d)", code))
	case code == http.StatusOK:
		return fail(Malformed, "there is no Git repository at the address")
	}
	return fail(Unreachable, fmt.Sprintf("the server answers with HTTP %d", code))
}
