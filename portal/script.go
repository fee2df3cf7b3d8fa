package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"portico/store"
)

// Limits of a platform's browser script: its bytes, and how long fetching it may take.
const (
	mostScript    = 5 << 20
	scriptTimeout = 20 * time.Second
)

// errScript says that what an address holds is no script that we would serve; asking again would not help.
var errScript = errors.New("no script")

// AskScript has an account's script fetched again, for instance once its address has been configured anew.
func (p *Portal) AskScript(ctx context.Context, actor store.Actor, accountID string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if a.SDKURL == "" {
			return refuse("script_nowhere")
		}
		d := deed{actor: actor, kind: "account", subject: a.ID, after: map[string]string{"url": a.SDKURL}}
		if err := d.write(ctx, tx, "script.asked"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.FetchScript{AccountID: a.ID, Asked: store.NewID(p.Now())}, time.Time{})
	})
}

// ConfirmScript notes that staff agree to a script: from then on it runs on the account's pages, in the browsers of
// customers.
func (p *Portal) ConfirmScript(ctx context.Context, actor store.Actor, accountID, hash string) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Script(ctx, accountID, hash)
		if errors.Is(err, store.ErrNotFound) {
			return refuse("script_gone")
		}
		if err != nil {
			return err
		}
		before := map[string]string{}
		if was, err := tx.ConfirmedScript(ctx, accountID); err == nil {
			before["sha256"] = was.Hash
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := tx.ConfirmScript(ctx, accountID, hash, actor.Name); err != nil {
			return err
		}
		d := deed{actor: actor, kind: "account", subject: accountID, before: before, after: map[string]string{"sha256": s.Hash, "url": s.URL}}
		return d.write(ctx, tx, "script.confirmed")
	})
}

// fetchScript fetches the script of an account, once for each address that is configured, and again when staff ask.
func (p *Portal) fetchScript(ctx context.Context, job store.FetchScript) error {
	a, err := p.store.Account(ctx, job.AccountID)
	if err != nil || a.SDKURL == "" {
		return err
	}
	have, err := p.store.Scripts(ctx, a.ID)
	if err != nil || job.Asked == "" && slices.ContainsFunc(have, func(s store.Script) bool { return s.URL == a.SDKURL }) {
		return err
	}
	body, problem := p.downloadScript(ctx, a.SDKURL)
	text := ""
	if problem != nil {
		text = problem.Error()
	}
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.SetSync(ctx, a.ID, store.SyncedScript, text); err != nil || problem != nil {
			return err
		}
		return keepScript(ctx, tx, a, body)
	})
	if errors.Is(problem, errScript) {
		problem = nil // the page shows it, and the job has nothing to try again
	}
	return errors.Join(err, problem)
}

func keepScript(ctx context.Context, tx *store.Tx, a store.Account, body []byte) error {
	sum := sha256.Sum256(body)
	s := store.Script{AccountID: a.ID, Hash: hex.EncodeToString(sum[:]), URL: a.SDKURL}
	if err := tx.PutScript(ctx, s, body); err != nil {
		return err
	}
	return tx.AddEvent(ctx, store.Event{
		Code: "script.fetched", Args: map[string]string{"sha256": s.Hash}, Actor: itself, SubjectKind: "account", SubjectID: a.ID,
	})
}

// downloadScript reads a script from an address that the host has configured. It follows no redirect: the address is to
// be the one of an exact version.
func (p *Portal) downloadScript(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, scriptTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || (r.URL.Scheme != "https" && r.URL.Scheme != "http") {
		return nil, fmt.Errorf("%w: the address cannot be used", errScript)
	}
	client := http.Client{Transport: p.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetching a script: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	switch {
	case answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests:
		return nil, fmt.Errorf("fetching a script: HTTP %d", answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: HTTP %d", errScript, answer.StatusCode)
	case !isScript(answer.Header.Get("Content-Type"), r.URL):
		return nil, fmt.Errorf("%w: it is %q, not JavaScript", errScript, answer.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostScript+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("fetching a script: %w", err)
	case len(body) == 0:
		return nil, fmt.Errorf("%w: it is empty", errScript)
	case len(body) > mostScript:
		return nil, fmt.Errorf("%w: larger than %d bytes", errScript, mostScript)
	}
	return body, nil
}

// isScript says whether an answer is JavaScript by its type or, where that says nothing, by its address.
func isScript(contentType string, u *url.URL) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil, kind == "application/octet-stream", kind == "text/plain":
		return path.Ext(u.Path) == ".js"
	}
	return strings.HasSuffix(kind, "javascript") || strings.HasSuffix(kind, "ecmascript")
}
