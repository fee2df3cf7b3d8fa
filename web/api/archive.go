package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"portico/store"
)

// uploadPatience is how long an archive may take on its way in or out, which is more than any other request may.
const uploadPatience = 10 * time.Minute

// ArchivesPath is where archives are uploaded, the one address whose bodies may be as large as those.
const ArchivesPath = prefix + "/cdk/archives"

// archive is a connector.zip as it is kept.
type archive struct {
	ID         string             `json:"id"`
	Filename   string             `json:"filename"`
	Size       int64              `json:"size" doc:"Bytes."`
	SHA256     string             `json:"sha256" doc:"In hexadecimal. The same content is kept once."`
	Name       string             `json:"name" doc:"Of the connector in it; empty where it could not be read."`
	Version    string             `json:"version"`
	Title      string             `json:"title,omitempty"`
	Service    string             `json:"service,omitempty"`
	Operations []archiveOperation `json:"operations" nullable:"false"`
	Problems   []archiveProblem   `json:"problems" nullable:"false" doc:"Why it cannot be deployed."`
	Warnings   []archiveProblem   `json:"warnings" nullable:"false" doc:"What somebody should know before it is."`
	Actor      person             `json:"actor" doc:"Who has uploaded it first."`
	CreatedAt  time.Time          `json:"created_at"`
}

type archiveOperation struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`
	Delivery string `json:"delivery,omitempty" doc:"Of a trigger."`
}

type archiveProblem struct {
	Code    string `json:"code"`
	Path    string `json:"path,omitempty" doc:"Of the file in the archive."`
	Message string `json:"message" doc:"What is wrong, and how it is mended."`
}

func (a *API) archiveOf(x store.Archive) archive {
	out := archive{
		ID: x.ID, Filename: x.Filename, Size: x.Size, SHA256: x.SHA256, Name: x.Name, Version: x.Version, Title: x.Report.Title, Service: x.Report.Service,
		Operations: []archiveOperation{}, Problems: a.archiveProblems(x.Report.Problems), Warnings: a.archiveProblems(x.Report.Warnings),
		Actor: personOf(x.Actor), CreatedAt: x.CreatedAt.Time,
	}
	for _, o := range x.Report.Operations {
		out.Operations = append(out.Operations, archiveOperation(o))
	}
	return out
}

func (a *API) archiveProblems(found []store.ArchiveProblem) []archiveProblem {
	all := []archiveProblem{}
	for _, f := range found {
		all = append(all, archiveProblem{f.Code, f.Path, a.withFix("archive.problem."+f.Code, f.Args)})
	}
	return all
}

func (a *API) archives() {
	upload := more(of(tagCDK, "upload-archive", http.MethodPost, "/cdk/archives", "Upload a connector.zip"),
		"The body is the archive itself, as tray-cdk connector build makes it, or the payload.json of a deployment by hand. It is looked into, and nothing is sent. "+
			"The same content again is the archive that is there already.")
	upload.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}, "application/json": {},
	}}
	upload.Errors = append(upload.Errors, http.StatusRequestEntityTooLarge)
	serve(a, upload, a.uploadArchive)
	serve(a, of(tagCDK, "list-archives", http.MethodGet, "/cdk/archives", "List archives, the newest first"), a.listArchives)
	serve(a, of(tagCDK, "get-archive", http.MethodGet, "/cdk/archives/{archive}", "Get what was found in an archive"), a.getArchive)
	file := of(tagCDK, "get-archive-file", http.MethodGet, "/cdk/archives/{archive}/file", "Get the archive itself")
	file.Responses = map[string]*huma.Response{"200": {Description: "The archive.", Content: map[string]*huma.MediaType{
		"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	serve(a, file, a.getArchiveFile)
}

// archiveUpload is a request whose body is read as it comes, and never lies in memory whole.
type archiveUpload struct {
	Filename string `query:"filename" maxLength:"255" default:"connector.zip" doc:"What the file is called."`

	body io.Reader
}

// Resolve implements huma.Resolver.
func (u *archiveUpload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	takeTime(ctx)
	return nil
}

// takeTime gives a request the time that an archive takes.
func takeTime(ctx huma.Context) {
	until := time.Now().Add(uploadPatience)
	c := http.NewResponseController(humaecho.Unwrap(ctx).Response())
	_ = errors.Join(c.SetReadDeadline(until), c.SetWriteDeadline(until)) // a connection that knows no deadlines needs none
}

// uploadArchive answers POST /api/v1/cdk/archives.
func (a *API) uploadArchive(ctx context.Context, in *archiveUpload) (*document[archive], error) {
	x, err := a.Portal.ReceiveArchive(ctx, actor(ctx), filepath.Base(in.Filename), in.body)
	if err != nil {
		io.Copy(io.Discard, in.body) //nolint:errcheck // to its limit: who is still sending would not hear the answer
		return nil, err
	}
	return &document[archive]{a.archiveOf(x)}, nil
}

type archiveSearch struct {
	Page
	Search string `query:"search" maxLength:"255" doc:"A part of the connector's name."`
}

// listArchives answers GET /api/v1/cdk/archives.
func (a *API) listArchives(ctx context.Context, in *archiveSearch) (*list[archive], error) {
	all, err := a.Store.Archives(ctx, in.Search, in.Before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	var items []archive
	for _, x := range all {
		items = append(items, a.archiveOf(x))
	}
	return paged(items, in.Page, func(x archive) string { return x.ID }), nil
}

type archivePath struct {
	Archive string `path:"archive" maxLength:"64"`
}

// getArchive answers GET /api/v1/cdk/archives/{archive}.
func (a *API) getArchive(ctx context.Context, in *archivePath) (*document[archive], error) {
	x, err := a.Store.Archive(ctx, in.Archive)
	if err != nil {
		return nil, err
	}
	return &document[archive]{a.archiveOf(x)}, nil
}

// getArchiveFile answers GET /api/v1/cdk/archives/{archive}/file.
func (a *API) getArchiveFile(ctx context.Context, in *archivePath) (*huma.StreamResponse, error) {
	x, err := a.Store.Archive(ctx, in.Archive)
	if err != nil {
		return nil, err
	}
	content, err := a.Portal.OpenArchive(ctx, x.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer content.Close() //nolint:errcheck // it was read
		takeTime(out)
		out.SetHeader("Content-Type", "application/zip")
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Filename}))
		if _, err := io.Copy(out.BodyWriter(), content); err != nil {
			a.Log.ErrorContext(ctx, "giving an archive out", "err", err, "request_id", actor(ctx).RequestID)
		}
	}}, nil
}
