package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminAudit answers GET /admin/audit?kind=&id=&before=: every change, or those of one subject, newest first.
func (s *Server) adminAudit(c echo.Context) error {
	a, err := s.adminPage(c, views.SectionAudit)
	if err != nil {
		return err
	}
	ctx, before := c.Request().Context(), c.QueryParam("before")
	p := views.AdminAuditPage{AdminPage: a, Kind: c.QueryParam("kind"), Subject: c.QueryParam("id")}
	var list []store.Audit
	if p.Subject != "" {
		list, err = s.Store.SubjectAudit(ctx, p.Kind, p.Subject, before, adminLines+1)
	} else {
		list, err = s.Store.AuditLog(ctx, before, adminLines+1)
	}
	if err != nil {
		return err
	}
	var more bool
	if p.Entries, more = pageOf(list, adminLines); more {
		p.Next = address("/admin/audit", "kind", p.Kind, "id", p.Subject, "before", p.Entries[adminLines-1].ID)
	}
	if before != "" {
		p.First = address("/admin/audit", "kind", p.Kind, "id", p.Subject)
	}
	return s.render(c, http.StatusOK, views.AdminAudit(p))
}
