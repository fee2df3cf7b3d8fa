package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminRelease answers GET /admin/cdk/releases/:release?before=: what has become of it in each region.
func (s *Server) adminRelease(c echo.Context) error {
	p, err := s.releasePage(c, c.Param("release"))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminCDKRelease(p))
}

func (s *Server) releasePage(c echo.Context, id string) (views.AdminCDKReleasePage, error) {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionCDK)
	p := views.AdminCDKReleasePage{AdminPage: a}
	if err != nil {
		return p, err
	}
	if p.Release, err = s.Store.Release(ctx, id); err != nil {
		return p, err
	}
	if p.Archive, err = s.Store.Archive(ctx, p.Release.ArchiveID); err != nil {
		return p, err
	}
	if err := s.readRows(ctx, &p); err != nil {
		return p, err
	}
	before := c.QueryParam("before")
	events, err := s.Store.Events(ctx, "release", id, before, adminLines+1)
	if err != nil {
		return p, err
	}
	calls, err := s.Store.JourneyCalls(ctx, id, before, adminLines+1)
	if err != nil {
		return p, err
	}
	var next string
	if p.Lines, next = views.Timeline(events, calls, adminLines); next != "" {
		p.Older = address("/admin/cdk/releases/"+id, "before", next)
	}
	return p, nil
}

// readRows reads what has become of a release in each region, and whom it was shown to.
func (s *Server) readRows(ctx context.Context, p *views.AdminCDKReleasePage) error {
	rows, err := s.Store.CDKDeploymentsOf(ctx, p.Release.ID)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(rows))
	for _, d := range rows {
		ids = append(ids, d.ID)
	}
	shares, err := s.Store.SharesOf(ctx, ids...)
	if err != nil {
		return err
	}
	for _, d := range rows {
		row := views.CDKRow{CDKDeployment: d}
		account, state, err := s.Portal.CDKToken(ctx, d)
		if err != nil {
			return err
		}
		row.Token = state
		for _, share := range shares {
			if share.DeploymentID == d.ID {
				row.Shares = append(row.Shares, share)
				p.Refresh = p.Refresh || share.State == store.ShareWaiting
			}
		}
		p.Refresh = p.Refresh || d.UnderWay()
		p.Planned = append(p.Planned, portal.PlannedDeploy(account, d, p.Archive))
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// adminRetryCDK answers POST /admin/cdk/deployments/:deployment/retry.
func (s *Server) adminRetryCDK(c echo.Context) error {
	return s.changeCDK(c, s.Portal.RetryCDK)
}

// adminWatchCDK answers POST /admin/cdk/deployments/:deployment/watch.
func (s *Server) adminWatchCDK(c echo.Context) error {
	return s.changeCDK(c, s.Portal.WatchCDK)
}

// adminSendAfterCDK answers POST /admin/cdk/deployments/:deployment/after, with answer=yes or no.
func (s *Server) adminSendAfterCDK(c echo.Context) error {
	return s.changeCDK(c, func(ctx context.Context, actor store.Actor, id string) error {
		return s.Portal.SendAfter(ctx, actor, id, c.FormValue("answer") == "yes")
	})
}

// adminShareCDK answers POST /admin/cdk/deployments/:deployment/share.
func (s *Server) adminShareCDK(c echo.Context) error {
	emails, wrong := portal.ParseEmails(c.FormValue("emails"))
	return s.changeCDK(c, func(ctx context.Context, actor store.Actor, id string) error {
		if len(wrong) > 0 {
			return &portal.Refusal{Code: "cdk_emails", Args: map[string]string{"emails": strings.Join(wrong, ", ")}}
		}
		return s.Portal.ShareCDK(ctx, actor, id, emails)
	})
}

// changeCDK does something with a deployment and shows its release; what is refused is said there.
func (s *Server) changeCDK(c echo.Context, change func(context.Context, store.Actor, string) error) error {
	ctx := c.Request().Context()
	d, err := s.Store.CDKDeployment(ctx, c.Param("deployment"))
	if err != nil {
		return err
	}
	err = change(ctx, staffActor(c), d.ID)
	if err == nil {
		return s.redirect(c, "/admin/cdk/releases/", d.ReleaseID)
	}
	p, pageErr := s.releasePage(c, d.ReleaseID)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	p.About, p.Emails, p.Refresh = d.ID, c.FormValue("emails"), false
	return s.render(c, http.StatusUnprocessableEntity, views.AdminCDKRelease(p))
}
