package portal

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portico/store"
)

// OpenArchive reads an archive from its beginning, a part at a time; store.ErrNotFound when there is none.
func (p *Portal) OpenArchive(ctx context.Context, id string) (io.ReadCloser, error) {
	a, err := p.store.Archive(ctx, id)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(io.NewSectionReader(p.archiveAt(ctx, a), 0, a.Size)), nil
}

// archiveAt reads an archive anywhere. It holds one part in memory, and serves one reader at a time.
func (p *Portal) archiveAt(ctx context.Context, a store.Archive) io.ReaderAt {
	return &chunks{ctx: ctx, store: p.store, archive: a, n: -1}
}

// chunks is an archive in the store as one piece.
type chunks struct {
	ctx     context.Context // of whoever reads it, as io.ReaderAt takes none
	store   *store.Store
	archive store.Archive
	n       int64 // of the part that data is
	data    []byte
}

// ReadAt implements io.ReaderAt.
func (c *chunks) ReadAt(into []byte, at int64) (read int, err error) {
	for read < len(into) {
		if at >= c.archive.Size {
			return read, io.EOF
		}
		part, err := c.part(at / store.ArchiveChunk)
		if err != nil {
			return read, err
		}
		within := at % store.ArchiveChunk
		if within >= int64(len(part)) {
			return read, fmt.Errorf("reading the archive %s: a part is shorter than it was", c.archive.ID)
		}
		n := copy(into[read:], part[within:])
		read, at = read+n, at+int64(n)
	}
	return read, nil
}

func (c *chunks) part(n int64) ([]byte, error) {
	if n == c.n {
		return c.data, nil
	}
	data, err := c.store.ArchiveChunk(c.ctx, c.archive.ID, n)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("reading the archive %s: part %d is missing", c.archive.ID, n)
	}
	if err != nil {
		return nil, err
	}
	c.n, c.data = n, data
	return data, nil
}
