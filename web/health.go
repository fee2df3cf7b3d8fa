package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// healthz answers GET /healthz: the process lives.
func (s *Server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// readyz answers GET /readyz: the store answers and jobs are worked on. It says which is not so, and no more.
func (s *Server) readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	checks, status := map[string]string{"store": "ok", "jobs": "ok"}, http.StatusOK
	note := func(name string, err error) {
		if err != nil {
			s.Log.WarnContext(ctx, "not ready", "check", name, "err", err)
			checks[name], status = "not ready", http.StatusServiceUnavailable
		}
	}
	note("store", s.Store.Ping(ctx))
	if s.Working != nil {
		note("jobs", s.Working())
	}
	return c.JSON(status, checks)
}
