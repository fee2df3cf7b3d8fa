package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminInstances answers GET /admin/instances?q=&workspace=&integration=&state=&attention=&hold=&before=: instances of all
// customers, newest first. An ID, ours or the platform's, leads to its instance.
func (s *Server) adminInstances(c echo.Context) error {
	ctx := c.Request().Context()
	search := strings.TrimSpace(c.QueryParam("q"))
	if search != "" {
		in, err := s.findInstance(ctx, search)
		if err == nil {
			return s.redirect(c, "/admin/instances/", in.ID)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	f := instanceFilter(c)
	section := views.SectionInstances
	if f.Hold != "" {
		section = views.SectionWaiting
	}
	a, err := s.adminPage(c, section)
	if err != nil {
		return err
	}
	p := views.AdminInstancesPage{AdminPage: a, Filter: f, Search: search}
	if f.WorkspaceID != "" {
		if p.Workspace, err = s.Store.Workspace(ctx, f.WorkspaceID); err != nil {
			return err
		}
	}
	list, err := s.Store.StaffCards(ctx, f)
	if err != nil {
		return err
	}
	var more bool
	if p.Cards, more = pageOf(list, adminLines); more {
		p.Next = instancesAddress(f, p.Cards[adminLines-1].ID)
	}
	if f.Before != "" {
		p.First = instancesAddress(f, "")
	}
	return s.render(c, http.StatusOK, views.AdminInstances(p))
}

func instanceFilter(c echo.Context) store.InstanceFilter {
	f := store.InstanceFilter{
		WorkspaceID: c.QueryParam("workspace"), IntegrationID: c.QueryParam("integration"), State: c.QueryParam("state"),
		Attention: c.QueryParam("attention") != "", Before: c.QueryParam("before"), Limit: adminLines + 1,
	}
	if c.QueryParam("hold") == store.HoldCheck {
		f.Hold = store.HoldCheck
	}
	return f
}

func instancesAddress(f store.InstanceFilter, before string) string {
	attention := ""
	if f.Attention {
		attention = "1"
	}
	return address("/admin/instances", "workspace", f.WorkspaceID, "integration", f.IntegrationID, "state", f.State,
		"attention", attention, "hold", f.Hold, "before", before)
}

// findInstance is the instance with an ID: ours, or that of the platform at any account.
func (s *Server) findInstance(ctx context.Context, id string) (store.Instance, error) {
	in, err := s.Store.Instance(ctx, strings.ToLower(id))
	if !errors.Is(err, store.ErrNotFound) {
		return in, err
	}
	accounts, err := s.Store.Accounts(ctx)
	if err != nil {
		return in, err
	}
	for _, account := range accounts {
		in, err = s.Store.InstanceByUpstreamID(ctx, account.ID, id)
		if !errors.Is(err, store.ErrNotFound) {
			return in, err
		}
	}
	return in, store.ErrNotFound
}

// adminInstance answers GET /admin/instances/:instance?show=&before=: one instance, and the timeline of what happened to
// it and of the calls that were made for it.
func (s *Server) adminInstance(c echo.Context) error {
	a, err := s.adminPage(c, views.SectionInstances)
	if err != nil {
		return err
	}
	p := views.AdminInstancePage{AdminPage: a, Show: c.QueryParam("show")}
	if err := s.readInstance(c.Request().Context(), c.Param("instance"), &p); err != nil {
		return err
	}
	var next string
	if p.Lines, next, err = s.timeline(c.Request().Context(), p.Card.ID, p.Show, c.QueryParam("before")); err != nil {
		return err
	}
	if next != "" {
		p.Next = address("/admin/instances/"+p.Card.ID, "show", p.Show, "before", next)
	}
	return s.render(c, http.StatusOK, views.AdminInstance(p))
}

// readInstance reads an instance with all that belongs to it.
func (s *Server) readInstance(ctx context.Context, id string, p *views.AdminInstancePage) (err error) {
	if p.Card, err = s.Store.StaffCard(ctx, id); err != nil {
		return err
	}
	if p.Account, err = s.Store.Account(ctx, p.Card.AccountID); err != nil {
		return err
	}
	if p.Owner, err = s.Store.User(ctx, p.Card.OwnerID); err != nil {
		return err
	}
	if p.Workspace, err = s.Store.Workspace(ctx, p.Card.WorkspaceID); err != nil {
		return err
	}
	if p.Identity, err = s.Store.Identity(ctx, p.Card.IdentityID); err != nil {
		return err
	}
	if p.Slots, err = s.Store.Slots(ctx, id); err != nil {
		return err
	}
	p.Workflows, err = s.Store.Workflows(ctx, id)
	return err
}

// timeline is a page of an instance's events and calls, or of one of both.
func (s *Server) timeline(ctx context.Context, id, show, before string) (lines []views.Line, next string, err error) {
	var events []store.Event
	var calls []store.UpstreamCall
	if show != "calls" {
		if events, err = s.Store.Events(ctx, "instance", id, before, adminLines+1); err != nil {
			return nil, "", err
		}
	}
	if show != "events" {
		if calls, err = s.Store.InstanceCalls(ctx, id, before, adminLines+1); err != nil {
			return nil, "", err
		}
	}
	lines, next = views.Timeline(events, calls, adminLines)
	return lines, next, nil
}

// adminApprove answers POST /admin/instances/:instance/approve: staff have checked the instance.
func (s *Server) adminApprove(c echo.Context) error {
	if err := s.Portal.Approve(c.Request().Context(), staffActor(c), c.Param("instance")); err != nil {
		return err
	}
	if c.FormValue("back") == "waiting" {
		return s.redirect(c, address("/admin/instances", "hold", store.HoldCheck, "done", "approved"))
	}
	return s.redirect(c, address("/admin/instances/"+c.Param("instance"), "done", "approved"))
}
