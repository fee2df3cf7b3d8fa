package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"portico/portal"
	"portico/store"
	"portico/views"
)

const (
	perPage   = 24               // cards of a page of the catalogue
	mostYours = 500              // of one's own at most
	mostNeeds = 3                // notes above the catalogue at most
	freshFor  = 15 * time.Minute // how old the catalogue may be before a page says so
)

// home answers GET /.
func (s *Server) home(c echo.Context) error { return s.redirect(c, "/integrations") }

// catalogue answers GET /integrations: what is yours first, what needs you above it, then everything else.
func (s *Server) catalogue(c echo.Context) error {
	ctx, v, q := c.Request().Context(), visit(c), c.Request().URL.Query()
	page := views.CataloguePage{Page: s.page(c), Search: cut(q.Get("q"), 100), Tag: q.Get("tag"), Number: pageNumber(q.Get("page"))}
	known, err := s.facets.summary(ctx, v.User, v.Workspace.AccountID)
	if err != nil {
		return err
	}
	page.Facets, page.Synced = known.Facets, known.sync.DoneAt.Time
	page.Old = !page.Synced.IsZero() && page.Now.Sub(page.Synced) > freshFor
	if page.Number == 1 {
		if err := errors.Join(s.putYours(ctx, &page, q.Get("mine") == "all"), s.putAsked(ctx, &page)); err != nil {
			return err
		}
	}
	page.Offers, err = s.Store.Offers(ctx, store.Browse{
		User: v.User, Account: v.Workspace.AccountID, Search: page.Search, Tag: page.Tag, Offset: (page.Number - 1) * perPage, Limit: perPage + 1,
	})
	if err != nil {
		return err
	}
	if page.More = len(page.Offers) > perPage; page.More {
		page.Offers = page.Offers[:perPage]
	}
	return s.render(c, http.StatusOK, views.Catalogue(page))
}

// putYours adds what the person has already: what matches when they search, else one page of it unless all is asked for.
func (s *Server) putYours(ctx context.Context, page *views.CataloguePage, all bool) error {
	browsing := page.Search == "" && page.Tag == ""
	limit := perPage + 1
	if all || !browsing {
		limit = mostYours
	}
	cards, err := s.Store.UserCards(ctx, page.User, 0, limit)
	if err != nil {
		return err
	}
	if browsing {
		for _, card := range cards {
			if card.Attention != "" && len(page.Needs) < mostNeeds {
				page.Needs = append(page.Needs, card)
			}
		}
	}
	cards = slices.DeleteFunc(cards, func(card store.Card) bool { return !matches(card, page.Search, page.Tag) })
	if page.Rest = len(cards) > perPage && !all; page.Rest {
		cards = cards[:perPage]
	}
	page.Yours, err = s.withSteps(ctx, cards)
	return err
}

// putAsked adds what the workspace is asked, for those who may answer.
func (s *Server) putAsked(ctx context.Context, page *views.CataloguePage) error {
	if !page.Automations || page.User.Role == store.RoleViewer || page.Search != "" || page.Tag != "" {
		return nil
	}
	all, err := s.Portal.Questions(ctx, page.User.WorkspaceID)
	for _, q := range all {
		page.Asked = append(page.Asked, views.QuestionPage{ID: q.ID, Title: q.Title})
	}
	return err
}

// withSteps adds how far the unfinished ones are; finished ones cost nothing.
func (s *Server) withSteps(ctx context.Context, cards []store.Card) ([]views.YourCard, error) {
	all := make([]views.YourCard, len(cards))
	for n, card := range cards {
		all[n].Card = card
		if !card.Unfinished() {
			continue
		}
		slots, err := s.Store.Slots(ctx, card.ID)
		if err != nil {
			return nil, err
		}
		all[n].Step, all[n].Steps = views.Steps(card.Instance, slots)
	}
	return all, nil
}

// matches says whether one of the person's own is what they look for.
func matches(card store.Card, search, tag string) bool {
	if tag != "" && !slices.Contains(card.Tags, tag) {
		return false
	}
	text := strings.ToLower(card.Name + " " + card.Title + " " + card.Description + " " + strings.Join(card.Tags, " "))
	for _, word := range strings.Fields(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// pageNumber reads a page's number; what is none is the first.
func pageNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 10_000 {
		return 1
	}
	return n
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// integration answers GET /integrations/:integration: what it does, what it asks for, and how to begin.
func (s *Server) integration(c echo.Context) error {
	ctx, v := c.Request().Context(), visit(c)
	g, err := s.Store.VisibleIntegration(ctx, v.User, v.Workspace.AccountID, c.Param("integration"))
	if err != nil {
		return err
	}
	page := views.IntegrationPage{Page: s.page(c), Integration: g}
	if page.Slots, err = s.asked(ctx, g); err != nil {
		return err
	}
	cards, err := s.Store.UserIntegrationCards(ctx, v.User, g.ID)
	if err != nil {
		return err
	}
	if page.Mine, err = s.withSteps(ctx, cards); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Integration(page))
}

// asked is the slots of an integration that a person is asked for something for: not those that the host fills by itself.
func (s *Server) asked(ctx context.Context, g store.Integration) ([]store.IntegrationSlot, error) {
	slots, err := s.Store.IntegrationSlots(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	var all []store.IntegrationSlot
	for _, one := range slots {
		ready, err := s.Store.PredefinedForPiece(ctx, g.AccountID, one.Service)
		if err != nil {
			return nil, err
		}
		if len(ready) == 0 || ready[0].From(store.FromWorkspace) || portal.NeedsConsent(ready[0]) {
			all = append(all, one)
		}
	}
	return all, nil
}

// connect answers POST /integrations/:integration/connect. One that was begun is carried on.
func (s *Server) connect(c echo.Context) error {
	in, err := s.Portal.Connect(c.Request().Context(), who(c), c.Param("integration"), c.FormValue("another") != "", c.FormValue("shared") == "yes")
	if err != nil {
		return err
	}
	return s.redirect(c, "/instances/", in.ID)
}

// icon answers GET /icons/:icon, where the name is the icon's hash: what it shows never changes.
func (s *Server) icon(c echo.Context) error {
	id, ok := strings.CutSuffix(c.Param("icon"), ".png")
	if !ok {
		return store.ErrNotFound
	}
	icon, err := s.Store.Icon(c.Request().Context(), id)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Length", strconv.Itoa(len(icon.Body)))
	return c.Blob(http.StatusOK, icon.Type, icon.Body)
}

// asset answers GET /static/*, /embed.js and /robots.txt.
func (s *Server) asset(c echo.Context) error {
	s.Assets.ServeHTTP(c.Response(), c.Request())
	return nil
}

// favicon answers GET /favicon.svg, which some browsers ask for by themselves.
func (s *Server) favicon(c echo.Context) error {
	return c.Redirect(http.StatusFound, s.assets.Icon.Path)
}
