package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// rolloutsLookedAt is how far back the newest rollout of something is looked for.
const rolloutsLookedAt = 50

// newestRollout is the last rollout of a predefined connection, or for "" the last backfill; the zero Rollout for none.
func (s *Server) newestRollout(ctx context.Context, accountID, predefinedID string) (store.Rollout, error) {
	all, err := s.Store.Rollouts(ctx, accountID, rolloutsLookedAt)
	n := slices.IndexFunc(all, func(o store.Rollout) bool { return o.PredefinedID == predefinedID })
	if err != nil || n < 0 {
		return store.Rollout{}, err
	}
	return all[n], nil
}

// adminRollout answers GET /admin/activepieces/rollouts/:rollout?state=&after=: how far it has come, and the workspaces in
// a state, those that failed first of all.
func (s *Server) adminRollout(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := s.Store.Rollout(ctx, c.Param("rollout"))
	if err != nil {
		return err
	}
	section := views.SectionPredefined
	if o.PredefinedID == "" {
		section = views.SectionProjects
	}
	a, account, err := s.piecesPage(c, section, o.AccountID)
	if err != nil {
		return err
	}
	p := views.AdminRolloutPage{AdminPage: a, Rollout: o, Account: account, State: rolloutState(c)}
	if o.PredefinedID != "" {
		if p.Predefined, err = s.Store.PredefinedConnection(ctx, o.PredefinedID); err != nil {
			return err
		}
	}
	list, err := s.Store.RolloutItems(ctx, o.ID, p.State, c.QueryParam("after"), adminLines+1)
	if err != nil {
		return err
	}
	path := "/admin/activepieces/rollouts/" + o.ID
	var more bool
	if p.Items, more = pageOf(list, adminLines); more {
		p.Next = address(path, "state", p.State, "after", p.Items[adminLines-1].WorkspaceID)
	}
	if c.QueryParam("after") != "" {
		p.First = address(path, "state", p.State)
	}
	p.Refresh = o.State == store.RolloutRunning
	return s.render(c, http.StatusOK, views.AdminRollout(p))
}

// rolloutState is the state that a list of workspaces is asked for in.
func rolloutState(c echo.Context) string {
	switch state := c.QueryParam("state"); state {
	case store.ItemAsked, store.ItemDone:
		return state
	}
	return store.ItemFailed
}

// adminStopRollout answers POST /admin/activepieces/rollouts/:rollout/stop.
func (s *Server) adminStopRollout(c echo.Context) error {
	return s.changeRollout(c, s.Portal.StopRollout)
}

// adminResumeRollout answers POST /admin/activepieces/rollouts/:rollout/resume.
func (s *Server) adminResumeRollout(c echo.Context) error {
	return s.changeRollout(c, s.Portal.ResumeRollout)
}

func (s *Server) changeRollout(c echo.Context, change func(context.Context, store.Actor, string) error) error {
	if err := change(c.Request().Context(), staffActor(c), c.Param("rollout")); err != nil {
		return err
	}
	return s.redirect(c, "/admin/activepieces/rollouts/", c.Param("rollout"))
}
