package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/upstream/commercetools/connectyaml"
	"portico/views"
)

// adminConnectYAML answers GET /admin/connect/yaml: where a connect.yaml is pasted or uploaded, with one to begin with.
func (s *Server) adminConnectYAML(c echo.Context) error {
	p, err := s.yamlPage(c)
	if err != nil {
		return err
	}
	p.Source = views.ExampleConnectYAML
	return s.render(c, http.StatusOK, views.AdminConnectYAML(p))
}

func (s *Server) yamlPage(c echo.Context) (views.AdminConnectYAMLPage, error) {
	a, _, err := s.connectPage(c)
	p := views.AdminConnectYAMLPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	p.Drafts, err = s.Store.ConnectorDrafts(c.Request().Context(), "")
	return p, err
}

// adminCheckConnectYAML answers POST /admin/connect/yaml with source, or the file that is uploaded, and draft, which it is
// compared with: its verdict. Nothing is kept.
func (s *Server) adminCheckConnectYAML(c echo.Context) error {
	p, err := s.yamlPage(c)
	if err != nil {
		return err
	}
	form, err := multipartTexts(c.Request())
	if errors.As(err, new(*http.MaxBytesError)) {
		p.Refused, p.Source = p.T("connect.yaml.large"), views.ExampleConnectYAML
		return s.render(c, http.StatusRequestEntityTooLarge, views.AdminConnectYAML(p))
	}
	if err != nil {
		return err
	}
	p.Source = strings.ReplaceAll(form["source"], "\r\n", "\n") // as browsers send what is typed
	if form["file"] != "" {
		p.Source = form["file"]
	}
	p.Checked, p.Result = true, connectyaml.Parse([]byte(p.Source))
	for _, d := range p.Drafts {
		if d.ID == form["draft"] {
			if p.Document, err = portal.DraftDocument(d); err != nil {
				return err
			}
			p.Draft = d
		}
	}
	return s.render(c, http.StatusOK, views.AdminConnectYAML(p))
}

// multipartTexts is the fields of a multipart form, those of files too, as texts; the last one of a name counts.
func multipartTexts(r *http.Request) (map[string]string, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	texts := map[string]string{}
	for {
		part, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // the end of the form; one that breaks off wraps it
			return texts, nil
		}
		if err != nil {
			return nil, unreadable(r, err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, unreadable(r, err)
		}
		texts[part.FormName()] = string(text)
	}
}
