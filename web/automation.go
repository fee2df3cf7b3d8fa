package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

const (
	perAutomations = 25 // of a page
	perRuns        = 25 // of an automation's page
	instanceRuns   = 10 // of an instance's page
	// lookingFor is how long a page waits for a copy that is under way.
	lookingFor = 10 * time.Second
)

// automationRoutes are a workspace's flows and runs, without the builder.
func (s *Server) automationRoutes() []route {
	return []route{
		{"GET", "/automations", user, s.automations},
		{"POST", "/automations/refresh", user, s.refreshAutomations},
		{"GET", "/automations/:automation", user, s.automation},
		{"POST", "/automations/:automation/on", member, s.automationOn},
		{"POST", "/automations/:automation/off", member, s.automationOff},
		{"POST", "/automations/:automation/retry", member, s.retryRun},
	}
}

// automations answers GET /automations: what the store knows of the workspace's flows. Where that is old a job looks anew.
func (s *Server) automations(c echo.Context) error {
	ctx, v := c.Request().Context(), visit(c)
	page := views.AutomationsPage{Page: s.page(c), Number: pageNumber(c.QueryParam("page"))}
	var err error
	if page.Followed, err = s.followed(c); err != nil {
		return err
	}
	if page.List, err = s.Store.Automations(ctx, v.User, (page.Number-1)*perAutomations, perAutomations+1); err != nil {
		return err
	}
	if page.More = len(page.List) > perAutomations; page.More {
		page.List = page.List[:perAutomations]
	}
	page.Refresh = page.Looking || page.Lookable()
	return s.render(c, http.StatusOK, views.Automations(page))
}

// followed is how fresh what the store knows of a workspace's project is; where it is old a job is asked to look anew.
func (s *Server) followed(c echo.Context) (views.Followed, error) {
	ctx := c.Request().Context()
	if err := s.Portal.WatchAutomations(ctx, who(c)); err != nil {
		return views.Followed{}, err
	}
	return s.freshness(ctx, visit(c).Workspace)
}

func (s *Server) freshness(ctx context.Context, w store.Workspace) (f views.Followed, err error) {
	account, err := s.Store.WorkspaceAccount(ctx, w, store.PlatformActivepieces)
	if errors.Is(err, store.ErrNotFound) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	i, err := s.Store.WorkspaceIdentity(ctx, w.ID, account.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.UpstreamID == "" {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	sync, err := s.Store.AutomationSync(ctx, i.ID)
	f = views.Followed{Project: true, Synced: sync.DoneAt.Time, Failed: sync.Error != ""}
	f.Looking = sync.TriedAt.After(sync.DoneAt.Time) && !f.Failed && s.Now().Sub(sync.TriedAt.Time) < lookingFor
	return f, err
}

// refreshAutomations answers POST /automations/refresh, and leads back to the page that asked.
func (s *Server) refreshAutomations(c echo.Context) error {
	if err := s.Portal.RefreshAutomations(c.Request().Context(), who(c)); err != nil {
		return err
	}
	if id := c.FormValue("automation"); id != "" {
		return s.redirect(c, "/automations/", url.PathEscape(id))
	}
	if id := c.FormValue("instance"); id != "" {
		return s.redirect(c, "/instances/", url.PathEscape(id))
	}
	return s.redirect(c, "/automations")
}

// automation answers GET /automations/:automation: what it is, and its runs.
func (s *Server) automation(c echo.Context) error {
	ctx, v := c.Request().Context(), visit(c)
	page := views.AutomationPage{Page: s.page(c)}
	var err error
	if page.A, err = s.Store.Automation(ctx, v.User, c.Param("automation")); err != nil {
		return err
	}
	if page.Followed, err = s.followed(c); err != nil {
		return err
	}
	before := c.QueryParam("before")
	if page.Runs, err = s.runs(ctx, page.A, before, perRuns); err != nil {
		return err
	}
	page.Refresh = before == "" && (page.Looking || page.Runs.UnderWay(page.Now))
	return s.render(c, http.StatusOK, views.Automation(page))
}

// runs is some runs of an automation that who asks may see, before one.
func (s *Server) runs(ctx context.Context, a store.AutomationCard, before string, most int) (views.RunList, error) {
	l := views.RunList{AutomationID: a.ID, MayRetry: a.Changeable, Later: before != ""}
	var err error
	if l.Runs, err = s.Store.Runs(ctx, a.ID, before, most+1); err != nil {
		return l, err
	}
	if l.Older = len(l.Runs) > most; l.Older {
		l.Runs = l.Runs[:most]
	}
	return l, nil
}

// putRuns adds the newest runs of an instance, where its platform tells of them.
func (s *Server) putRuns(c echo.Context, page *views.InstancePage) error {
	if !page.Automations {
		return nil
	}
	followed, err := s.followed(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.Store.InstanceAutomations(ctx, page.User, page.In.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	l, err := s.runs(ctx, all[0], "", instanceRuns)
	l.Instance, page.Runs, page.Followed = page.In.ID, &l, followed
	page.Refresh = page.Refresh || l.UnderWay(page.Now)
	return err
}

// automationOn answers POST /automations/:automation/on.
func (s *Server) automationOn(c echo.Context) error { return s.setAutomation(c, true) }

// automationOff answers POST /automations/:automation/off.
func (s *Server) automationOff(c echo.Context) error { return s.setAutomation(c, false) }

func (s *Server) setAutomation(c echo.Context, on bool) error {
	if err := s.Portal.SetAutomation(c.Request().Context(), who(c), c.Param("automation"), on); err != nil {
		return err
	}
	if c.FormValue("back") == "list" {
		return s.redirect(c, "/automations")
	}
	return s.redirect(c, "/automations/", c.Param("automation"))
}

// retryRun answers POST /automations/:automation/retry, and leads back to the page that asked.
func (s *Server) retryRun(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("automation")
	if err := s.Portal.RetryRun(ctx, who(c), id, c.FormValue("run"), c.FormValue("from") == "failed"); err != nil {
		return err
	}
	if c.FormValue("back") == "instance" {
		a, err := s.Store.Automation(ctx, visit(c).User, id)
		if err != nil {
			return err
		}
		if a.InstanceID != "" {
			return s.redirect(c, "/instances/", a.InstanceID, "?done=retried")
		}
	}
	return s.redirect(c, "/automations/", id, "?done=retried")
}
