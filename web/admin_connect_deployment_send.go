package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// reviewDeploy shows what would be sent, or what is wrong.
func (s *Server) reviewDeploy(c echo.Context, d *deployRequest) error {
	if err := s.lookDeploy(c, d); err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if !sendable(d.faults) {
		return s.answerDeploy(c, d, http.StatusUnprocessableEntity)
	}
	d.page.Review = true
	return s.answerDeploy(c, d, http.StatusOK)
}

// lookDeploy finds what would be sent, and what is wrong with it.
func (s *Server) lookDeploy(c echo.Context, d *deployRequest) (err error) {
	ctx, w := c.Request().Context(), d.wish()
	if d.faults, err = s.Portal.CheckDeploy(ctx, w); err != nil {
		return err
	}
	if d.page.Planned, err = s.Portal.PlannedDeployments(ctx, w); err != nil {
		return err
	}
	seen := warningsOf(d.faults)
	for _, planned := range d.page.Planned {
		seen = append(seen, planned.URL, planned.Body)
	}
	d.page.Reviewed = inShort(seen...)
	d.page.Rows = reviewRows(d.values)
	return nil
}

// sendDeploy sends what was looked at; when it would be something else by now, it has to be looked at again.
func (s *Server) sendDeploy(c echo.Context, d *deployRequest, reviewed string) error {
	if err := s.lookDeploy(c, d); err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if d.page.Reviewed != reviewed {
		d.page.Review = sendable(d.faults)
		return s.refuseDeploy(c, d, &portal.Refusal{Code: "deploy_reviewed"})
	}
	w := d.wish()
	w.Anyway = true // the warnings are those that were shown
	all, err := s.Portal.DeployConnector(c.Request().Context(), staffActor(c), w)
	if err != nil {
		return s.refuseDeploy(c, d, err)
	}
	if len(all) > 1 {
		return s.redirect(c, "/admin/connect")
	}
	return s.afterSent(c, all[0])
}

// afterSent leads to what came of an operation on a deployment: the deployment, or while that is not known the operation.
func (s *Server) afterSent(c echo.Context, o store.Operation) error {
	if o.State == store.OpDone && o.SubjectID != "" {
		return s.redirect(c, "/admin/connect/deployments/", o.SubjectID)
	}
	return s.redirect(c, "/admin/connect/operations/", o.ID)
}

// reviewRows is the values of a form as they would be sent, before variables are replaced.
func reviewRows(f valueForm) (rows []views.ReviewRow) {
	shown := f.form.Show(f.values)
	for _, c := range f.form.Fields {
		places := []string{""}
		if len(c.Applications) == 1 || c.Differs(f.values) {
			places = c.Applications
		}
		for _, application := range places {
			value, ok := shown[portal.ValueName(application, c.Key)]
			row := views.ReviewRow{Application: application, Key: c.Key, Hidden: c.Hidden, Secured: c.Secured, Value: value.Value}
			if usual := isUsual(c, f.values, application); usual != "" {
				row.Hidden, row.Value = false, usual
			}
			if !ok || value.Empty {
				if row.Value, row.Default = c.DefaultOf(application); !row.Default && c.Default != "" {
					row.Value, row.Default = c.Default, true
				}
				if !row.Default {
					continue
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}
