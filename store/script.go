package store

import "context"

// Script is a platform's own browser script: fetched once by the server, and served to browsers from our own address
// once staff have agreed to it.
type Script struct {
	AccountID   string
	Hash        string // sha256 of the body, hexadecimal
	URL         string // where it came from
	Size        int    // of the body, in bytes
	FetchedAt   Time
	ConfirmedAt Time   // zero: nobody has agreed to it
	ConfirmedBy string // the staff's name
}

// What is noted of an account's builder beside what is copied: see SetSync.
const (
	SyncedScript = "script"  // when its script was last fetched
	OpenBuilder  = "builder" // when a token was last taken by the platform, and why the last was not
)

const scriptColumns = `s.account_id, s.hash, s.url, length(s.body), s.fetched_at, s.confirmed_at, s.confirmed_by`

func scanScript(r row) (Script, error) {
	var s Script
	return s, r.Scan(&s.AccountID, &s.Hash, &s.URL, &s.Size, &s.FetchedAt, &s.ConfirmedAt, &s.ConfirmedBy)
}

// Scripts is what was fetched for an account, newest first.
func (r reads) Scripts(ctx context.Context, accountID string) ([]Script, error) {
	return many(ctx, r.q, "listing scripts", scanScript, `
		SELECT `+scriptColumns+` FROM scripts s WHERE s.account_id = $1 ORDER BY s.fetched_at DESC, s.hash`, accountID)
}

// Script is one script of an account; ErrNotFound when there is none.
func (r reads) Script(ctx context.Context, accountID, hash string) (Script, error) {
	return one(ctx, r.q, "reading a script", scanScript, `
		SELECT `+scriptColumns+` FROM scripts s WHERE s.account_id = $1 AND s.hash = $2`, accountID, hash)
}

// ConfirmedScript is the script that an account's pages use: the one that staff agreed to last. ErrNotFound when they
// have agreed to none.
func (r reads) ConfirmedScript(ctx context.Context, accountID string) (Script, error) {
	return one(ctx, r.q, "reading the confirmed script", scanScript, `
		SELECT `+scriptColumns+` FROM scripts s WHERE s.account_id = $1 AND s.confirmed_at > 0
		ORDER BY s.confirmed_at DESC, s.hash LIMIT 1`, accountID)
}

// ScriptBody is what an account's script says, for staff who look at it; ErrNotFound when there is none.
func (r reads) ScriptBody(ctx context.Context, accountID, hash string) ([]byte, error) {
	return one(ctx, r.q, "reading a script", scalar[[]byte], `SELECT body FROM scripts WHERE account_id = $1 AND hash = $2`, accountID, hash)
}

// PublicScript is the body of a script that staff have agreed to; ErrNotFound for any other.
func (r reads) PublicScript(ctx context.Context, hash string) ([]byte, error) {
	return one(ctx, r.q, "reading a public script", scalar[[]byte], `SELECT body FROM scripts WHERE hash = $1 AND confirmed_at > 0 LIMIT 1`, hash)
}

// PutScript stores what was fetched. What is known already keeps its confirmation: the same bytes are the same script,
// wherever they came from.
func (t *Tx) PutScript(ctx context.Context, s Script, body []byte) error {
	_, err := t.exec(ctx, "storing a script", `
		INSERT INTO scripts (account_id, hash, url, body, fetched_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, hash) DO UPDATE SET url = $3, fetched_at = $5`, s.AccountID, s.Hash, s.URL, body, t.Now())
	return err
}

// ConfirmScript notes that staff agree to a script, from now on the account's; ErrNotFound when there is none.
func (t *Tx) ConfirmScript(ctx context.Context, accountID, hash, by string) error {
	return t.exec1(ctx, "confirming a script", `UPDATE scripts SET confirmed_at = $3, confirmed_by = $4 WHERE account_id = $1 AND hash = $2`,
		accountID, hash, t.Now(), by)
}
