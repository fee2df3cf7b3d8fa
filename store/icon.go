package store

import "context"

// Icon is an integration's picture as the portal serves it: fetched, decoded and scaled.
type Icon struct {
	ID   string // hash of the body, hexadecimal
	Body []byte
	Type string // media type
}

// Icon is one icon; ErrNotFound when there is none.
func (r reads) Icon(ctx context.Context, id string) (Icon, error) {
	return one(ctx, r.q, "reading an icon", func(row row) (Icon, error) {
		var i Icon
		return i, row.Scan(&i.ID, &i.Body, &i.Type)
	}, `SELECT id, body, type FROM icons WHERE id = $1`, id)
}

// SetIcon gives an integration its icon, made from the address from. No icon keeps the two letters and is not tried
// again until the address changes.
func (t *Tx) SetIcon(ctx context.Context, integrationID, from string, icon *Icon) error {
	id, err := t.putIcon(ctx, icon)
	if err != nil {
		return err
	}
	return t.exec1(ctx, "giving an integration its icon", `UPDATE integrations SET icon = $2, image_fetched = $3 WHERE id = $1`, integrationID, id, from)
}

// putIcon stores an icon once and returns its ID; "" for none.
func (t *Tx) putIcon(ctx context.Context, icon *Icon) (string, error) {
	if icon == nil {
		return "", nil
	}
	_, err := t.exec(ctx, "storing an icon", `INSERT INTO icons (id, body, type, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
		icon.ID, icon.Body, icon.Type, t.Now())
	return icon.ID, err
}
