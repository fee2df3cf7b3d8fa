package portal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"portico/sandbox/cdksim"
	"portico/store"
)

func TestReceiveArchive(t *testing.T) {
	w := newCDKWorld(t)
	content := cdksim.DemoArchiveWith("my-connector", "1.0", map[string]string{"src/large.txt": noise(3 * store.ArchiveChunk)})
	a, err := w.portal.ReceiveArchive(w.ctx, w.actor, "a \x00 strange\xff name.zip", iotest.HalfReader(bytes.NewReader(content)))
	w.ok(err)
	if a.State != store.ArchiveReady || a.Size != int64(len(content)) || a.Name != "my-connector" || a.Version != "1.0" || a.Filename != "a  strange� name.zip" || a.Actor.Name != "Kim" {
		t.Errorf("got %+v", a)
	}
	if n := len(a.Report.Operations); n != 1 || a.Report.Operations[0].Name != "get_post" || a.Report.Title == "" || a.Report.Service == "" || a.Report.Files == 0 {
		t.Errorf("got the report %+v", a.Report)
	}
	kept, err := w.portal.OpenArchive(w.ctx, a.ID)
	w.ok(err)
	if got, err := io.ReadAll(kept); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v, want what was uploaded, %d bytes", len(got), err, len(content))
	}
	at := make([]byte, 100)
	for _, from := range []int64{0, store.ArchiveChunk - 50, store.ArchiveChunk, 2*store.ArchiveChunk - 1, a.Size - 100} {
		if n, err := w.portal.archiveAt(w.ctx, a).ReadAt(at, from); err != nil || n != 100 || !bytes.Equal(at, content[from:from+100]) {
			t.Errorf("reading at %d: %d bytes, %v", from, n, err)
		}
	}
	if n, err := w.portal.archiveAt(w.ctx, a).ReadAt(at, a.Size-1); n != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("reading over the end: %d bytes, %v", n, err)
	}
	if _, err := w.portal.OpenArchive(w.ctx, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	log, err := w.store.SubjectAudit(w.ctx, "archive", a.ID, "", 10)
	w.ok(err)
	if len(log) != 1 || log[0].Code != "archive.uploaded" || !strings.Contains(log[0].After, a.SHA256) {
		t.Errorf("got the audit log %+v", log)
	}
}

// noise is text that cannot be compressed.
func noise(size int) string {
	b := make([]byte, size*3/4)
	rand.Read(b) //nolint:errcheck // never fails
	return base64.StdEncoding.EncodeToString(b)
}

// The same content is the same archive, whoever brings it, under whatever name, and also when many do at once.
func TestSameArchive(t *testing.T) {
	w := newCDKWorld(t)
	content := cdksim.DemoArchive("my-connector", "1.0")
	var mu sync.Mutex
	var ids []string
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			a, err := w.portal.ReceiveArchive(w.ctx, w.actor, fmt.Sprintf("%d.zip", n), bytes.NewReader(content))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			ids = append(ids, a.ID)
		})
	}
	all.Wait()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("got the archives %v, want one", ids)
	}
	w.wantNothingLeft(1)
}

// wantNothingLeft says how many archives there are, and that no broken upload lies about.
func (w *cdkWorld) wantNothingLeft(archives int) {
	w.Helper()
	all, err := w.store.Archives(w.ctx, "", "", 100)
	w.ok(err)
	left, err := w.store.LeftArchives(w.ctx, w.clock.Now().Add(time.Hour), 100)
	w.ok(err)
	if len(all) != archives || len(left) > 0 {
		w.Errorf("got %d archives and %d broken uploads, want %d and none", len(all), len(left), archives)
	}
}

func TestArchivesThatAreNotKept(t *testing.T) {
	w := newCDKWorld(t)
	w.portal.ArchiveLimit = 1 << 20
	gone := fmt.Errorf("the browser has gone away: %w", io.ErrUnexpectedEOF) // as net/http and mime/multipart say it
	for name, c := range map[string]struct {
		body io.Reader
		code string
	}{
		"empty":                   {strings.NewReader(""), "archive_empty"},
		"too large":               {strings.NewReader("PK" + strings.Repeat("x", 1<<20)), "archive_large"},
		"too large in a payload":  {strings.NewReader(`{"connectorSourceCode":"` + base64.StdEncoding.EncodeToString(make([]byte, 1<<20+1)) + `"}`), "archive_large"},
		"broken off at once":      {iotest.ErrReader(gone), "archive_broken"},
		"broken off":              {io.MultiReader(strings.NewReader("PK"+strings.Repeat("x", 700_000)), iotest.ErrReader(gone)), "archive_broken"},
		"broken off in a payload": {io.MultiReader(strings.NewReader(`{"connectorSourceCode":"UEsDBAo`), iotest.ErrReader(gone)), "archive_broken"},
		"no JSON":                 {strings.NewReader(`{"connectorSourceCode":"UEsDBA==",`), "archive_payload_cut_short"},
		"no source":               {strings.NewReader(`{"source":"UEsDBA=="}`), "archive_payload_no_source"},
		"no base64":               {strings.NewReader(`{"connectorSourceCode":"UEs*BA=="}`), "archive_payload_bad_base64"},
		"UTF-16":                  {strings.NewReader("\xff\xfe{\x00"), "archive_payload_utf16"},
		"twice":                   {strings.NewReader(`{"connectorSourceCode":"UEsDBA==","connectorSourceCode":"UEsDBA=="}`), "archive_payload_repeated"},
		"something else":          {strings.NewReader(`{"connectorSourceCode":"UEsDBA=="} and more`), "archive_payload_not_json"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.portal.ReceiveArchive(w.ctx, w.actor, "connector.zip", c.body)
			w.wantRefusal(err, c.code)
			if texts("refusal_cdk")["refusal."+c.code] == "" {
				t.Errorf("the refusal %s has no text", c.code)
			}
			if c.code == "archive_broken" && !errors.Is(err, gone) {
				t.Errorf("got %v, want why it broke off", err)
			}
			w.wantNothingLeft(0)
		})
	}
}

