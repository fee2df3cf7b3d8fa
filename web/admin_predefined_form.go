package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/views"
)

// adminNewPredefined answers GET /admin/activepieces/:account/connections/new?piece=&way=&pattern=. Who names no service is
// led to where one is picked.
func (s *Server) adminNewPredefined(c echo.Context) error {
	if c.QueryParam("piece") == "" {
		return s.toPieces(c)
	}
	p, err := s.newPredefined(c, c.QueryParam("piece"), c.QueryParam("way"))
	if err != nil {
		return err
	}
	if err := s.preview(c.Request().Context(), &p.Form, c.QueryParam("pattern")); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPredefinedNew(p))
}

func (s *Server) toPieces(c echo.Context) error {
	return s.redirect(c, "/admin/activepieces/", url.PathEscape(c.Param("account")), "/pieces")
}

// newPredefined is the empty form of a service's way to sign in; its first one where it has no such.
func (s *Server) newPredefined(c echo.Context, piece, kind string) (views.AdminPredefinedNewPage, error) {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionPredefined, c.Param("account"))
	p := views.AdminPredefinedNewPage{AdminPage: a, Account: account}
	if err != nil {
		return p, err
	}
	path := "/admin/activepieces/" + account.ID + "/connections"
	f := views.PredefinedForm{Action: path, Pattern: portal.DefaultPattern, Stop: "10"}
	if f.Piece, err = s.Store.Piece(ctx, account.ID, piece); err != nil {
		return p, err
	}
	if len(f.Piece.Auth) > 0 {
		way, ok := f.Piece.Way(kind)
		if !ok {
			way = f.Piece.Auth[0]
		}
		readWay(&f, way)
	}
	f.At = address(path+"/new", "piece", f.Piece.Name, "way", f.Way.Type)
	f.Attributes, err = s.Store.AttributeNames(ctx, account.ID)
	p.Form = f
	return p, err
}

// readWay puts what a way to sign in asks for into a form.
func readWay(f *views.PredefinedForm, way store.AuthWay) {
	f.Way, f.Consent, f.Machine = way, portal.Consent(way), portal.ClientCredentials(way)
	for _, field := range portal.ValueFields(way) {
		row := views.PredefinedRow{Field: field, Source: store.FromAll}
		if !field.Secret {
			row.Value = field.Default
		}
		f.Rows = append(f.Rows, row)
	}
}

// storedPredefined is the form of a predefined connection as it is stored. A way that its service no longer has, has no
// fields any more.
func (s *Server) storedPredefined(ctx context.Context, c store.PredefinedConnection, piece store.Piece) (views.PredefinedForm, error) {
	path := "/admin/activepieces/connections/" + c.ID
	f := views.PredefinedForm{
		Action: path, At: path, Made: true, Piece: piece, Title: c.Title, Pattern: c.NamePattern, Stop: strconv.Itoa(c.StopPercent),
	}
	way, ok := piece.Way(c.AuthType)
	if !ok {
		way = store.AuthWay{Type: c.AuthType}
	}
	readWay(&f, way)
	f.Client = f.Machine && len(c.Fields) > 0
	for n := range f.Rows {
		row := &f.Rows[n]
		row.Source, row.Value = views.FromNowhere, ""
		if row.Field.Required {
			row.Source = store.FromAll
		}
		for _, known := range c.Fields {
			if known.Key == row.Field.Key {
				row.Source, row.Attribute, row.Kept = known.Source, known.Attribute, known.Source == store.FromAll
			}
		}
	}
	var err error
	f.Attributes, err = s.Store.AttributeNames(ctx, c.AccountID)
	return f, err
}

// preview fills in what a pattern ("" = the form's) makes of the first workspace's name.
func (s *Server) preview(ctx context.Context, f *views.PredefinedForm, pattern string) error {
	list, err := s.Store.Projects(ctx, f.Piece.AccountID, "", "", "", 1)
	if err != nil {
		return err
	}
	w := store.Workspace{ID: "01jexample", ExternalID: "org_1234", Name: "org_1234"}
	if len(list) > 0 {
		w = store.Workspace{ID: list[0].WorkspaceID, ExternalID: list[0].ExternalID, Name: list[0].Name}
	}
	f.For, f.Preview = w.Name, s.Portal.ConnectionName(cmp.Or(pattern, f.Pattern), f.Piece.Name, w)
	return nil
}

