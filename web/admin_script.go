package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminScripts answers GET /admin/activepieces/:account/scripts.
func (s *Server) adminScripts(c echo.Context) error {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionPieces, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminScriptsPage{AdminPage: a, Account: account}
	if p.Scripts, err = s.Store.Scripts(ctx, p.Account.ID); err != nil {
		return err
	}
	current, err := s.Store.ConfirmedScript(ctx, p.Account.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	p.Current = current.Hash
	if p.Fetch, err = s.Store.Sync(ctx, p.Account.ID, store.SyncedScript); err != nil {
		return err
	}
	if p.Opened, err = s.Store.Sync(ctx, p.Account.ID, store.OpenBuilder); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminScripts(p))
}

// adminScript answers GET /admin/activepieces/:account/scripts/:hash: the script as text, for whoever reads what they agree
// to.
func (s *Server) adminScript(c echo.Context) error {
	body, err := s.Store.ScriptBody(c.Request().Context(), c.Param("account"), c.Param("hash"))
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", body)
}

// adminFetchScript answers POST /admin/activepieces/:account/scripts/fetch.
func (s *Server) adminFetchScript(c echo.Context) error {
	err := s.Portal.AskScript(c.Request().Context(), staffActor(c), c.Param("account"))
	return s.toScripts(c, err, "script_asked")
}

// adminConfirmScript answers POST /admin/activepieces/:account/scripts/confirm.
func (s *Server) adminConfirmScript(c echo.Context) error {
	err := s.Portal.ConfirmScript(c.Request().Context(), staffActor(c), c.Param("account"), c.FormValue("hash"))
	return s.toScripts(c, err, "script_confirmed")
}

func (s *Server) toScripts(c echo.Context, err error, done string) error {
	if err != nil {
		return err
	}
	return s.redirect(c, address("/admin/activepieces/"+c.Param("account")+"/scripts", "done", done))
}
