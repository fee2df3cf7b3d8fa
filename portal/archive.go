package portal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"
	"time"

	"portico/store"
	"portico/upstream/traycdk"
)

// archivesLeftAfter is how long an upload may take before it counts as broken off.
const archivesLeftAfter = 24 * time.Hour

// ReceiveArchive keeps a connector.zip, or the one in a ready payload.json, and says what is in it. It is kept in small
// parts as it comes and never lies in memory whole. The same content again is the archive that is there already. What is
// larger than Options.ArchiveLimit, empty or broken off is a Refusal, and nothing of it is kept.
func (p *Portal) ReceiveArchive(ctx context.Context, actor store.Actor, filename string, body io.Reader) (store.Archive, error) {
	var a store.Archive
	err := p.store.Update(ctx, func(tx *store.Tx) (err error) {
		a, err = tx.AddArchive(ctx, filename, actor)
		return err
	})
	if err != nil {
		return a, err
	}
	ready, err := p.receive(ctx, a, body)
	if err == nil && ready.ID == a.ID {
		return ready, nil
	}
	// What was received is not needed, or not whole; a browser that has gone away does not keep us from removing it.
	keep := context.WithoutCancel(ctx)
	return ready, errors.Join(err, p.store.Update(keep, func(tx *store.Tx) error { return tx.DropArchive(keep, a.ID) }))
}

// receive takes an archive's content in and finishes it, or finds the one that has that content.
func (p *Portal) receive(ctx context.Context, a store.Archive, body io.Reader) (store.Archive, error) {
	content, wrapped, err := unpacked(body)
	if err != nil {
		return a, err
	}
	if err := p.takeChunks(ctx, &a, content); err != nil {
		return a, err
	}
	same, err := p.store.ArchiveByContent(ctx, a.SHA256)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return same, err
	}
	report, err := traycdk.Inspect(p.archiveAt(ctx, a), a.Size, traycdk.Limits{Compressed: p.ArchiveLimit})
	if err != nil {
		return a, err
	}
	a.Name, a.Version, a.Report = report.Name, report.Version, reported(report)
	if wrapped() {
		a.Report.Warnings = append(a.Report.Warnings, store.ArchiveProblem{Code: payloadWrapped})
	}
	return p.finish(ctx, a)
}

// payloadWrapped is the warning that the base64 of a payload.json was broken into lines, which Tray does not take.
const payloadWrapped = "payload_wrapped"

// unpacked is the archive in what is uploaded: the zip itself, or the base64 in the body of a deploy. wrapped says, at its
// end, whether that was broken into lines.
func unpacked(body io.Reader) (content io.Reader, wrapped func() bool, err error) {
	start := bufio.NewReaderSize(body, 4<<10)
	head, _ := start.Peek(512) // an error is met again by whoever reads on
	if !traycdk.IsPayload(head) {
		return start, func() bool { return false }, nil
	}
	payload, err := traycdk.Payload(start)
	if err != nil {
		return nil, nil, broken(err)
	}
	return payload, payload.Wrapped, nil
}

// takeChunks writes the content of an archive, each part in a transaction of its own so that others write meanwhile.
func (p *Portal) takeChunks(ctx context.Context, a *store.Archive, content io.Reader) error {
	sum := sha256.New()
	chunk := make([]byte, store.ArchiveChunk)
	for n := int64(0); ; n++ {
		got, err := fill(content, chunk)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return broken(err)
		}
		if a.Size += int64(got); a.Size > p.ArchiveLimit {
			return refuse("archive_large", "limit", inMiB(p.ArchiveLimit))
		}
		if got > 0 {
			if err := p.takeChunk(ctx, a.ID, n, chunk[:got], sum); err != nil {
				return err
			}
		}
		if end {
			break
		}
	}
	if a.Size == 0 {
		return refuse("archive_empty")
	}
	a.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// fill reads until a part is full or there is no more (io.EOF). io.ReadFull has one error for content that ends and for
// content that breaks off.
func fill(content io.Reader, part []byte) (n int, err error) {
	for n < len(part) && err == nil {
		var got int
		got, err = content.Read(part[n:])
		n += got
	}
	return n, err
}

func (p *Portal) takeChunk(ctx context.Context, id string, n int64, data []byte, sum hash.Hash) error {
	sum.Write(data) //nolint:errcheck // a hash takes everything
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.AddArchiveChunk(ctx, id, n, data) })
}

// broken is the refusal of an upload that cannot be read to its end: it broke off, or its payload.json is not in order,
// of which each fault has a code of its own.
func broken(err error) error {
	var fault *traycdk.Problem
	if errors.As(err, &fault) {
		code := "archive_" + fault.Code
		return &Refusal{Code: code, Args: fault.Args, Err: err}
	}
	return &Refusal{Code: "archive_broken", Err: err}
}

func inMiB(bytes int64) string {
	return strconv.FormatFloat(float64(bytes)/(1<<20), 'f', -1, 64) + " MiB"
}

// finish makes an archive ready. Where somebody else has uploaded the same at the same time, it is theirs.
func (p *Portal) finish(ctx context.Context, a store.Archive) (store.Archive, error) {
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.FinishArchive(ctx, a); err != nil {
			return err
		}
		return deed{actor: a.Actor, kind: "archive", subject: a.ID, after: aboutArchive(a), args: map[string]string{"name": a.Name, "version": a.Version}}.write(ctx, tx, "archive.uploaded")
	})
	if errors.Is(err, store.ErrExists) {
		return p.store.ArchiveByContent(ctx, a.SHA256)
	}
	if err != nil {
		return a, err
	}
	return p.store.Archive(ctx, a.ID)
}

// dropArchives removes uploads that were broken off.
func (p *Portal) dropArchives(ctx context.Context) error {
	left, err := p.store.LeftArchives(ctx, p.Now().Add(-archivesLeftAfter), 100)
	if err != nil {
		return err
	}
	for _, id := range left { // one at a time: each may have many parts
		if err := p.store.Update(ctx, func(tx *store.Tx) error { return tx.DropArchive(ctx, id) }); err != nil {
			return err
		}
	}
	return nil
}
