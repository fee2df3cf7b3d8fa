package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

// adminCatalogue answers GET /admin/catalogue?account=&q=&page=: what an account offers, in the order that customers see.
func (s *Server) adminCatalogue(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionCatalogue)
	if err != nil {
		return err
	}
	p := views.AdminCataloguePage{AdminPage: a, Search: c.QueryParam("q")}
	if p.Accounts, err = s.Store.Accounts(ctx); err != nil {
		return err
	}
	if p.Account, err = chosenAccount(p.Accounts, c.QueryParam("account")); err != nil {
		return err
	}
	if p.Sync, err = s.Store.Sync(ctx, p.Account.ID, store.SyncedCatalogue); err != nil {
		return err
	}
	number, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || number < 1 || number > 10_000 {
		number = 1
	}
	list, err := s.Store.Listings(ctx, p.Account.ID, p.Search, (number-1)*adminLines, adminLines+1)
	if err != nil {
		return err
	}
	var more bool
	if p.Listings, more = pageOf(list, adminLines); more {
		p.Next = address("/admin/catalogue", "account", p.Account.ID, "q", p.Search, "page", strconv.Itoa(number+1))
	}
	if number > 1 {
		p.First = address("/admin/catalogue", "account", p.Account.ID, "q", p.Search)
	}
	return s.render(c, http.StatusOK, views.AdminCatalogue(p))
}

// chosenAccount is the account with an ID, the default one for none; the zero Account where none is configured.
func chosenAccount(accounts []store.Account, id string) (store.Account, error) {
	if id == "" {
		if len(accounts) == 0 {
			return store.Account{}, nil
		}
		return accounts[0], nil
	}
	n := slices.IndexFunc(accounts, func(a store.Account) bool { return a.ID == id })
	if n < 0 {
		return store.Account{}, store.ErrNotFound
	}
	return accounts[n], nil
}

// adminSyncNow answers POST /admin/accounts/:account/sync.
func (s *Server) adminSyncNow(c echo.Context) error {
	if err := s.Portal.SyncNow(c.Request().Context(), staffActor(c), c.Param("account")); err != nil {
		return err
	}
	if c.FormValue("back") == "health" {
		return s.redirect(c, "/admin/health?done=syncing")
	}
	return s.redirect(c, address("/admin/catalogue", "account", c.Param("account"), "done", "syncing"))
}

// adminIntegration answers GET /admin/catalogue/:integration.
func (s *Server) adminIntegration(c echo.Context) error {
	p, err := s.integrationPage(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminIntegration(p))
}

// integrationPage is the page of an integration as it is stored.
func (s *Server) integrationPage(c echo.Context) (views.AdminIntegrationPage, error) {
	ctx := c.Request().Context()
	a, err := s.adminPage(c, views.SectionCatalogue)
	p := views.AdminIntegrationPage{AdminPage: a}
	if err != nil {
		return p, err
	}
	if p.Integration, err = s.Store.Integration(ctx, c.Param("integration")); err != nil {
		return p, err
	}
	if p.Account, err = s.Store.Account(ctx, p.Integration.AccountID); err != nil {
		return p, err
	}
	if p.Slots, err = s.Store.IntegrationSlots(ctx, p.Integration.ID); err != nil {
		return p, err
	}
	p.Listed = portal.ListedByPlatform(p.Integration, p.Slots)
	if p.Living, err = s.Store.LivingInstances(ctx, p.Integration.ID); err != nil {
		return p, err
	}
	events, err := s.Store.Events(ctx, "integration", p.Integration.ID, "", adminSecond)
	if err != nil {
		return p, err
	}
	p.Lines, _ = views.Timeline(events, nil, adminSecond)
	if p.Form, err = s.storedForm(ctx, p.Integration); err != nil {
		return p, err
	}
	p.SlotForm, err = s.storedSlots(ctx, p)
	return p, err
}

func (s *Server) storedForm(ctx context.Context, g store.Integration) (views.IntegrationForm, error) {
	f := views.IntegrationForm{
		Shown: g.Shown, Position: strconv.Itoa(g.Position), Title: g.StaffTitle, Description: g.StaffDescription,
		EnableMode: g.StaffEnableMode, Restricted: g.Restricted,
	}
	audience, err := s.Store.Audience(ctx, g.ID)
	var ids []string
	for _, w := range audience {
		ids = append(ids, w.ExternalID)
	}
	f.Audience = strings.Join(ids, "\n")
	return f, err
}

// adminChangeIntegration answers POST /admin/catalogue/:integration. What is refused is shown again as it was typed.
func (s *Server) adminChangeIntegration(c echo.Context) error {
	id := c.Param("integration")
	form, change := readIntegrationForm(c)
	err := s.Portal.SetIntegration(c.Request().Context(), staffActor(c), id, change)
	if err == nil {
		return s.redirect(c, address("/admin/catalogue/"+id, "done", "saved"))
	}
	code, text, ok := refusal(s.page(c), err)
	if !ok {
		return err
	}
	p, err := s.integrationPage(c)
	if err != nil {
		return err
	}
	form.Problem, form.Field = text, fieldOf[code]
	p.Form = form
	at := "/admin/catalogue/" + id
	p.At = &at
	return s.render(c, http.StatusUnprocessableEntity, views.AdminIntegration(p))
}

// adminShow answers POST /admin/catalogue/:integration/shown: what staff decide stays, but for who sees it at all.
func (s *Server) adminShow(c echo.Context) error {
	ctx := c.Request().Context()
	g, err := s.Store.Integration(ctx, c.Param("integration"))
	if err != nil {
		return err
	}
	form, err := s.storedForm(ctx, g)
	if err != nil {
		return err
	}
	done, known := map[string]string{"1": "published", "0": "hidden"}[c.FormValue("shown")]
	if !known {
		return echo.NewHTTPError(http.StatusBadRequest, "a form that says whether it is shown")
	}
	err = s.Portal.SetIntegration(ctx, staffActor(c), g.ID, portal.IntegrationChange{
		Shown: done == "published", Position: g.Position, Title: form.Title, Description: form.Description,
		EnableMode: form.EnableMode, Restricted: form.Restricted, Audience: lines(form.Audience),
	})
	if err != nil {
		return err
	}
	return s.redirect(c, address("/admin/catalogue", "account", g.AccountID, "q", c.FormValue("q"), "done", done))
}

// fieldOf is the field that a refusal is about.
var fieldOf = map[string]string{
	"title_long": "title", "description_long": "description", "position_range": "position",
	"audience_empty": "workspaces", "workspaces_unknown": "workspaces",
}

func readIntegrationForm(c echo.Context) (views.IntegrationForm, portal.IntegrationChange) {
	f := views.IntegrationForm{
		Shown: c.FormValue("shown") != "", Position: c.FormValue("position"), Title: c.FormValue("title"), Description: c.FormValue("description"),
		EnableMode: c.FormValue("enable"), Restricted: c.FormValue("audience") == "some", Audience: c.FormValue("workspaces"),
	}
	position, err := strconv.Atoi(strings.TrimSpace(f.Position))
	if err != nil {
		position = -1 // is refused
	}
	return f, portal.IntegrationChange{
		Shown: f.Shown, Position: position, Title: f.Title, Description: f.Description,
		EnableMode: f.EnableMode, Restricted: f.Restricted, Audience: lines(f.Audience),
	}
}

// lines is the lines of a text that say something, each once.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}
