package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminAgainCDK answers POST /admin/cdk/releases/:release/again: its archive is deployed again where it was, with the same
// tokens. Who sees the connector stays as it is. Where one of the tokens is configured no more nothing is sent, as a region
// would be left out without a word: the page with the choice of regions comes instead.
func (s *Server) adminAgainCDK(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := s.Store.Release(ctx, c.Param("release"))
	if err != nil {
		return err
	}
	wish := portal.ReleaseWish{ArchiveID: r.ArchiveID, Name: r.Name, Version: r.Version, AgainOf: r.ID}
	all := false
	if wish.Accounts, all, err = s.stillConfigured(c, r); err != nil {
		return err
	}
	if !all {
		return s.redirect(c, archivesPath, "/", r.ArchiveID, "?again=", r.ID)
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

// stillConfigured is the accounts that a release was deployed with and that can be deployed with today, and whether those
// are all of them.
func (s *Server) stillConfigured(c echo.Context, r store.Release) (ids []string, all bool, err error) {
	rows, err := s.Store.CDKDeploymentsOf(c.Request().Context(), r.ID)
	if err != nil {
		return nil, false, err
	}
	for _, d := range rows {
		a, err := s.Store.DeployAccount(c.Request().Context(), d.AccountID)
		if err != nil {
			return nil, false, err
		}
		if a.GoneAt.IsZero() {
			ids = append(ids, a.ID)
		}
	}
	return ids, len(ids) == len(rows), nil
}
