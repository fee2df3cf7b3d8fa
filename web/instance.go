package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// mostEvents is how much of its timeline an instance's page shows.
const mostEvents = 25

// instance answers GET /instances/:instance: the steps to connect it, or what it does.
func (s *Server) instance(c echo.Context) error {
	page, err := s.instancePage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Instance(page))
}

// instancePage reads what an instance's page shows. It asks no platform: what is shown is what the store knows.
func (s *Server) instancePage(c echo.Context) (views.InstancePage, error) {
	ctx, v := c.Request().Context(), visit(c)
	page := views.InstancePage{Page: s.page(c)}
	sight, err := s.Store.Sight(ctx, v.User, c.Param("instance"))
	if err != nil {
		return page, err
	}
	page.In, page.Integration, page.OwnerName = sight.Instance, sight.Integration, sight.OwnerName
	page.MayChange = mayChange(v.User, page.In)
	if err := s.putSlots(ctx, &page, c.QueryParam("looked"), c.QueryParam("several") != ""); err != nil {
		return page, err
	}
	page.Refresh = views.Busy(page.In, plain(page.Slots))
	if page.In.Unfinished() {
		return page, nil
	}
	if page.Workflows, err = s.Store.Workflows(ctx, page.In.ID); err != nil {
		return page, err
	}
	if err := s.putRuns(c, &page); err != nil {
		return page, err
	}
	page.Events, err = s.Store.Timeline(ctx, page.In.ID, mostEvents)
	return page, err
}

// mayChange is the rule of store.OwnInstance, for what a page offers; the store holds it again for each change.
func mayChange(u store.User, in store.Instance) bool {
	return in.OwnerID == u.ID && u.Role != store.RoleViewer || in.Shared && u.Role == store.RoleAdmin
}

// putSlots adds the slots, with the sign-ins that may be chosen where that is the next step. looked is the slot for
// which the platform was just asked, and several says that it has more than one sign-in that may be the new one.
func (s *Server) putSlots(ctx context.Context, page *views.InstancePage, looked string, several bool) error {
	slots, err := s.Store.Slots(ctx, page.In.ID)
	if err != nil {
		return err
	}
	var there []store.Authentication
	var others []string
	if page.MayChange && (page.In.State == store.Authorizing || lostSignIn(page.In)) {
		if there, err = s.Store.Authentications(ctx, page.In.IdentityID); err != nil {
			return err
		}
		if others, err = s.Store.OthersAuthentications(ctx, page.In.IdentityID, page.User.ID); err != nil {
			return err
		}
	}
	asked := false
	for _, slot := range slots {
		v := views.Slot{Slot: slot, Looked: looked != "" && looked == slot.ExternalID && !slot.Done()}
		v.Gone = lostSignIn(page.In) && slot.Done() && slot.Kind == store.SlotAuth && slot.PredefinedID == "" && !good(there, slot.AuthenticationID)
		if !slot.Done() && page.In.State == store.Authorizing {
			v.Choices = choices(slot, there, others, v.Looked)
			v.Several = v.Looked && several && len(v.Choices) > 0
			if page.MayChange && !asked {
				if err := s.putWays(ctx, page.In, &v); err != nil {
					return err
				}
			}
			asked = true // the steps are taken one after the other
		}
		page.Slots = append(page.Slots, v)
	}
	return nil
}

// choices is the sign-ins of a person that a slot can take: those of its service, and after a look also those that are
// new, whatever their service is called; none of others.
func choices(slot store.Slot, there []store.Authentication, others []string, looked bool) []store.Authentication {
	var all []store.Authentication
	for _, a := range there {
		fresh := looked && !slices.Contains(slot.Baseline, a.UpstreamID)
		if !slices.Contains(slot.Rejected, a.UpstreamID) && !slices.Contains(others, a.UpstreamID) && (portal.Fits(slot, a.Service, a.ServiceTitle) || fresh) {
			all = append(all, a)
		}
	}
	return all
}

// lostSignIn says whether an instance has a sign-in that is gone or no longer taken.
func lostSignIn(in store.Instance) bool {
	return in.Attention == "signin_gone" || in.Attention == "signin_broken"
}

func good(there []store.Authentication, id string) bool {
	return slices.ContainsFunc(there, func(a store.Authentication) bool { return a.UpstreamID == id && a.Status == store.AuthGood })
}

