package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminAgainCDK answers POST /admin/cdk/releases/:release/again: its archive is deployed again where it was, with the tokens that
// are still configured. Who sees the connector stays as it is.
func (s *Server) adminAgainCDK(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := s.Store.Release(ctx, c.Param("release"))
	if err != nil {
		return err
	}
	wish := portal.ReleaseWish{ArchiveID: r.ArchiveID, Name: r.Name, Version: r.Version, AgainOf: r.ID}
	if wish.Accounts, err = s.stillConfigured(c, r); err != nil {
		return err
	}
	again, err := s.Portal.DeployArchive(ctx, staffActor(c), wish)
	if err == nil {
		return s.redirect(c, "/admin/cdk/releases/", again.ID)
	}
	p, pageErr := s.releasePage(c, r.ID)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	p.Refresh = false
	return s.render(c, http.StatusUnprocessableEntity, views.AdminCDKRelease(p))
}

// stillConfigured is the accounts that a release was deployed with and that can be deployed with today.
func (s *Server) stillConfigured(c echo.Context, r store.Release) ([]string, error) {
	rows, err := s.Store.CDKDeploymentsOf(c.Request().Context(), r.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range rows {
		a, err := s.Store.DeployAccount(c.Request().Context(), d.AccountID)
		if err != nil {
			return nil, err
		}
		if a.GoneAt.IsZero() {
			ids = append(ids, a.ID)
		}
	}
	return ids, nil
}
