package git_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/sandbox/githost"
	"portico/upstream/git"
)

const (
	oldText = "deployAs: []\n"
	newText = "deployAs: []\n# newer\n"
)

// shop is a repository with a tag, an annotated one and a branch.
func shop() (r *githost.Repository, first, second githost.Commit) {
	r = githost.NewRepository()
	first = r.Commit("", map[string]string{"connect.yaml": oldText, "svc/src/index.js": "1"})
	second = r.Commit(first, map[string]string{
		"connect.yaml": newText, "svc/src/index.js": strings.Repeat("2", 5000), "svc.js": "3", "big": strings.Repeat("x", 100_000),
	})
	r.Tag("v1.0.0", first)
	r.Annotate("v2.0.0", second)
	r.Branch("main", second)
	r.Branch("v1.0.0", second) // the tag comes first
	return r, first, second
}

// serve serves repositories, each under two names: as GitHub does, and by a server
// that gives no parts of a commit.
func serve(t *testing.T) (url string, first, second githost.Commit) {
	t.Helper()
	r, first, second := shop()
	p, _, _ := shop()
	p.Plain = true
	srv := httptest.NewServer(githost.Serve(map[string]*githost.Repository{"o/shop": r, "o/plain": p, "o/empty": githost.NewRepository()}))
	t.Cleanup(srv.Close)
	return srv.URL, first, second
}

func source(url, tag string) git.Source { return git.Source{URL: url, Tag: tag, AllowLoopback: true} }

func TestReadFile(t *testing.T) {
	url, first, second := serve(t)
	for _, name := range []string{"shop", "plain"} {
		for _, tt := range []struct {
			tag, path string
			want      git.File
		}{
			{"v1.0.0", "connect.yaml", git.File{Data: []byte(oldText), Commit: string(first), Ref: "refs/tags/v1.0.0"}},
			{"v2.0.0", "connect.yaml", git.File{Data: []byte(newText), Commit: string(second), Ref: "refs/tags/v2.0.0"}},
			{"main", "connect.yaml", git.File{Data: []byte(newText), Commit: string(second), Ref: "refs/heads/main", Branch: true}},
			{"v1.0.0", "svc/src/index.js", git.File{Data: []byte("1"), Commit: string(first), Ref: "refs/tags/v1.0.0"}},
		} {
			got, err := git.ReadFile(t.Context(), source(url+"/o/"+name+".git", tt.tag), tt.path, 1000)
			if err != nil || string(got.Data) != string(tt.want.Data) || got.Commit != tt.want.Commit || got.Ref != tt.want.Ref || got.Branch != tt.want.Branch {
				t.Errorf("%s: %s at %s: got %+v, %v; want %+v", name, tt.path, tt.tag, got, err, tt.want)
			}
		}
	}
}

func TestReadFileRefuses(t *testing.T) {
	url, _, _ := serve(t)
	for name, tt := range map[string]struct {
		address, tag, path string
		want               git.Kind
	}{
		"no tag":             {"shop", "v3", "connect.yaml", git.NoTag},
		"empty repository":   {"empty", "v1.0.0", "connect.yaml", git.NoTag},
		"no file":            {"shop", "v1.0.0", "connect.yml", git.NoFile},
		"a folder":           {"shop", "v1.0.0", "svc", git.NoFile},
		"in a file":          {"shop", "v1.0.0", "connect.yaml/x", git.NoFile},
		"in no folder":       {"shop", "v1.0.0", "none/connect.yaml", git.NoFile},
		"no repository":      {"other", "v1.0.0", "connect.yaml", git.NoRepository},
		"large":              {"shop", "v2.0.0", "big", git.TooLarge},
		"large, plain":       {"plain", "v2.0.0", "big", git.TooLarge},
		"a little larger":    {"shop", "v2.0.0", "svc/src/index.js", git.TooLarge},
		"the same, plain":    {"plain", "v2.0.0", "svc/src/index.js", git.TooLarge},
		"no tag by its name": {"shop", "-v1", "connect.yaml", git.BadTag},
	} {
		got, err := git.ReadFile(t.Context(), source(url+"/o/"+tt.address+".git", tt.tag), tt.path, 4999)
		if !git.IsKind(err, tt.want) || got.Data != nil {
			t.Errorf("%s: got %v, %+v; want %s", name, err, got, tt.want)
		}
	}
}