// adminCreatePredefined answers POST /admin/activepieces/:account/connections: a look at the name, or a new connection.
func (s *Server) adminCreatePredefined(c echo.Context) error {
	if c.FormValue("piece") == "" {
		return s.toPieces(c)
	}
	p, err := s.newPredefined(c, c.FormValue("piece"), c.FormValue("way"))
	if err != nil {
		return err
	}
	change, err := readPredefined(c, &p.Form)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if c.FormValue("do") != "preview" {
		made, err := s.Portal.CreatePredefined(c.Request().Context(), staffActor(c), p.Account.ID, change)
		if err == nil {
			return s.redirect(c, address("/admin/activepieces/connections/"+made.ID, "done", "created"))
		}
		if status, err = refusedForm(p.Page, &p.Form, err); err != nil {
			return err
		}
	}
	p.At = &p.Form.At
	if err := s.preview(c.Request().Context(), &p.Form, ""); err != nil {
		return err
	}
	return s.render(c, status, views.AdminPredefinedNew(p))
}

// adminChangePredefined answers POST /admin/activepieces/connections/:predefined, likewise.
func (s *Server) adminChangePredefined(c echo.Context) error {
	p, err := s.predefinedPage(c)
	if err != nil {
		return err
	}
	change, err := readPredefined(c, &p.Form)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if c.FormValue("do") != "preview" {
		err := s.Portal.ChangePredefined(c.Request().Context(), staffActor(c), p.Connection.ID, change)
		if err == nil {
			return s.redirect(c, address("/admin/activepieces/connections/"+p.Connection.ID, "done", "changed"))
		}
		if status, err = refusedForm(p.Page, &p.Form, err); err != nil {
			return err
		}
	}
	p.At = &p.Form.At
	if err := s.preview(c.Request().Context(), &p.Form, ""); err != nil {
		return err
	}
	return s.render(c, status, views.AdminPredefined(p))
}

// fieldOfPredefined is the field that a refusal of the form is about.
var fieldOfPredefined = map[string]string{
	"pattern_long": "pattern", "pattern_unknown": "pattern", "pattern_taken": "pattern", "stop_range": "stop", "title_long": "title",
}

// refusedForm puts why a form was refused into it; an error that is no refusal is given back.
func refusedForm(page views.Page, f *views.PredefinedForm, err error) (status int, rest error) {
	code, text, ok := refusal(page, err)
	if !ok {
		return 0, err
	}
	f.Problem, f.Field = text, fieldOfPredefined[code]
	return http.StatusUnprocessableEntity, nil
}

// readPredefined reads what was typed, into the form as it is to be shown again and as the change that it asks for. Secrets
// go into the change alone.
func readPredefined(c echo.Context, f *views.PredefinedForm) (portal.PredefinedChange, error) {
	form, err := c.FormParams()
	if err != nil {
		return portal.PredefinedChange{}, unreadable(c.Request(), err)
	}
	f.Title, f.Pattern, f.Stop, f.Client = form.Get("title"), form.Get("pattern"), form.Get("stop"), form.Get("consent") == "client"
	change := portal.PredefinedChange{
		Title: f.Title, Piece: f.Piece.Name, AuthType: f.Way.Type, NamePattern: f.Pattern, Values: map[string]secret.Text{},
	}
	if change.StopPercent, err = strconv.Atoi(strings.TrimSpace(f.Stop)); err != nil || change.StopPercent == 0 {
		change.StopPercent = -1 // is refused
	}
	for n := range f.Rows {
		value := readRow(form, &f.Rows[n])
		row := f.Rows[n]
		if f.Machine && !f.Client || row.Source == views.FromNowhere {
			continue
		}
		if row.Field.Secret && value != "" {
			f.Retype = true
		}
		change.Fields = append(change.Fields, store.PredefinedField{Key: row.Field.Key, Source: row.Source, Attribute: row.Attribute})
		if row.Source == store.FromAll {
			change.Values[row.Field.Key] = secret.Text(value)
		}
	}
	return change, nil
}

// readRow reads one value and where it comes from; it returns what was typed.
func readRow(form url.Values, row *views.PredefinedRow) string {
	key := row.Field.Key
	row.Source, row.Attribute = cmp.Or(form.Get("source:"+key), row.Source), form.Get("attribute:"+key)
	typed := slices.DeleteFunc(slices.Clone(form["value:"+key]), func(v string) bool { return v == "" })
	value := strings.Join(typed, "\n")
	row.Value = ""
	if !row.Field.Secret {
		row.Value = value
	}
	return value
}
