package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/secret"
	"portico/views"
)

// adminSignIn answers POST /admin/sign-in. A refusal shows the door again, with what was typed but for the password.
func (s *Server) adminSignIn(c echo.Context) error {
	noStore(c)
	email := c.FormValue("email")
	a, err := s.Portal.SignInStaff(c.Request().Context(), email, secret.Text(c.FormValue("password")), stranger(c))
	if err != nil {
		page := s.page(c)
		_, text, ok := refusal(page, err)
		if !ok {
			return err
		}
		at := "/admin/sign-in"
		page.At = &at
		return s.render(c, http.StatusUnprocessableEntity, views.AdminSignIn(views.AdminSignInPage{Page: page, Email: email, Problem: text}))
	}
	if err := s.openSession(c, staffCookie, a.Key); err != nil {
		return err
	}
	return s.redirect(c, "/admin")
}

// adminSignOut answers POST /admin/sign-out.
func (s *Server) adminSignOut(c echo.Context) error {
	if err := s.closeSession(c, staffCookie); err != nil {
		return err
	}
	return s.redirect(c, "/admin/sign-in")
}
