package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/views"
)

// questionRoutes are what a workspace is asked for the connections that the host predefines.
func (s *Server) questionRoutes() []route {
	return []route{
		{"GET", "/connections/:predefined", member, s.question},
		{"POST", "/connections/:predefined", member, s.answerQuestion},
	}
}

// questionPage is one question to the workspace; ok is false where it is not, or no longer, asked.
func (s *Server) questionPage(c echo.Context) (page views.QuestionPage, ok bool, err error) {
	page.Page = s.page(c)
	all, err := s.Portal.Questions(c.Request().Context(), visit(c).Workspace.ID)
	n := slices.IndexFunc(all, func(q portal.Question) bool { return q.ID == c.Param("predefined") })
	if err != nil || n < 0 {
		return page, false, err
	}
	page.ID, page.Title, page.Anew, page.Slot.Asked = all[n].ID, all[n].Title, all[n].Anew, all[n].Fields
	return page, true, nil
}

// question answers GET /connections/:predefined. What is not asked any more leads back to the catalogue.
func (s *Server) question(c echo.Context) error {
	page, ok, err := s.questionPage(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.redirect(c, "/integrations")
	}
	return s.render(c, http.StatusOK, views.Question(page))
}

// answerQuestion answers POST /connections/:predefined. What cannot be taken is shown at the form with the reason.
func (s *Server) answerQuestion(c echo.Context) error {
	page, ok, err := s.questionPage(c)
	if err != nil {
		return err
	}
	if !ok {
		return s.redirect(c, "/integrations")
	}
	values, err := entered(c)
	if err != nil {
		return err
	}
	err = s.Portal.AnswerPredefined(c.Request().Context(), who(c), page.ID, values)
	var refusal *portal.Refusal
	if errors.As(err, &refusal) && (strings.HasPrefix(refusal.Code, "value_") || refusal.Code == "predefined_refused") {
		p := refused(refusal)
		page.Slot.Wrong, page.Slot.Entered = page.T(p.text, p.args...), shown(page.Slot, values)
		return s.render(c, http.StatusUnprocessableEntity, views.Question(page))
	}
	if err != nil {
		return err
	}
	return s.redirect(c, "/integrations?done=answered")
}
