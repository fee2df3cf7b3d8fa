package store

import (
	"context"
	"time"
)

// States of an archive.
const (
	ArchiveReceiving = "receiving" // its upload goes on, or has broken off
	ArchiveReady     = "ready"     // it is there, and was looked into
)

// ArchiveChunk is how many bytes of an archive lie in one row; the last one has what is left.
const ArchiveChunk = 256 << 10

// Archive is a connector.zip as it was uploaded. One content is kept once, for good: it can be deployed again in a year.
type Archive struct {
	ID        string
	State     string // ArchiveReceiving or ArchiveReady
	Filename  string // as the uploader's computer called it
	Size      int64  // bytes
	SHA256    string // in hexadecimal
	Name      string // of the connector in it; "" = it could not be read
	Version   string
	Report    ArchiveReport
	Actor     Actor // who uploaded it first
	CreatedAt Time
}

// ArchiveReport is what was found in an archive, as the page shows it.
type ArchiveReport struct {
	Title        string             `json:"title,omitempty"`
	Description  string             `json:"description,omitempty"`
	Service      string             `json:"service,omitempty"` // name and version
	Trigger      bool               `json:"trigger,omitempty"`
	RawHTTP      bool               `json:"raw_http,omitempty"`
	Operations   []ArchiveOperation `json:"operations,omitempty"`
	Files        int                `json:"files,omitempty"`
	Uncompressed int64              `json:"uncompressed,omitempty"` // bytes
	Problems     []ArchiveProblem   `json:"problems,omitempty"`     // it cannot be deployed
	Warnings     []ArchiveProblem   `json:"warnings,omitempty"`     // it can, but somebody should know
}

// ArchiveOperation is an operation of the connector in an archive.
type ArchiveOperation struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`     // "ddl", "private" or ""
	Delivery string `json:"delivery,omitempty"` // of a trigger
}

// ArchiveProblem is something that is wrong with an archive: a code that has a text, and what fills it.
type ArchiveProblem struct {
	Code string            `json:"code"`
	Path string            `json:"path,omitempty"` // of the file in the archive
	Args map[string]string `json:"args,omitempty"`
}

const archiveColumns = `a.id, a.state, a.filename, a.size, a.sha256, a.name, a.version, a.report, a.actor_kind, a.actor_id, a.actor_name, a.created_at`

func scanArchive(r row) (Archive, error) {
	var a Archive
	var report JSON[ArchiveReport]
	err := r.Scan(&a.ID, &a.State, &a.Filename, &a.Size, &a.SHA256, &a.Name, &a.Version, &report, &a.Actor.Kind, &a.Actor.ID, &a.Actor.Name, &a.CreatedAt)
	a.Report = report.V
	return a, err
}

// Archive is one archive that is there; ErrNotFound when there is none, or it is still being received.
func (r reads) Archive(ctx context.Context, id string) (Archive, error) {
	return one(ctx, r.q, "reading an archive", scanArchive, `SELECT `+archiveColumns+` FROM archives a WHERE a.id = $1 AND a.state = 'ready'`, id)
}

// ArchiveByContent is the archive with a SHA-256; ErrNotFound when there is none.
func (r reads) ArchiveByContent(ctx context.Context, sha256 string) (Archive, error) {
	return one(ctx, r.q, "finding an archive", scanArchive, `SELECT `+archiveColumns+` FROM archives a WHERE a.sha256 = $1 AND a.state = 'ready'`, sha256)
}

// Archives is those that are there, newest first, before an ID ("" = the newest); search is a part of the connector's
// name, "" = any.
func (r reads) Archives(ctx context.Context, search, before string, limit int) ([]Archive, error) {
	return many(ctx, r.q, "listing archives", scanArchive, `
		SELECT `+archiveColumns+` FROM archives a
		WHERE a.state = 'ready' AND (a.id < $1 OR $1 = '') AND LOWER(a.name) LIKE $2 ESCAPE '\'
		ORDER BY a.id DESC LIMIT $3`, before, likeAnywhere(search), limit)
}

// ArchiveChunk is a part of an archive, counted from 0; ErrNotFound past its end.
func (r reads) ArchiveChunk(ctx context.Context, archiveID string, n int64) ([]byte, error) {
	return one(ctx, r.q, "reading a part of an archive", scalar[[]byte], `SELECT data FROM archive_chunks WHERE archive_id = $1 AND n = $2`, archiveID, n)
}

// LockArchive is Archive so that nobody else who asks for that gets it before the transaction ends.
func (t *Tx) LockArchive(ctx context.Context, id string) (Archive, error) {
	query := `SELECT ` + archiveColumns + ` FROM archives a WHERE a.id = $1 AND a.state = 'ready'`
	if t.postgres {
		query += ` FOR UPDATE`
	}
	return one(ctx, t.q, "locking an archive", scanArchive, query, id)
}

// AddArchive begins an archive, of which nothing is there yet.
func (t *Tx) AddArchive(ctx context.Context, filename string, actor Actor) (Archive, error) {
	a := Archive{ID: t.newID(), State: ArchiveReceiving, Filename: clip(filename), Actor: actor, CreatedAt: t.Now()}
	_, err := t.exec(ctx, "storing an archive", `
		INSERT INTO archives (id, state, filename, actor_kind, actor_id, actor_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.State, a.Filename, actor.Kind, actor.ID, actor.Name, a.CreatedAt)
	return a, err
}