// A ready payload.json is the archive in it; that its base64 was broken into lines is said.
func TestReceivePayload(t *testing.T) {
	w := newCDKWorld(t)
	content := cdksim.DemoArchive("my-connector", "1.0")
	encoded := base64.StdEncoding.EncodeToString(content)
	var lines strings.Builder
	for at := 0; at < len(encoded); at += 76 {
		lines.WriteString(encoded[at:min(at+76, len(encoded))] + "\n")
	}
	wrapped, err := w.portal.ReceiveArchive(w.ctx, w.actor, "payload.json", strings.NewReader(`{"connectorSourceCode":"`+lines.String()+`"}`))
	w.ok(err)
	if !slices.ContainsFunc(wrapped.Report.Warnings, func(p store.ArchiveProblem) bool { return p.Code == payloadWrapped }) || len(wrapped.Report.Problems) > 0 {
		t.Errorf("got the report %+v", wrapped.Report)
	}
	zip, err := w.portal.ReceiveArchive(w.ctx, w.actor, "connector.zip", bytes.NewReader(content))
	w.ok(err)
	if zip.ID != wrapped.ID {
		t.Error("the zip and the payload of it are two archives")
	}
}

// What is wrong with an archive is kept with it.
func TestArchiveWithProblems(t *testing.T) {
	w := newCDKWorld(t)
	for code, content := range map[string][]byte{
		"not_zip":      []byte("<html>"),
		"context_file": cdksim.DemoArchiveWith("my-connector", "1.0", map[string]string{"src/get_post/get_post.ctx.json": `{"auth":"canary"}`}),
		"no_handler":   cdksim.DemoArchiveWith("my-connector", "1.0", map[string]string{"src/get_post/handler.ts": ""}),
	} {
		a, err := w.portal.ReceiveArchive(w.ctx, w.actor, "connector.zip", bytes.NewReader(content))
		w.ok(err)
		if !slices.ContainsFunc(a.Report.Problems, func(p store.ArchiveProblem) bool { return p.Code == code }) || strings.Contains(fmt.Sprint(a), "canary") {
			t.Errorf("got the report %+v, want %s", a.Report, code)
		}
		_, err = w.portal.DeployArchive(w.ctx, w.actor, w.wish(a, "us"))
		w.wantRefusal(err, "archive_blocked")
	}
	w.wantTaken(0)
}

// A process that is killed while it receives leaves what care removes a day later.
func TestLeftUploadsAreRemoved(t *testing.T) {
	w := newCDKWorld(t)
	var left store.Archive
	w.ok(w.store.Update(w.ctx, func(tx *store.Tx) (err error) {
		if left, err = tx.AddArchive(w.ctx, "connector.zip", w.actor); err != nil {
			return err
		}
		return tx.AddArchiveChunk(w.ctx, left.ID, 0, []byte("PK"))
	}))
	w.ok(w.portal.careCDK(w.ctx))
	if _, err := w.store.ArchiveChunk(w.ctx, left.ID, 0); err != nil {
		t.Errorf("what is being received was removed: %v", err)
	}
	w.clock.Advance(archivesLeftAfter + time.Minute)
	w.ok(w.portal.careCDK(w.ctx))
	if _, err := w.store.ArchiveChunk(w.ctx, left.ID, 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is there still: %v", err)
	}
	w.wantNothingLeft(0)
}

// An archive with secrets in it cannot be deployed, and is not kept longer than somebody needs to see why; one that can
// be deployed stays.
func TestUselessArchivesAreRemoved(t *testing.T) {
	w := newCDKWorld(t)
	good := w.upload("my-connector")
	leaky, err := w.portal.ReceiveArchive(w.ctx, w.actor, "leaky.zip", bytes.NewReader(
		cdksim.DemoArchiveWith("my-connector", "1.0", map[string]string{"src/get_post/get_post.ctx.json": `{"auth":"canary"}`})))
	if w.ok(err); len(leaky.Report.Problems) == 0 {
		t.Fatal("it can be deployed")
	}
	w.clock.Advance(archivesLeftAfter + time.Minute)
	w.ok(w.portal.careCDK(w.ctx))
	if _, err := w.store.Archive(w.ctx, leaky.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is there still: %v", err)
	}
	if _, err := w.store.ArchiveChunk(w.ctx, leaky.ID, 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its content is there still: %v", err)
	}
	list, err := w.store.UndeployedArchives(w.ctx, 10)
	if w.ok(err); len(list) != 1 || list[0].ID != good.ID {
		t.Errorf("these wait to be deployed: %v", list)
	}
	w.deploy(good, "us")
	if list, err = w.store.UndeployedArchives(w.ctx, 10); err != nil || len(list) != 0 {
		t.Errorf("after it was deployed: %v, %v", list, err)
	}
}
