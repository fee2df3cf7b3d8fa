package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	hostIssuer = "https://host.example"
	hostSecret = "a secret of the measured host alone, and of nobody else"
)

// startPortal starts the program as an operator does, with Tray alive or dead.
func (w *world) startPortal(ctx context.Context, tray trayState) (*process, error) {
	at := w.tray.url()
	if tray == trayDead {
		at = "http://" + w.closed
	}
	c := exec.Command(w.path("portico"), "serve")
	c.Dir, c.Env = w.dir, []string{
		"PORTICO_URL=" + w.url(), "PORTICO_LISTEN=" + w.address, "PORTICO_DATA=" + w.dir,
		"PORTICO_HOST_ISSUER=" + hostIssuer, "PORTICO_HOST_SECRET=" + hostSecret, "PORTICO_HOST_ORIGINS=" + hostIssuer,
		"PORTICO_TRAY_MASTER_TOKEN=" + w.tray.sim.MasterToken(), "PORTICO_TRAY_EMBEDDED_ID=" + embeddedID,
		"PORTICO_TRAY_API_URL=" + at + "/graphql", "PORTICO_TRAY_DIALOG_URL=" + at,
	}
	log, err := os.Create(w.path("portico.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the program has it
	c.Stderr = log
	return start(ctx, c)
}

func (w *world) url() string { return "http://" + w.address }

// answers waits until the portal answers at all.
func (w *world) answers(ctx context.Context, p *process) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		c, err := net.Dial("tcp", w.address)
		if err == nil {
			return c.Close()
		}
		if over := p.over(); over != nil {
			return over
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("the portal does not answer: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
}

// signIn brings a token to the portal's door, as the host's page does, and returns the cookie.
func (w *world) signIn(ctx context.Context, who person) (cookie string, err error) {
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": hostIssuer, "aud": w.url(), "sub": who.id, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": rand.Text(),
		"name": who.name, "role": who.role, "locale": "en", "workspace": map[string]any{"id": who.workspace, "name": who.workspace},
	}).SignedString([]byte(hostSecret))
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url()+"/session", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close() //nolint:errcheck // everything was read
	if answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) == 0 {
		text, _ := io.ReadAll(answer.Body) //nolint:errcheck // the status says enough
		return "", fmt.Errorf("signing in: %s\n%s", answer.Status, text)
	}
	c := answer.Cookies()[0]
	return c.Name + "=" + c.Value, nil
}

// copied waits until the portal has copied everything Tray has, since a time; false when that takes too long to wait for.
func (w *world) copied(ctx context.Context, since time.Time) (bool, error) {
	db, err := sql.Open("sqlite", "file:"+w.path("portico.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return false, err
	}
	defer db.Close() //nolint:errcheck // it was only read
	for deadline := time.Now().Add(time.Minute); ; {
		var done int
		err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM syncs WHERE done_at >= $1`, since.UnixMicro()).Scan(&done)
		if err != nil || done == 2 || time.Now().After(deadline) {
			return done == 2, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