func plain(slots []views.Slot) []store.Slot {
	all := make([]store.Slot, len(slots))
	for n, s := range slots {
		all[n] = s.Slot
	}
	return all
}

// toInstance leads back to the instance that a POST was about.
func (s *Server) toInstance(c echo.Context, err error, query ...string) error {
	if err != nil {
		return err
	}
	return s.redirect(c, append([]string{"/instances/", c.Param("instance")}, query...)...)
}

// turnOn answers POST /instances/:instance/on.
func (s *Server) turnOn(c echo.Context) error {
	return s.toInstance(c, s.Portal.TurnOn(c.Request().Context(), who(c), c.Param("instance")))
}

// turnOff answers POST /instances/:instance/off.
func (s *Server) turnOff(c echo.Context) error {
	return s.toInstance(c, s.Portal.TurnOff(c.Request().Context(), who(c), c.Param("instance")))
}

// retry answers POST /instances/:instance/retry.
func (s *Server) retry(c echo.Context) error {
	return s.toInstance(c, s.Portal.Retry(c.Request().Context(), who(c), c.Param("instance")))
}

// rename answers POST /instances/:instance/rename. A name that cannot be had is shown in its field with the reason.
func (s *Server) rename(c echo.Context) error {
	name := c.FormValue("name")
	err := s.Portal.Rename(c.Request().Context(), who(c), c.Param("instance"), name)
	var refusal *portal.Refusal
	if errors.As(err, &refusal) && (refusal.Code == "name_empty" || refusal.Code == "name_long") {
		return s.again(c, func(page *views.InstancePage) {
			p := refused(refusal)
			page.Name, page.NameProblem = name, page.T(p.text, p.args...)
		}, http.StatusUnprocessableEntity)
	}
	return s.toInstance(c, err, "?done=renamed")
}

// again answers a POST with the instance's page and something to say on it.
func (s *Server) again(c echo.Context, say func(*views.InstancePage), status int) error {
	page, err := s.instancePage(c)
	if err != nil {
		return err
	}
	at := "/instances/" + page.In.ID
	page.At = &at
	say(&page)
	return s.render(c, status, views.Instance(page))
}

// share answers POST /instances/:instance/share.
func (s *Server) share(c echo.Context) error {
	shared, done := c.FormValue("shared") == "yes", "?done=unshared"
	if shared {
		done = "?done=shared"
	}
	ctx, id := c.Request().Context(), c.Param("instance")
	if err := s.Portal.Share(ctx, who(c), id, shared); err != nil {
		return err
	}
	// An admin who takes a colleague's from the workspace does not see it any more either.
	if _, err := s.Store.SeenInstance(ctx, visit(c).User, id); errors.Is(err, store.ErrNotFound) {
		return s.redirect(c, "/integrations", done)
	}
	return s.toInstance(c, nil, done)
}

// try answers POST /instances/:instance/try with what the workflow answered, on the instance's page.
func (s *Server) try(c echo.Context) error {
	id := c.FormValue("workflow")
	tried, err := s.Portal.Try(c.Request().Context(), who(c), c.Param("instance"), id)
	if err != nil {
		return err
	}
	return s.again(c, func(page *views.InstancePage) {
		page.Tried = &views.Tried{WorkflowID: id, Status: tried.Status, Body: tried.Body, Truncated: tried.Truncated, Took: tried.Duration}
		for _, w := range page.Workflows {
			if w.UpstreamID == id {
				page.Tried.Name = w.Name
			}
		}
	}, http.StatusOK)
}

// confirmDisconnect answers GET /instances/:instance/disconnect: it says what would go, and asks once.
func (s *Server) confirmDisconnect(c echo.Context) error {
	page, err := s.instancePage(c)
	if err != nil {
		return err
	}
	if !page.MayChange {
		return &portal.Refusal{Code: "read_only"}
	}
	page.Refresh = false
	return s.render(c, http.StatusOK, views.Disconnect(views.DisconnectPage{InstancePage: page}))
}

// disconnect answers POST /instances/:instance/disconnect. Where the platform is silent it goes on by itself.
func (s *Server) disconnect(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("instance")
	if err := s.Portal.Disconnect(ctx, who(c), id); err != nil {
		return err
	}
	if _, err := s.Store.SeenInstance(ctx, visit(c).User, id); err == nil {
		return s.redirect(c, "/integrations?done=disconnecting")
	}
	return s.redirect(c, "/integrations?done=disconnected")
}
