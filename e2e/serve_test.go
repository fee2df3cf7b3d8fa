package e2e

import (
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// installation is a `portico serve` with files of its own, which may be stopped and started again.
type installation struct {
	*life
	site
	tray       *sandbox // whose simulated Tray it uses
	env        []string
	dir        string
	issuer     string
	hostSecret string // signs the host's tokens
}

// life is what an installation and its copies for subtests have in common: the process that runs now, which belongs to
// the test that made the installation.
type life struct {
	*program
	of *testing.T
}

// newInstallation configures a portal against a sandbox's Tray and starts it. Variables given last win.
func newInstallation(t *testing.T, tray *sandbox, env ...string) *installation {
	t.Helper()
	in := configure(t, tray, "http://"+freeAddress(t), env...)
	in.begin()
	return in
}

// configure makes the files and variables of an installation that is reached at an address.
func configure(t *testing.T, tray *sandbox, address string, env ...string) *installation {
	t.Helper()
	in := &installation{life: &life{of: t}, site: site{t: t, portal: address, apiKey: rand.Text() + rand.Text()}, tray: tray.with(t), dir: t.TempDir()}
	in.issuer, in.hostSecret = "https://host.example", rand.Text()+rand.Text()
	keys := filepath.Join(in.dir, "keys.json")
	if _, err := command(t, nil, "secrets", "new", keys); err != nil {
		t.Fatal(err)
	}
	in.env = append([]string{
		"PORTICO_URL=" + address, "PORTICO_LISTEN=" + hostOf(t, address), "PORTICO_DATA=" + in.dir, "PORTICO_KEYS_FILE=" + keys,
		"PORTICO_HOST_ISSUER=" + in.issuer, "PORTICO_HOST_AUDIENCE=" + address, "PORTICO_HOST_SECRET=" + in.hostSecret,
		"PORTICO_API_KEYS=" + in.apiKey, "PORTICO_LOG_LEVEL=info",
		"PORTICO_TRAY_MASTER_TOKEN=" + tray.said("tray_master_token"), "PORTICO_TRAY_EMBEDDED_ID=" + tray.said("tray_embedded_id"),
		"PORTICO_TRAY_API_URL=" + tray.tray + "/graphql", "PORTICO_TRAY_DIALOG_URL=" + tray.tray, "PORTICO_TRAY_WEBHOOK_HOSTS=" + hostOf(t, tray.tray),
	}, env...)
	return in
}

// newPieces is an installation with the sandbox's Tray and its Activepieces, and a member of the staff who is an admin.
func newPieces(t *testing.T, s *sandbox, env ...string) *installation {
	t.Helper()
	in := configure(t, s, "http://"+freeAddress(t), append(s.piecesEnv(t), env...)...)
	in.addStaff("sam@host.example", "admin")
	in.begin()
	return in
}

// piecesEnv is the sandbox's Activepieces as variables have it.
func (s *sandbox) piecesEnv(t *testing.T) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "signing.pem")
	if err := os.WriteFile(file, []byte(s.said("activepieces_signing_key")), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"PORTICO_ACTIVEPIECES_URL=" + s.pieces.url, "PORTICO_ACTIVEPIECES_API_KEY=" + s.said("activepieces_api_key"),
		"PORTICO_ACTIVEPIECES_SIGNING_KEY_ID=" + s.said("activepieces_signing_key_id"), "PORTICO_ACTIVEPIECES_SIGNING_KEY_FILE=" + file,
		"PORTICO_ACTIVEPIECES_SDK_URL=" + s.said("activepieces_sdk"),
	}
}

// publishes has templates offered to customers, by a member of the staff, who is returned.
func (in *installation) publishes(titles ...string) *browser {
	in.t.Helper()
	staff := in.staff("sam@host.example")
	for _, title := range titles {
		eventually(in.t, "the template "+title, func() string {
			staff.open(in.portal + "/admin/catalogue")
			staff.follow("activepieces")
			if !staff.offers("Publish " + title) {
				return staff.text()
			}
			return ""
		})
		staff.press("Publish " + title)
	}
	return staff
}

// with is the same installation for a subtest.
func (in *installation) with(t *testing.T) *installation {
	c := *in
	c.t, c.tray = t, in.tray.with(t)
	return &c
}

// begin starts it and waits until it answers and the catalogue is there.
func (in *installation) begin() {
	in.t.Helper()
	in.life.program = start(in.of, in.env, "serve")
	in.answers()
}

func (in *installation) answers() {
	in.t.Helper()
	p := in.program
	eventually(in.t, "the portal to answer", func() string {
		if p.over() {
			in.t.Fatalf("the portal has ended: %v", p.status)
		}
		answer, err := http.Get(in.portal + "/readyz")
		if err != nil {
			return err.Error()
		}
		answer.Body.Close() //nolint:errcheck // only its status is read
		if answer.StatusCode != http.StatusOK {
			return answer.Status
		}
		return ""
	})
}

// offers waits until the catalogue has been copied, which a person sees.
func (in *installation) offers(p *person) {
	in.t.Helper()
	p.open(in.portal + "/integrations")
	p.comes("the catalogue", func() bool {
		return p.doc.Find("[data-testid=offer]").Length() > 0 && p.doc.Find("form[role=search]").Length() > 0
	})
}

// token is what the host signs for a user; claims given replace or, when nil, remove those that belong there.
func (in *installation) token(who claims) string {
	in.t.Helper()
	now := time.Now()
	all := jwt.MapClaims{
		"iss": in.issuer, "aud": in.audience(), "sub": "person-by-token", "name": "Tom Token", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range who {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(in.hostSecret))
	if err != nil {
		in.t.Fatal(err)
	}
	return signed
}

// audience is whom the host's tokens are for.
func (in *installation) audience() string {
	for i := len(in.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(in.env[i], "PORTICO_HOST_AUDIENCE="); ok {
			return value
		}
	}
	return ""
}

// staffPassword is that of the staff whom tests add.
const staffPassword = "staff-password-canary-27"

// addStaff adds a member of the staff on the command line, which needs the database for itself: before begin.
func (in *installation) addStaff(email, role string) {
	in.t.Helper()
	file := filepath.Join(in.dir, "password")
	if err := os.WriteFile(file, []byte(staffPassword+"\n"), 0o600); err != nil {
		in.t.Fatal(err)
	}
	if _, err := command(in.t, in.env, "user", "add", "-email", email, "-name", "Sam Staff", "-role", role, "-password-file", file); err != nil {
		in.t.Fatal(err)
	}
}

// staff signs a member in at the staff's door.
func (in *installation) staff(email string) *browser {
	in.t.Helper()
	b := newBrowser(in.t)
	b.open(in.portal + "/admin/sign-in")
	b.press("Sign in", "email", email, "password", staffPassword)
	if b.url.Path != strings.TrimPrefix(b.url.Path, "/admin/sign-in") {
		in.t.Fatalf("signing staff in leads to %s: %s", b.url, b.text())
	}
	return b
}
