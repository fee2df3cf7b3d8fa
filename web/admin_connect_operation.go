package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/views"
)

// adminOperation answers GET /admin/connect/operations/:operation.
func (s *Server) adminOperation(c echo.Context) error {
	p, err := s.operationPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminOperation(p))
}

func (s *Server) operationPage(c echo.Context) (views.AdminOperationPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminOperationPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	if p.Operation, err = s.Store.Operation(ctx, c.Param("operation")); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Operation.AccountID); err != nil {
		return p, err
	}
	if p.Planned, err = s.Portal.PlannedOperation(ctx, p.Operation); err != nil {
		return p, err
	}
	calls, err := s.Store.JourneyCalls(ctx, p.Operation.Journey(), "", adminLines+1)
	p.Lines, _ = views.Timeline(nil, calls, adminLines)
	p.Refresh = p.Operation.UnderWay()
	return p, err
}

// adminRepeatOperation answers POST /admin/connect/operations/:operation/repeat: it is sent as things are now.
func (s *Server) adminRepeatOperation(c echo.Context) error {
	o, err := s.Portal.RepeatOperation(c.Request().Context(), staffActor(c), c.Param("operation"))
	if err != nil {
		return s.refusedOperation(c, err)
	}
	return s.redirect(c, "/admin/connect/operations/", o.ID)
}

// adminDropOperation answers POST /admin/connect/operations/:operation/drop: nobody has to look at it any more. What it was
// about is shown, where that is there.
func (s *Server) adminDropOperation(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("operation")
	if err := s.Portal.DropOperation(ctx, staffActor(c), id); err != nil {
		return s.refusedOperation(c, err)
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

// refusedOperation shows an operation with why nothing was done about it.
func (s *Server) refusedOperation(c echo.Context, err error) error {
	p, pageErr := s.operationPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	p.Refresh = false
	return s.render(c, http.StatusConflict, views.AdminOperation(p))
}
