package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/upstream/commercetools/connectyaml"
	"portico/views"
)

// adminConnectYAML answers GET /admin/connect/yaml: where a connect.yaml is pasted or uploaded, with one to begin with.
func (s *Server) adminConnectYAML(c echo.Context) error {
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminConnectYAML(views.AdminConnectYAMLPage{AdminPage: a, Source: views.ExampleConnectYAML}))
}

// adminCheckConnectYAML answers POST /admin/connect/yaml with source, or the file that is uploaded: its verdict. Nothing is kept.
func (s *Server) adminCheckConnectYAML(c echo.Context) error {
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	source, err := pastedOrUploaded(c.Request(), "source", "file")
	if err != nil {
		return err
	}
	p := views.AdminConnectYAMLPage{AdminPage: a, Source: source, Checked: true, Result: connectyaml.Parse([]byte(source))}
	return s.render(c, http.StatusOK, views.AdminConnectYAML(p))
}

// pastedOrUploaded is the text of a multipart form: that of the file where one was chosen, else what was pasted.
func pastedOrUploaded(r *http.Request, field, fileField string) (string, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	pasted, uploaded := "", ""
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", unreadable(r, err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return "", unreadable(r, err)
		}
		switch part.FormName() {
		case field:
			pasted = strings.ReplaceAll(string(text), "\r\n", "\n") // as browsers send what is typed
		case fileField:
			uploaded = string(text)
		}
	}
	if uploaded != "" {
		return uploaded, nil
	}
	return pasted, nil
}
