// Package api is what the host's server talks to: /api/v1, described by an OpenAPI document that it serves itself, with
// problems as RFC 9457 has them. It knows no pages and no cookies.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream"
	"portico/views/messages"
)

const (
	prefix          = "/api/v1"
	requestIDHeader = "X-Request-Id"
	maxBody         = 64 << 10 // bytes
	maxValues       = 1 << 20  // of a body with values of a deployment, or a connect.yaml, in bytes
)

// Options are what the API needs.
type Options struct {
	Portal   *portal.Portal
	Store    *store.Store // is read alone
	Messages *messages.Bundle
	Log      *slog.Logger
	URL      string // the portal's address, which may carry a path
}

// Route is one address of the API, for the server's table of routes.
type Route struct {
	Method string
	Path   string // below the portal's own path
	Open   bool   // asks for no API key
	Handle echo.HandlerFunc
}

// API answers the host's server.
type API struct {
	Options
	huma   huma.API
	router *echo.Echo
}

// New makes the API.
func New(o Options) *API {
	a := &API{Options: o, router: echo.New()}
	a.URL = strings.TrimRight(o.URL, "/")
	a.huma = humaecho.New(a.router, a.config())
	a.huma.UseMiddleware(withActor)
	a.sessions()
	a.deployAccounts()
	a.archives()
	a.releases()
	a.connectorDrafts()
	a.connectDeployments()
	a.profiles()
	a.operations()
	a.pipelines()
	schema := a.huma.OpenAPI().Components.Schemas.Map()["ErrorModel"]
	schema.Properties["request_id"] = &huma.Schema{Type: huma.TypeString, Description: "The ID of the request, as the portal's log has it."}
	schema.Properties["code"] = &huma.Schema{Type: huma.TypeString, Description: "What was refused, for programs; absent where the status says it all."}
	return a
}

// config leaves out what huma would add: a documentation page that loads scripts from elsewhere, and links to schemas.
func (a *API) config() huma.Config {
	c := huma.DefaultConfig("Portico", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Transformers = []huma.Transformer{identified}
	c.Info.Description = "For the server of the application that embeds the portal, and for what builds and deploys connectors. " +
		"Secrets go in and never come out: where one would stand there is a mask, or null."
	c.Tags = []*huma.Tag{
		{Name: tagSessions, Description: "Users of the host come in."},
		{Name: tagCDK, Description: "Connectors for Tray: archives, releases of them to regions, and whom they are shared with."},
		{Name: tagConnect, Description: "Connectors of commercetools Connect: drafts, deployments, and what is brought to them."},
	}
	c.Servers = []*huma.Server{{URL: a.URL}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key of the installation."},
	}
	c.Security = []map[string][]string{{"key": {}}}
	return c
}

// Routes is every address of the API. huma made the handlers on a router of its own; who may call them is for the
// server's guards to say.
func (a *API) Routes() []Route {
	routes := []Route{{Method: http.MethodGet, Path: prefix + "/openapi.json", Open: true, Handle: a.document}}
	for _, r := range a.router.Routes() {
		c := a.router.NewContext(nil, nil)
		a.router.Router().Find(r.Method, r.Path, c)
		routes = append(routes, Route{Method: r.Method, Path: r.Path, Handle: c.Handler()})
	}
	return routes
}

// document answers GET /api/v1/openapi.json.
func (a *API) document(c echo.Context) error {
	body, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return fmt.Errorf("writing the API's description: %w", err)
	}
	return c.Blob(http.StatusOK, "application/openapi+json", body)
}

type actorKey struct{}

// withActor tells the operations who asks: the host's server, from its address.
func withActor(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	next(huma.WithValue(ctx, actorKey{}, store.Actor{
		Kind: store.ActorHost, Address: c.RealIP(), RequestID: c.Response().Header().Get(requestIDHeader),
	}))
}

func actor(ctx context.Context) store.Actor {
	a, _ := ctx.Value(actorKey{}).(store.Actor)
	return a
}

// failure is an error that is answered with a text of ours, and its code.
type failure struct {
	huma.ErrorModel
	Code      string `json:"code,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// identified puts the request's ID on every problem, and takes the values off that huma would send back.
func identified(ctx huma.Context, _ string, v any) (any, error) {
	id := humaecho.Unwrap(ctx).Response().Header().Get(requestIDHeader)
	switch e := v.(type) {
	case *huma.ErrorModel:
		for _, d := range e.Errors {
			d.Value = nil
		}
		return &failure{ErrorModel: *e, RequestID: id}, nil
	case *failure:
		e.RequestID = id
	}
	return v, nil
}

// fail says what an error is to the host's developers. Only what they can mend is told; all else is for the log.
func (a *API) fail(ctx context.Context, err error) error {
	var refusal *portal.Refusal
	var up *upstream.Error
	var large *http.MaxBytesError
	var told *failure
	words := a.Messages.For("en")
	switch {
	case errors.As(err, &large): // before the refusal that may be around it
		return problem(http.StatusRequestEntityTooLarge, "archive_large", words.T("refusal.archive_large", "limit", mebibytes(a.Portal.ArchiveLimit)))
	case errors.As(err, &told):
		return err
	case errors.As(err, &refusal):
		status := http.StatusUnprocessableEntity
		if refusal.Code == "archive_large" {
			status = http.StatusRequestEntityTooLarge
		}
		return problem(status, refusal.Code, a.refused(refusal))
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, "", "There is nothing here by that name.")
	case errors.As(err, &up):
		return problem(http.StatusBadGateway, "", "The platform behind the portal does not answer as it should.")
	}
	a.Log.ErrorContext(ctx, "answering the API with an error", "err", err, "request_id", actor(ctx).RequestID)
	return problem(http.StatusInternalServerError, "", "Something went wrong on our side. Trying again later may help.")
}

func problem(status int, code, detail string) error {
	return &failure{Code: code, ErrorModel: huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}}
}
