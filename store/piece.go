package store

import (
	"context"
	"strconv"
	"strings"
)

// Piece is a service that an Activepieces knows.
type Piece struct {
	AccountID   string
	Name        string // "@activepieces/piece-slack"
	Title       string
	Description string
	Version     string
	LogoURL     string
	LogoFetched string    // the address that Icon was made from
	Icon        string    // hash of an icon, "" = two letters
	Auth        []AuthWay // nothing: it asks for no sign-in
	GoneAt      Time
	UpdatedAt   Time
}

// AuthWay is one way to sign in to a service.
type AuthWay struct {
	Type        string      `json:"type"` // the platform's word, such as SECRET_TEXT
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description,omitempty"`
	Fields      []AuthField `json:"fields,omitempty"`
	GrantType   string      `json:"grant_type,omitempty"`
	Scope       []string    `json:"scope,omitempty"`
}

// AuthField is one value that a way to sign in asks for.
type AuthField struct {
	Key         string       `json:"key"`
	Type        string       `json:"type"` // the platform's word, such as SHORT_TEXT
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Required    bool         `json:"required,omitempty"`
	Secret      bool         `json:"secret,omitempty"`
	Default     string       `json:"default,omitempty"`
	Options     []AuthOption `json:"options,omitempty"`
}

// AuthOption is one choice of a field.
type AuthOption struct {
	Label string `json:"label"`
	Value string `json:"value"` // JSON
}

// Way is the way to sign in of a type.
func (p Piece) Way(kind string) (AuthWay, bool) {
	for _, w := range p.Auth {
		if w.Type == kind {
			return w, true
		}
	}
	return AuthWay{}, false
}

const pieceColumns = `p.account_id, p.name, p.title, p.description, p.version, p.logo_url, p.logo_fetched, p.icon, p.auth, p.gone_at, p.updated_at`

func scanPiece(r row) (Piece, error) {
	var p Piece
	var auth JSON[[]AuthWay]
	err := r.Scan(&p.AccountID, &p.Name, &p.Title, &p.Description, &p.Version, &p.LogoURL, &p.LogoFetched, &p.Icon, &auth, &p.GoneAt, &p.UpdatedAt)
	p.Auth = auth.V
	return p, err
}

// Piece is one service of an account; ErrNotFound when it knows none of that name.
func (r reads) Piece(ctx context.Context, accountID, name string) (Piece, error) {
	return one(ctx, r.q, "reading a piece", scanPiece, `SELECT `+pieceColumns+` FROM pieces p WHERE p.account_id = $1 AND p.name = $2`, accountID, name)
}

// Pieces is a page of an account's living services by title, those with every word of search.
func (r reads) Pieces(ctx context.Context, accountID, search string, offset, limit int) ([]Piece, error) {
	args := []any{accountID, offset, limit}
	query := `SELECT ` + pieceColumns + ` FROM pieces p WHERE p.account_id = $1 AND p.gone_at = 0`
	for _, word := range strings.Fields(search) {
		args = append(args, likeAnywhere(word))
		query += ` AND p.search LIKE $` + strconv.Itoa(len(args)) + ` ESCAPE '\'`
	}
	return many(ctx, r.q, "listing pieces", scanPiece, query+` ORDER BY LOWER(p.title), p.name LIMIT $3 OFFSET $2`, args...)
}

// PiecesNamed is the services of an account that have these names, by name.
func (r reads) PiecesNamed(ctx context.Context, accountID string, names []string) (map[string]Piece, error) {
	found := map[string]Piece{}
	for _, name := range names {
		all, err := many(ctx, r.q, "reading a piece", scanPiece, `SELECT `+pieceColumns+` FROM pieces p WHERE p.account_id = $1 AND p.name = $2`, accountID, name)
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			found[p.Name] = p
		}
	}
	return found, nil
}

// PutPieces stores the services that an account lists; those it no longer lists are marked gone.
func (t *Tx) PutPieces(ctx context.Context, accountID string, listed []Piece) error {
	known, err := many(ctx, t.q, "listing pieces", scanPiece, `SELECT `+pieceColumns+` FROM pieces p WHERE p.account_id = $1`, accountID)
	if err != nil {
		return err
	}
	left := map[string]Piece{}
	for _, p := range known {
		left[p.Name] = p
	}
	for _, p := range listed {
		was, have := left[p.Name]
		delete(left, p.Name)
		if have && was.says(p) {
			continue
		}
		if _, err := t.exec(ctx, "storing a piece", `
			INSERT INTO pieces (account_id, name, title, description, version, logo_url, auth, search, gone_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)
			ON CONFLICT (account_id, name) DO UPDATE SET title = $3, description = $4, version = $5, logo_url = $6, auth = $7, search = $8, gone_at = 0, updated_at = $9`,
			accountID, p.Name, p.Title, p.Description, p.Version, p.LogoURL, JSON[[]AuthWay]{p.Auth}, strings.ToLower(p.Title+" "+p.Name), t.Now()); err != nil {
			return err
		}
	}
	for name, p := range left {
		if !p.GoneAt.IsZero() {
			continue
		}
		if err := t.exec1(ctx, "marking a piece gone", `UPDATE pieces SET gone_at = $3 WHERE account_id = $1 AND name = $2`, accountID, name, t.Now()); err != nil {
			return err
		}
	}
	return nil
}

// says tells whether the platform says the same of both.
func (p Piece) says(o Piece) bool {
	a, _ := JSON[[]AuthWay]{p.Auth}.Value()
	b, _ := JSON[[]AuthWay]{o.Auth}.Value()
	return p.GoneAt.IsZero() && p.Title == o.Title && p.Description == o.Description && p.Version == o.Version && p.LogoURL == o.LogoURL && a == b
}

// PiecesWithoutLogo is some living services, after one by name, whose logo has not been fetched.
func (r reads) PiecesWithoutLogo(ctx context.Context, accountID, after string, limit int) ([]Piece, error) {
	return many(ctx, r.q, "listing pieces without a logo", scanPiece, `
		SELECT `+pieceColumns+` FROM pieces p WHERE p.account_id = $1 AND p.gone_at = 0 AND p.logo_url <> '' AND p.logo_fetched <> p.logo_url AND p.name > $3
		ORDER BY p.name LIMIT $2`, accountID, limit, after)
}

// SetPieceLogo gives a service the icon that the logo at an address has become; nil = it keeps its two letters.
func (t *Tx) SetPieceLogo(ctx context.Context, accountID, name, address string, icon *Icon) error {
	id, err := t.putIcon(ctx, icon)
	if err != nil {
		return err
	}
	return t.exec1(ctx, "storing a logo", `UPDATE pieces SET logo_fetched = $3, icon = $4 WHERE account_id = $1 AND name = $2`, accountID, name, address, id)
}
