package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminOperation answers GET /admin/connect/operations/:operation.
func (s *Server) adminOperation(c echo.Context) error {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	p := views.AdminOperationPage{AdminPage: a}
	if p.Operation, err = s.Store.Operation(ctx, c.Param("operation")); err != nil {
		return err
	}
	if p.Account, err = s.connectAccount(ctx, p.Operation.AccountID); err != nil {
		return err
	}
	calls, err := s.Store.JourneyCalls(ctx, p.Operation.Journey(), "", adminLines+1)
	if err != nil {
		return err
	}
	p.Lines, _ = views.Timeline(nil, calls, adminLines)
	p.Refresh = p.Operation.UnderWay()
	return s.render(c, http.StatusOK, views.AdminOperation(p))
}

// adminRepeatOperation answers POST /admin/connect/operations/:operation/repeat: it is sent as things are now.
func (s *Server) adminRepeatOperation(c echo.Context) error {
	o, err := s.Portal.RepeatOperation(c.Request().Context(), staffActor(c), c.Param("operation"))
	if err != nil {
		return err
	}
	return s.redirect(c, "/admin/connect/operations/", o.ID)
}

// adminDropOperation answers POST /admin/connect/operations/:operation/drop: nobody has to look at it any more.
func (s *Server) adminDropOperation(c echo.Context) error {
	return s.afterOperation(c, s.Portal.DropOperation)
}

// afterOperation does something with an operation and shows what it was about.
func (s *Server) afterOperation(c echo.Context, do func(context.Context, store.Actor, string) error) error {
	ctx, id := c.Request().Context(), c.Param("operation")
	if err := do(ctx, staffActor(c), id); err != nil {
		return err
	}
	o, err := s.Store.Operation(ctx, id)
	if err != nil {
		return err
	}
	if o.SubjectID == "" {
		return s.redirect(c, "/admin/connect")
	}
	return s.redirect(c, "/admin/connect/", o.SubjectKind, "s/", o.SubjectID)
}