func TestTags(t *testing.T) {
	r, first, _ := shop()
	for _, tag := range []string{"v10.0.0", "v1.10.0", "v1.9.3", "v1.10.0-rc.2", "v1.10.0-rc.10", "v1.10.0-beta", "1.10", "nightly", "archive", "v2.0.0+5"} {
		r.Tag(tag, first)
	}
	srv := httptest.NewServer(githost.Serve(map[string]*githost.Repository{"shop": r}))
	t.Cleanup(srv.Close)
	got, err := git.Tags(t.Context(), source(srv.URL+"/shop.git", ""))
	want := "v10.0.0 v2.0.0+5 v2.0.0 v1.10.0 1.10 v1.10.0-rc.10 v1.10.0-rc.2 v1.10.0-beta v1.9.3 v1.0.0 nightly archive"
	if err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	for i := range 300 {
		r.Tag(fmt.Sprintf("v0.0.%d", i), first)
	}
	got, err = git.Tags(t.Context(), source(srv.URL+"/shop.git", ""))
	if err != nil || len(got) != 200 || got[0] != "v10.0.0" {
		t.Errorf("got %d tags, %v; want the newest 200", len(got), err)
	}
}

// TestStatuses answers as servers do that have something else to say.
func TestStatuses(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       git.Kind
		temporary  bool
	}{
		"private":      {401, "text/plain", "Repository not found.", git.Denied, false},
		"forbidden":    {403, "text/plain", "", git.Denied, false},
		"gone":         {410, "text/plain", "", git.NoRepository, false},
		"busy":         {503, "text/html", "", git.Unreachable, true},
		"limited":      {429, "text/html", "", git.Unreachable, true},
		"a page":       {200, "text/html", "<html>", git.Malformed, false},
		"dumb":         {200, "text/plain", "0123456789012345678901234567890123456789\trefs/tags/v1\n", git.Malformed, false},
		"nothing":      {200, advertises, "", git.Malformed, false},
		"no lines":     {200, advertises, "hello", git.Malformed, false},
		"cut":          {200, advertises, "001e# service=git-upload-pack\n", git.Malformed, false},
		"cut later":    {200, advertises, "001e# service=git-upload-pack\n0000003fdeadbeef", git.Malformed, false},
		"no hash":      {200, advertises, "001e# service=git-upload-pack\n0000000ahello\n0000", git.Malformed, false},
		"SHA-256":      {200, advertises, line(strings.Repeat("a", 64)+" refs/tags/v1\x00x") + "0000", git.Malformed, false},
		"says no":      {200, advertises, line("ERR access denied or repository not exported"), git.Denied, false},
		"says nothing": {200, advertises, line("ERR Repository does not exist"), git.NoRepository, false},
		"endless":      {200, advertises, strings.Repeat(line(strings.Repeat("a", 40)+" refs/tags/"+strings.Repeat("x", 60000)), 300), git.TooLarge, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer srv.Close()
			_, err := git.ReadFile(t.Context(), source(srv.URL+"/o/r.git", "v1"), "connect.yaml", 1000)
			failed, _ := errors.AsType[*git.Error](err)
			if failed == nil || failed.Kind != tt.want || failed.Temporary() != tt.temporary {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

const advertises = "application/x-git-upload-pack-advertisement"

// line is a line of Git's protocol.
func line(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

// TestBrokenPromise meets a server that offers objects by their names and refuses them.
func TestBrokenPromise(t *testing.T) {
	r, _, second := shop()
	host := githost.Serve(map[string]*githost.Repository{"o/shop": r})
	refused := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.Method == http.MethodPost && !strings.Contains(string(body), "deepen 1") {
			refused++
			w.Header().Set("Content-Type", uploaded)
			_, _ = io.WriteString(w, line("ERR upload-pack: not our ref"))
			return
		}
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		host.ServeHTTP(w, req)
	}))
	defer srv.Close()
	got, err := git.ReadFile(t.Context(), source(srv.URL+"/o/shop.git", "v2.0.0"), "connect.yaml", 1000)
	if err != nil || string(got.Data) != newText || got.Commit != string(second) || refused != 1 {
		t.Errorf("got %+v, %v after %d refusals", got, err, refused)
	}
}

// TestPacks answers a proper request with what is no proper pack.
func TestPacks(t *testing.T) {
	r, _, _ := shop()
	host := githost.Serve(map[string]*githost.Repository{"o/shop": r})
	for name, tt := range map[string]struct {
		kind, body string
		want       git.Kind
	}{
		"a page":             {"text/html", "<html>", git.Malformed},
		"nothing":            {uploaded, "", git.Malformed},
		"no shallow part":    {uploaded, line("NAK\n") + "PACK", git.Malformed},
		"no pack":            {uploaded, "0000" + line("NAK\n"), git.Malformed},
		"another word":       {uploaded, "0000" + line("WAIT\n"), git.Malformed},
		"refused":            {uploaded, line("ERR upload-pack: not our ref"), git.Unreachable},
		"no signature":       {uploaded, "0000" + line("NAK\n") + line("\x01HELLO, WORLD") + "0000", git.Malformed},
		"another version":    {uploaded, "0000" + line("NAK\n") + line("\x01PACK\x00\x00\x00\x09\x00\x00\x00\x00"), git.Malformed},
		"cut":                {uploaded, "0000" + line("NAK\n") + line("\x01PACK\x00\x00\x00\x02\x00\x00\x00\x03"), git.Malformed},
		"too many":           {uploaded, "0000" + line("NAK\n") + line("\x01PACK\x00\x00\x00\x02\xff\xff\xff\xff"), git.TooLarge},
		"huge":               {uploaded, "0000" + line("NAK\n") + line("\x01PACK\x00\x00\x00\x02\x00\x00\x00\x01\x9f\xff\xff\xff\xff\x7f"), git.TooLarge},
		"an error meanwhile": {uploaded, "0000" + line("NAK\n") + line("\x03out of memory"), git.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.Method == http.MethodGet {
					host.ServeHTTP(w, req)
					return
				}
				w.Header().Set("Content-Type", tt.kind)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer srv.Close()
			_, err := git.ReadFile(t.Context(), source(srv.URL+"/o/shop.git", "v1.0.0"), "connect.yaml", 1000)
			if !git.IsKind(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

const uploaded = "application/x-git-upload-pack-result"

func TestCancelled(t *testing.T) {
	asked := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := git.ReadFile(ctx, source(srv.URL+"/o/r.git", "v1"), "connect.yaml", 1000)
	if !git.IsKind(err, git.Unreachable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
}

func TestNobodyThere(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := git.Tags(t.Context(), source(srv.URL+"/o/r.git", ""))
	if !git.IsKind(err, git.Unreachable) || strings.Contains(err.Error(), "/o/r.git") {
		t.Errorf("got %v, want it unreachable without the address", err)
	}
}

// TestHTTPS reads over TLS, where an address may hold a name, and the certificate counts.
func TestHTTPS(t *testing.T) {
	r, first, _ := shop()
	host := githost.Serve(map[string]*githost.Repository{"o/shop": r})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, _, sent := req.BasicAuth(); sent {
			t.Error("a password was sent")
		}
		host.ServeHTTP(w, req)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the certificate that is not trusted
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	s := git.Source{URL: strings.Replace(srv.URL, "https://", "https://somebody@", 1) + "/o/shop.git", Tag: "v1.0.0"}
	got, err := git.ReadFile(t.Context(), s.Trusting(pool), "connect.yaml", 1000)
	if err != nil || got.Commit != string(first) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = git.ReadFile(t.Context(), s, "connect.yaml", 1000)
	if !git.IsKind(err, git.Unreachable) || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "somebody") {
		t.Errorf("got %v, want the certificate refused", err)
	}
}

// TestRedirects follows where that is safe.
func TestRedirects(t *testing.T) {
	r, first, _ := shop()
	host := githost.Serve(map[string]*githost.Repository{"o/shop": r})
	var to func(*http.Request) string
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/o/shop") {
			host.ServeHTTP(w, req)
			return
		}
		http.Redirect(w, req, to(req), http.StatusMovedPermanently)
	}))
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	port := srv.URL[strings.LastIndex(srv.URL, ":"):]
	s := git.Source{URL: srv.URL + "/moved.git", Tag: "v1.0.0"}.Trusting(pool)

	for name, tt := range map[string]struct {
		to   func(*http.Request) string
		kind git.Kind // "" is success
		says string
	}{
		"to its new name":      {func(r *http.Request) string { return "/o/shop.git/info/refs?" + r.URL.RawQuery }, "", ""},
		"to no repository":     {func(*http.Request) string { return "/o/shop.git/tree" }, git.NoRepository, ""},
		"without TLS":          {func(*http.Request) string { return "http://127.0.0.1/o/shop.git/info/refs" }, git.Unreachable, "not https"},
		"to this machine":      {func(*http.Request) string { return "https://127.0.0.2" + port + "/o/shop.git/info/refs" }, git.Unreachable, "not a public address"},
		"by name":              {func(*http.Request) string { return "https://localhost" + port + "/o/shop.git/info/refs" }, git.Unreachable, "not a public address"},
		"to a private network": {func(*http.Request) string { return "https://10.0.0.1/o/shop.git/info/refs" }, git.Unreachable, "not a public address"},
		"to metadata":          {func(*http.Request) string { return "https://169.254.169.254/o/shop.git/info/refs" }, git.Unreachable, "not a public address"},
		"in IPv6":              {func(*http.Request) string { return "https://[::ffff:127.0.0.1]" + port + "/x/info/refs" }, git.Unreachable, "not a public address"},
		"for ever":             {func(r *http.Request) string { return r.URL.Path + "x" }, git.Unreachable, "too often"},
	} {
		t.Run(name, func(t *testing.T) {
			to = tt.to
			got, err := git.ReadFile(t.Context(), s, "connect.yaml", 1000)
			switch {
			case tt.kind == "" && (err != nil || got.Commit != string(first)):
				t.Errorf("got %+v, %v", got, err)
			case tt.kind != "" && (!git.IsKind(err, tt.kind) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("got %v, want %s: %s", err, tt.kind, tt.says)
			}
		})
	}
}
