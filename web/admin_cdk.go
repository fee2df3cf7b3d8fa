package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminCDK answers GET /admin/cdk?q=&before=: an upload, what is under way, and the history.
func (s *Server) adminCDK(c echo.Context) error {
	p, err := s.cdkPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminCDK(p))
}

func (s *Server) cdkPage(c echo.Context) (views.AdminCDKPage, error) {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionCDK)
	p := views.AdminCDKPage{AdminPage: a, Limit: s.Portal.ArchiveLimit, Search: c.QueryParam("q")}
	if err != nil {
		return p, err
	}
	p.Scripts = s.uploadScript()
	if p.UnderWay, err = s.cdkUnderWay(ctx); err != nil {
		return p, err
	}
	p.Refresh = len(p.UnderWay) > 0
	before := c.QueryParam("before")
	if p.Search == "" && before == "" {
		if p.Uploaded, err = s.Store.UndeployedArchives(ctx, adminSecond); err != nil {
			return p, err
		}
	}
	list, err := s.Store.Releases(ctx, p.Search, before, adminSecond+1)
	if err != nil {
		return p, err
	}
	list, more := pageOf(list, adminSecond)
	if more {
		p.Next = address("/admin/cdk", "q", p.Search, "before", list[adminSecond-1].ID)
	}
	if before != "" {
		p.First = address("/admin/cdk", "q", p.Search)
	}
	p.Releases, err = s.releases(ctx, list)
	return p, err
}

// uploadScript is what the pages with a form for a file load.
func (s *Server) uploadScript() []views.Asset {
	return []views.Asset{{Path: s.Assets.Path("upload.js"), Integrity: s.Assets.Integrity("upload.js")}}
}

// cdkUnderWay is the releases of which a region goes on by itself, newest first.
func (s *Server) cdkUnderWay(ctx context.Context) ([]views.CDKRelease, error) {
	rows, err := s.Store.CDKUnderWay(ctx)
	if err != nil {
		return nil, err
	}
	var list []store.Release
	seen := map[string]bool{}
	for _, d := range rows {
		if seen[d.ReleaseID] || len(list) == adminSecond {
			continue
		}
		seen[d.ReleaseID] = true
		r, err := s.Store.Release(ctx, d.ReleaseID)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return s.releases(ctx, list)
}

// releases adds to each release its archive and what came of it in each region.
func (s *Server) releases(ctx context.Context, list []store.Release) ([]views.CDKRelease, error) {
	ids := make([]string, 0, len(list))
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	rows, err := s.Store.CDKDeploymentsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	of := map[string][]store.CDKDeployment{}
	for _, d := range rows {
		of[d.ReleaseID] = append(of[d.ReleaseID], d)
	}
	archives := map[string]store.Archive{}
	var all []views.CDKRelease
	for _, r := range list {
		a, ok := archives[r.ArchiveID]
		if !ok {
			if a, err = s.Store.Archive(ctx, r.ArchiveID); err != nil {
				return nil, err
			}
			archives[r.ArchiveID] = a
		}
		all = append(all, views.CDKRelease{Release: r, Archive: a, Deployments: of[r.ID]})
	}
	return all, nil
}