// AddArchiveChunk adds the next part of an archive that is being received; ErrNotFound when that was given up meanwhile.
func (t *Tx) AddArchiveChunk(ctx context.Context, archiveID string, n int64, data []byte) error {
	return t.exec1(ctx, "storing a part of an archive", `
		INSERT INTO archive_chunks (archive_id, n, data) SELECT a.id, $2, $3 FROM archives a WHERE a.id = $1 AND a.state = 'receiving'`, archiveID, n, data)
}

// FinishArchive makes an archive ready, with what was found in it. ErrExists when the same content is there already;
// ErrNotFound when its receiving was given up meanwhile.
func (t *Tx) FinishArchive(ctx context.Context, a Archive) error {
	return t.exec1(ctx, "finishing an archive", `
		UPDATE archives SET state = 'ready', size = $2, sha256 = $3, name = $4, version = $5, report = $6 WHERE id = $1 AND state = 'receiving'`,
		a.ID, a.Size, a.SHA256, clip(a.Name), clip(a.Version), JSON[ArchiveReport]{a.Report})
}

// DropArchive removes an archive that is of no use: it was not received to its end, or it cannot be deployed. Any other
// stays.
func (t *Tx) DropArchive(ctx context.Context, id string) error {
	if _, err := t.exec(ctx, "removing an upload", `
		DELETE FROM archive_chunks WHERE archive_id = $1 AND EXISTS (SELECT 1 FROM archives a WHERE a.id = $1 AND (`+useless+`))`, id); err != nil {
		return err
	}
	_, err := t.exec(ctx, "removing an upload", `DELETE FROM archives AS a WHERE a.id = $1 AND (`+useless+`)`, id)
	return err
}

// useless is what is true of an archive that is not whole, or has a problem that keeps it from ever being deployed.
const useless = `a.state = 'receiving' OR a.report LIKE '%"problems":[%'`

// LeftArchives is uploads of before a time that are of no use: whoever received them is gone, or they cannot be deployed,
// and may hold secrets that do not belong into an archive.
func (r reads) LeftArchives(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return many(ctx, r.q, "listing useless uploads", scalar[string], `
		SELECT a.id FROM archives a WHERE (`+useless+`) AND a.created_at < $1 ORDER BY a.created_at LIMIT $2`, At(before), limit)
}

// UndeployedArchives is those that nobody has deployed yet, newest first.
func (r reads) UndeployedArchives(ctx context.Context, limit int) ([]Archive, error) {
	return many(ctx, r.q, "listing archives that were not deployed", scanArchive, `
		SELECT `+archiveColumns+` FROM archives a
		WHERE a.state = 'ready' AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.archive_id = a.id)
		ORDER BY a.id DESC LIMIT $1`, limit)
}
