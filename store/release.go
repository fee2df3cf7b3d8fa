package store

import (
	"context"
	"strconv"
	"strings"
)

// Release is a person's wish to bring an archive to some regions; what becomes of it is in its CDKDeployments, one a region.
type Release struct {
	ID        string
	ArchiveID string
	Name      string // of the connector
	Version   string
	Emails    []string // to share with as soon as it is deployed, in every region
	AgainOf   string   // the release whose archive is deployed again; "" = none
	Actor     Actor
	CreatedAt Time
}

const releaseColumns = `r.id, r.archive_id, r.name, r.version, r.emails, r.again_of, r.actor_kind, r.actor_id, r.actor_name, r.created_at`

func scanRelease(from row) (Release, error) {
	var r Release
	var emails JSON[[]string]
	err := from.Scan(&r.ID, &r.ArchiveID, &r.Name, &r.Version, &emails, &r.AgainOf, &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.CreatedAt)
	r.Emails = emails.V
	return r, err
}

// Release is one release; ErrNotFound when there is none.
func (r reads) Release(ctx context.Context, id string) (Release, error) {
	return one(ctx, r.q, "reading a release", scanRelease, `SELECT `+releaseColumns+` FROM releases r WHERE r.id = $1`, id)
}

// Releases is the history, newest first, before an ID ("" = the newest); search is a part of the connector's name, "" = any.
func (r reads) Releases(ctx context.Context, search, before string, limit int) ([]Release, error) {
	return many(ctx, r.q, "listing releases", scanRelease, `
		SELECT `+releaseColumns+` FROM releases r
		WHERE (r.id < $1 OR $1 = '') AND LOWER(r.name) LIKE $2 ESCAPE '\'
		ORDER BY r.id DESC LIMIT $3`, before, likeAnywhere(search), limit)
}

// ReleasesOf is those of one version of a connector, newest first, before an ID ("" = the newest).
func (r reads) ReleasesOf(ctx context.Context, name, version, before string, limit int) ([]Release, error) {
	return many(ctx, r.q, "listing a connector's releases", scanRelease, `
		SELECT `+releaseColumns+` FROM releases r
		WHERE r.name = $1 AND r.version = $2 AND (r.id < $3 OR $3 = '')
		ORDER BY r.id DESC LIMIT $4`, name, version, before, limit)
}

// AddRelease stores a release.
func (t *Tx) AddRelease(ctx context.Context, r Release) (Release, error) {
	r.ID, r.CreatedAt = t.newID(), t.Now()
	_, err := t.exec(ctx, "storing a release", `
		INSERT INTO releases (id, archive_id, name, version, emails, again_of, actor_kind, actor_id, actor_name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.ID, r.ArchiveID, r.Name, r.Version, JSON[[]string]{r.Emails}, r.AgainOf, r.Actor.Kind, r.Actor.ID, r.Actor.Name, r.CreatedAt)
	return r, err
}

// among is SQL for a column that is one of some texts, and these as arguments; it is false of none.
func among(column string, texts []string) (where string, args []any) {
	if len(texts) == 0 {
		return "1 = 0", nil
	}
	marks := make([]string, len(texts))
	for n, text := range texts {
		marks[n], args = "$"+strconv.Itoa(n+1), append(args, text)
	}
	return column + " IN (" + strings.Join(marks, ", ") + ")", args
}
