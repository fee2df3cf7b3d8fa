package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// openDialog answers POST /instances/:instance/open: the dialog in which a person signs in for a slot.
func (s *Server) openDialog(c echo.Context) error {
	d, err := s.Portal.OpenAuth(c.Request().Context(), who(c), c.Param("instance"), c.FormValue("slot"))
	if err != nil {
		return err
	}
	return s.toDialog(c, d, c.FormValue("slot"))
}

// openWizard answers POST /instances/:instance/wizard: the platform's configuration wizard.
func (s *Server) openWizard(c echo.Context) error {
	d, err := s.Portal.OpenWizard(c.Request().Context(), who(c), c.Param("instance"))
	if err != nil {
		return err
	}
	return s.toDialog(c, d, "")
}

// toDialog leads to a dialog: a script gets the address for the window that it has opened, a person at the top level is led
// there in the same tab, and in a frame, where a dialog never opens, there is a link that opens a tab.
func (s *Server) toDialog(c echo.Context, d portal.Dialog, slot string) error {
	if wantsJSON(c.Request()) {
		return c.JSON(http.StatusOK, map[string]string{
			"url": d.URL, "origin": d.Origin, "finish": s.path("/instances/", url.PathEscape(c.Param("instance")), "/flows/", d.FlowID, "/finish"),
		})
	}
	if !framed(c.Request()) {
		return c.Redirect(http.StatusSeeOther, d.URL)
	}
	page, err := s.instancePage(c)
	if err != nil {
		return err
	}
	at := "/instances/" + page.In.ID
	page.At, page.Refresh = &at, false
	dialog := views.DialogPage{InstancePage: page, URL: d.URL, Slot: slot}
	for _, one := range page.Slots {
		if one.ExternalID == slot {
			dialog.Service = views.Service(one.Slot)
		}
	}
	return s.render(c, http.StatusOK, views.Dialog(dialog))
}

// finishFlow answers POST /instances/:instance/flows/:flow/finish: what a dialog has told its opener. The portal asks
// the platform before it believes a word of it.
func (s *Server) finishFlow(c echo.Context) error {
	outcome := c.FormValue("outcome")
	err := s.Portal.FinishDialog(c.Request().Context(), who(c), c.Param("instance"), c.Param("flow"), outcome, c.FormValue("auth"))
	if outcome == store.FlowCancelled || outcome == store.FlowFailed {
		return s.toInstance(c, err, "?done=", outcome)
	}
	return s.toInstance(c, err)
}

// checkSlot answers POST /instances/:instance/check: the person says that they have been through the dialog.
func (s *Server) checkSlot(c echo.Context) error {
	ctx, slot := c.Request().Context(), c.FormValue("slot")
	if slot == "" {
		return s.toInstance(c, s.Portal.CheckWizard(ctx, who(c), c.Param("instance")))
	}
	found, err := s.Portal.CheckSlot(ctx, who(c), c.Param("instance"), slot)
	if err != nil || found.Attached != nil {
		return s.toInstance(c, err)
	}
	looked := url.Values{"looked": {slot}}
	if len(found.Choices) > 0 {
		looked.Set("several", "yes")
	}
	return s.toInstance(c, nil, "?", looked.Encode())
}

// chooseSignIn answers POST /instances/:instance/choose: a sign-in that the person has already.
func (s *Server) chooseSignIn(c echo.Context) error {
	return s.toInstance(c, s.Portal.ChooseAuth(c.Request().Context(), who(c), c.Param("instance"), c.FormValue("slot"), c.FormValue("auth")))
}

// rejectSignIn answers POST /instances/:instance/reject: "not this one", or another in its place.
func (s *Server) rejectSignIn(c echo.Context) error {
	return s.toInstance(c, s.Portal.RejectAuth(c.Request().Context(), who(c), c.Param("instance"), c.FormValue("slot")))
}
