package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// access is whom a route serves. The zero value is none: a route that does not say cannot start.
type access int

const (
	undeclared   access = iota
	anyone              // no session is asked for
	user                // anybody of a workspace
	member              // members and admins of a workspace: those who may change something
	staffViewer         // staff of any role
	staffSupport        // staff who may help customers, and admins
	staffAdmin          // staff who may change what everybody sees
	hostKey             // the host's server, with its API key
)

// String is the name that tests and start errors use.
func (a access) String() string {
	return [...]string{"undeclared", "anyone", "user", "member", "staff viewer", "staff support", "staff admin", "host key"}[a]
}

// route is one line of the table.
type route struct {
	method string
	path   string // below the portal's own path, in echo's form
	serves access
	handle echo.HandlerFunc // nil: huma has it; the line is here so that the table is whole
}

// routes is every address that the portal answers.
func (s *Server) routes() []route {
	return slices.Concat(s.userRoutes(), s.automationRoutes(), s.builderRoutes(), s.questionRoutes(), s.doorRoutes(), s.adminRoutes(), s.predefinedRoutes(), s.cdkRoutes(), s.connectRoutes(), s.connectDeployRoutes(), s.pipelineRoutes())
}

// userRoutes are the pages of customers' people, and what belongs to no one.
func (s *Server) userRoutes() []route {
	return []route{
		{"GET", "/", user, s.home},
		{"GET", "/integrations", user, s.catalogue},
		{"GET", "/integrations/:integration", user, s.integration},
		{"POST", "/integrations/:integration/connect", member, s.connect},
		{"GET", "/instances/:instance", user, s.instance},
		{"POST", "/instances/:instance/open", member, s.openDialog},
		{"POST", "/instances/:instance/wizard", member, s.openWizard},
		{"POST", "/instances/:instance/flows/:flow/finish", member, s.finishFlow},
		{"POST", "/instances/:instance/check", member, s.checkSlot},
		{"POST", "/instances/:instance/choose", member, s.chooseSignIn},
		{"POST", "/instances/:instance/credentials", member, s.credentials},
		{"POST", "/instances/:instance/answer", member, s.answer},
		{"POST", "/instances/:instance/reject", member, s.rejectSignIn},
		{"POST", "/instances/:instance/on", member, s.turnOn},
		{"POST", "/instances/:instance/off", member, s.turnOff},
		{"POST", "/instances/:instance/retry", member, s.retry},
		{"POST", "/instances/:instance/rename", member, s.rename},
		{"POST", "/instances/:instance/share", member, s.share},
		{"POST", "/instances/:instance/try", member, s.try},
		{"GET", "/instances/:instance/disconnect", member, s.confirmDisconnect},
		{"POST", "/instances/:instance/disconnect", member, s.disconnect},
		{"GET", "/icons/:icon", anyone, s.icon},
		{"GET", "/static/*", anyone, s.asset},
		{"GET", "/embed.js", anyone, s.asset},
		{"GET", "/favicon.svg", anyone, s.favicon},
		{"GET", "/robots.txt", anyone, s.asset},
		{"GET", "/healthz", anyone, s.healthz},
		{"GET", "/readyz", anyone, s.readyz},
	}
}

// add puts a route behind its guard. GET answers HEAD too, which monitors ask.
func (s *Server) add(r route) error {
	if r.serves == undeclared {
		return fmt.Errorf("the route %s %s does not say whom it serves", r.method, r.path)
	}
	if r.handle == nil {
		return nil
	}
	guarded := s.guard(r.serves, r.handle)
	s.echo.Add(r.method, r.path, guarded)
	if r.method == http.MethodGet {
		s.echo.Add(http.MethodHead, r.path, guarded)
	}
	return nil
}
