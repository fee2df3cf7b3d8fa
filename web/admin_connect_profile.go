package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

func isMissing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// adminProfiles answers GET /admin/connect/profiles: the values that are kept under names.
func (s *Server) adminProfiles(c echo.Context) error {
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	sets, err := s.Store.Profiles(c.Request().Context())
	if err != nil {
		return err
	}
	p := views.AdminProfilesPage{AdminPage: a}
	for _, set := range sets {
		p.Profiles = append(p.Profiles, shownProfile(set))
	}
	return s.render(c, http.StatusOK, views.AdminProfiles(p))
}

func shownProfile(set store.ValueSet) views.Profile {
	return views.Profile{
		ID: set.ID, Name: set.Name, Rows: valueRows(set.Values), Schedules: set.Values.Schedules, UpdatedBy: set.UpdatedBy, UpdatedAt: set.UpdatedAt,
	}
}

// profile is the one that an address names; ErrNotFound also for values that are no profile.
func (s *Server) profile(c echo.Context) (store.ValueSet, error) {
	set, err := s.Store.ValueSet(c.Request().Context(), c.Param("profile"))
	if err == nil && set.Kind != store.SetProfile {
		return store.ValueSet{}, store.ErrNotFound
	}
	return set, err
}

// adminProfile answers GET /admin/connect/profiles/:profile.
func (s *Server) adminProfile(c echo.Context) error {
	a, _, err := s.connectPage(c)
	if err != nil {
		return err
	}
	set, err := s.profile(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminProfile(views.AdminProfilePage{AdminPage: a, Profile: shownProfile(set)}))
}

// adminRemoveProfile answers POST /admin/connect/profiles/:profile/remove.
func (s *Server) adminRemoveProfile(c echo.Context) error {
	if err := s.Portal.RemoveProfile(c.Request().Context(), staffActor(c), c.Param("profile")); err != nil {
		return err
	}
	return s.redirect(c, "/admin/connect/profiles")
}

// adminSaveProfile answers POST /admin/connect/deployments/:deployment/profile with the name under which its values are kept.
func (s *Server) adminSaveProfile(c echo.Context) error {
	set, err := s.Portal.SaveProfileOf(c.Request().Context(), staffActor(c), c.FormValue("name"), c.Param("deployment"))
	if err == nil {
		return s.redirect(c, "/admin/connect/profiles/", set.ID)
	}
	p, pageErr := s.deploymentPage(c)
	if pageErr != nil {
		return pageErr
	}
	var ok bool
	if _, p.Refused, ok = refusal(p.Page, err); !ok {
		return err
	}
	return s.render(c, http.StatusUnprocessableEntity, views.AdminDeployment(p))
}

// adminForgetValues answers POST /admin/connect/deployments/:deployment/values/forget.
func (s *Server) adminForgetValues(c echo.Context) error {
	if err := s.Portal.ForgetValues(c.Request().Context(), staffActor(c), c.Param("deployment")); err != nil {
		return err
	}
	return s.redirect(c, "/admin/connect/deployments/", c.Param("deployment"))
}
