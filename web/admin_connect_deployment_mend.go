package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
)

// adminMendOperation answers POST /admin/connect/operations/:operation/mend: what an operation was to deploy, as a form again.
func (s *Server) adminMendOperation(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := s.Store.Operation(ctx, c.Param("operation"))
	if err != nil {
		return err
	}
	target, values, err := s.Portal.OperationValues(ctx, o.ID)
	if err != nil {
		return err
	}
	var body commercetools.DeploymentDraft
	if err := json.Unmarshal([]byte(o.Body), &body); err != nil {
		return err
	}
	draftID, err := s.draftOf(ctx, body.Connector.ID)
	if err != nil {
		return err
	}
	d, err := s.deployment(c, draftID, body.Connector.Staged)
	if err != nil {
		return err
	}
	d.values.values = d.values.form.Arrange(values)
	if d.values.id, err = s.Portal.KeepForm(ctx, staffActor(c), "", d.values.purpose, d.values.values); err != nil {
		return err
	}
	d.aim(target)
	return s.answerDeploy(c, d, http.StatusOK)
}

// draftOf is our ID of a draft by the platform's, in whichever project it was seen; ErrNotFound when in none.
func (s *Server) draftOf(ctx context.Context, upstreamID string) (string, error) {
	all, err := s.Store.ConnectorDrafts(ctx, "")
	if err != nil {
		return "", err
	}
	for _, d := range all {
		if d.UpstreamID == upstreamID {
			return d.ID, nil
		}
	}
	return "", store.ErrNotFound
}

// aim chooses one target alone.
func (d *deployRequest) aim(at portal.DeployTarget) {
	for n := range d.page.Targets {
		if t := &d.page.Targets[n]; t.Account.ID == at.AccountID {
			t.Chosen, t.Region, t.Type, t.Key = true, at.Region, at.Type, at.Key
		}
	}
}
