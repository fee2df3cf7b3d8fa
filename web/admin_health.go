package web

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminHealth answers GET /admin/health: what the store and the portal know; no platform is asked.
func (s *Server) adminHealth(c echo.Context) error {
	a, err := s.adminPage(c, views.SectionHealth)
	if err != nil {
		return err
	}
	p := views.AdminHealthPage{AdminPage: a}
	if p.Accounts, err = s.accountHealth(c.Request().Context()); err != nil {
		return err
	}
	if p.Installation, err = s.installation(c.Request().Context()); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminHealth(p))
}

func (s *Server) accountHealth(ctx context.Context) ([]views.AccountHealth, error) {
	accounts, err := s.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	breakers := s.Portal.Breakers()
	var all []views.AccountHealth
	for _, account := range accounts {
		h := views.AccountHealth{Account: account, Breaker: breakers[account.Name]}
		if h.Catalogue, err = s.Store.Sync(ctx, account.ID, store.SyncedCatalogue); err != nil {
			return nil, err
		}
		if h.Instances, err = s.Store.Sync(ctx, account.ID, store.SyncedInstances); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}

func (s *Server) installation(ctx context.Context) (views.Installation, error) {
	pairs, err := s.Store.SessionKeys(ctx)
	i := views.Installation{
		Version: version(), Go: runtime.Version(), Database: "SQLite", URL: s.URL, Keys: s.Store.SealingKeys(), Cookies: len(pairs),
		HostLogin: hostLogin(s.Portal.Host), Framing: s.HostOrigins, Dialogs: s.Portal.DialogHosts(), Sandbox: s.Sandbox,
	}
	if s.Store.Postgres() {
		i.Database = "PostgreSQL"
	}
	return i, err
}

// version is that of the program's build: the module's, else the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	v := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && !strings.Contains(v, setting.Value[:min(12, len(setting.Value))]) {
			v += " " + setting.Value
		}
	}
	return v
}

// hostLogin is what the host's tokens are checked against, without the keys; "" when none would be taken.
func hostLogin(h portal.HostLogin) string {
	if len(h.Keys) == 0 || h.Issuer == "" || h.Audience == "" {
		return ""
	}
	var algorithms []string
	for _, k := range h.Keys {
		algorithms = append(algorithms, k.Algorithm())
	}
	slices.Sort(algorithms)
	return strings.Join(slices.Compact(algorithms), ", ") + " · iss " + h.Issuer + " · aud " + h.Audience
}
