package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/secret"
	"portico/store"
	"portico/views"
)

// credentials answers POST /instances/:instance/credentials: a sign-in that is a form of ours. What cannot be taken is
// shown at the form with the reason; secrets have to be entered anew.
func (s *Server) credentials(c echo.Context) error {
	slot := c.FormValue("slot")
	values, err := entered(c)
	if err != nil {
		return err
	}
	err = s.Portal.GiveCredentials(c.Request().Context(), who(c), c.Param("instance"), slot, c.FormValue("way"), values)
	return s.afterEntry(c, slot, values, err)
}

// answer answers POST /instances/:instance/answer: what a workspace is asked for a connection that the host makes.
func (s *Server) answer(c echo.Context) error {
	slot := c.FormValue("slot")
	values, err := entered(c)
	if err != nil {
		return err
	}
	err = s.Portal.AnswerSlot(c.Request().Context(), who(c), c.Param("instance"), slot, values)
	return s.afterEntry(c, slot, values, err)
}

// entered is the values of a form, by field. Of a choice of several each is a line; a switch says "false" before it says
// "true", so that one that is off says anything at all.
func entered(c echo.Context) (map[string]secret.Text, error) {
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	values := map[string]secret.Text{}
	for name, all := range form {
		if key, ok := strings.CutPrefix(name, "v."); ok {
			if len(all) == 2 && all[0] == "false" {
				all = all[1:]
			}
			values[key] = secret.Text(strings.Join(all, "\n"))
		}
	}
	return values, nil
}

// afterEntry leads back to the steps, or shows at the form why what was entered cannot be taken.
func (s *Server) afterEntry(c echo.Context, slot string, values map[string]secret.Text, err error) error {
	var refusal *portal.Refusal
	if !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Code, "value_") && refusal.Code != "predefined_refused" {
		return s.toInstance(c, err)
	}
	return s.again(c, func(page *views.InstancePage) {
		p := refused(refusal)
		for n := range page.Slots {
			if at := &page.Slots[n]; at.ExternalID == slot {
				at.Wrong, at.Entered = page.T(p.text, p.args...), shown(*at, values)
			}
		}
	}, http.StatusUnprocessableEntity)
}

// shown is what was entered and may be shown again.
func shown(s views.Slot, values map[string]secret.Text) map[string]string {
	fields := s.Asked
	for _, w := range s.Ways {
		fields = append(fields, w.Fields...)
	}
	again := map[string]string{}
	for _, f := range fields {
		if v, ok := values[f.Key]; ok && !f.Secret {
			again[f.Key] = v.Reveal()
		}
	}
	return again
}

// putWays adds to the next slot how it is signed in to, where the portal asks for that itself.
func (s *Server) putWays(ctx context.Context, in store.Instance, v *views.Slot) error {
	if v.PredefinedID != "" {
		if v.Problem == "" {
			return nil
		}
		c, err := s.Store.PredefinedConnection(ctx, v.PredefinedID)
		if v.Consent = err == nil && portal.NeedsConsent(c); err != nil || v.Consent {
			return err
		}
		v.Asked, err = s.Portal.AskedFields(ctx, v.PredefinedID, in.WorkspaceID)
		return err
	}
	piece, err := s.Store.Piece(ctx, in.AccountID, v.Service)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	v.Ways, v.ServiceTitle = piece.Auth, piece.Title
	return err
}
