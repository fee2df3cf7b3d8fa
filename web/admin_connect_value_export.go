package web

import (
	"cmp"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
)

// adminExportValues answers GET /admin/connect/deployments/:deployment/values?format=: a file, without what is secured.
func (s *Server) adminExportValues(c echo.Context) error {
	d, err := s.Store.ConnectDeployment(c.Request().Context(), c.Param("deployment"))
	if err != nil {
		return err
	}
	values, err := s.Portal.ValuesOf(c.Request().Context(), d.ID)
	if err != nil {
		return err
	}
	document, err := portal.DeploymentDocument(d)
	if err != nil {
		return err
	}
	return exportValues(c, withMasked(values, document), cmp.Or(d.UpstreamKey, d.UpstreamID))
}

// adminExportProfile answers GET /admin/connect/profiles/:profile/values?format=: a file, without what is secured.
func (s *Server) adminExportProfile(c echo.Context) error {
	set, err := s.profile(c)
	if err != nil {
		return err
	}
	return exportValues(c, set.Values, set.Name)
}

var notInFilenames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// exportValues answers with values as a file of a format, .env where none is asked for.
func exportValues(c echo.Context, v store.Values, name string) error {
	format, kind := portal.ExportEnv, "text/plain; charset=utf-8"
	if c.QueryParam("format") == portal.ExportJSON {
		format, kind = portal.ExportJSON, "application/json"
	}
	text, err := portal.ExportValues(v, format)
	if err != nil {
		return err
	}
	file := cmp.Or(strings.Trim(notInFilenames.ReplaceAllString(name, "-"), "-."), "values") + "." + format
	noStore(c)
	c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": file}))
	return c.Blob(http.StatusOK, kind, []byte(text))
}
