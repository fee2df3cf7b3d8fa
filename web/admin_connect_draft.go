package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/upstream/commercetools"
	"portico/views"
)

// adminDraft answers GET /admin/connect/drafts/:draft?before=: a draft, what can be done with it, and what happened to it.
func (s *Server) adminDraft(c echo.Context) error {
	p, err := s.draftPage(c)
	if err != nil {
		return err
	}
	if err := s.Portal.ReadComments(c.Request().Context(), p.Draft.ID, p.Draft.Comments); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDraft(p))
}

func (s *Server) draftPage(c echo.Context) (views.AdminDraftPage, error) {
	ctx := c.Request().Context()
	a, _, err := s.connectPage(c)
	p := views.AdminDraftPage{AdminPage: a, Guards: map[string]views.DraftGuard{}}
	if err != nil {
		return p, err
	}
	if p.Draft, err = s.Store.ConnectorDraft(ctx, c.Param("draft")); err != nil {
		return p, err
	}
	if p.Account, err = s.connectAccount(ctx, p.Draft.AccountID); err != nil {
		return p, err
	}
	if p.Document, err = portal.DraftDocument(p.Draft); err != nil {
		return p, err
	}
	for act, g := range portal.DraftGuards(p.Draft) {
		p.Guards[act] = views.DraftGuard{OK: g.OK, Why: g.Why}
	}
	if p.Operations, err = s.Store.OperationsOf(ctx, store.SubjectDraft, p.Draft.ID, "", adminSecond); err != nil {
		return p, err
	}
	if p.Deployments, err = s.Store.DeploymentsOfConnector(ctx, p.Draft.UpstreamID); err != nil {
		return p, err
	}
	p.Lines, p.Older, err = s.connectTimeline(c, store.SubjectDraft, p.Draft.ID, p.Operations)
	p.Refresh = !p.Document.Resting()
	for _, o := range p.Operations {
		p.Refresh = p.Refresh || o.UnderWay()
	}
	return p, err
}

// connectTimeline is what happened to a draft or a deployment, with the calls of its newest operations.
func (s *Server) connectTimeline(c echo.Context, kind, id string, operations []store.Operation) (lines []views.Line, older string, err error) {
	ctx, before := c.Request().Context(), c.QueryParam("before")
	events, err := s.Store.Events(ctx, kind, id, before, adminLines+1)
	if err != nil {
		return nil, "", err
	}
	var calls []store.UpstreamCall
	for _, o := range operations[:min(len(operations), 5)] {
		of, err := s.Store.JourneyCalls(ctx, o.Journey(), before, adminLines+1)
		if err != nil {
			return nil, "", err
		}
		calls = append(calls, of...)
	}
	lines, next := views.Timeline(events, calls, adminLines)
	if next != "" {
		older = address("/admin/connect/"+kind+"s/"+id, "before", next)
	}
	return lines, older, nil
}

// adminActOnDraft answers POST /admin/connect/drafts/:draft/act with act, a word of commercetools.Act…, and base, the version
// that the person saw.
func (s *Server) adminActOnDraft(c echo.Context) error {
	action, ok := map[string]commercetools.Action{
		commercetools.ActPreview: commercetools.UpdatePreviewable(), commercetools.ActPublish: commercetools.Publish(false),
		commercetools.ActCertify: commercetools.Publish(true), commercetools.ActUnlist: commercetools.Unlist(),
	}[c.FormValue("act")]
	if !ok {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	return s.changeDraft(c, action)
}

// adminCommentDraft answers POST /admin/connect/drafts/:draft/comment: an answer to those who certify.
func (s *Server) adminCommentDraft(c echo.Context) error {
	return s.changeDraft(c, commercetools.AddCertificationComment(c.FormValue("comment")))
}

// changeDraft has an action carried out and shows the draft; what is refused is said there.
func (s *Server) changeDraft(c echo.Context, action commercetools.Action) error {
	id := c.Param("draft")
	_, err := s.Portal.UpdateDraft(c.Request().Context(), staffActor(c), id, baseVersion(c), []commercetools.Action{action})
	if err == nil {
		return s.redirect(c, "/admin/connect/drafts/", id)
	}
	p, pageErr := s.draftPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	p.Comment, p.Refresh = c.FormValue("comment"), false
	return s.render(c, http.StatusUnprocessableEntity, views.AdminDraft(p))
}

// baseVersion is the version of what the person saw; 0 where the form does not say.
func baseVersion(c echo.Context) int {
	n, err := strconv.Atoi(c.FormValue("base"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// adminLookDraft answers POST /admin/connect/drafts/:draft/look: the platform is asked how it is now.
func (s *Server) adminLookDraft(c echo.Context) error {
	if err := s.Portal.LookAgainDraft(c.Request().Context(), c.Param("draft")); err != nil {
		return err
	}
	return s.redirect(c, "/admin/connect/drafts/", c.Param("draft"))
}

// adminConfirmDeleteDraft answers GET /admin/connect/drafts/:draft/delete.
func (s *Server) adminConfirmDeleteDraft(c echo.Context) error {
	p, err := s.deleteDraftPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminDraftDelete(p))
}

func (s *Server) deleteDraftPage(c echo.Context) (views.AdminDraftDeletePage, error) {
	a, _, err := s.connectPage(c)
	if err != nil {
		return views.AdminDraftDeletePage{}, err
	}
	d, err := s.Store.ConnectorDraft(c.Request().Context(), c.Param("draft"))
	return views.AdminDraftDeletePage{AdminPage: a, DraftID: d.ID, Name: d.Name, Typed: portal.TypedName(d)}, err
}

// adminDeleteDraft answers POST /admin/connect/drafts/:draft/delete with the key as the person has typed it.
func (s *Server) adminDeleteDraft(c echo.Context) error {
	o, err := s.Portal.DeleteDraft(c.Request().Context(), staffActor(c), c.Param("draft"), c.FormValue("key"))
	if err == nil {
		return s.redirect(c, "/admin/connect/operations/", o.ID)
	}
	p, pageErr := s.deleteDraftPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminDraftDelete(p))
}
